using Orchestration.Learning.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Models;

public sealed class BaselineTests
{
    private static readonly ScoreData Small = new(3, [0.1, 0.2, 0.6, 0.5, 0.3, 0.4, 1.0, 0.9, 0.5, 0.0, 0.2, 0.1], [2, 3, 5, 1], [0, 0, 1, 1]);

    [Theory]
    [InlineData("mean", 2.2)]
    [InlineData("median", 1.8)]
    [InlineData("trimmed-mean", 1.8)]
    [InlineData("min", 1.4)]
    [InlineData("max", 3.4)]
    public void Without_a_fit_the_scale_is_stretched_onto_the_targets_range(string name, double expected) =>
        ModelRecipes.Create(name).Fit(Small, default).Predict([0.1, 0.2, 0.6]).ShouldBe(expected, 1e-12);

    [Fact]
    public void The_stated_range_of_the_target_comes_before_the_seen_one() =>
        ModelRecipes.Create("mean", new RecipeOptions { TargetRange = (0, 10) }).Fit(Small, default).Predict([0.1, 0.2, 0.6]).ShouldBe(3, 1e-12);

    [Fact]
    public void Without_a_judge_the_mean_is_the_mean_of_deviations_from_reference_means()
    {
        var model = ModelRecipes.Create("mean", new RecipeOptions { TargetRange = (0, 1) }).Fit(Small, default);

        // Reference means 0.4, 0.4, 0.4: with the first two judges, 0.4 + (−0.3 − 0.2)/2.
        model.Predict([0.1, 0.2, double.NaN]).ShouldBe(0.15, 1e-12);
        model.Predict([double.NaN, double.NaN, double.NaN]).ShouldBe(0.4, 1e-12);
    }

    [Fact]
    public void Mean_then_fit_is_the_least_squares_line()
    {
        // numpy.polyfit([.3, .4, .8, .1], [2, 3, 5, 1], 1): slope 5.7692307692307…, intercept 0.4423076923076…
        var model = ModelRecipes.Create("mean-fit").Fit(Small, default);

        model.Predict([0.5, 0.5, 0.5]).ShouldBe(0.44230769230769 + 0.5 * 5.76923076923077, 1e-10);
    }

    [Fact]
    public void The_best_judge_is_the_one_that_explains_most_and_only_it_counts()
    {
        var model = ModelRecipes.Create("best-judge").Fit(Rows.Correlated(300, 4, 0.2, 1, x => 3 * x[2]), default);

        model.Predict([0, 0, 0.5, 0]).ShouldBe(model.Predict([1, 1, 0.5, 1]), 1e-9);
        (model.Predict([0, 0, 1, 0]) - model.Predict([0, 0, 0, 0])).ShouldBe(3, 0.15);
    }

    [Fact]
    public void An_inverted_judge_is_the_best_one_only_where_that_is_allowed()
    {
        var data = Rows.Correlated(300, 3, 0, 2, x => -3 * x[0] + x[1]);

        ((IAdditiveModel)ModelRecipes.Create("best-judge").Fit(data, default)).Rise(0).ShouldBeLessThan(-2);
        var monotone = (IAdditiveModel)ModelRecipes.Create("best-judge", new RecipeOptions { Monotone = true }).Fit(data, default);
        monotone.Rise(0).ShouldBe(0);
        monotone.Rise(1).ShouldBeGreaterThan(0.5);
    }

    [Fact]
    public void From_comparisons_mean_then_fit_has_one_logistic_slope()
    {
        // d = ½, −½, ½, 0 with labels 1, 0, 0, ½ and a weak prior: the slope solves Σ d (y − σ(s d)) = s Σd²/n/100.
        double[] first = [0.75, 0.25, 0.75, 0.5];
        double[] second = [0.25, 0.75, 0.25, 0.5];
        var model = ModelRecipes.Create("mean-fit").Fit(new PreferenceData(1, first, second, [1, 0, 0, 0.5], [0, 1, 2, 3]), default);
        var slope = model.Predict([1]) - model.Predict([0]);

        (0.5 * (2 * (1 - Sigmoid(slope / 2)) - Sigmoid(slope / 2))).ShouldBe(slope * 0.75 / 4 / 100, 1e-6);
        model.Predict([0.5]).ShouldBe(0, 1e-12);
    }

    [Fact]
    public void A_mean_that_is_always_right_keeps_a_finite_slope()
    {
        var model = ModelRecipes.Create("mean-fit").Fit(new PreferenceData(1, [1, 0, 1], [0, 1, 0], [1, 0, 1], [0, 1, 2]), default);

        (model.Predict([1]) - model.Predict([0])).ShouldBeInRange(1, 100);
    }

    [Theory]
    [InlineData("coherence", 0.288)]
    [InlineData("consistency", 0.326)]
    [InlineData("fluency", 0.207)]
    [InlineData("relevance", 0.303)]
    [InlineData("overall", 0.465)]
    public void Mean_then_fit_on_recorded_data_gives_the_known_figures(string dimension, double expected) =>
        Rows.GroupedR2(Rows.SummEval(dimension), ModelRecipes.Create("mean-fit")).ShouldBe(expected, 0.012);

    [Fact]
    public void An_unknown_name_is_told_the_known_ones() =>
        Should.Throw<ArgumentException>(() => ModelRecipes.Create("average")).Message.ShouldContain("mean-fit");

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
