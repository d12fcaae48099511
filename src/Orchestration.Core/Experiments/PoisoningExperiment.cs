using Orchestration.Core.Aggregation.Training;
using Orchestration.Learning.Models;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.Experiments;

/// <summary>How labels are poisoned.</summary>
public sealed record PoisoningSettings
{
    /// <summary>The attacks; all by default.</summary>
    public IReadOnlyList<LabelAttack> Attacks { get; init; } = [LabelAttack.Invert, LabelAttack.Step, LabelAttack.Noise, LabelAttack.Compress];

    /// <summary>Shares of the training labels, 0–1; 0 is always measured.</summary>
    public IReadOnlyList<double> Shares { get; init; } = [0.1, 0.2, 0.3, 0.4, 0.5];

    /// <summary>Draws of which labels are corrupted; default 10.</summary>
    public int Draws { get; init; } = 10;

    /// <summary>Standard deviation of the noise as a share of the target's scale; default 0.2, as much as a step of ±2 on 0–10.</summary>
    public double Noise { get; init; } = 0.2;
}

/// <summary>Labels of the training folds are corrupted and all models, baselines included, are fitted on them; what they are tested on stays clean.</summary>
public static class PoisoningExperiment
{
    /// <summary>Runs it.</summary>
    /// <inheritdoc cref="ContaminationExperiment.Run" path="/exception"/>
    /// <param name="set">Rows with human scores.</param>
    /// <param name="settings">Models, folds, seed.</param>
    /// <param name="poisoning">The attacks.</param>
    /// <param name="progress">Told after each part; null for nobody.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    public static ExperimentOutcome Run(
        TrainingSet set, ExperimentSettings settings, PoisoningSettings poisoning, IProgress<ExperimentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(poisoning);
        var bench = ExperimentBench.Create(set, settings, progress, cancellationToken);
        var (low, high) = bench.Range;
        double[] shares = [.. poisoning.Shares.Where(static s => s > 0).Distinct().Order()];
        var parts = (from attack in poisoning.Attacks from share in shares from draw in Enumerable.Range(0, poisoning.Draws) select (Attack: attack, Share: share, Draw: draw)).ToArray();
        var measured = bench.Work(parts.Length, "attacks", part =>
        {
            var (attack, share, draw) = parts[part];
            var seed = settings.Seed + (ulong)draw;
            var corrupted = LabelAttacks.Corrupt(bench.Data.Targets, attack, low, high, poisoning.Noise, seed);
            return bench.Study.Measure(bench.Study.Refit((_, _, rows) => Poisoned(bench.Data, rows, corrupted, share, seed), bench.Data.Scores, cancellationToken));
        });
        var results = parts.Zip(measured).ToLookup(static r => (r.First.Attack, r.First.Share), static r => r.Second);

        var rows = new List<ExperimentRow>();
        var meaning = new List<string>();
        foreach (var attack in poisoning.Attacks)
        {
            rows.AddRange(bench.Rows(Name(attack), Sentences.Percent(0), 0, bench.Clean));
            foreach (var share in shares)
            {
                rows.AddRange(bench.Rows(Name(attack), Sentences.Percent(share), share, [.. results[(attack, share)]]));
            }

            if (shares.Length == 0) continue;
            var at = shares.LastOrDefault(static s => s <= 0.3, shares[0]);
            ExperimentRow[] some = [.. rows.Where(r => r.Condition == Name(attack) && r.Strength == at)];
            meaning.Add($"{Sentences.Percent(at)} of the labels to learn from {Name(attack)}: {Sentences.Best(some, TrainSettings.Baseline)}; R² changes by {Sentences.Losses(some)}.");
        }

        var (least, most) = LabelAttacks.CompressedTo;
        var range = high - low;
        return new ExperimentOutcome
        {
            Kind = "poisoning",
            Title = "Poisoned labels",
            Method =
            [
                $"The target's scale runs from {ExperimentBench.Number(low)} to {ExperimentBench.Number(high)} ({(settings.TargetRange is null ? "observed; state it with --target-scale" : "stated")}). On it, what ±2 is on 0–10 is ±{ExperimentBench.Number(LabelAttacks.StepOfScale * range)}, and what 3–7 is on 0–10 is {ExperimentBench.Number(low + least * range)} to {ExperimentBench.Number(low + most * range)}.",
                $"A corrupted label is turned round (inverted), moved by ±{ExperimentBench.Number(LabelAttacks.StepOfScale * range)} at the toss of a coin (stepped), given normal noise of standard deviation {ExperimentBench.Number(poisoning.Noise * range)} (noisy), both clipped to the scale, or drawn into the middle (compressed).",
                $"Labels of the training folds only are corrupted, drawn {Sentences.Count(poisoning.Draws, "time")}, a larger share corrupting the same rows and further ones; the labels that are tested on stay as they are. All models are fitted on the same corrupted rows; intervals hold the chance of the prompts (by group) and that of the draw. The plain mean learns nothing from labels.",
            ],
            Layout = ExperimentLayout.Strengths,
            ColumnsAre = "share of training labels corrupted",
            FigureIs = "R² out of fold on clean labels",
            Rows = rows,
            Meaning = meaning,
            Settings = bench.Facts(("draws of labels", ExperimentBench.Number(poisoning.Draws)), ("noise", ExperimentBench.Number(poisoning.Noise))),
        };
    }

    private static ScoreData Poisoned(ScoreData data, int[] rows, double[] corrupted, double share, ulong seed)
    {
        var clean = data.Select(rows);
        var chosen = LabelAttacks.Choose(rows, share, seed);
        return new ScoreData(clean.Judges, clean.Scores, [.. rows.Select((row, i) => chosen[i] ? corrupted[row] : clean.Targets[i])], clean.GroupOf, clean.Weights);
    }

    private static string Name(LabelAttack attack) => attack switch
    {
        LabelAttack.Invert => "inverted",
        LabelAttack.Step => "stepped",
        LabelAttack.Noise => "noisy",
        _ => "compressed",
    };
}
