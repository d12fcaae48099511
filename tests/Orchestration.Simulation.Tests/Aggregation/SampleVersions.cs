using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Judging;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;

namespace Orchestration.Simulation.Tests.Aggregation;

/// <summary>Small versions whose every score is known beforehand: a constant plus a slope times the mean of two judges on 0–4.</summary>
internal static class SampleVersions
{
    public const string Name = "helpful";

    public static string Rubric { get; } = new('c', 64);

    /// <summary>Two judges as a sweep names them.</summary>
    public static AggregatorColumns Columns { get; } = new([new AggregatorColumn("clarity@local", Rubric), new AggregatorColumn("chrf")]);

    public static AggregatorVersion Make(double offset, double slope = 1) => AggregatorVersion.Create(
        new AggregatorManifest
        {
            Name = Name,
            Basis = new AggregatorBasis
            {
                LearnedFrom = LearnedFrom.Scores,
                Judges = [new AggregatorJudge("clarity@local", new Scale(0, 4, 1), false, 0.5, Rubric), new AggregatorJudge("chrf", new Scale(0, 4), false, 0.25)],
                Target = new AggregatorTarget("target", 0, 10),
                Training = new AggregatorTraining(new string('e', 64), 3, 2, [1, 2, 3], [7, 8], "group"),
                Recipe = "mean-fit",
                Model = "mean-fit",
                Seed = 0,
                Folds = 5,
                Repeats = 5,
            },
        },
        new Dictionary<string, ModelState>(StringComparer.Ordinal)
        {
            [AggregatorVersion.ModelPart] = new ModelState(
                "mean",
                1,
                [new("offset", offset.ToString("R", System.Globalization.CultureInfo.InvariantCulture)), new("slope", slope.ToString("R", System.Globalization.CultureInfo.InvariantCulture))],
                [new ModelTensor("reference", [2], [0.5, 0.25])]),
        });

    /// <summary>Ten times the mean of the two judges, with intervals: targets lie close to the mean of both, and a long way from either alone.</summary>
    public static AggregatorVersion WithIntervals()
    {
        var without = Make(offset: 0, slope: 10);
        var random = new Random(4);
        const int Rows = 300;
        var (scores, targets) = (new double[2 * Rows], new double[Rows]);
        for (var i = 0; i < Rows; i++)
        {
            (scores[2 * i], scores[(2 * i) + 1]) = (random.NextDouble(), random.NextDouble());
            targets[i] = 10 * ((scores[2 * i] + scores[(2 * i) + 1]) / 2) + random.NextDouble() - 0.5;
        }

        int[] groups = [.. Enumerable.Range(0, Rows)];
        var folds = Folds.ByGroup(groups, 5, 1);
        var model = ScoreModels.Restore(without.Parts[AggregatorVersion.ModelPart]);
        var intervals = CrossConformal.Of(new ScoreData(2, scores, targets, groups), folds, [.. Enumerable.Repeat(model, 5)]);
        return AggregatorVersion.Create(without.Manifest, new Dictionary<string, ModelState>(without.Parts, StringComparer.Ordinal) { [AggregatorVersion.IntervalPart] = intervals.State });
    }

    public static async Task<string> AddAsync(this IAggregatorCatalog catalog, double offset, double slope = 1)
    {
        var version = Make(offset, slope);
        await catalog.AddAsync(new StoredAggregator(Name, version.Id, "mean-fit", version.Manifest.ToJson(), version.Weights), CancellationToken.None);
        return version.Id;
    }

    public static async Task SetAsync(this IAggregatorCatalog catalog, Func<AggregatorSetting, AggregatorSetting> change)
    {
        var setting = await catalog.SettingAsync(Name, CancellationToken.None);
        if (await catalog.TryChangeAsync(setting.Epoch, change(setting), null, CancellationToken.None) is null) throw new InvalidOperationException("Somebody else changed it.");
    }
}
