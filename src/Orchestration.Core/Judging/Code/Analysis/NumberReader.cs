using System.Globalization;

namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>A number as it is written.</summary>
/// <param name="Value">Its value, not divided by 100 where a percent sign follows.</param>
/// <param name="Decimals">Digits after its decimal point.</param>
/// <param name="IsPercent">A percent sign follows.</param>
internal readonly record struct WrittenNumber(double Value, int Decimals, bool IsPercent);

/// <summary>Reads numbers in the notation of English: 1,234.5, .5, 6.02e23, 12%.</summary>
internal static class NumberReader
{
    private const int MostCharacters = 320;

    // Up to these both are exact in a double, and so is one division's rounding (W. Clinger 1990).
    private const int ExactDigits = 15;

    private static readonly double[] PowersOfTen =
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>True where a number without sign starts at a place.</summary>
    public static bool StartsAt(ReadOnlySpan<char> text, int at) =>
        at < text.Length && (char.IsAsciiDigit(text[at]) || (text[at] == '.' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])));

    /// <summary>Reads the number without sign that starts at a place and moves the place after it, percent sign included.</summary>
    /// <returns>False where it is too long or too large to be one; the place is moved all the same.</returns>
    public static bool TryRead(ReadOnlySpan<char> text, ref int at, out WrittenNumber number)
    {
        var start = at;
        long mantissa = 0;
        int digits = 0, decimals = 0;
        ReadDigits(text, ref at, ref mantissa, ref digits);

        // A comma belongs to the number where exactly three digits follow, after one to three in front.
        if (digits is > 0 and <= 3)
        {
            while (at + 3 < text.Length && text[at] == ',' && IsGroup(text, at + 1))
            {
                at++;
                ReadDigits(text, ref at, ref mantissa, ref digits);
            }
        }

        if (at + 1 < text.Length && text[at] == '.' && char.IsAsciiDigit(text[at + 1]))
        {
            at++;
            var before = digits;
            ReadDigits(text, ref at, ref mantissa, ref digits);
            decimals = digits - before;
        }

        var hasExponent = SkipExponent(text, ref at);
        var end = at;
        var percent = at < text.Length && text[at] == '%' ? at + 1 : at + 1 < text.Length && text[at] == '\\' && text[at + 1] == '%' ? at + 2 : at;
        var isPercent = percent > at;
        at = percent;
        if (!hasExponent && digits <= ExactDigits)
        {
            number = new WrittenNumber(mantissa / PowersOfTen[decimals], decimals, isPercent);
            return true;
        }

        var isNumber = TryParse(text[start..end], out var value);
        number = new WrittenNumber(value, decimals, isPercent);
        return isNumber;
    }

    private static void ReadDigits(ReadOnlySpan<char> text, ref int at, ref long mantissa, ref int digits)
    {
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            if (digits < ExactDigits) mantissa = (mantissa * 10) + (text[at] - '0');
            digits++;
            at++;
        }
    }

    private static bool IsGroup(ReadOnlySpan<char> text, int at) =>
        char.IsAsciiDigit(text[at]) && char.IsAsciiDigit(text[at + 1]) && char.IsAsciiDigit(text[at + 2])
        && !(at + 3 < text.Length && char.IsAsciiDigit(text[at + 3]));

    private static bool SkipExponent(ReadOnlySpan<char> text, ref int at)
    {
        if (at + 1 >= text.Length || text[at] is not ('e' or 'E')) return false;
        var digit = text[at + 1] is '+' or '-' ? at + 2 : at + 1;
        if (digit >= text.Length || !char.IsAsciiDigit(text[digit])) return false;
        while (digit < text.Length && char.IsAsciiDigit(text[digit])) digit++;
        at = digit;
        return true;
    }

    private static bool TryParse(ReadOnlySpan<char> written, out double value)
    {
        value = double.NaN;
        if (written.Length > MostCharacters) return false;
        Span<char> plain = stackalloc char[MostCharacters];
        var length = 0;
        foreach (var unit in written)
            if (unit != ',') plain[length++] = unit;
        return double.TryParse(plain[..length], NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }
}
