using FsCheck;
using FsCheck.Fluent;
using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Metrics;

/// <summary>
/// Digits: values by scikit-learn 1.2 and SciPy 1.10, standard errors by NumPy from central differences of the same statistics as each group's weights move.
/// </summary>
public sealed class ScoreFiguresTests
{
    private static readonly double[] Targets = [4, 1, 2, 1, 5, 4, 1, 1, 5, 2, 1, 4, 5, 4, 2, 5, 3, 2, 2, 3, 2, 2, 2, 3];

    private static readonly double[] Predictions =
        [3.9, 2.4, 1.5, 2.2, 4.0, 3.7, 3.1, 2.6, 5.3, 4.9, 3.7, 2.3, 2.7, 4.2, 3.3, 6.1, 2.2, 2.7, 1.9, 1.8, 1.0, 3.0, 2.2, 0.7];

    private static readonly double[] Weights =
        [1.5, 1.5, 0.5, 1.5, 0.5, 0.5, 0.5, 1.5, 0.5, 1.5, 1.0, 1.5, 1.0, 1.0, 1.5, 0.5, 1.0, 1.5, 0.5, 1.0, 0.5, 0.5, 1.0, 0.5];

    private static readonly Gen<(int[] Targets, int[] Predictions)> Sets =
        Gen.Choose(4, 40).SelectMany(rows => Gen.Choose(0, 6).ArrayOf(rows).SelectMany(t => Gen.Choose(0, 6).ArrayOf(rows).Select(p => (t, p))));

    [Fact]
    public void Values_and_standard_errors_agree_with_an_independent_computation_to_nine_digits()
    {
        var figures = ScoreFigures.Of(Rows(Targets, null), Predictions);

        Check(figures.R2, -0.04387096774193555, 0.30574977160512756);
        Check(figures.Mse, 2.0225, 0.5822571025490573);
        Check(figures.Mae, 1.1666666666666667, 0.1734054336719162);
        Check(figures.Spearman, 0.36265213272148655, 0.18908124517661096);
        Check(figures.PairwiseAccuracy, 0.5714285714285714, 0.12090867953958061);
    }

    [Fact]
    public void Weighted_values_and_standard_errors_agree_as_well()
    {
        var figures = ScoreFigures.Of(Rows(Targets, Weights), Predictions);

        Check(figures.R2, -0.2265866388308977, 0.4524334488497094);
        Check(figures.Mse, 2.221304347826087, 0.795617184317152);
        Check(figures.Mae, 1.2434782608695651, 0.23889833859020884);
        Check(figures.Spearman, 0.2746520370192109, 0.24799238778496036);
        Check(figures.PairwiseAccuracy, 0.5377358490566038, 0.10847545913988953);
    }

    [Fact]
    public void Over_fold_seeds_values_are_means_and_errors_those_of_the_mean()
    {
        var data = Rows(Targets, null);
        var other = Predictions.Select((p, i) => p + (i % 3 - 1) * 0.4).ToArray();
        var first = ScoreFigures.Of(data, Predictions);
        var second = ScoreFigures.Of(data, other);

        var both = ScoreFigures.Of(data, [Predictions, other]);

        both.R2.Value.ShouldBe((first.R2.Value + second.R2.Value) / 2, 1e-14);
        both.R2.StandardError.ShouldBeLessThanOrEqualTo((first.R2.StandardError + second.R2.StandardError) / 2 + 1e-12);
        ScoreFigures.Of(data, [Predictions, Predictions]).ShouldBe(first);
    }

    [Fact]
    public void Targets_that_are_all_the_same_leave_r2_and_orders_undefined()
    {
        var figures = ScoreFigures.Of(Rows([.. Targets.Select(_ => 3.0)], null), Predictions);

        figures.R2.Value.ShouldBe(double.NaN);
        figures.Spearman.Value.ShouldBe(double.NaN);
        figures.PairwiseAccuracy.Value.ShouldBe(double.NaN);
        figures.Mse.Value.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Pairs_are_counted_like_one_by_one_whatever_the_ties() =>
        SeededProperty.Holds(Sets, seed: 11, set =>
        {
            var rows = set.Targets.Length;
            var groups = Enumerable.Range(0, rows).Select(i => i % 3).ToArray();
            var data = new ScoreData(1, new double[rows], [.. set.Targets.Select(t => (double)t)], groups);
            var (right, pairs) = (0.0, 0.0);
            for (var i = 0; i < rows; i++)
            {
                for (var j = 0; j < rows; j++)
                {
                    if (groups[i] != groups[j] || set.Targets[i] <= set.Targets[j]) continue;
                    pairs++;
                    right += set.Predictions[i] > set.Predictions[j] ? 1 : set.Predictions[i] == set.Predictions[j] ? 0.5 : 0;
                }
            }

            var found = ScoreFigures.Of(data, [.. set.Predictions.Select(p => (double)p)]).PairwiseAccuracy.Value;
            return pairs == 0 ? double.IsNaN(found) : Math.Abs(found - right / pairs) < 1e-12;
        });

    [Fact]
    public void Rising_transformations_leave_orders_alone() =>
        SeededProperty.Holds(Sets, seed: 12, set =>
        {
            var data = new ScoreData(1, new double[set.Targets.Length], [.. set.Targets.Select(t => (double)t)], [.. set.Targets.Select((_, i) => i % 2)]);
            var plain = ScoreFigures.Of(data, [.. set.Predictions.Select(p => (double)p)]);
            var bent = ScoreFigures.Of(data, [.. set.Predictions.Select(p => Math.Exp(p))]);
            return Same(plain.Spearman, bent.Spearman) && Same(plain.PairwiseAccuracy, bent.PairwiseAccuracy);
        });

    private static bool Same(Figure a, Figure b) => a.Equals(b) || (double.IsNaN(a.Value) && double.IsNaN(b.Value));

    private static ScoreData Rows(double[] targets, double[]? weights) =>
        new(1, new double[targets.Length], targets, [.. Enumerable.Range(0, targets.Length).Select(i => i / 4)], weights);

    private static void Check(Figure figure, double value, double error)
    {
        figure.Value.ShouldBe(value, 1e-12);
        figure.StandardError.ShouldBe(error, 1e-9);
    }
}
