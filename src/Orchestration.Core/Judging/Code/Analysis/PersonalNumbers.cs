namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>Payment cards and phone numbers of a text.</summary>
/// <param name="Cards">Numbers of 13 to 19 digits that a card network uses and whose check digit is right.</param>
/// <param name="Phones">Numbers in an international or a North American form.</param>
internal readonly record struct PersonalNumbers(int Cards, int Phones)
{
    private const int MostDigits = 19;

    /// <summary>Finds them.</summary>
    public static PersonalNumbers Find(ReadOnlySpan<char> text)
    {
        int cards = 0, phones = 0, at = 0;
        Span<char> digits = stackalloc char[MostDigits + 1];
        Span<char> shape = stackalloc char[MostDigits * 2];
        while (true)
        {
            var ahead = text[at..].IndexOfAnyInRange('0', '9');
            if (ahead < 0) return new PersonalNumbers(cards, phones);
            at += ahead;
            var start = at;
            var digitCount = ReadRun(text, ref at, digits, shape, out var shapeLength);
            if (digitCount is < 7 or > MostDigits || IsPartOfWord(text, start, at)) continue;
            var number = digits[..digitCount];
            var form = shape[..shapeLength];
            if (IsPhone(text, start, number, form)) phones++;
            else if (IsCard(number, form)) cards++;
        }
    }

    /// <summary>The check digit of ISO/IEC 7812 (Luhn): doubling every second digit from the right, the digits' sum is a multiple of ten.</summary>
    public static bool HasCheckDigit(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var at = 0; at < digits.Length; at++)
        {
            var digit = digits[digits.Length - 1 - at] - '0';
            if (at % 2 == 1) digit = digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
        }

        return sum % 10 == 0;
    }

    // Reads groups of digits with at most ") " or one of space . - ( between them. The shape has a letter d for each digit, so that
    // "555-0100" is "ddd-dddd". What is too long is read to its end and counted, not kept.
    private static int ReadRun(ReadOnlySpan<char> text, ref int at, Span<char> digits, Span<char> shape, out int shapeLength)
    {
        var count = 0;
        shapeLength = 0;
        while (at < text.Length)
        {
            if (char.IsAsciiDigit(text[at]))
            {
                if (count < MostDigits)
                {
                    digits[count] = text[at];
                    shape[shapeLength++] = 'd';
                }

                if (count <= MostDigits) count++;
                at++;
                continue;
            }

            var gap = text[at] is ' ' or '.' or '-' or '(' or ')' ? 1 : 0;
            if (at + 1 < text.Length && text[at] is ' ' or ')' && text[at + 1] is '(' or ' ' or '-') gap = 2;
            if (gap == 0 || at + gap >= text.Length || !char.IsAsciiDigit(text[at + gap])) return count;
            if (count < MostDigits)
            {
                shape[shapeLength++] = text[at] == ')' ? ')' : text[at + gap - 1];
            }

            at += gap;
        }

        return count;
    }

    private static bool IsPartOfWord(ReadOnlySpan<char> text, int start, int end) =>
        (start > 0 && (char.IsLetter(text[start - 1]) || text[start - 1] is '_' or '/' or '=' or '#' or '.'))
        || (end < text.Length && (char.IsLetter(text[end]) || text[end] is '_' or '/'));

    private static bool IsCard(ReadOnlySpan<char> digits, ReadOnlySpan<char> shape)
    {
        if (digits.Length is < 13 or > MostDigits || digits[0] is < '2' or > '6') return false;
        var isGrouped = shape is "dddd dddd dddd dddd" or "dddd-dddd-dddd-dddd" or "dddd dddddd ddddd" or "dddd-dddddd-ddddd"
            or "dddd dddd dddd ddd" or "dddd dddd dddd dddd ddd" or "dddd dddddd dddd";
        if (!isGrouped && shape.Length != digits.Length) return false;
        return digits.ContainsAnyExcept(digits[0]) && HasCheckDigit(digits);
    }

    private static bool IsPhone(ReadOnlySpan<char> text, int start, ReadOnlySpan<char> digits, ReadOnlySpan<char> shape)
    {
        if (start > 0 && text[start - 1] == '+') return digits.Length is >= 8 and <= 15 && digits[0] != '0';
        if (start > 1 && text[start - 1] == '(' && text[start - 2] == '+') return digits.Length is >= 8 and <= 15;
        var isNorthAmerican = shape is "ddd-ddd-dddd" or "ddd.ddd.dddd" or "ddd ddd dddd" or "ddd)ddd-dddd" or "ddd)ddd.dddd" or "ddd)ddd dddd"
            or "d-ddd-ddd-dddd" or "d.ddd.ddd.dddd" or "d ddd ddd dddd" or "d(ddd)ddd-dddd";
        if (!isNorthAmerican) return false;
        var local = digits[^10..];

        // Area code and exchange start with 2 to 9; 555-0100 to 555-0199 belong to nobody.
        if (local[0] < '2' || local[3] < '2' || (digits.Length == 11 && digits[0] != '1')) return false;
        return !(local[3..6] is "555" && local[6..8] is "01");
    }
}
