using System.Globalization;

namespace Orchestration.Core.Judging.Llm;

/// <summary>
/// A number as a model writes it outside JSON: an optional minus, ASCII digits and, where it has decimals, one point followed by digits.
/// Nothing else is a number: no plus, exponent, thousands separator, fraction (4/5), decimal comma (3,5), infinity or NaN.
/// </summary>
internal static class ReplyNumber
{
    // Longer runs of digits are noise (a repeating model), and 40 characters hold any value a scale can have.
    private const int MaxLength = 40;

    /// <summary>Reads the whole of the text as one number; white space around it is not part of a number.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out double value)
    {
        value = 0;
        if (text.Length > MaxLength) return false;
        var rest = text.StartsWith('-') ? text[1..] : text;
        var whole = DigitsAt(rest);
        if (whole == 0) return false;
        rest = rest[whole..];
        if (!rest.IsEmpty)
        {
            if (rest[0] != '.' || rest.Length == 1 || DigitsAt(rest[1..]) != rest.Length - 1) return false;
        }

        // Adding zero turns −0 into 0, which would otherwise stand as "-0" in results.
        value = double.Parse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) + 0.0;
        return true;
    }

    private static int DigitsAt(ReadOnlySpan<char> text)
    {
        var length = text.IndexOfAnyExceptInRange('0', '9');
        return length < 0 ? text.Length : length;
    }
}
