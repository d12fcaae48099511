using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>Whether the answer comes to an end or breaks off.</summary>
internal sealed class EndingJudge : AnalysedCodeJudge
{
    private const int ShortAnswerWords = 12;

    public override string Id => "ending";

    public override string Summary => "1 where the answer comes to an end, 0.5 where that is open, 0 where it breaks off (open code fence, comma, \"and\").";

    public override Scale Scale { get; } = new(0, 1, 0.5);

    protected override Judgment Score(PairAnalysis pair)
    {
        var answer = pair.Answer;
        if (answer.Text.AsSpan().IsWhiteSpace()) return NotApplicable;
        if (answer.HasOpenFence) return Judgment.Scored(0);
        var last = LastLine(answer);
        return last.Kind switch
        {
            LineKind.Fence or LineKind.TableRow or LineKind.Rule => Judgment.Scored(1),
            LineKind.Heading => Judgment.Scored(0),
            _ => Judgment.Scored(OfProse(answer, last)),
        };
    }

    private static Line LastLine(TextAnalysis answer)
    {
        var lines = answer.Lines;
        for (var at = lines.Length - 1; at > 0; at--)
            if (lines[at].Kind != LineKind.Blank) return lines[at];
        return lines[0];
    }

    private static double OfProse(TextAnalysis answer, in Line line)
    {
        var visible = answer.Text.AsSpan(line.Content, line.End - line.Content).TrimEnd();
        var text = visible.TrimEnd("*_`\"'\u201D\u2019\u00BB ");
        if (text.IsEmpty) return visible.IsEmpty ? 0 : 1;
        var final = text[^1];
        if (final is ',' or ';' or ':' or '-' or '\u2013' or '\u2014' or '(' or '[' or '{' or '\u3001' or '\uFF0C' or '\uFF1A') return 0;
        if (final is '.' or '!' or '?' or '\u2026' || CharClass.KindOf(final) == CharKind.WideTerminal) return 1;
        if (!char.IsLetter(final)) return 1;
        if (line.EndToken > line.FirstToken && IsLeading(answer.Word(answer.Tokens[line.EndToken - 1]))) return 0;
        return line.Kind is LineKind.Bullet or LineKind.Numbered || answer.WordCount <= ShortAnswerWords ? 1 : 0.5;
    }

    // Words after which something has to come.
    private static bool IsLeading(ReadOnlySpan<char> word) => word is "and" or "or" or "but" or "the" or "a" or "an" or "of" or "to" or "with"
        or "for" or "from" or "because" or "if" or "than" or "that" or "which" or "as" or "by" or "is" or "are" or "was" or "were" or "into"
        or "your" or "its" or "their" or "our" or "my" or "such" or "including" or "between";
}
