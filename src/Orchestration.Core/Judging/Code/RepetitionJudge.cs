using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>Share of the answer that says again what it has said: repeated runs of four words, or one character over and over.</summary>
internal sealed class RepetitionJudge : AnalysedCodeJudge
{
    private const int ShortestRun = 16;

    public override string Id => "repetition";

    public override string Summary => "Share of the answer's four-word runs that occurred before, or of its characters in runs of one letter; lower is better.";

    public override Scale Scale => Scale.UnitLowerIsBetter;

    protected override Judgment Score(PairAnalysis pair) =>
        Judgment.Scored(Math.Max(RepeatedFourGrams(pair), InRuns(pair.Pair.Answer)));

    // seq-rep-4 of Welleck et al. 2020: 1 − distinct 4-grams / 4-grams. A 4-gram is a pair of pairs.
    private static double RepeatedFourGrams(PairAnalysis pair)
    {
        var tokens = pair.Answer.Tokens;
        var total = tokens.Length - 3;
        if (total <= 0) return 0;
        var ids = pair.Scratch;
        ids.Clear(total);
        var pairs = pair.ScratchIds.Reserve(tokens.Length - 1);
        for (var at = 0; at < pairs.Length; at++) pairs[at] = ids.Intern(tokens[at].Id, tokens[at + 1].Id);
        ids.Clear(total);
        for (var at = 0; at < total; at++) ids.Intern(pairs[at], pairs[at + 2]);
        return (double)(total - ids.Count) / total;
    }

    private static double InRuns(string answer)
    {
        int visible = 0, inRuns = 0, run = 0;
        var last = '\0';
        foreach (var unit in answer)
        {
            if (CharClass.IsSpace(unit)) continue;
            visible++;
            run = unit == last && char.IsLetterOrDigit(unit) ? run + 1 : 1;
            last = unit;
            if (run == ShortestRun) inRuns += ShortestRun;
            else if (run > ShortestRun) inRuns++;
        }

        return visible == 0 ? 0 : (double)inRuns / visible;
    }
}
