namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>
/// The number that an answer comes to: the first after the last "####", otherwise the first in the last <c>\boxed{…}</c> that has one,
/// otherwise the last of the text.
/// </summary>
internal static class FinalNumber
{
    private const string Marker = "####";
    private const string Box = "\\boxed{";

    /// <summary>The number, or null where the text has none.</summary>
    public static WrittenNumber? Read(string text)
    {
        var marked = text.LastIndexOf(Marker, StringComparison.Ordinal);
        if (marked >= 0)
        {
            var rest = text.AsSpan(marked + Marker.Length);
            var line = rest.IndexOf('\n') is var end && end < 0 ? rest : rest[..end];
            if (Find(line, takeFirst: true) is { } number) return number;
        }

        var boxed = text.LastIndexOf(Box, StringComparison.Ordinal);
        if (boxed >= 0 && Find(Braced(text.AsSpan(boxed + Box.Length)), takeFirst: true) is { } inBox) return inBox;
        return Find(text, takeFirst: false);
    }

    private static ReadOnlySpan<char> Braced(ReadOnlySpan<char> text)
    {
        var depth = 1;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '{') depth++;
            else if (text[at] == '}' && --depth == 0) return text[..at];
        }

        return text;
    }

    private static WrittenNumber? Find(ReadOnlySpan<char> text, bool takeFirst)
    {
        WrittenNumber? found = null;
        var at = 0;
        while (true)
        {
            var ahead = text[at..].IndexOfAnyInRange('0', '9');
            if (ahead < 0) return found;
            at += ahead;
            if (at > 0 && text[at - 1] == '.' && !(at > 1 && (IsWordUnit(text[at - 2]) || char.IsAsciiDigit(text[at - 2])))) at--;
            var start = at;
            if (start > 0 && IsWordUnit(text[start - 1]))
            {
                // "x2" and "GPT4" name things.
                while (at < text.Length && (char.IsAsciiDigit(text[at]) || IsWordUnit(text[at]))) at++;
                continue;
            }

            if (!TryReadValue(text, ref at, out var number)) continue;
            found = IsNegative(text, start) ? number with { Value = -number.Value } : number;
            if (takeFirst) return found;
        }
    }

    // A number, or a fraction of two: 3/4, \frac{3}{4}. A date, 1/2/2024, is three numbers.
    private static bool TryReadValue(ReadOnlySpan<char> text, ref int at, out WrittenNumber number)
    {
        var start = at;
        if (!NumberReader.TryRead(text, ref at, out number)) return false;
        var isFraction = start >= 5 && text[..start].EndsWith("frac{");
        var divider = isFraction ? "}{" : "/";
        if (!text[at..].StartsWith(divider) || (start > 0 && text[start - 1] == '/')) return true;
        var second = at + divider.Length;
        if (!NumberReader.StartsAt(text, second) || !NumberReader.TryRead(text, ref second, out var denominator)) return true;
        if (denominator.Value == 0 || (second < text.Length && text[second] == '/')) return true;
        at = second;
        number = new WrittenNumber(number.Value / denominator.Value, 0, denominator.IsPercent);
        return true;
    }

    private static bool IsNegative(ReadOnlySpan<char> text, int start)
    {
        var before = text[..start];
        if (before.EndsWith("frac{")) before = before.TrimEnd("\\dtfrac{");
        else before = before.TrimEnd("$\u20AC\u00A3");
        if (before.IsEmpty || before[^1] is not ('-' or '\u2212')) return false;
        return before.Length == 1 || !(IsWordUnit(before[^2]) || char.IsAsciiDigit(before[^2]) || before[^2] is ')' or '}' or ']' or '-' or '%' or '.');
    }

    private static bool IsWordUnit(char unit) => char.IsLetter(unit) || unit == '_';
}
