using FsCheck;
using FsCheck.Fluent;
using Orchestration.Learning.Algebra;
using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Linear;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Models;

/// <summary>Digits from numpy 1.24, scipy 1.10 and scikit-learn 1.2 on the same rows.</summary>
public sealed class LinearTests
{
    private static readonly double[] Row = [0.2, 0.5, 0.9];

    [Fact]
    public void Ridge_has_the_penalty_of_restricted_maximum_likelihood()
    {
        // scipy.optimize.minimize_scalar on the restricted likelihood, numpy.linalg.solve at its optimum.
        var model = (LinearModel)ModelRecipes.Create("ridge").Fit(ReferenceRows.Data, default);

        model.Weights.ToArray().ShouldBe([0.36728312, 0.31776625, -0.04600527], 1e-6);
        model.Predict(Row).ShouldBe(0.8074534097, 1e-7);
    }

    [Fact]
    public void Non_negative_weights_are_those_of_scipy_nnls()
    {
        var data = ReferenceRows.Data;
        double[] targets = [.. Enumerable.Range(0, 60).Select(r => data.Targets[r] - 1.2 * data.Scores[r * 3 + 2])];
        var model = (LinearModel)ModelRecipes.Create("non-negative").Fit(new ScoreData(3, data.Scores, targets, data.GroupOf), default);

        model.Weights.ToArray().ShouldBe([0.30457713, 0.20140617, 0], 1e-6);
        model.Weights[2].ShouldBe(0);
    }

    [Fact]
    public void Isotonic_on_the_mean_is_that_of_scikit_learn()
    {
        var model = ModelRecipes.Create("isotonic").Fit(ReferenceRows.Data, default);
        double[] at = [0.1, 0.25, 0.4, 0.55, 0.7, 0.95];

        double[] predicted = [.. at.Select(x => model.Predict([x, x, x]))];
        predicted.ShouldBe([0.29689186, 0.69379973, 0.95579632, 0.95579632, 1.04767504, 1.28021268], 1e-7);
    }

    [Fact]
    public void Logistic_regression_with_a_penalty_is_that_of_scikit_learn()
    {
        // LogisticRegression(C=1/0.7, fit_intercept=False); a tie is the row once with each label at half its weight.
        var (data, penalty) = (ReferenceRows.Data, new double[9]);
        for (var i = 0; i < 3; i++) penalty[i * 4] = 0.7;
        double[] differences = [.. Enumerable.Range(0, 90).Select(i => data.Scores[i] - data.Scores[90 + i])];
        double[] labels = [.. Enumerable.Range(0, 30).Select(r => r < 3 ? 0.5 : data.Targets[r] > data.Targets[30 + r] ? 1 : 0)];

        Logistic.Fit(differences, labels, null, penalty, new bool[3]).Coefficients.ShouldBe([1.35826061, 0.66356946, -0.7491133], 1e-6);
    }

    [Fact]
    public void A_bounded_quadratic_meets_its_optimality_conditions()
    {
        var systems = Gen.Choose(1, 8).SelectMany(n => Gen.Choose(-100, 100).ArrayOf(n * n + n).Select(v => (Size: n, Values: v.Select(x => x / 50.0).ToArray())));
        SeededProperty.Holds(systems, 11, system =>
        {
            var (n, v) = system;
            var h = new double[n * n];
            for (var i = 0; i < n; i++)
            {
                for (var j = 0; j < n; j++) h[i * n + j] = Blocks.Dot(v.AsSpan(i * n, n), v.AsSpan(j * n, n)) + (i == j ? 0.1 : 0);
            }

            var g = v.AsSpan(n * n).ToArray();
            bool[] bounded = [.. Enumerable.Range(0, n).Select(i => i % 3 != 2)];
            var x = BoundedQuadratic.Solve(h, g, bounded, new bool[n]);
            for (var i = 0; i < n; i++)
            {
                var slope = Blocks.Dot(x, h.AsSpan(i * n, n)) - g[i];
                if (bounded[i] && (x[i] < 0 || slope < -1e-8 || Math.Abs(x[i] * slope) > 1e-8)) return false;
                if (!bounded[i] && Math.Abs(slope) > 1e-8) return false;
            }

            return true;
        });
    }

    [Theory]
    [InlineData("ridge")]
    [InlineData("non-negative")]
    [InlineData("isotonic")]
    [InlineData("mean-fit")]
    [InlineData("gam")]
    public void Weight_two_is_the_row_twice(string name)
    {
        var data = ReferenceRows.Data;
        double[] weights = [.. Enumerable.Range(0, 60).Select(i => i < 20 ? 2.0 : 1)];
        var weighted = ModelRecipes.Create(name).Fit(new ScoreData(3, data.Scores, data.Targets, data.GroupOf, weights), default);
        var repeated = ModelRecipes.Create(name).Fit(data.Select([.. Enumerable.Range(0, 60), .. Enumerable.Range(0, 20)]), default);

        Rows.PredictAll(weighted, data.Scores).ShouldBe(Rows.PredictAll(repeated, data.Scores), 1e-6);
    }

    [Theory]
    [InlineData("ridge")]
    [InlineData("non-negative")]
    [InlineData("gam")]
    [InlineData("isotonic")]
    public void From_comparisons_the_sign_flips_exactly_and_the_better_answer_wins(string name)
    {
        var (a, b) = (Rows.Correlated(400, 4, 0.5, 3, x => 3 * x[0] + x[1]), Rows.Correlated(400, 4, 0.5, 4, x => 3 * x[0] + x[1]));
        double[] labels = [.. a.Targets.Zip(b.Targets, (x, y) => x > y ? 1.0 : 0)];
        var model = ModelRecipes.Create(name).Fit(new PreferenceData(4, a.Scores, b.Scores, labels, a.GroupOf), default);
        var swapped = ModelRecipes.Create(name).Fit(new PreferenceData(4, b.Scores, a.Scores, [.. labels.Select(l => 1 - l)], a.GroupOf), default);

        var right = Enumerable.Range(0, 400).Count(r => (model.Predict(a.Row(r)) > model.Predict(b.Row(r))) == (labels[r] == 1));
        right.ShouldBeGreaterThan(name == "isotonic" ? 270 : 340);
        Rows.PredictAll(swapped, a.Scores).Zip(Rows.PredictAll(swapped, b.Scores), (x, y) => x - y)
            .ShouldBe(Rows.PredictAll(model, a.Scores).Zip(Rows.PredictAll(model, b.Scores), (x, y) => x - y), 1e-4);
    }

    [Fact]
    public void From_comparisons_no_weight_is_negative_unless_that_is_asked_for()
    {
        var (a, b) = (Rows.Correlated(300, 3, 0, 5, x => 3 * x[0] - 2 * x[1]), Rows.Correlated(300, 3, 0, 6, x => 3 * x[0] - 2 * x[1]));
        var data = new PreferenceData(3, a.Scores, b.Scores, [.. a.Targets.Zip(b.Targets, (x, y) => x > y ? 1.0 : 0)], a.GroupOf);

        ((LinearModel)ModelRecipes.Create("ridge").Fit(data, default)).Weights[1].ShouldBe(0);
        ((LinearModel)ModelRecipes.Create("ridge", new RecipeOptions { Monotone = false }).Fit(data, default)).Weights[1].ShouldBeLessThan(-1);
    }
}
