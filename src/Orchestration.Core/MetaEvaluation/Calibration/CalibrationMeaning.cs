using System.Globalization;
using Orchestration.Core.Reports;
using Orchestration.Learning.Calibrating;

namespace Orchestration.Core.MetaEvaluation.Calibration;

/// <summary>What the figures of a calibration mean.</summary>
internal static class CalibrationMeaning
{
    public static IReadOnlyList<string> Of(CalibrationOutcome outcome)
    {
        var sentences = new List<string>();
        foreach (var reading in outcome.Readings.Where(static r => r.Name != "quantile"))
        {
            var what = reading.Name == "raw" ? "Read as it is, the judge's score" : "Calibrated, out of fold, it";
            sentences.Add(string.Create(CultureInfo.InvariantCulture,
                $"{what} is off by {ReportTable.Number(reading.Error.Value)} on average over bins, where a perfect one would seem off by {ReportTable.Number(reading.Error.ByChance)} by chance."));
        }

        foreach (var (policy, name) in outcome.Study.Policies.Zip(outcome.PolicyNames))
        {
            if (Of(policy, name, outcome) is { } sentence) sentences.Add(sentence);
        }

        if (outcome.Study.Policies.Any(static p => p.Basis == CorrectionBasis.Borrowed && p.Probe is null && p.Refusal == LevelRefusal.None))
            sentences.Add($"Values without labels of their own hold if the calibration carries over to them; {outcome.Settings.Options.OwnLabels} labels or more of each, drawn at random (--probe), would test it.");
        return sentences;
    }

    private static string? Of(PolicyValue policy, string name, CalibrationOutcome outcome) => policy.Refusal switch
    {
        LevelRefusal.OutsideRange => string.Create(CultureInfo.InvariantCulture,
            $"{name}: refused. {policy.Outside:0.0%} of its scores lie outside the labelled range, where nothing is known; label answers of such scores."),
        LevelRefusal.DoesNotTransfer => string.Create(CultureInfo.InvariantCulture,
            $"{name}: the calibration does not carry over (its labels lie {ReportTable.Number(policy.Probe!.Value.Difference)} from what the calibrator says, t {policy.Probe.Value.T:0.0}, corrected p {ReportTable.Number(policy.Probe.Value.PValue)}). Its calibrated mean of {ReportTable.Number(policy.Calibrated)} is refused; the value rests on its own {policy.Labels} labels, right only if they were drawn at random."),
        _ when policy.Rows == 0 => $"{name} has labels but no scores to value it by.",
        _ when policy.Probe is { } probe => string.Create(CultureInfo.InvariantCulture,
            $"{name}: {policy.Labels} labels do not contradict the calibration (difference {ReportTable.Number(probe.Difference)} ± {ReportTable.Number(probe.StandardError)}), which {(outcome.Settings.Options.Level > 0.9 ? "does not prove that it carries over" : "is weak evidence")}."),
        _ => null,
    };
}
