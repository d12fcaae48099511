using System.Collections.Concurrent;
using Orchestration.Learning.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Models;

/// <summary>What every recipe keeps to.</summary>
public sealed class EveryModelTests
{
    private static readonly FitOptions Options = new(7);

    private static readonly ConcurrentDictionary<string, IScoreModel[]> Known = new(StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. ModelRecipes.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_restored_model_predicts_the_same_numbers(string name)
    {
        foreach (var model in Fitted(name))
        {
            var restored = ScoreModels.Restore(model.State);
            var scores = Rows.WithGaps(Data().Scores, 0.2, 3);

            Rows.PredictAll(restored, scores).ShouldBe(Rows.PredictAll(model, scores));
            restored.State.Kind.ShouldBe(model.State.Kind);
            restored.State.Settings.ShouldBe(model.State.Settings);
            restored.State.Tensors.Select(t => t.Name).ShouldBe(model.State.Tensors.Select(t => t.Name));
            restored.State.Tensors.SelectMany(t => t.Values).ShouldBe(model.State.Tensors.SelectMany(t => t.Values));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Many_rows_are_exactly_the_single_rows(string name)
    {
        foreach (var model in Fitted(name))
        {
            var scores = Rows.WithGaps(Data().Scores, 0.1, 4);
            var together = Rows.PredictAll(model, scores);

            for (var row = 0; row < together.Length; row++) model.Predict(scores.AsSpan(row * 5, 5)).ShouldBe(together[row]);
            together.ShouldAllBe(p => double.IsFinite(p));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void One_row_allocates_nothing(string name)
    {
        foreach (var model in Fitted(name))
        {
            double[] row = [0.2, 0.4, 0.9, 0.5, 0.1];
            for (var i = 0; i < 100; i++) model.Predict(row);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++) model.Predict(row);
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_seed_gives_the_same_model(string name)
    {
        var (once, again) = (Fitted(name), FittedAnew(name));
        foreach (var (a, b) in once.Zip(again)) a.State.Tensors.SelectMany(t => t.Values).ShouldBe(b.State.Tensors.SelectMany(t => t.Values));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Contributions_and_the_constant_make_the_prediction(string name)
    {
        foreach (var model in Fitted(name).OfType<IAdditiveModel>())
        {
            var scores = Rows.WithGaps(Data().Scores, 0.2, 5);
            var parts = new double[5];
            for (var row = 0; row < 50; row++)
            {
                model.Contributions(scores.AsSpan(row * 5, 5), parts);
                (model.Constant + parts.Sum()).ShouldBe(model.Predict(scores.AsSpan(row * 5, 5)), 1e-10);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_monotone_model_never_falls_with_a_better_score(string name)
    {
        var recipe = ModelRecipes.Create(name, new RecipeOptions { Monotone = true });
        recipe.IsMonotone.ShouldBeTrue();
        foreach (var model in new[] { recipe.Fit(Data(), Options), recipe.Fit(Comparisons(), Options) })
        {
            var random = new Random(6);
            for (var at = 0; at < 200; at++)
            {
                double[] row = [.. Enumerable.Range(0, 5).Select(_ => random.NextDouble())];
                var judge = random.Next(5);
                var lower = model.Predict(row);
                row[judge] += random.NextDouble() * (1 - row[judge]);
                model.Predict(row).ShouldBeGreaterThanOrEqualTo(lower - 1e-10);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Nor_does_it_by_way_of_a_missing_judge_that_disagrees_with_those_present(string name)
    {
        // The last judge says the opposite of the first, and is missing in every third row: a better score of the first lets expect a worse one of the last.
        var scores = (double[])Data().Scores.Clone();
        for (var at = 0; at < scores.Length; at += 5) scores[at + 4] = at % 15 == 0 ? double.NaN : Math.Clamp(1 - scores[at] + (0.1 * (scores[at + 1] - 0.5)), 0, 1);
        double[] targets = [.. Enumerable.Range(0, Data().Rows).Select(i => (double.IsNaN(scores[i * 5 + 4]) ? 0.5 : scores[i * 5 + 4]) * 3 + scores[i * 5])];
        var model = ModelRecipes.Create(name, new RecipeOptions { Monotone = true }).Fit(new ScoreData(5, scores, targets, Data().GroupOf), Options);
        var random = new Random(6);
        for (var at = 0; at < 200; at++)
        {
            double[] row = [.. Enumerable.Range(0, 5).Select(_ => random.NextDouble())];
            row[4] = double.NaN;
            var judge = random.Next(4);
            var lower = model.Predict(row);
            row[judge] += random.NextDouble() * (1 - row[judge]);
            model.Predict(row).ShouldBeGreaterThanOrEqualTo(lower - 1e-10);
        }
    }

    [Fact]
    public void A_state_of_an_unknown_kind_or_format_is_refused_by_name()
    {
        var state = ModelRecipes.Create("mean").Fit(Data(), Options).State;

        Should.Throw<ArgumentException>(() => ScoreModels.Restore(state with { Kind = "oracle" })).Message.ShouldContain("oracle");
        Should.Throw<ArgumentException>(() => ScoreModels.Restore(state with { Format = 99 })).Message.ShouldContain("99");
        Should.Throw<ArgumentException>(() => ScoreModels.Restore(state with { Tensors = [] })).Message.ShouldContain("reference");
        Should.Throw<ArgumentException>(() => ScoreModels.Restore(state with { Settings = [] })).Message.ShouldContain("offset");
    }

    /// <summary>Fitted once for all tests: blends take their time.</summary>
    private static IScoreModel[] Fitted(string name) => Known.GetOrAdd(name, FittedAnew);

    private static IScoreModel[] FittedAnew(string name)
    {
        var recipe = ModelRecipes.Create(name);
        var gaps = Data();
        var gapped = new ScoreData(5, Rows.WithGaps(gaps.Scores, 0.15, 2), gaps.Targets, gaps.GroupOf);
        return [recipe.Fit(Data(), Options), recipe.Fit(gapped, Options), recipe.Fit(Comparisons(), Options)];
    }

    private static ScoreData Data() => Rows.Correlated(150, 5, 0.4, 1, x => 4 * x[0] * x[0] + x[1] - 0.5 * x[2] + x[3] * x[4]);

    private static PreferenceData Comparisons()
    {
        var (a, b) = (Data(), Rows.Correlated(150, 5, 0.4, 2, x => 4 * x[0] * x[0] + x[1] - 0.5 * x[2] + x[3] * x[4]));
        double[] labels = [.. a.Targets.Zip(b.Targets, (x, y) => Math.Abs(x - y) < 0.05 ? 0.5 : x > y ? 1 : 0)];
        return new PreferenceData(5, a.Scores, b.Scores, labels, a.GroupOf);
    }
}
