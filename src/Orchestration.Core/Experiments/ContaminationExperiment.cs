using Orchestration.Core.Aggregation.Training;
using Orchestration.Learning.Models;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.Experiments;

/// <summary>How judges are attacked.</summary>
public sealed record ContaminationSettings
{
    /// <summary>The attacks; all by default.</summary>
    public IReadOnlyList<JudgeAttack> Attacks { get; init; } = [JudgeAttack.Invert, JudgeAttack.Noise, JudgeAttack.Bias, JudgeAttack.Random];

    /// <summary>Shares of the judges, rising, 0–1; 0 is always measured.</summary>
    public IReadOnlyList<double> Shares { get; init; } = [0.1, 0.2, 0.3, 0.4, 0.5];

    /// <summary>Draws of which judges are attacked; default 10.</summary>
    public int Draws { get; init; } = 10;

    /// <summary>Standard deviation of the noise as a share of the scale; default 0.25.</summary>
    public double Noise { get; init; } = 0.25;

    /// <summary>What a biased judge adds, as a share of the scale; default 0.25.</summary>
    public double Bias { get; init; } = 0.25;
}

/// <summary>
/// Judges turn bad: inverted, noisy, biased or random, at rising shares. Once a model that was trained before meets them, once it is trained on
/// them too. Every model, baselines included, meets the same scores and is fitted on the same rows.
/// </summary>
public static class ContaminationExperiment
{
    private const string Clean = "trained clean";
    private const string Under = "trained under attack";

    /// <summary>Runs it.</summary>
    /// <param name="set">Rows with human scores.</param>
    /// <param name="settings">Models, folds, seed.</param>
    /// <param name="contamination">The attacks.</param>
    /// <param name="progress">Told after each part; null for nobody.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    /// <exception cref="OrchestrationException">The rows cannot be experimented on.</exception>
    public static ExperimentOutcome Run(
        TrainingSet set, ExperimentSettings settings, ContaminationSettings contamination, IProgress<ExperimentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(contamination);
        var bench = ExperimentBench.Create(set, settings, progress, cancellationToken);
        double[] shares = [.. contamination.Shares.Where(static s => s > 0).Distinct().Order()];
        var parts = (from attack in contamination.Attacks from share in shares from draw in Enumerable.Range(0, contamination.Draws) select (Attack: attack, Share: share, Draw: draw)).ToArray();
        var measured = bench.Work(parts.Length, "attacks", part =>
        {
            var (attack, share, draw) = parts[part];
            var scores = Attacked(bench.Data, attack, share, draw, settings.Seed, contamination);
            var data = new ScoreData(bench.Data.Judges, scores, bench.Data.Targets, bench.Data.GroupOf, bench.Data.Weights);
            return (
                Clean: bench.Study.Measure(bench.Study.Predict(scores, cancellationToken)),
                Under: bench.Study.Measure(bench.Study.Refit((_, _, rows) => data.Select(rows), scores, cancellationToken)));
        });
        var results = parts.Zip(measured).ToLookup(static r => (r.First.Attack, r.First.Share), static r => r.Second);

        var rows = new List<ExperimentRow>();
        var meaning = new List<string>();
        foreach (var attack in contamination.Attacks)
        {
            foreach (var way in new[] { Clean, Under })
            {
                var condition = $"{Name(attack)}, {way}";
                rows.AddRange(bench.Rows(condition, Sentences.Percent(0), 0, bench.Clean, _ => [KeyValuePair.Create("attacked", 0.0)]));
                foreach (var share in shares)
                {
                    ModelFigures[][] draws = [.. results[(attack, share)].Select(r => way == Clean ? r.Clean : r.Under)];
                    rows.AddRange(bench.Rows(condition, Sentences.Percent(share), share, draws, _ => [KeyValuePair.Create("attacked", (double)JudgeAttacks.Count(bench.Data.Judges, share))]));
                }
            }

            foreach (var way in new[] { Clean, Under }) meaning.Add(Meaning(bench, rows, attack, way, shares));
        }

        return new ExperimentOutcome
        {
            Kind = "contamination",
            Title = "Contaminated judges",
            Method =
            [
                $"An attacked judge says the opposite on its scale (inverted), adds normal noise with a standard deviation of {Sentences.Percent(contamination.Noise)} of its scale (noisy), adds {Sentences.Percent(contamination.Bias)} of its scale (biased), both clipped, or says anything uniformly over its scale (random). A missing score stays missing.",
                $"Which judges are attacked is drawn {Sentences.Count(contamination.Draws, "time")}; a larger share attacks the same judges and further ones. Figures are means over these draws; their intervals hold the chance of the prompts (by group) and that of the draw, and the lowest and highest draw stand beside them.",
                "Trained clean: models fitted on unchanged training folds meet attacked judges in the held-out fold. Trained under attack: the same judges are attacked in the training folds too, and every model is fitted again.",
            ],
            Layout = ExperimentLayout.Strengths,
            ColumnsAre = "share of judges attacked",
            FigureIs = "R² out of fold",
            Rows = rows,
            Meaning = meaning,
            Settings = bench.Facts(
                ("draws of judges", ExperimentBench.Number(contamination.Draws)),
                ("noise", ExperimentBench.Number(contamination.Noise)),
                ("bias", ExperimentBench.Number(contamination.Bias)),
                ("attacked judges", string.Join(", ", shares.Select(s => $"{Sentences.Percent(s)}: {ExperimentBench.Number(JudgeAttacks.Count(bench.Data.Judges, s))}")))),
        };
    }

    private static double[] Attacked(ScoreData data, JudgeAttack attack, double share, int draw, ulong seed, ContaminationSettings contamination)
    {
        var order = JudgeAttacks.Order(data.Judges, seed + (ulong)draw);
        var size = attack == JudgeAttack.Noise ? contamination.Noise : contamination.Bias;
        return JudgeAttacks.Apply(data.Scores, data.Judges, order.AsSpan(0, JudgeAttacks.Count(data.Judges, share)), attack, size, seed + (ulong)draw);
    }

    private static string Meaning(ExperimentBench bench, List<ExperimentRow> rows, JudgeAttack attack, string way, double[] shares)
    {
        if (shares.Length == 0) return $"{Name(attack)}, {way}: nothing was attacked.";
        var share = shares.LastOrDefault(static s => s <= 0.3, shares[0]);
        ExperimentRow[] some = [.. rows.Where(r => r.Condition == $"{Name(attack)}, {way}" && r.Strength == share)];
        return $"{Sentences.Percent(share)} of the judges {Name(attack)} ({Sentences.Count(JudgeAttacks.Count(bench.Data.Judges, share), "judge")}), {way}: {Sentences.Best(some, TrainSettings.Baseline)}. R² changes by {Sentences.Losses(some)}.";
    }

    private static string Name(JudgeAttack attack) => attack switch
    {
        JudgeAttack.Invert => "inverted",
        JudgeAttack.Noise => "noisy",
        JudgeAttack.Bias => "biased",
        _ => "random",
    };
}
