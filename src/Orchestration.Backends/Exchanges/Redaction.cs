using System.Text;
using System.Text.RegularExpressions;

namespace Orchestration.Backends.Exchanges;

/// <summary>Makes what an endpoint said fit to be shown: on one line, short, and without keys.</summary>
internal static partial class Redaction
{
    /// <summary>Longest text quoted, in characters.</summary>
    public const int MaxLength = 300;

    /// <summary>The text with control characters and line ends as single spaces, keys as <c>[key]</c>, cut at 300 characters.</summary>
    /// <param name="text">What was said.</param>
    /// <param name="key">The deployment's own key, replaced wherever it stands; null where there is none.</param>
    public static string Clean(string text, string? key)
    {
        // Cut far behind the end of what will be shown, so that a key that straddles it is still found whole.
        if (text.Length > MaxLength * 4) text = text[..(MaxLength * 4)];
        if (!string.IsNullOrEmpty(key)) text = text.Replace(key, "[key]", StringComparison.Ordinal);
        text = KeyPattern().Replace(text, "[key]");
        var line = new StringBuilder(Math.Min(text.Length, MaxLength + 1));
        foreach (var c in text)
        {
            var plain = char.IsControl(c) || char.IsWhiteSpace(c) ? ' ' : c;
            if (plain == ' ' && (line.Length == 0 || line[^1] == ' ')) continue;
            line.Append(plain);
            if (line.Length > MaxLength) break;
        }

        if (line.Length > MaxLength)
        {
            line.Length = char.IsHighSurrogate(line[MaxLength - 2]) ? MaxLength - 2 : MaxLength - 1;
            line.Append('…');
        }

        return line.ToString().TrimEnd();
    }

    [GeneratedRegex(@"\b(sk|pk|rk|gsk|hf|xai|pplx|nvapi)[-_][A-Za-z0-9_*.\-]{6,}|\bAIza[A-Za-z0-9_\-]{10,}|\beyJ[A-Za-z0-9_.\-]{10,}|\b[Bb]earer\s+[^\s""',;]{6,}",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex KeyPattern();
}
