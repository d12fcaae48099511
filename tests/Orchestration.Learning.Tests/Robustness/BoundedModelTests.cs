using FsCheck;
using FsCheck.Fluent;
using Orchestration.Learning.Models;
using Orchestration.Learning.Robustness;
using Orchestration.Learning.Tests.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Robustness;

public sealed class BoundedModelTests
{
    private const int Judges = 4;

    [Theory]
    [InlineData("gam")]
    [InlineData("ridge")]
    [InlineData("mean-fit")]
    [InlineData("best-judge")]
    public void No_judge_alone_moves_the_number_beyond_the_bound_whatever_the_row(string inner)
    {
        foreach (var share in new[] { 0.02, 0.1, 0.4 })
        {
            var data = Data(inner.Length);
            var model = (BoundedModel)Fit(data, inner, share);
            model.Bound.ShouldBe(share * 3, 1e-12);

            // Scores on the scale, beyond it, and none at all: before and after, the others as wild.
            var score = Gen.OneOf(Gen.Choose(-50, 150).Select(s => s / 100.0), Gen.Elements(0.0, 1.0, double.NaN, double.NegativeInfinity, double.PositiveInfinity, 1e300));
            var cases = from row in Gen.ArrayOf(score, Judges) from judge in Gen.Choose(0, Judges - 1) from said in score select (row, judge, said);
            SeededProperty.Holds(cases, 7, c =>
            {
                double[] moved = [.. c.row];
                moved[c.judge] = c.said;
                return Math.Abs(model.Predict(moved) - model.Predict(c.row)) <= model.Bound + 1e-12;
            });
        }
    }

    [Fact]
    public void The_free_model_breaks_the_bound_that_the_bounded_one_keeps()
    {
        var data = Data(1);
        var free = ModelRecipes.Create("gam").Fit(data, new FitOptions(1));
        var bounded = Fit(data, "gam", 0.1);
        var (lowest, highest) = (new double[data.Rows], new double[data.Rows]);
        double Reach(IScoreModel model)
        {
            JudgeReach.Of(model, data.Scores, 0, JudgeReach.Places(data.Scores, Judges, 0), lowest, highest);
            return highest.Zip(lowest, (h, l) => h - l).Max();
        }

        Reach(free).ShouldBeGreaterThan(0.4);
        Reach(bounded).ShouldBeInRange(0.299, 0.3 + 1e-12, "a judge that has more to say uses its bound");
    }

    [Fact]
    public void A_bound_that_nobody_reaches_leaves_the_fit_nearly_as_it_is()
    {
        var data = Data(2);
        var free = Rows.PredictAll(ModelRecipes.Create("gam").Fit(data, new FitOptions(1)), data.Scores);
        var bounded = Rows.PredictAll(Fit(data, "gam", 10), data.Scores);

        free.Zip(bounded, (f, b) => Math.Abs(f - b)).Max().ShouldBeLessThan(0.1);
        Squares(bounded).ShouldBeLessThan(1.02 * Squares(free));
        double Squares(double[] numbers) => numbers.Zip(data.Targets, (n, t) => (n - t) * (n - t)).Sum();
    }

