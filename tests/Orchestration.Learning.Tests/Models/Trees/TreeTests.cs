using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Trees;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Models.Trees;

/// <summary>Expected digits are those of scikit-learn 1.2's GradientBoostingRegressor (squared error) on rows whose splits have no ties.</summary>
public sealed class TreeTests
{
    private static readonly double[][] Asked = [[0, 0, 0], [1, 1, 1], [0.25, 0.9, 0.5], [0.75, 0.2, 0.1], [0.5, 0.5, 0.5], [1, 0, 0.3], [0, 0.7, 1]];

    private static readonly TreeOptions Plain = new() { Trees = 4, Patience = 0, LearningRate = 0.3, LeafWeight = 5, Shrinkage = 0, JudgeShare = 1, RowShare = 1 };

    [Fact]
    public void Four_trees_of_three_levels_agree_with_scikit_learn()
    {
        var model = new TreeRecipe(Plain).Fit(Data(null), new FitOptions(1));

        double[] expected = [0.8682627612833572, 3.236572585517305, 1.4490995762533485, 2.646575561028076, 2.167695159518492, 2.8354918993866933, 1.3370519615830996];
        for (var i = 0; i < expected.Length; i++) model.Predict(Asked[i]).ShouldBe(expected[i], 1e-6);
        model.State.Tensors.Single(t => t.Name == "tree.cut").Values[0].ShouldBe(0.375);
    }

    [Fact]
    public void Weighted_trees_of_two_levels_agree_with_scikit_learn()
    {
        double[] weights = [.. Enumerable.Range(0, 60).Select(i => 1.0 + i % 3)];
        var model = new TreeRecipe(Plain with { Depth = 2, LeafWeight = 1 }).Fit(Data(weights), new FitOptions(1));

        double[] expected = [1.084020688961835, 3.0933252421507405, 1.5579115170810307, 2.532108456928713, 2.2281012925283474, 2.675728002019677, 1.287120830583641];
        for (var i = 0; i < expected.Length; i++) model.Predict(Asked[i]).ShouldBe(expected[i], 1e-6);
    }

    [Fact]
    public void A_single_question_learns_the_log_odds_of_a_comparison_step_by_step()
    {
        // Answer A scores 1 and B 0 in every comparison, A is preferred in three of four: f(A) − f(B) tends to ln 3.
        double[] ones = [.. Enumerable.Repeat(1.0, 40)], zeros = new double[40];
        double[] labels = [.. Enumerable.Range(0, 40).Select(i => i % 4 == 0 ? 0.0 : 1.0)];
        var data = new PreferenceData(1, ones, zeros, labels, [.. Enumerable.Range(0, 40)]);
        var model = new TreeRecipe(Plain with { Trees = 200 }).Fit(data, new FitOptions(1));

        (model.Predict([1.0]) - model.Predict([0.0])).ShouldBe(Math.Log(3), 1e-5);
        model.Predict([1.0]).ShouldBe(-model.Predict([0.0]), 1e-6);

        // One Newton step from even odds: slope 40 · (½ − ¾), curvature 40 · ¼, three tenths of it for each answer.
        var step = new TreeRecipe(Plain with { Trees = 1 }).Fit(data, new FitOptions(1));
        step.Predict([1.0]).ShouldBe(0.3, 1e-6);
    }

    [Fact]
    public void Many_rows_are_exactly_the_single_rows_whatever_their_number()
    {
        var data = Rows.Correlated(200, 7, 0.4, 3, x => x[0] * x[1] + x[6]);
        var model = new TreeRecipe(new TreeOptions { Trees = 40, Patience = 0 }).Fit(data, new FitOptions(1));
        var scores = Rows.WithGaps(data.Scores, 0.05, 3);
        foreach (var rows in new[] { 1, 31, 32, 33, 64, 200 })
        {
            var together = Rows.PredictAll(model, scores[..(rows * 7)]);
            for (var row = 0; row < rows; row++) model.Predict(scores.AsSpan(row * 7, 7)).ShouldBe(together[row]);
        }
    }

    [Fact]
    public void Only_the_judges_named_are_held_monotone()
    {
        var data = Rows.Correlated(400, 3, 0.1, 5, x => 2 * x[0] - 3 * x[1] - 2 * x[2], 0.05);
        var recipe = new TreeRecipe(new TreeOptions { Monotone = true, MonotoneJudges = new HashSet<int> { 1 } });
        var model = recipe.Fit(data, new FitOptions(1));

        recipe.IsMonotone.ShouldBeFalse();
        for (var i = 0; i < 20; i++)
        {
            double[] low = [0.3 + 0.02 * i, 0.2 + 0.02 * i, 0.5], high = [low[0], low[1] + 0.2, 0.5];
            model.Predict(high).ShouldBeGreaterThanOrEqualTo(model.Predict(low));
        }

        model.Predict([0.5, 0.5, 0.8]).ShouldBeLessThan(model.Predict([0.5, 0.5, 0.2]) - 0.3);
    }

    [Fact]
    public void Few_values_are_cut_between_each_other_and_many_at_quantiles()
    {
        TreeBins.Edges([0, 0.5, 1, 0.5, 0.25], 1, 0, 32).ShouldBe([0.125, 0.375, 0.75]);
        TreeBins.Edges([0.5, 0.5], 1, 0, 32).ShouldBeEmpty();

        double[] even = [.. Enumerable.Range(0, 1000).Select(i => i / 1000.0)];
        var edges = TreeBins.Edges(even, 1, 0, 4);
        edges.ShouldBe([0.2495, 0.4995, 0.7495], 1e-9);
        even.CountBy(v => TreeBins.Bin(edges, v)).ShouldAllBe(b => b.Value == 250);

        // Most scores are one and the same: it gets a bin of its own, and none is empty.
        double[] heavy = [.. Enumerable.Range(0, 1000).Select(i => i < 900 ? 0.5 : i / 1000.0)];
        var cut = TreeBins.Edges(heavy, 1, 0, 8);
        cut.Order().ShouldBe(cut);
        TreeBins.Bin(cut, 0.5).ShouldBe(0);
        heavy.CountBy(v => TreeBins.Bin(cut, v)).Count().ShouldBe(cut.Length + 1);

        var next = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(0.5) + 1);
        var close = TreeBins.Edges([0.5, next], 1, 0, 8);
        TreeBins.Bin(close, next).ShouldBe(1);
        TreeBins.Bin(close, 0.5).ShouldBe(0);
    }

    [Fact]
    public void A_setting_out_of_its_range_is_named() =>
        Should.Throw<ArgumentOutOfRangeException>(() => new TreeRecipe(new TreeOptions { Depth = 4 })).Message.ShouldContain("Depth is at least 1 and at most 3");

    private static ScoreData Data(double[]? weights)
    {
        var (scores, targets) = (new double[180], new double[60]);
        for (var i = 0; i < 60; i++)
        {
            double[] x = [i * 7 % 5 / 4.0, (i * 3 + 1) % 11 / 10.0, (i * i + 2) % 7 / 6.0];
            x.CopyTo(scores, 3 * i);
            targets[i] = 2 * x[0] + Math.Sin(3 * x[1]) + x[0] * x[2] + i * 37 % 17 / 40.0;
        }

        return new ScoreData(3, scores, targets, [.. Enumerable.Range(0, 60)], weights);
    }
}
