using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>F1 of the words that answer and reference share, as SQuAD defines it.</summary>
internal sealed class TokenF1Judge : AnalysedCodeJudge
{
    public override string Id => "token-f1";

    public override string Summary => "F1 of the words that answer and reference share, counted as often as in both, after SQuAD's normalisation.";

    public override bool NeedsReference => true;

    protected override Judgment Score(PairAnalysis pair)
    {
        var reference = pair.ReferenceSquad;
        var answer = pair.AnswerSquad;

        // Two texts without a word agree; one without a word and one with words do not (SQuAD 2.0).
        if (reference.IsEmpty || answer.IsEmpty) return Judgment.Scored(reference.IsEmpty && answer.IsEmpty ? 1 : 0);
        var counts = pair.Counts;
        foreach (var id in reference) counts[id]++;
        var common = 0;
        foreach (var id in answer)
            if (counts[id]-- > 0) common++;
        foreach (var id in reference) counts[id] = 0;
        foreach (var id in answer) counts[id] = 0;

        // 2PR/(P + R) with P = common/answer and R = common/reference, without its roundings.
        return Judgment.Scored(2.0 * common / (answer.Length + reference.Length));
    }
}
