namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>Says what a line is by its Markdown (the block marks of CommonMark that answers use; indented code is prose here).</summary>
internal static class MarkdownLine
{
    /// <summary>Fills kind, indentation, number and content of a line; <c>Content</c> counts from the line's start.</summary>
    public static void Classify(ReadOnlySpan<char> text, ref Line line, ref TextAnalysis.Fence fence)
    {
        var at = 0;
        while (at < text.Length && CharClass.IsSpace(text[at])) line.Indent += text[at++] == '\t' ? 4 : 1;
        var rest = text[at..];
        line.Content = at;
        var fenceLength = FenceLength(rest);
        if (fence.Length > 0)
        {
            var closes = fenceLength >= fence.Length && rest[0] == fence.Mark && rest[fenceLength..].IsWhiteSpace();
            line.Kind = closes ? LineKind.Fence : LineKind.Code;
            if (closes) fence = default;
            return;
        }

        if (rest.IsEmpty)
        {
            line.Kind = LineKind.Blank;
        }
        else if (fenceLength > 0 && !(rest[0] == '`' && rest[fenceLength..].Contains('`')))
        {
            line.Kind = LineKind.Fence;
            fence = new TextAnalysis.Fence { Mark = rest[0], Length = fenceLength };
        }
        else if (IsRule(rest))
        {
            line.Kind = LineKind.Rule;
        }
        else
        {
            ClassifyMarker(rest, ref line);
        }
    }

    private static void ClassifyMarker(ReadOnlySpan<char> rest, ref Line line)
    {
        var first = rest[0];
        if (first == '|')
        {
            line.Kind = LineKind.TableRow;
            return;
        }

        if (first == '#')
        {
            var level = rest.IndexOfAnyExcept('#') is var n && n < 0 ? rest.Length : n;
            if (level > 6 || (level < rest.Length && !CharClass.IsSpace(rest[level]))) return;
            line.Kind = LineKind.Heading;
            line.Number = level;
            line.Content += level;
        }
        else if (first is '-' or '*' or '+' or '\u2022' && rest.Length > 1 && CharClass.IsSpace(rest[1]))
        {
            line.Kind = LineKind.Bullet;
            line.Content += 2;
        }
        else if (char.IsAsciiDigit(first))
        {
            var digits = 1;
            while (digits < rest.Length && digits < 4 && char.IsAsciiDigit(rest[digits])) digits++;
            if (digits > 3 || digits + 1 >= rest.Length || rest[digits] is not ('.' or ')') || !CharClass.IsSpace(rest[digits + 1])) return;
            line.Kind = LineKind.Numbered;
            foreach (var digit in rest[..digits]) line.Number = (line.Number * 10) + (digit - '0');
            line.Content += digits + 2;
        }
    }

    private static int FenceLength(ReadOnlySpan<char> rest)
    {
        if (rest.IsEmpty || rest[0] is not ('`' or '~')) return 0;
        var length = rest.IndexOfAnyExcept(rest[0]) is var n && n < 0 ? rest.Length : n;
        return length >= 3 ? length : 0;
    }

    private static bool IsRule(ReadOnlySpan<char> rest)
    {
        var mark = rest[0];
        if (mark is not ('-' or '*' or '_' or '=')) return false;
        var marks = 0;
        foreach (var unit in rest)
        {
            if (unit == mark) marks++;
            else if (!CharClass.IsSpace(unit)) return false;
        }

        return marks >= 3;
    }
}
