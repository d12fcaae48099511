using System.Globalization;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Reports;
using Orchestration.Learning.Intervals;

namespace Orchestration.Core.MetaEvaluation.Biases;

/// <summary>What a study of biases says, in sentences.</summary>
internal static class BiasMeaning
{
    private const int MostSentences = 12;

    public static IReadOnlyList<string> Of(BiasOutcome outcome)
    {
        var comparisons = outcome.Kind == DataKind.Comparisons;
        var sure = outcome.Lines.Where(static l => l.IsSure).OrderByDescending(static l => Math.Abs(l.Shift.Value)).ToArray();
        var sentences = new List<string>
        {
            comparisons
                ? "A shift is how far verdicts move towards the answer that the bias was put into, beyond what its control does: 0 not at all, 1 from preferring the other answer always to preferring this one always."
                : "A shift is how far the score moves for the bias alone, beyond what its control does, in shares of the scale: 0 not at all.",
            string.Create(CultureInfo.InvariantCulture, $"{sure.Length} of {outcome.Lines.Count} shifts are sure once it is counted how many were looked at (Holm, 5% for all together; intervals resample prompts and are not corrected)."),
        };
        foreach (var line in sure.Take(MostSentences)) sentences.Add(Sentence(line, comparisons));
        if (sure.Length > MostSentences) sentences.Add(string.Create(CultureInfo.InvariantCulture, $"{sure.Length - MostSentences} more are in the table."));
        var open = outcome.Lines.Where(static l => !l.IsSure && !double.IsNaN(l.Shift.Upper)).ToArray();
        if (open.Length != 0)
        {
            var most = open.Max(static l => Math.Max(Math.Abs(l.Shift.Lower), Math.Abs(l.Shift.Upper)));
            sentences.Add($"That the other shifts are not sure does not say that there are none: the widest of their intervals reaches {ReportTable.Number(most)}.");
        }

        var few = outcome.Lines.Where(static l => l.Prompts < 10).Select(static l => l.Bias).Distinct(StringComparer.Ordinal).ToArray();
        if (few.Length != 0) sentences.Add($"From fewer than 10 prompts, and so hardly to be told from chance whatever they are: {string.Join(", ", few)}.");
        var unscored = outcome.Lines.Sum(static l => (long)l.Unscored);
        if (unscored != 0) sentences.Add(string.Create(CultureInfo.InvariantCulture, $"{unscored:N0} judgments are missing on one side (unreadable, refused, no reply): they are counted and take no part; none is a flip."));
        return sentences;
    }

    private static string Sentence(BiasLine line, bool comparisons)
    {
        var amount = $"{ReportTable.Number(line.Shift.Value)} ({Bounds(line.Shift)})";
        var unit = line.IsInDeviations ? " standard deviations of its scores" : comparisons ? "" : " of the scale";
        var what = line.Bias switch
        {
            BiasCatalog.Position => $"{line.Judge} prefers the {(line.Shift.Value > 0 ? "first" : "second")} place by {amount}, whichever answer stands there",
            BiasCatalog.SelfPreference => $"{line.Judge} puts its own family's answers {(line.Shift.Value > 0 ? "above" : "below")} others by {amount}{unit} more than {line.Against} do",
            "reference-error" => $"{line.Judge} follows an error in the reference: {amount}{unit} for an answer that did not change",
            _ => $"{line.Judge} is moved by {line.Bias}: {amount}{unit} against {line.Against}",
        };
        if (comparisons && !double.IsNaN(line.Flips.Value) && line.Bias != BiasCatalog.Position)
            what += $"; {(line.Flips.Value * 100).ToString("0.#", CultureInfo.InvariantCulture)}% of its verdicts change, {(line.Toward.Value * 100).ToString("0.#", CultureInfo.InvariantCulture)}% towards the answer";
        var best = line.Mitigations.Where(m => m.HelpsAgainst(line.Shift)).MinBy(static m => Math.Abs(m.Remaining.Value));
        if (best is not null) return $"{what}. What helps: {best.Name}, which leaves {ReportTable.Number(best.Remaining.Value)} ({Bounds(best.Remaining)}).";
        return line.Mitigations.Count == 0 ? what + "." : $"{what}. None of {string.Join(", ", line.Mitigations.Select(static m => m.Name))} surely helps.";
    }

    private static string Bounds(in Estimate estimate) => double.IsNaN(estimate.Lower) ? "no interval" : $"{ReportTable.Number(estimate.Lower)} to {ReportTable.Number(estimate.Upper)}";
}
