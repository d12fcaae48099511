using System.Buffers;

namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>Equations seen so far.</summary>
internal struct EquationTally
{
    public int Total;
    public int Correct;
}

/// <summary>Finds the equations between numbers in a line of prose and checks them: "3 × 4 = 12", and each link of "2 + 3 = 5 = 10 / 2".</summary>
internal static class Equations
{
    private static readonly SearchValues<char> Starts = SearchValues.Create("0123456789(\\");

    /// <summary>Counts the equations of a line. An equation has an operation on at least one side and no unknown on either.</summary>
    public static void Count(ReadOnlySpan<char> line, ref EquationTally tally)
    {
        if (!line.ContainsAny("=\u2248\\")) return;
        var at = 0;
        while (at < line.Length)
        {
            var ahead = line[at..].IndexOfAny(Starts);
            if (ahead < 0) return;
            at += ahead;
            var start = at;
            at++;
            if (FindStart(line, ref start)) at = Math.Max(at, CountChain(line, start, ref tally));
        }
    }

    private static int CountChain(ReadOnlySpan<char> line, int start, ref EquationTally tally)
    {
        var parser = new ExpressionParser(line, start);
        if (!parser.TryRead(out var left)) return start;
        while (!left.IsOpen && parser.TryReadRelation(out var isApproximate, out var hasUnit))
        {
            if (!parser.TryRead(out var right) || right.IsOpen || parser.IsUnknownNext()) break;

            // "1 inch = 1/12 feet" converts units and calculates nothing.
            if ((left.HasOperation || right.HasOperation) && !(hasUnit && !left.HasOperation))
            {
                tally.Total++;
                if (Holds(left, right, isApproximate)) tally.Correct++;
            }

            left = right;
        }

        return parser.Position;
    }

    // An expression starts where nothing before it can belong to it: no operator, no letter or bracket that touches it, no other number.
    private static bool FindStart(ReadOnlySpan<char> line, ref int start)
    {
        if (line[start] == '\\' && !line[start..].StartsWith("\\frac{") && !line[start..].StartsWith("\\dfrac{")) return false;
        if (start > 0 && line[start] != '\\' && line[start - 1] == '.') start--;
        while (start > 0 && line[start - 1] is '$' or '\u20AC' or '\u00A3' or '\u00A5') start--;
        if (start > 0 && line[start - 1] == '\\' && line[start] == '$') start--;
        if (start > 0 && line[start - 1] is '-' or '\u2212') start--;
        if (start == 0) return true;
        var touching = line[start - 1];

        // Calculator notes of worked solutions: "<<9*2=18>>".
        if (touching == '<' && start > 1 && line[start - 2] == '<') return true;
        if (!CharClass.IsSpace(touching) && touching is not ('(' or '[' or '*' or '`' or '"' or '\'' or ':' or '=' or '~' or '\u201C' or '\u2248')) return false;

        var before = start;
        while (before > 0 && (CharClass.IsSpace(line[before - 1]) || (before > 1 && line[before - 1] == '*' && line[before - 2] == '*')))
            before -= line[before - 1] == '*' ? 2 : 1;
        if (before == 0) return true;
        var last = line[before - 1];
        if (char.IsAsciiDigit(last) || last is '}' || (line[start] == '(' && last is ')' or ']')) return false;
        if (last is '+' or '-' or '*' or '/' or '\u00D7' or '\u00F7' or '\u00B7' or '\u22C5' or '^' or '\u2212' or '\u2013'
            or '\u00B1' or '%' or '!') return false;
        if (!char.IsAsciiLetter(last)) return true;
        var word = line[..before];
        return !(word.EndsWith("\\times") || word.EndsWith("\\cdot") || word.EndsWith("\\div") || word.EndsWith("\\pm") || word.EndsWith("\\sqrt")
            || ((before == 1 || CharClass.IsSpace(line[before - 2])) && (line[start] == '(' || last is 'x' or 'X')));
    }

    private static bool Holds(in Expression left, in Expression right, bool isApproximate) =>
        Near(left, right, left.Value, right.Value, isApproximate)
        || (right.IsPercent && Near(left, right, left.Value, right.Value * 100, isApproximate))
        || (left.HasPercent && !right.HasPercent && Near(left, right, left.Value * 100, right.Value, isApproximate));

    private static bool Near(in Expression left, in Expression right, double a, double b, bool isApproximate)
    {
        var size = Math.Max(Math.Abs(a), Math.Abs(b));
        var off = Math.Abs(a - b);

        // Room for what binary fractions cannot hold exactly, and no more.
        if (off <= 1e-12 * size) return true;
        if (isApproximate && off <= 0.02 * size) return true;

        // Numbers with decimals may have been rounded before they were written: 2941.18 × 6 = 17647.06 where 2941.176 was meant.
        if ((left.HasDecimals || right.HasDecimals) && off <= 1e-5 * size) return true;
        if (left.HasOperation && right.HasOperation) return (left.HasDecimals || right.HasDecimals) && off <= 0.005 * size;

        // A result is written rounded, or cut, to the decimals it shows.
        var result = left.HasOperation ? right : left;
        var exact = left.HasOperation ? a : b;
        var written = left.HasOperation ? b : a;
        if (result.Decimals == 0 && !isApproximate) return false;
        var unit = 1.0;
        for (var i = 0; i < result.Decimals; i++) unit /= 10;
        if (result.IsPercent && written == result.Value) unit /= 100;
        if (off <= 0.5 * unit * (1 + 1e-9)) return true;
        var cut = Math.Abs(exact) - Math.Abs(written);
        return result.Decimals > 0 && exact * written > 0 && cut >= 0 && cut < unit;
    }
}
