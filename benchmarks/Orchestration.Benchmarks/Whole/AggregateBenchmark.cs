using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Judging;
using Orchestration.Learning.Models;

namespace Orchestration.Benchmarks.Whole;

/// <summary>Re-aggregation from memory: raw scores of ten judges, a tenth of them missing in places, mapped and scored under a version by its own entry point.</summary>
internal static class AggregateBenchmark
{
    private const int Judges = 10;
    private const int Rows = 1_000_000;

    /// <summary>Evaluations a second of one recipe.</summary>
    /// <param name="recipe">One of <see cref="ModelRecipes.Names"/>.</param>
    /// <param name="threads">Threads, each with its share of the rows.</param>
    public static double Measure(string recipe, int threads)
    {
        var version = Version(recipe);
        var columns = new AggregatorColumns([.. version.Judges.Select(static j => new AggregatorColumn(j.Name))]);
        var random = new Random(1);
        var scores = new double[Rows * Judges];
        for (var i = 0; i < scores.Length; i++) scores[i] = random.Next(0, 5);
        for (var i = 0; i < scores.Length; i += 97) scores[i] = double.NaN;
        var best = double.MaxValue;
        for (var run = 0; run < 5; run++)
        {
            var startedAt = TimeProvider.System.GetTimestamp();
            var workers = Enumerable.Range(0, threads).Select(t => Task.Run(() =>
            {
                const int Batch = 8192;
                var (first, last) = ((int)((long)Rows * t / threads), (int)((long)Rows * (t + 1) / threads));
                for (var row = first; row < last; row += Batch)
                {
                    var part = scores.AsMemory(row * Judges, Math.Min(Batch, last - row) * Judges);
                    version.Score(version.Bind(columns), new AggregatorRequest { Columns = columns, Scores = part, WithIntervals = false });
                }
            })).ToArray();
            Task.WaitAll(workers);
            best = Math.Min(best, TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds);
        }

        return Rows / best;
    }

    private static LoadedVersion Version(string recipe)
    {
        var random = new Random(2);
        const int Training = 2000;
        var scores = new double[Training * Judges];
        for (var i = 0; i < scores.Length; i++) scores[i] = random.Next(0, 5) / 4.0;
        double[] targets = [.. Enumerable.Range(0, Training).Select(r => scores[r * Judges] * 3 + scores[r * Judges + 1] * scores[r * Judges + 1] + random.NextDouble())];
        var model = ModelRecipes.Create(recipe).Fit(new ScoreData(Judges, scores, targets, [.. Enumerable.Range(0, Training)]), new FitOptions(1));
        return LoadedVersion.Load(AggregatorVersion.Create(
            new AggregatorManifest
            {
                Name = "benchmark",
                Basis = new AggregatorBasis
                {
                    LearnedFrom = LearnedFrom.Scores,
                    Judges = [.. Enumerable.Range(0, Judges).Select(static j => new AggregatorJudge(FormattableString.Invariant($"judge{j}"), new Scale(0, 4, 1), false, 0.5))],
                    Target = new AggregatorTarget("target", 0, 5),
                    Training = new AggregatorTraining("", Training, Training, [], []),
                    Recipe = recipe,
                    Model = recipe,
                    Seed = 1,
                    Folds = 5,
                    Repeats = 5,
                },
            },
            new Dictionary<string, ModelState>(StringComparer.Ordinal) { [AggregatorVersion.ModelPart] = model.State }));
    }
}
