using Orchestration.Core.Aggregation.Training;
using Orchestration.Learning.Models;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.Experiments;

/// <summary>
/// The world shifts: other answers (bottom-, top- or middle-heavy), or judges that score otherwise (shifted up or down, crowded at an end or in the middle), at six strengths.
/// Once a model that was fitted before meets the shift, once every model, the mean's line included, is fitted again under it.
/// </summary>
public static class ShiftExperiment
{
    private const string Before = "fitted before";
    private const string Again = "fitted again";

    /// <summary>All shifts, in the order of the report.</summary>
    public static IReadOnlyList<Shift> All { get; } = Enum.GetValues<Shift>();

    /// <summary>Runs it.</summary>
    /// <inheritdoc cref="ContaminationExperiment.Run" path="/exception"/>
    /// <param name="set">Rows with human scores.</param>
    /// <param name="settings">Models, folds, seed.</param>
    /// <param name="shifts">Which shifts.</param>
    /// <param name="progress">Told after each part; null for nobody.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    public static ExperimentOutcome Run(
        TrainingSet set, ExperimentSettings settings, IReadOnlyList<Shift> shifts, IProgress<ExperimentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(shifts);
        var bench = ExperimentBench.Create(set, settings, progress, cancellationToken);
        var parts = (from shift in shifts from step in Enumerable.Range(1, Shifts.Steps) select (Shift: shift, Step: step)).ToArray();
        var measured = bench.Work(parts.Length, "shifts", part => Measure(bench, parts[part].Shift, parts[part].Step, cancellationToken));

        var rows = new List<ExperimentRow>();
        var meaning = new List<string>();
        foreach (var shift in shifts)
        {
            foreach (var way in new[] { Before, Again })
            {
                var condition = $"{Name(shift)}, {way}";
                rows.AddRange(bench.Rows(condition, "0", 0, bench.Clean, _ => [KeyValuePair.Create("effective_rows", (double)bench.Data.Rows)]));
                for (var part = 0; part < parts.Length; part++)
                {
                    if (parts[part].Shift != shift) continue;
                    var (before, again, effective) = measured[part];
                    var step = parts[part].Step;
                    rows.AddRange(bench.Rows(condition, ExperimentBench.Number(step), step, way == Before ? before : again, _ => [KeyValuePair.Create("effective_rows", effective)]));
                }
            }

            meaning.Add(Meaning(rows, shift));
        }

        return new ExperimentOutcome
        {
            Kind = "shift",
            Title = "Shifted distributions",
            Method =
            [
                "Shifts of answers weight the rows that are tested on by their human score's place u on its scale: bottom-heavy e^(−ks), top-heavy e^(ks) with s = u, middle-heavy e^(−ks) with s = (2u − 1)², k = ½ a step, so that at step 6 the rarest kind of row weighs a twentieth of the commonest.",
                "Shifts of scores change what all judges say of the same answers: up or down by a twentieth of the scale a step, clipped; crowded at the bottom (x to the power 1 + ¼ a step), at the top, or in the middle (a tenth of the distance to it lost a step).",
                "Fitted before: models of unshifted training folds meet the shifted held-out fold. Fitted again: the training folds are shifted in the same way, and every model, the line behind the mean included, is fitted on them. A shift of answers changes the spread of the targets, and with it R²: the root mean squared error stands beside it.",
            ],
            Layout = ExperimentLayout.Strengths,
            ColumnsAre = "step of the shift",
            FigureIs = "R² out of fold under the shift",
            Rows = rows,
            Meaning = meaning,
            Settings = bench.Facts(),
        };
    }

    private static (ModelFigures[] Before, ModelFigures[] Again, double EffectiveRows) Measure(ExperimentBench bench, Shift shift, int step, CancellationToken cancellationToken)
    {
        var data = bench.Data;
        if (!Shifts.IsOfAnswers(shift))
        {
            var scores = Shifts.Scores(data.Scores, shift, step);
            var shifted = new ScoreData(data.Judges, scores, data.Targets, data.GroupOf, data.Weights);
            return (
                bench.Study.Measure(bench.Study.Predict(scores, cancellationToken)),
                bench.Study.Measure(bench.Study.Refit((_, _, rows) => shifted.Select(rows), scores, cancellationToken)),
                data.Rows);
        }

        var weights = Shifts.Weights(data.Targets, data.Weights, shift, step, bench.Range.Low, bench.Range.High);
        var weighted = new ScoreData(data.Judges, data.Scores, data.Targets, data.GroupOf, weights);
        return (
            bench.Study.Measure(bench.Predictions, data.Targets, weights),
            bench.Study.Measure(bench.Study.Refit((_, _, rows) => weighted.Select(rows), data.Scores, cancellationToken), data.Targets, weights),
            Shifts.EffectiveRows(weights));
    }

    private static string Meaning(List<ExperimentRow> rows, Shift shift)
    {
        ExperimentRow[] Of(string way) => [.. rows.Where(r => r.Condition == $"{Name(shift)}, {way}" && r.Strength == Shifts.Steps)];
        var (before, again) = (Of(Before), Of(Again));
        var rmse = before.First(static r => r.Model == TrainSettings.Baseline);
        return $"{Name(shift)}, step {Shifts.Steps}: fitted before, {Sentences.Best(before, TrainSettings.Baseline)}; R² changes by {Sentences.Losses(before)}; the error of {TrainSettings.Baseline} is {ExperimentBench.Number(rmse.Get("rmse"))}, its bias {ExperimentBench.Number(rmse.Get("bias"))}. "
            + $"Fitted again, {Sentences.Best(again, TrainSettings.Baseline)}.";
    }

    private static string Name(Shift shift) => shift switch
    {
        Shift.BottomHeavy => "bottom-heavy answers",
        Shift.TopHeavy => "top-heavy answers",
        Shift.MiddleHeavy => "middle-heavy answers",
        Shift.ScoresUp => "scores shifted up",
        Shift.ScoresDown => "scores shifted down",
        Shift.ScoresBottomHeavy => "scores crowded at the bottom",
        Shift.ScoresTopHeavy => "scores crowded at the top",
        _ => "scores crowded in the middle",
    };
}
