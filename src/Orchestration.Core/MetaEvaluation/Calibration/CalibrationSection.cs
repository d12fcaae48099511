using System.Globalization;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Calibrating;

namespace Orchestration.Core.MetaEvaluation.Calibration;

/// <summary>A calibration as a section: what it means, policies, the calibrator, how far what is said is from what is observed.</summary>
public static class CalibrationSection
{
    /// <summary>Makes it.</summary>
    /// <param name="outcome">The calibration.</param>
    /// <param name="inputs">What is known of the inputs.</param>
    public static CheckSection Of(CalibrationOutcome outcome, IReadOnlyList<CheckFact> inputs)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var (settings, study) = (outcome.Settings, outcome.Study);
        return new CheckSection
        {
            Check = "calibrate",
            Title = $"Calibration of {settings.Judge}",
            Headline = outcome.Meaning.Skip(1).FirstOrDefault() ?? "",
            Measured =
            [
                .. inputs, new("judge", settings.Judge), new("label", settings.Target), new("labels", string.Create(CultureInfo.InvariantCulture, $"{outcome.Labels:N0} of {outcome.LabelledPrompts:N0} prompts")),
                new("answers without a score", outcome.Unscored.ToString("N0", CultureInfo.InvariantCulture)), new("folds", settings.Options.Folds.ToString(CultureInfo.InvariantCulture)),
                new("intervals", settings.Options.Interval == IntervalSource.Bootstrap ? string.Create(CultureInfo.InvariantCulture, $"bootstrap over prompts, calibrator and folds refitted, {settings.Options.Resamples:N0} resamples") : "influence of each prompt"),
                new("seed", settings.Options.Seed.ToString(CultureInfo.InvariantCulture)),
            ],
            Warnings = [.. study.Policies.Zip(outcome.PolicyNames).Where(static p => p.First.Refusal != LevelRefusal.None).Select(static p => $"{p.Second}: the calibrator's word is refused.")],
            Parts =
            [
                new CheckPart { Table = CalibrationTable.Readings(outcome) },
                new CheckPart { Heading = "Policies", Chart = Values(outcome), Table = CalibrationTable.Policies(outcome) },
                new CheckPart { Heading = "The calibrator", Chart = Curve(outcome), Sentences = ["From the judge's score to the label that it stands for; constant outside the labelled range."] },
                new CheckPart { Heading = "What is said and what is observed", Chart = Reliability(outcome), Sentences = ["Out of fold, by prompt: on the diagonal what is said comes true."] },
            ],
            Meaning = outcome.Meaning,
            DoesNotMean = "A value is that of the labels: it is as good as whoever gave them. A policy without labels of its own is valued as if it were judged like those with labels.",
        };
    }

    private static IntervalChart Values(CalibrationOutcome outcome) =>
        new([.. outcome.Study.Policies.Zip(outcome.PolicyNames, static (p, name) => new IntervalRow(name, p.Value, p.Low, p.High))])
        {
            Title = "Value of each policy",
            XLabel = outcome.Settings.Target,
            YLabel = "policy",
        };

    private static LineChart Curve(CalibrationOutcome outcome)
    {
        LineSeries Line(string name, IEnumerable<double> scores, IEnumerable<double> values)
        {
            var points = scores.Select(outcome.Turn).Zip(values).OrderBy(static p => p.First).ToArray();
            return new LineSeries(name, [.. points.Select(static p => p.First)], [.. points.Select(static p => p.Second)]);
        }

        return new LineChart([Line("isotonic", outcome.Study.Calibrator.Knots, outcome.Study.Calibrator.Values), Line("quantile map", outcome.Map.Knots, outcome.Map.Values) with { Dashed = true }])
        {
            Title = "Calibrated score by the judge's score",
            XLabel = outcome.Settings.Judge,
            YLabel = outcome.Settings.Target,
        };
    }

    private static LineChart Reliability(CalibrationOutcome outcome) => new([.. outcome.Readings.Where(static r => r.Name != "raw").Select(static r => new LineSeries(
        r.Name, [.. r.Error.Bins.Select(static b => b.Said)], [.. r.Error.Bins.Select(static b => b.Observed)])
    {
        Dots = true,
        Lower = [.. r.Error.Bins.Select(static b => b.Observed - 2 * b.StandardError)],
        Upper = [.. r.Error.Bins.Select(static b => b.Observed + 2 * b.StandardError)],
    })])
    {
        Title = "Observed by said",
        XLabel = "said",
        YLabel = "observed, ± 2 standard errors",
        Diagonal = true,
    };
}

/// <summary>The tables of a calibration.</summary>
public static class CalibrationTable
{
    /// <summary>A line a policy.</summary>
    /// <param name="outcome">The calibration.</param>
    public static ReportTable Policies(CalibrationOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var level = string.Create(CultureInfo.InvariantCulture, $"{100 * outcome.Settings.Options.Level:0.###}% interval");
        return new ReportTable(
            ["policy", ReportColumn.Number("answers"), ReportColumn.Number("labels"), ReportColumn.Number("calibrated"), ReportColumn.Number("value"), ReportColumn.Number(level), "rests on", ReportColumn.Number("outside"), "calibration carries over"],
            [.. outcome.Study.Policies.Zip(outcome.PolicyNames, static (p, name) => (string[])
            [
                name, p.Rows.ToString(CultureInfo.InvariantCulture), p.Labels.ToString(CultureInfo.InvariantCulture), ReportTable.Number(p.Calibrated),
                p.Refusal == LevelRefusal.OutsideRange ? "refused" : ReportTable.Number(p.Value), $"{ReportTable.Number(p.Low)} to {ReportTable.Number(p.High)}",
                p.Basis == CorrectionBasis.OwnLabels ? "own labels" : "others' labels", double.IsNaN(p.Outside) ? "—" : p.Outside.ToString("0.0%", CultureInfo.InvariantCulture),
                p.Probe is not { } probe ? "not tested" : probe.Transfers ? $"not contradicted (p {ReportTable.Number(probe.PValue)})" : $"NO (p {ReportTable.Number(probe.PValue)})",
            ])]);
    }

    /// <summary>A line a way of reading the score.</summary>
    /// <param name="outcome">The calibration.</param>
    public static ReportTable Readings(CalibrationOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return new ReportTable(
            ["score", ReportColumn.Number("calibration error"), ReportColumn.Number("by chance"), ReportColumn.Number("Wasserstein distance"), ReportColumn.Number("RMSE")],
            [.. outcome.Readings.Select(static r => (string[])[r.Name, ReportTable.Number(r.Error.Value), ReportTable.Number(r.Error.ByChance), ReportTable.Number(r.Wasserstein), ReportTable.Number(r.Rmse)])]);
    }
}
