using System.Text;

namespace Orchestration.Core.Rubrics;

/// <summary>The canonical form of a rubric's text: what differs only in how it was typed is the same text.</summary>
internal static class RubricText
{
    /// <summary>
    /// Byte order marks at the start removed; CR LF and lone CR as LF; normalisation form C; white space at the end of each line removed
    /// (characters with Unicode's White_Space property); no empty lines at the end, and one final LF. An empty text stays empty.
    /// The number of a line is not changed by this.
    /// </summary>
    /// <exception cref="ArgumentException">The text holds half of a surrogate pair.</exception>
    public static string Canonical(string text)
    {
        var plain = text.AsSpan().TrimStart('\uFEFF').ToString()
            .Replace("\r\n", "\n", StringComparison.Ordinal)
            .Replace('\r', '\n');
        var result = new StringBuilder(plain.Length + 1);
        foreach (var line in CanonicalComposition.Compose(plain).Split('\n'))
            result.Append(line.AsSpan().TrimEnd()).Append('\n');

        var end = result.Length;
        while (end > 0 && result[end - 1] == '\n') end--;
        if (end == 0) return "";
        result.Length = end;
        return result.Append('\n').ToString();
    }
}