    [Fact]
    public void Weights_below_the_bound_meet_the_conditions_of_a_least_squares_minimum()
    {
        var data = Data(3);
        var model = (BoundedModel)Fit(data, "ridge", 0.12);
        var loss = Loss(model.State);

        // Weights are the heights of the lines; one moved a little within the box, the others and the constant staying, never lowers the loss.
        for (var j = 0; j < Judges; j++)
        {
            foreach (var by in new[] { 0.99, 1.01 })
            {
                var tensors = model.State.Tensors.Select(t => t.Name == $"judge{j}.parts" ? t with { Values = [.. t.Values.Select(v => v * by)] } : t).ToArray();
                if (tensors.First(t => t.Name == $"judge{j}.parts").Values.Max() > model.Bound) continue;
                Loss(model.State with { Tensors = tensors }, j, by).ShouldBeGreaterThanOrEqualTo(loss - 1e-9);
            }
        }

        double Loss(ModelState state, int judge = -1, double by = 1)
        {
            var moved = ScoreModels.Restore(state);
            var numbers = Rows.PredictAll(moved, data.Scores);
            var offset = numbers.Zip(data.Targets, (n, t) => t - n).Average();
            var squares = numbers.Zip(data.Targets, (n, t) => (n + offset - t) * (n + offset - t)).Sum();
            var ridge = (IAdditiveModel)ModelRecipes.Create("ridge").Fit(data, new FitOptions(1));
            for (var j = 0; j < Judges; j++)
            {
                double[] row = [0.5, 0.5, 0.5, 0.5];
                var contributions = new double[Judges];
                row[j] = 0;
                ridge.Contributions(row, contributions);
                var low = contributions[j];
                row[j] = 1;
                ridge.Contributions(row, contributions);
                var range = Math.Abs(contributions[j] - low);
                var parts = state.Tensors.First(t => t.Name == $"judge{j}.parts").Values;
                var column = Enumerable.Range(0, data.Rows).Select(i => data.Scores[i * Judges + j]).ToArray();
                var spread = column.Sum(c => (c - column.Average()) * (c - column.Average()));
                squares += 0.1 * spread * (parts.Max() - range) * (parts.Max() - range);
            }

            return squares;
        }
    }

    [Fact]
    public void It_is_read_back_to_the_same_numbers_and_a_state_that_breaks_its_bound_is_refused()
    {
        var data = Data(4);
        var model = Fit(data, "gam", 0.1);
        var restored = ScoreModels.Restore(model.State);

        Rows.PredictAll(restored, Rows.WithGaps(data.Scores, 0.2, 1)).ShouldBe(Rows.PredictAll(model, Rows.WithGaps(data.Scores, 0.2, 1)));
        var stretched = model.State.Tensors.Select(t => t.Name == "judge0.parts" ? t with { Values = [.. t.Values.Select(v => 2 * v)] } : t).ToArray();
        Should.Throw<ArgumentException>(() => ScoreModels.Restore(model.State with { Tensors = stretched })).Message.ShouldContain("further than the bound");
    }

    [Fact]
    public void The_plain_mean_lets_one_judge_move_it_by_one_share_of_the_scale()
    {
        var data = Data(5);
        var mean = ModelRecipes.Create("mean", new RecipeOptions { TargetRange = (0, 10) }).Fit(data, new FitOptions(1));
        var (lowest, highest) = (new double[data.Rows], new double[data.Rows]);
        for (var judge = 0; judge < Judges; judge++)
        {
            JudgeReach.Of(mean, data.Scores, judge, JudgeReach.Places(data.Scores, Judges, judge), lowest, highest);
            for (var i = 0; i < data.Rows; i++) (highest[i] - lowest[i]).ShouldBe(10.0 / Judges, 1e-12);
        }
    }

    [Fact]
    public void Models_that_are_no_sum_cannot_be_bounded() =>
        Should.Throw<InvalidOperationException>(() => Fit(Data(6), "median", 0.1)).Message.ShouldContain("median");

    private static IScoreModel Fit(ScoreData data, string inner, double share) =>
        new BoundedRecipe(ModelRecipes.Create(inner), share, (0, 3), "bounded").Fit(data, new FitOptions(1));

    private static ScoreData Data(int seed)
    {
        var data = Rows.Correlated(300, Judges, 0.3, (ulong)seed, s => 2 * s[0] * s[0] + 0.5 * s[1] - 0.3 * s[2], 0.1);
        return new ScoreData(Judges, data.Scores, [.. data.Targets.Select(t => Math.Clamp(t, 0, 3))], [.. Enumerable.Range(0, 300).Select(i => i / 4)]);
    }
}
