using FsCheck;
using FsCheck.Fluent;
using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Neural;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Models.Neural;

public sealed class MlpModelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(36)]
    [InlineData(300)]
    public void Many_rows_are_exactly_the_single_rows_for_every_number_of_judges(int judges)
    {
        var data = Rows.Correlated(61, judges, 0.5, 3, x => x.Average());
        var model = new MlpRecipe(new MlpOptions { Members = 3, Hidden = 9, Epochs = 3 }).Fit(data, new FitOptions(1));
        var scores = judges == 1 ? data.Scores : Rows.WithGaps(data.Scores, 0.05, 9);

        var together = Rows.PredictAll(model, scores);
        for (var row = 0; row < data.Rows; row++) model.Predict(scores.AsSpan(row * judges, judges)).ShouldBe(together[row]);
    }

    [Fact]
    public void The_number_is_the_mean_of_the_members_as_PyTorch_would_compute_them()
    {
        var data = Rows.Correlated(100, 4, 0.4, 5, x => 20 + 10 * x[0] * x[1]);
        var model = new MlpRecipe(new MlpOptions { Members = 3, Hidden = 5 }).Fit(data, new FitOptions(1));
        var tensors = model.State.Tensors.ToDictionary(t => t.Name, t => t.Values);
        for (var row = 0; row < 20; row++)
        {
            var (scores, sum) = (data.Row(row).ToArray(), 0.0);
            double[] z = [.. scores.Select((x, j) => (x - tensors["input.mean"][j]) / tensors["input.scale"][j])];
            foreach (var member in new[] { "member0", "member1", "member2" })
            {
                sum += tensors[$"{member}.output.bias"][0];
                for (var unit = 0; unit < 5; unit++)
                {
                    var hidden = tensors[$"{member}.hidden.bias"][unit];
                    for (var j = 0; j < 4; j++) hidden += tensors[$"{member}.hidden.weight"][unit * 4 + j] * z[j];
                    sum += tensors[$"{member}.output.weight"][unit] * Math.Max(hidden, 0);
                }
            }

            model.Predict(scores).ShouldBe(tensors["output.mean"][0] + tensors["output.scale"][0] * sum / 3, 1e-5);
        }

        model.State.Tensors.Single(t => t.Name == "member0.hidden.weight").Shape.ShouldBe([5, 4]);
        model.State.Tensors.Single(t => t.Name == "member0.output.weight").Shape.ShouldBe([1, 5]);
    }

    [Theory]
    [InlineData("mlp")]
    [InlineData("trees")]
    public void The_same_seed_gives_the_same_bits_with_one_thread_and_with_two(string name)
    {
        var data = Rows.Correlated(200, 6, 0.4, 6, x => x[0] * x[1] + x[2]);
        var recipe = ModelRecipes.Create(name);
        var alone = recipe.Fit(data, new FitOptions(5));
        var together = recipe.Fit(data, new FitOptions(5, 2));
        var other = recipe.Fit(data, new FitOptions(6));

        Rows.PredictAll(together, data.Scores).ShouldBe(Rows.PredictAll(alone, data.Scores));
        together.State.Tensors.SelectMany(t => t.Values).ShouldBe(alone.State.Tensors.SelectMany(t => t.Values));
        Rows.PredictAll(other, data.Scores).ShouldNotBe(Rows.PredictAll(alone, data.Scores));
    }

    [Theory]
    [InlineData("mlp", false)]
    [InlineData("mlp", true)]
    [InlineData("trees", false)]
    [InlineData("trees", true)]
    public void A_monotone_model_never_falls_whichever_scores_rise(string name, bool compared)
    {
        // The truth falls with judge 2, so a free fit would not hold.
        static double Truth(double[] x) => 3 * x[0] * x[0] - 2 * x[2] + x[3];
        var data = Rows.Correlated(300, 5, 0.2, 7, Truth);
        var recipe = ModelRecipes.Create(name, new RecipeOptions { Monotone = true });
        var model = compared ? recipe.Fit(Compared(data), new FitOptions(1)) : recipe.Fit(data, new FitOptions(1));
        var free = compared
            ? ModelRecipes.Create(name, new RecipeOptions { Monotone = false }).Fit(Compared(data), new FitOptions(1))
            : ModelRecipes.Create(name).Fit(data, new FitOptions(1));
        var rows = Gen.Choose(0, 1000).ArrayOf(5).Zip(Gen.Choose(0, 1000).ArrayOf(5));

        SeededProperty.Holds(rows, 7, pair => Rises(model, pair.Item1, pair.Item2));
        Should.Throw<Exception>(() => SeededProperty.Holds(rows, 7, pair => Rises(free, pair.Item1, pair.Item2)));
    }

    [Theory]
    [InlineData("mlp")]
    [InlineData("trees")]
    public void From_comparisons_models_are_monotone_unless_asked_otherwise_centred_and_exactly_odd(string name)
    {
        var data = Compared(Rows.Correlated(300, 5, 0.2, 8, x => 3 * x[0] - 3 * x[2] + x[3]));
        var model = ModelRecipes.Create(name).Fit(data, new FitOptions(1));
        var free = ModelRecipes.Create(name, new RecipeOptions { Monotone = false }).Fit(data, new FitOptions(1));

        double[] all = [.. data.First, .. data.Second];
        Rows.PredictAll(model, all).Average().ShouldBe(0, 1e-6);
        Rows.PredictAll(free, all).Average().ShouldBe(0, 1e-6);
        double[] low = [0.5, 0.5, 0.2, 0.5, 0.5], high = [0.5, 0.5, 0.8, 0.5, 0.5];
        model.Predict(high).ShouldBeGreaterThanOrEqualTo(model.Predict(low));
        free.Predict(high).ShouldBeLessThan(free.Predict(low) - 0.5);

        var right = 0;
        for (var row = 0; row < data.Rows; row++)
        {
            var (a, b) = (data.First[(row * 5)..(row * 5 + 5)], data.Second[(row * 5)..(row * 5 + 5)]);
            (model.Predict(a) - model.Predict(b)).ShouldBe(-(model.Predict(b) - model.Predict(a)));
            right += free.Predict(a) > free.Predict(b) == data.Labels[row] > 0.5 ? 1 : 0;
        }

        right.ShouldBeGreaterThan(data.Rows * 9 / 10);
    }

    [Fact]
    public void A_row_of_weight_two_counts_as_two_rows()
    {
        var data = Rows.Correlated(40, 3, 0.3, 9, x => x[0] + x[1] * x[2], 0.3);
        double[] weights = [.. Enumerable.Range(0, 40).Select(i => i % 3 == 0 ? 2.0 : 1.0)];
        int[] twice = [.. Enumerable.Range(0, 40).SelectMany(i => i % 3 == 0 ? new[] { i, i } : [i])];
        var recipe = new MlpRecipe(new MlpOptions { Members = 2, Batch = 1000, Epochs = 20, Patience = 0, LearningRate = 0.01 });

        var weighted = recipe.Fit(new ScoreData(3, data.Scores, data.Targets, data.GroupOf, weights), new FitOptions(1));
        var repeated = recipe.Fit(data.Select(twice), new FitOptions(1));
        var plain = recipe.Fit(data, new FitOptions(1));
        for (var row = 0; row < 40; row++) weighted.Predict(data.Row(row)).ShouldBe(repeated.Predict(data.Row(row)), 1e-4);
        Enumerable.Range(0, 40).Max(row => Math.Abs(weighted.Predict(data.Row(row)) - plain.Predict(data.Row(row)))).ShouldBeGreaterThan(1e-3);
    }

    [Fact]
    public void One_group_or_two_are_learned_from_without_holding_out()
    {
        var data = Rows.Correlated(60, 3, 0.3, 10, x => x[0]);
        foreach (var groups in new[] { 1, 2 })
        {
            var few = new ScoreData(3, data.Scores, data.Targets, [.. Enumerable.Range(0, 60).Select(i => i % groups)]);
            foreach (var name in new[] { "mlp", "trees" })
                Rows.R2(Rows.PredictAll(ModelRecipes.Create(name).Fit(few, new FitOptions(1)), data.Scores), data.Targets).ShouldBeGreaterThan(0.5, name);
        }
    }

    [Fact]
    public void A_setting_out_of_its_range_is_named()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new MlpRecipe(new MlpOptions { Hidden = 0 })).Message.ShouldContain("Hidden is at least 1");
        Should.Throw<ArgumentOutOfRangeException>(() => new MlpRecipe(new MlpOptions { LearningRate = 0 })).Message.ShouldContain("LearningRate is above 0");
    }

    private static bool Rises(IScoreModel model, int[] from, int[] by)
    {
        double[] low = [.. from.Select(v => v / 1000.0)];
        double[] high = [.. from.Select((v, i) => v / 1000.0 + by[i] % 3 * by[i] / 2000.0 * (1 - v / 1000.0))];
        return model.Predict(high) >= model.Predict(low);
    }

    private static PreferenceData Compared(ScoreData data)
    {
        var half = data.Rows / 2;
        double[] labels = [.. Enumerable.Range(0, half).Select(i => data.Targets[i] > data.Targets[half + i] ? 1.0 : 0.0)];
        return new PreferenceData(data.Judges, data.Scores[..(half * data.Judges)], data.Scores[(half * data.Judges)..(2 * half * data.Judges)], labels, [.. Enumerable.Range(0, half)]);
    }
}
