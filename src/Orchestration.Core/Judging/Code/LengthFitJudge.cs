using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>How far the answer's length lies from what the prompt demands.</summary>
internal sealed class LengthFitJudge : AnalysedCodeJudge
{
    public override string Id => "length-fit";

    public override string Summary => "The answer's length against the length the prompt names, otherwise against the usual band for such a prompt.";

    protected override Judgment Score(PairAnalysis pair)
    {
        var answer = pair.Answer;
        if (answer.Tokens.IsEmpty) return Judgment.Scored(0);
        var demand = pair.Demand;
        if (demand.Named.Count == 0) return Judgment.Scored(demand.Usual.Fit(answer.WordCount));
        var worst = 1.0;
        foreach (var named in demand.Named) worst = Math.Min(worst, named.Fit(Measure(answer, named.Unit)));
        return Judgment.Scored(worst);
    }

    private static double Measure(TextAnalysis answer, LengthUnit unit) => unit switch
    {
        LengthUnit.Words => answer.WordCount,
        LengthUnit.Sentences => answer.SentenceCount,
        LengthUnit.Paragraphs => Paragraphs(answer),
        LengthUnit.Lines => LinesWithWords(answer),
        LengthUnit.Characters => answer.Text.AsSpan().Trim().Length,
        _ => Items(answer),
    };

    private static int Paragraphs(TextAnalysis answer)
    {
        var count = 0;
        var isWithin = false;
        foreach (ref readonly var line in answer.Lines)
        {
            var hasWords = line.EndToken > line.FirstToken && line.Kind != LineKind.Heading;
            if (hasWords && !isWithin) count++;
            isWithin = hasWords || (isWithin && line.Kind is not (LineKind.Blank or LineKind.Heading));
        }

        return count;
    }

    private static int LinesWithWords(TextAnalysis answer)
    {
        var count = 0;
        foreach (ref readonly var line in answer.Lines) count += line.EndToken > line.FirstToken ? 1 : 0;
        return count;
    }

    // The items of the outermost list; without one, lines; in a single line, what commas and a last "and" set apart.
    private static int Items(TextAnalysis answer)
    {
        var outermost = int.MaxValue;
        foreach (ref readonly var line in answer.Lines)
            if (line.Kind is LineKind.Bullet or LineKind.Numbered) outermost = Math.Min(outermost, line.Indent);
        if (outermost < int.MaxValue)
        {
            var items = 0;
            foreach (ref readonly var line in answer.Lines)
                if (line.Kind is LineKind.Bullet or LineKind.Numbered && line.Indent <= outermost + 1) items++;
            return items;
        }

        var lines = LinesWithWords(answer);
        if (lines > 1) return lines;
        var marks = 1;
        var lastMark = -1;
        foreach (ref readonly var token in answer.Tokens)
        {
            var gap = answer.Text.AsSpan(0, token.Start).TrimEnd();
            var isAfterMark = !gap.IsEmpty && gap[^1] is ',' or ';';
            if (isAfterMark || answer.Word(token) is "and" or "or")
            {
                // "a, b, and c" has two marks, not three.
                if (lastMark != token.Start) marks++;
                lastMark = answer.Word(token) is "and" or "or" ? token.End + 1 : token.Start;
            }
        }

        return marks;
    }
}
