using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// Reads JSON numbers as doubles, correctly rounded. Short decimals (<c>3.2</c>), which are nearly all that judges give, go by one exact division;
/// everything else by the framework's parser.
/// </summary>
internal static class FastNumber
{
    // Powers of ten up to 10^15 are exact doubles, and so are integers below 2^53: their quotient is rounded once, which is correct rounding.
    private static readonly double[] PowersOfTen = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

    /// <summary>False where the text is no number or not finite.</summary>
    [SkipLocalsInit]
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        var i = 0;
        var isNegative = text.Length != 0 && text[0] == '-';
        if (isNegative) i = 1;
        if (text.Length - i is > 0 and <= 16)
        {
            long digits = 0;
            var point = -1;
            for (; i < text.Length; i++)
            {
                var digit = text[i] - '0';
                if ((uint)digit <= 9) digits = (digits * 10) + digit;
                else if (text[i] == '.' && point < 0) point = i;
                else break;
            }

            var length = text.Length - (isNegative ? 1 : 0);
            if (i == text.Length && (point >= 0 ? length > 1 : length <= 15))
            {
                var decimals = point < 0 ? 0 : text.Length - 1 - point;
                value = digits / PowersOfTen[decimals];
                if (isNegative) value = -value;
                return true;
            }
        }

        return Utf8Parser.TryParse(text, out value, out var used) && used == text.Length && double.IsFinite(value);
    }
}
