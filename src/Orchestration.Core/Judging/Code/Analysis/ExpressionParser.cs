namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>A side of an equation.</summary>
internal struct Expression
{
    /// <summary>Its value; a percentage is divided by 100.</summary>
    public double Value;

    /// <summary>It has an operation.</summary>
    public bool HasOperation;

    /// <summary>A number in it is written with decimals.</summary>
    public bool HasDecimals;

    /// <summary>A number in it has a percent sign.</summary>
    public bool HasPercent;

    /// <summary>Decimals, where it is a single number.</summary>
    public int Decimals;

    /// <summary>It goes on with something that is no number: an unknown, a function. It cannot be checked.</summary>
    public bool IsOpen;

    /// <summary>A single number with a percent sign.</summary>
    public readonly bool IsPercent => HasPercent && !HasOperation;
}

/// <summary>
/// Reads sums, products, quotients, powers with whole exponents, brackets and percentages as people and LaTeX write them, with units
/// ("3 apples + 4 apples") and currency signs passed over. Works on one line and never looks back, so a line costs its length.
/// </summary>
internal ref struct ExpressionParser
{
    private const int MostDepth = 16;
    private const int MostExponent = 64;
    private readonly ReadOnlySpan<char> _line;
    private int _at;
    private int _depth;

    public ExpressionParser(ReadOnlySpan<char> line, int start)
    {
        _line = line;
        _at = start;
    }

    /// <summary>Where reading has come to.</summary>
    public readonly int Position => _at;

    /// <summary>Reads an expression.</summary>
    public bool TryRead(out Expression sum)
    {
        if (!TryReadProduct(out sum)) return false;
        while (!sum.IsOpen)
        {
            var before = _at;
            SkipUnits();
            SkipBlanks();
            if (!TryReadSumSign(out var isMinus))
            {
                _at = before;
                return true;
            }

            var operand = _at;
            if (!TryReadProduct(out var right))
            {
                sum.IsOpen = IsUnknownAt(operand);
                _at = before;
                return true;
            }

            // "50 + 20%" means 60 to some and 50.2 to others: not checked.
            var isOpen = right.IsOpen || right.IsPercent != sum.HasPercent;
            Combine(ref sum, right, isMinus ? sum.Value - right.Value : sum.Value + right.Value);
            sum.IsOpen = isOpen;
        }

        return true;
    }

    /// <summary>Reads a sign of equality, and says whether a unit stands before it.</summary>
    public bool TryReadRelation(out bool isApproximate, out bool hasUnit)
    {
        isApproximate = false;
        var before = _at;
        SkipUnits();
        hasUnit = _at > before;
        SkipBlanks();
        if (_at >= _line.Length) return false;
        var rest = _line[_at..];
        if (rest[0] == '=' && !(rest.Length > 1 && rest[1] is '=' or '>'))
        {
            _at++;
            return true;
        }

        isApproximate = true;
        var length = rest[0] == '\u2248' ? 1 : rest.StartsWith("\\approx") ? 7 : 0;
        _at += length;
        return length > 0;
    }

    /// <summary>True where a single letter and an operator follow, as in "5 y + 2". A single letter by itself may be a unit: "5 m".</summary>
    public readonly bool IsUnknownNext()
    {
        var at = _at;
        while (at < _line.Length && _line[at] == ' ') at++;
        if (at >= _line.Length || !char.IsLetter(_line[at])) return false;
        at++;
        while (at < _line.Length && _line[at] == ' ') at++;
        return at < _line.Length && _line[at] is '+' or '-' or '*' or '=' or '^' or '\u2212';
    }

    private bool TryReadProduct(out Expression product)
    {
        if (!TryReadPower(out product)) return false;
        while (!product.IsOpen)
        {
            var before = _at;
            SkipUnits();
            SkipBlanks();
            if (!TryReadProductSign(product, out var isDivision))
            {
                _at = before;
                return true;
            }

            var operand = _at;
            if (!TryReadPower(out var right))
            {
                // "60 km/h" is a unit, not a quotient.
                product.IsOpen = !(isDivision && operand < _line.Length && char.IsLetter(_line[operand])) && IsUnknownAt(operand);
                _at = before;
                return true;
            }

            Combine(ref product, right, isDivision ? product.Value / right.Value : product.Value * right.Value);
            product.IsOpen = right.IsOpen || !double.IsFinite(product.Value);
        }

        return true;
    }

    private bool TryReadPower(out Expression power)
    {
        if (!TryReadOperand(out power)) return false;
        var rest = _line[_at..];
        var length = rest.StartsWith("^{") ? 2 : rest.StartsWith("**") && rest.Length > 2 && char.IsAsciiDigit(rest[2]) ? 2 : rest.StartsWith("^") ? 1 : 0;
        if (length == 0) return true;
        _at += length;
        while (_at < _line.Length && _line[_at] == ' ') _at++;
        if (!NumberReader.StartsAt(_line, _at) || !NumberReader.TryRead(_line, ref _at, out var exponent)) return false;
        if (exponent.Decimals > 0 || exponent.IsPercent || exponent.Value > MostExponent) return false;
        if (rest.StartsWith("^{") && (_at >= _line.Length || _line[_at++] != '}')) return false;
        var value = 1.0;
        for (var i = 0; i < (int)exponent.Value; i++) value *= power.Value;
        power = power with { Value = value, HasOperation = true, IsOpen = !double.IsFinite(value) || IsTouchedByName() };
        return true;
    }

    private bool TryReadOperand(out Expression operand)
    {
        operand = default;
        SkipBlanks();
        var isNegative = false;
        if (_at < _line.Length && _line[_at] is '-' or '\u2212' or '+')
        {
            isNegative = _line[_at++] != '+';
            if (_at < _line.Length && CharClass.IsSpace(_line[_at])) return false;
        }

        while (_at < _line.Length && (_line[_at] is '$' or '\u20AC' or '\u00A3' or '\u00A5' || (_line[_at] == '\\' && _at + 1 < _line.Length && _line[_at + 1] == '$'))) _at++;
        if (_at >= _line.Length) return false;
        var isRead = _line[_at] switch
        {
            '(' => TryReadBrackets(out operand),
            '\\' => TryReadFraction(out operand),
            _ => TryReadNumber(out operand),
        };
        if (isNegative) operand.Value = -operand.Value;
        return isRead;
    }

    private bool TryReadNumber(out Expression operand)
    {
        operand = default;
        if (!NumberReader.StartsAt(_line, _at) || !NumberReader.TryRead(_line, ref _at, out var number)) return false;
        operand = new Expression
        {
            Value = number.IsPercent ? number.Value / 100 : number.Value,
            HasDecimals = number.Decimals > 0,
            HasPercent = number.IsPercent,
            Decimals = number.Decimals,
        };
        return !IsTouchedByName();
    }

    private bool TryReadBrackets(out Expression operand)
    {
        operand = default;
        if (_depth == MostDepth) return false;
        _depth++;
        _at++;
        if (!TryRead(out operand) || operand.IsOpen) return false;
        SkipUnits();
        SkipBlanks();
        if (_at >= _line.Length || _line[_at] != ')') return false;
        _at++;
        _depth--;
        return !IsTouchedByName();
    }

    private bool TryReadFraction(out Expression operand)
    {
        operand = default;
        var rest = _line[_at..];
        var length = rest.StartsWith("\\frac{") ? 6 : rest.StartsWith("\\dfrac{") ? 7 : 0;
        if (length == 0) return false;
        _at += length;
        if (!NumberReader.StartsAt(_line, _at) || !NumberReader.TryRead(_line, ref _at, out var over) || !_line[_at..].StartsWith("}{")) return false;
        _at += 2;
        if (!NumberReader.StartsAt(_line, _at) || !NumberReader.TryRead(_line, ref _at, out var under) || !_line[_at..].StartsWith("}")) return false;
        _at++;
        if (over.IsPercent || under.IsPercent || under.Value == 0) return false;
        operand = new Expression { Value = over.Value / under.Value, HasOperation = true, HasDecimals = over.Decimals + under.Decimals > 0 };
        return !IsTouchedByName();
    }

    // A digit, letters, a bracket or a LaTeX command right after a number multiply it: "3x", "2pq", "2(4)", "5\pi". The usual units
    // ("5kg", "10\text{ cm}") do not. "0.\overline{3}" goes on too.
    private readonly bool IsTouchedByName()
    {
        if (_at >= _line.Length) return false;
        var next = _line[_at];
        if (next is '(' or '_' or '!' && !(next == '!' && IsAtEnd(_at + 1))) return true;
        if (char.IsAsciiDigit(next)) return true;
        if (char.IsLetter(next)) return !IsUnit(_line[_at..]);
        if (next == '.') return _at + 1 < _line.Length && _line[_at + 1] == '\\';
        if (next != '\\' || _at + 1 >= _line.Length || !char.IsAsciiLetter(_line[_at + 1])) return false;
        var command = _line[_at..];
        return !(command.StartsWith("\\times") || command.StartsWith("\\cdot") || command.StartsWith("\\div") || command.StartsWith("\\approx")
            || command.StartsWith("\\text") || command.StartsWith("\\quad") || command.StartsWith("\\mathrm"));
    }

    private static bool IsUnit(ReadOnlySpan<char> rest)
    {
        var length = 0;
        while (length < rest.Length && length < 5 && char.IsLetter(rest[length])) length++;
        return rest[..length] is "kg" or "mg" or "cm" or "mm" or "km" or "ml" or "mL" or "lb" or "lbs" or "oz" or "ft" or "in" or "mph" or "hr" or "hrs"
            or "min" or "mins" or "sec" or "secs" or "ms" or "GB" or "MB" or "KB" or "st" or "nd" or "rd" or "th";
    }

    private readonly bool IsAtEnd(int at) => at >= _line.Length || CharClass.IsSpace(_line[at]);

    // What stands where an operand should: a letter by itself, a function or a bracket is an unknown; a word is prose.
    private readonly bool IsUnknownAt(int at)
    {
        while (at < _line.Length && CharClass.IsSpace(_line[at])) at++;
        if (at >= _line.Length) return false;
        if (!char.IsLetter(_line[at])) return _line[at] is '(' or '\\' or '[' or '{' or '|' or '\u221A' || char.IsAsciiDigit(_line[at]);
        var end = at;
        while (end < _line.Length && char.IsLetterOrDigit(_line[end])) end++;
        return end == at + 1 || (end < _line.Length && _line[end] is '(' or '_' or '^');
    }

    private bool TryReadSumSign(out bool isMinus)
    {
        isMinus = false;
        if (_at >= _line.Length || _line[_at] is not ('+' or '-' or '\u2212' or '\u2013')) return false;
        isMinus = _line[_at] != '+';
        if (_at + 1 < _line.Length && (_line[_at + 1] == '>' || _line[_at + 1] == _line[_at])) return false;
        _at++;
        return true;
    }

    private bool TryReadProductSign(in Expression left, out bool isDivision)
    {
        isDivision = false;
        if (_at >= _line.Length) return false;
        var rest = _line[_at..];
        var length = rest[0] switch
        {
            '*' or '\u00D7' or '\u00B7' or '\u22C5' or '/' or '\u00F7' => 1,
            'x' or 'X' when rest.Length > 1 && CharClass.IsSpace(rest[1]) => 1,
            'o' when left.HasPercent && rest.StartsWith("of ") => 3,
            '\\' when rest.StartsWith("\\times") => 6,
            '\\' when rest.StartsWith("\\cdot") => 5,
            '\\' when rest.StartsWith("\\div") => 4,
            _ => 0,
        };
        isDivision = length > 0 && rest[0] is '/' or '\u00F7' || length == 4;
        _at += length;
        return length > 0;
    }

    // White space, bold marks and the small spaces of LaTeX.
    private void SkipBlanks()
    {
        while (_at < _line.Length)
        {
            if (CharClass.IsSpace(_line[_at])) _at++;
            else if (_at + 1 < _line.Length && _line[_at] == '*' && _line[_at + 1] == '*') _at += 2;
            else if (_at + 1 < _line.Length && _line[_at] == '\\' && _line[_at + 1] is ',' or ';' or ' ' or '!') _at += 2;
            else return;
        }
    }

    // One or two words between a number and the sign after it are its unit; words with anything else after them are prose and stay.
    private void SkipUnits()
    {
        var at = _at;
        for (var word = 0; word < 2; word++)
        {
            while (at < _line.Length && _line[at] == ' ') at++;
            var start = at;
            if (_line[at..].StartsWith("\\text{") && _line.Slice(at, Math.Min(32, _line.Length - at)).IndexOf('}') is var close && close > 0)
            {
                at += close + 1;
            }
            else
            {
                while (at < _line.Length && at - start < 24 && char.IsLetter(_line[at])) at++;
                if (at - start < 2 || _line[start..at] is "of" or "and" or "or") return;
            }

            var sign = at;
            while (sign < _line.Length && _line[sign] == ' ') sign++;
            if (sign >= _line.Length || _line[sign] is not ('+' or '-' or '*' or '/' or '=' or ')' or '\u00D7' or '\u00F7' or '\u2212' or '\u2248')) continue;
            _at = at;
            return;
        }
    }

    private static void Combine(ref Expression left, in Expression right, double value)
    {
        left.Value = value;
        left.HasOperation = true;
        left.HasDecimals |= right.HasDecimals;
        left.HasPercent |= right.HasPercent;
    }
}
