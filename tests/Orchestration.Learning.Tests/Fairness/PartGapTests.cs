using Orchestration.Learning.Fairness;
using Orchestration.Learning.Metrics;
using Orchestration.Learning.Statistics;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Fairness;

public sealed class PartGapTests
{
    [Fact]
    public void The_gap_is_the_difference_of_means_with_the_error_of_independent_sides()
    {
        var random = new Random(1);
        double[] values = [.. Enumerable.Range(0, 90).Select(_ => random.NextDouble())];
        int[] parts = [.. Enumerable.Range(0, 90).Select(static i => i % 3)], groups = [.. Enumerable.Range(0, 90)];
        values[4] = double.NaN;

        var gap = PartGap.Of(values, parts, 3, groups)[1];

        double[] inside = [.. values.Where((v, i) => parts[i] == 1 && !double.IsNaN(v))], outside = [.. values.Where((_, i) => parts[i] != 1)];
        (gap.Part, gap.Rows, gap.Groups).ShouldBe((1, 29, 29));
        gap.Mean.ShouldBe(inside.Average(), 1e-12);
        gap.Others.ShouldBe(outside.Average(), 1e-12);
        gap.Difference.Value.ShouldBe(inside.Average() - outside.Average(), 1e-12);

        // Each side's squares over its count squared; the factor of few groups is that of the smaller side.
        static double Squares(double[] x) => x.Sum(v => (v - x.Average()) * (v - x.Average())) / x.Length / x.Length;
        gap.Difference.StandardError.ShouldBe(Math.Sqrt((Squares(inside) + Squares(outside)) * 29 / 28), 1e-12);
        gap.PValue.ShouldBe(StudentQuantile.TwoSided(gap.Difference.Value / gap.Difference.StandardError, 28), 1e-12);
    }

    [Fact]
    public void Where_every_prompt_is_on_both_sides_what_prompts_share_drops_out()
    {
        var random = new Random(2);
        double[] shared = [.. Enumerable.Range(0, 40).Select(_ => 100 * random.NextDouble())];
        double[] values = [.. Enumerable.Range(0, 80).Select(i => shared[i / 2] + (i % 2 == 0 ? 0.5 : 0) + 0.01 * random.NextDouble())];
        var gaps = PartGap.Of(values, [.. Enumerable.Range(0, 80).Select(static i => i % 2)], 2, [.. Enumerable.Range(0, 80).Select(static i => i / 2)]);
        gaps.Count.ShouldBe(1, "the second of two is the first turned round");
        gaps[0].Difference.Value.ShouldBe(0.5, 0.01);
        gaps[0].Difference.StandardError.ShouldBeLessThan(0.005);
    }

    [Fact]
    public void Parts_without_enough_prompts_are_not_tested_and_a_mean_is_tested_against_nothing()
    {
        int[] groups = [.. Enumerable.Range(0, 30)];
        double[] values = [.. groups.Select(static g => g % 2 == 0 ? 0.3 : 0.1)];
        PartGap.Of(values, [.. groups.Select(static g => g < 9 ? 0 : 1)], 2, groups).ShouldBeEmpty();
        PartGap.Of(values, [.. groups.Select(static g => g < 10 ? 0 : -1)], 1, groups).Count.ShouldBe(1);
        var zero = PartGap.FromZero(values, groups)!;
        (zero.Part, zero.Rows, zero.Others).ShouldBe((-1, 30, 0));
        zero.Mean.ShouldBe(0.2, 1e-12);
        zero.PValue.ShouldBeLessThan(1e-6);
        PartGap.FromZero([double.NaN, 1], [0, 1]).ShouldBeNull();
        PartGap.FromZero([0.5, 0.5], [0, 1])!.PValue.ShouldBe(0);
    }

    [Fact]
    public void Among_many_parts_that_are_alike_an_alarm_is_as_rare_as_said_once_corrected()
    {
        const int Simulations = 300;
        var (corrected, uncorrected) = (0, 0);
        for (var s = 0; s < Simulations; s++)
        {
            var random = new Random(s);
            int[] groups = [.. Enumerable.Range(0, 600).Select(static i => i / 2)], parts = [.. groups.Select(static g => g % 8)];
            double[] level = [.. Enumerable.Range(0, 300).Select(_ => random.NextDouble())];
            double[] p = [.. PartGap.Of([.. groups.Select(g => level[g] + random.NextDouble())], parts, 8, groups).Select(static g => g.PValue)];
            p.Length.ShouldBe(8);
            uncorrected += p.Min() < 0.05 ? 1 : 0;
            corrected += HolmCorrection.Of(p).Min() < 0.05 ? 1 : 0;
        }

        // 5% of 300 are 15 ± 4.
        corrected.ShouldBeInRange(3, 28);
        uncorrected.ShouldBeGreaterThan(60);
    }
}
