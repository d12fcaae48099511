using System.Globalization;
using Orchestration.Learning.Calibrating;

namespace Orchestration.Core.MetaEvaluation.Calibration;

/// <summary>What a calibration is asked for.</summary>
public sealed record CalibrationSettings
{
    /// <summary>The field of the judge's score, by name or path.</summary>
    public required string Judge { get; init; }

    /// <summary>The field of the human score, by name or path.</summary>
    public required string Target { get; init; }

    /// <summary>The field that names the policy that gave an answer; null where all answers are of one.</summary>
    public string? Policy { get; init; }

    /// <summary>True where the judge's lower score is the better one.</summary>
    public bool LowerIsBetter { get; init; }

    /// <summary>Bins of the calibration error at most; default 10.</summary>
    public int Bins { get; init; } = 10;

    /// <summary>Folds, level and limits.</summary>
    public PolicyOptions Options { get; init; } = new();
}

/// <summary>What a way of reading the judge's score is worth on labels that it has not seen.</summary>
/// <param name="Name"><c>raw</c>, <c>isotonic</c> or <c>quantile</c>.</param>
/// <param name="Error">Its expected calibration error.</param>
/// <param name="Wasserstein">Wasserstein's distance of order 1 from the labels' distribution.</param>
/// <param name="Rmse">Root of the mean squared error.</param>
public sealed record ScoreReading(string Name, CalibrationError Error, double Wasserstein, double Rmse);

/// <summary>A judge calibrated against human scores, and what policies are worth by it.</summary>
/// <param name="Settings">What was asked for.</param>
/// <param name="Study">Calibrator, out-of-fold scores and values.</param>
/// <param name="Map">The quantile map fitted on all labels.</param>
/// <param name="PolicyNames">The policies in the order of the values.</param>
/// <param name="Readings">Raw, isotonic and quantile-mapped scores against labels, the two latter out of fold.</param>
/// <param name="Labels">Labels calibrated on.</param>
/// <param name="LabelledPrompts">Prompts that they are of.</param>
/// <param name="Unscored">Answers without a score of the judge, which are left out.</param>
/// <param name="Meaning">What the figures mean, a sentence each.</param>
public sealed record CalibrationOutcome(
    CalibrationSettings Settings, PolicyStudy Study, QuantileMap Map, IReadOnlyList<string> PolicyNames, IReadOnlyList<ScoreReading> Readings, int Labels, int LabelledPrompts, int Unscored, IReadOnlyList<string> Meaning)
{
    /// <summary>True where the calibrator's word does not count on some policy.</summary>
    public bool HasRefusal => Study.Policies.Any(static p => p.Refusal != LevelRefusal.None);

    /// <summary>Turns a score of the judge the way the calibrator knows it, and back.</summary>
    /// <param name="score">A score as read, or as calibrated on.</param>
    public double Turn(double score) => Settings.LowerIsBetter ? -score : score;
}

/// <summary>Calibrates a judge on labelled rows and values policies by it.</summary>
public static class CalibrationCheck
{
    /// <summary>What must be read for it.</summary>
    /// <param name="files">Where from.</param>
    /// <param name="settings">By which fields.</param>
    /// <param name="group">The field of the prompt; null for the default.</param>
    /// <param name="rejects">Where bad rows go; null for nowhere.</param>
    public static FieldInput Input(IReadOnlyList<string> files, CalibrationSettings settings, string? group, string? rejects)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string[] policy = settings.Policy is { } field ? [field] : [];
        return new FieldInput { Files = files, Numbers = [settings.Judge, settings.Target], Texts = policy, Keys = policy, Group = group, RejectsPath = rejects };
    }

    /// <summary>Runs it.</summary>
    /// <param name="scores">Answers with scores, some with labels: what is calibrated on and valued.</param>
    /// <param name="probe">Labelled answers that only test whether the calibration carries over; null for none.</param>
    /// <param name="settings">By which fields, and how.</param>
    /// <exception cref="OrchestrationException">Too few labels, or none in the probe (<see cref="ErrorCodes.Input"/>).</exception>
    public static CalibrationOutcome Run(FieldRows scores, FieldRows? probe, CalibrationSettings settings)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(settings);
        var (taken, unscored) = (new List<(FieldRows Rows, int Row)>(), 0);
        foreach (var rows in probe is null ? [scores] : new[] { scores, probe })
        {
            for (var i = 0; i < rows.Count; i++)
            {
                if (double.IsNaN(rows.Number(settings.Judge)[i])) unscored++;
                else if (rows == scores || !double.IsNaN(rows.Number(settings.Target)[i])) taken.Add((rows, i));
            }
        }

        if (probe is not null && !taken.Exists(t => t.Rows == probe)) throw new OrchestrationException(ErrorCodes.Input, $"No row of the probe has a score in '{settings.Judge}' and a label in '{settings.Target}'. Check --probe.");
        var (policyOf, names) = FieldRows.Numbered(taken.Select(t => settings.Policy is { } field ? t.Rows.Text(field)[t.Row] : "all"));
        var (groupOf, _) = FieldRows.Numbered(taken.Select(static t => t.Rows.Groups[t.Row]));
        double[] numbers = [.. taken.Select(t => settings.LowerIsBetter ? -t.Rows.Number(settings.Judge)[t.Row] : t.Rows.Number(settings.Judge)[t.Row])];
        double[] labels = [.. taken.Select(t => t.Rows.Number(settings.Target)[t.Row])];
        int[] labelled = [.. Enumerable.Range(0, labels.Length).Where(i => taken[i].Rows == scores && !double.IsNaN(labels[i]))];
        var prompts = labelled.Select(i => groupOf[i]).Distinct().Count();
        var least = Math.Max(settings.Options.Folds, settings.Options.OwnLabels);
        if (prompts < least)
        {
            throw new OrchestrationException(ErrorCodes.Input, string.Create(CultureInfo.InvariantCulture,
                $"{prompts} prompts have both a score in '{settings.Judge}' and a label in '{settings.Target}'; calibrating needs {least} at least. Name the fields with --judge and --target, or label more answers."));
        }

        var data = new PolicyRows(policyOf, numbers, labels, groupOf, [.. taken.Select(t => t.Rows == probe)]);
        var study = PolicyStudy.Run(data, settings.Options);
        double[] own = [.. study.Calibrating.Select(i => numbers[i])], truth = [.. study.Calibrating.Select(i => labels[i])];
        var mapped = new double[own.Length];
        for (var fold = 0; fold < study.Folds.Count; fold++)
        {
            var map = QuantileMap.Fit([.. study.Folds.Training(fold).Select(k => own[k])], [.. study.Folds.Training(fold).Select(k => truth[k])]);
            foreach (var k in study.Folds.HeldOut(fold)) mapped[k] = map.Of(own[k]);
        }

        int[] groups = [.. study.Calibrating.Select(i => groupOf[i])];
        ScoreReading Reading(string name, double[] said) => new(
            name, CalibrationError.Of(said, truth, groups, settings.Bins), QuantileMap.Distance(said, truth), Math.Sqrt(said.Select((s, k) => (s - truth[k]) * (s - truth[k])).Average()));
        ScoreReading[] readings = [Reading("raw", [.. own.Select(s => settings.LowerIsBetter ? -s : s)]), Reading("isotonic", [.. study.Calibrating.Select(i => study.OutOfFold[i])]), Reading("quantile", mapped)];
        var outcome = new CalibrationOutcome(settings, study, QuantileMap.Fit(own, truth), names, readings, own.Length, prompts, unscored, []);
        return outcome with { Meaning = CalibrationMeaning.Of(outcome) };
    }
}
