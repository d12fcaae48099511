using System.Text.Json;
using Orchestration.Learning.Models;
using Orchestration.Learning.Robustness;
using Orchestration.Learning.Tests.Models;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Robustness;

public sealed class StabilityTests
{
    private static readonly double[] Grid = [0, 0.5, 1];

    [Fact]
    public void Importance_is_what_dealing_a_judges_scores_out_anew_costs_and_a_judge_without_part_has_none()
    {
        var data = Rows.Correlated(400, 3, 0, 5, s => 3 * s[0] + s[1], 0.01);
        var fit = Resampling.Fit(ModelRecipes.Create("ridge"), data, [.. Enumerable.Range(0, 400).Select(i => i % 2)], Grid, 1, TestContext.Current.CancellationToken);

        // Of independent judges twice their share of the variance: 9 and 1 parts of 10.
        fit.Importance[0].ShouldBe(1.8, 0.15);
        fit.Importance[1].ShouldBe(0.2, 0.05);
        fit.Importance[2].ShouldBe(0, 0.001);
        fit.Curves[0].ShouldBe([-1.5, 0, 1.5], 0.02);
        fit.Curves[2].ShouldBe([0, 0, 0], 0.02);
    }

    [Fact]
    public void A_bootstrap_draws_whole_groups_and_leaves_some_out()
    {
        for (var seed = 0UL; seed < 50; seed++)
        {
            var counts = Resampling.Bootstrap(12, seed);
            counts.Sum().ShouldBe(12);
            counts.ShouldContain(0);
            counts.ShouldBe(Resampling.Bootstrap(12, seed));
        }

        Resampling.Bootstrap(12, 1).ShouldNotBe(Resampling.Bootstrap(12, 2));
    }

    [Fact]
    public void Halves_share_no_group()
    {
        var first = Resampling.Halves(11, 3);

        first.Count(f => f).ShouldBe(5);
        Resampling.Halves(11, 4).ShouldNotBe(first);
    }

    [Fact]
    public void A_group_drawn_twice_counts_as_its_rows_twice()
    {
        var data = Rows.Correlated(60, 2, 0.2, 8, s => s[0] + 0.5 * s[1], 0.2);
        int[] counts = [.. Enumerable.Range(0, 60).Select(i => i % 3)];
        int[] copies = [.. Enumerable.Range(0, 60).SelectMany(i => Enumerable.Repeat(i, counts[i]))];
        var scores = copies.SelectMany(i => data.Row(i).ToArray()).ToArray();
        var copied = new ScoreData(2, scores, [.. copies.Select(i => data.Targets[i])], [.. Enumerable.Range(0, copies.Length)]);

        var weighted = Resampling.Fit(ModelRecipes.Create("mean-fit"), data, counts, Grid, 1, TestContext.Current.CancellationToken);
        var curves = PartialCurves.Of(ModelRecipes.Create("mean-fit").Fit(copied, new FitOptions(1)), data.Scores, Grid);

        weighted.Curves[0].ShouldBe(curves[0], 1e-9);
    }

    [Fact]
    public void Ranks_begin_at_the_largest_and_ties_share_their_mean()
    {
        RankAgreement.Ranks([0.5, 2, 0.5, -1]).ShouldBe([2.5, 1, 2.5, 4]);
        RankAgreement.Spearman([1, 2, 3], [30, 20, 10]).ShouldBe(-1, 1e-12);
        RankAgreement.Spearman([1, 2, 3, 4], [1, 2, 4, 3]).ShouldBe(0.8, 1e-12);
        RankAgreement.Spearman([1, 1], [1, 2]).ShouldBe(double.NaN);
    }

    [Fact]
    public void Alpha_of_a_worked_example_with_gaps_agrees()
    {
        // Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", part C: twelve units, four observers; interval α 0.849.
        double[] a = [1, 2, 3, 3, 2, 1, 4, 1, 2, double.NaN, double.NaN, double.NaN];
        double[] b = [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, double.NaN, 3];
        double[] c = [double.NaN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, double.NaN];
        double[] d = [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, double.NaN];

        RankAgreement.IntervalAlpha([a, b, c, d]).ShouldBe(0.849, 0.0005);
    }

    [Theory]
    [InlineData("coherence", 0.5836)]
    [InlineData("consistency", 0.9050)]
    [InlineData("fluency", 0.7682)]
    [InlineData("relevance", 0.4966)]
    public void Alpha_of_the_recorded_experts_is_the_known_one(string dimension, double alpha)
    {
        double[][] rows = [.. File.ReadLines(PublicData.Require($"summeval/{dimension}.jsonl")).Select(static line =>
        {
            using var row = JsonDocument.Parse(line);
            return row.RootElement.GetProperty("ratings").EnumerateArray().Select(static r => r.GetDouble()).ToArray();
        })];

        RankAgreement.IntervalAlpha([.. Enumerable.Range(0, 3).Select(r => rows.Select(row => row[r]).ToArray())]).ShouldBe(alpha, 0.00005);
    }

    [Fact]
    public void Judges_that_say_the_same_are_one_cluster()
    {
        var random = new Random(4);
        var scores = new double[600];
        for (var at = 0; at < 600; at += 4)
        {
            var (one, other) = (random.NextDouble(), random.NextDouble());
            (scores[at], scores[at + 1], scores[at + 2], scores[at + 3]) = (one, other, 0.9 * one + 0.05, random.NextDouble());
        }

        scores[0] = double.NaN;

        JudgeClusters.Find(scores, 4, 0.7).ShouldBe([[0, 2], [1], [3]]);
        JudgeClusters.Find(scores, 4, -1).ShouldHaveSingleItem().ShouldBe([0, 1, 2, 3]);
        JudgeClusters.Correlations(scores, 4)[2].ShouldBe(1, 1e-12);
    }

    [Fact]
    public void The_forward_order_takes_first_what_explains_most_and_a_copy_last()
    {
        var data = Rows.Correlated(200, 3, 0, 9, s => 0.5 * s[0] + 2 * s[2], 0.05);
        var scores = new double[800];
        for (var i = 0; i < 200; i++)
        {
            data.Row(i).CopyTo(scores.AsSpan(i * 4));
            scores[i * 4 + 3] = scores[i * 4 + 2];
        }

        ForwardOrder.Of(new ScoreData(4, scores, data.Targets, data.GroupOf)).ShouldBe([2, 0, 1, 3]);
    }
}
