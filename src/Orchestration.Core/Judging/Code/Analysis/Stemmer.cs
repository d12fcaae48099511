namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>The S-stemmer: plural endings only (D. Harman, "How effective is suffixing?", JASIS 42(1), 1991, table 1).</summary>
internal static class Stemmer
{
    /// <summary>Writes the stem of a lower-case word.</summary>
    /// <returns>The stem's length, or −1 where the word is its own stem (or longer than <paramref name="destination"/>, as no English word is).</returns>
    public static int Stem(ReadOnlySpan<char> word, Span<char> destination)
    {
        if (word.Length < 4 || word.Length > destination.Length || word[^1] != 's') return -1;
        int kept;
        if (word.EndsWith("ies"))
        {
            if (word[^4] is 'e' or 'a') return -1;
            word[..^3].CopyTo(destination);
            destination[word.Length - 3] = 'y';
            return word.Length - 2;
        }

        if (word[^2] == 'e') kept = word[^3] is 'a' or 'e' or 'o' ? 0 : word.Length - 1;
        else kept = word[^2] is 'u' or 's' ? 0 : word.Length - 1;
        if (kept == 0) return -1;
        word[..kept].CopyTo(destination);
        return kept;
    }
}
