using Orchestration.Learning.Intervals;
using Orchestration.Learning.Statistics;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Statistics;

public sealed class SignFlipTestTests
{
    [Fact]
    public void Few_groups_are_gone_through_exactly()
    {
        // 1 + 2 + 3 = 6: of eight turns of signs only all and none reach it.
        SignFlipTest.TwoSided([1, 2, 3]).ShouldBe(2 / 8.0);

        // |1 + 2 − 3| = 0 is reached by every turn.
        SignFlipTest.TwoSided([1, 2, -3]).ShouldBe(1);
        SignFlipTest.TwoSided([0.1, 0.1, 0.1, 0.1, 0.1]).ShouldBe(2 / 32.0, "sums of equal numbers are equal, whatever rounding says");
    }

    [Fact]
    public void Groups_that_do_not_move_say_nothing_and_missing_ones_are_left_out()
    {
        SignFlipTest.TwoSided([0, 0, 0]).ShouldBe(1);
        SignFlipTest.TwoSided([1, 0, 2, double.NaN, 3, 0]).ShouldBe(SignFlipTest.TwoSided([1, 2, 3]));
        SignFlipTest.TwoSided([double.NaN]).ShouldBe(double.NaN);
    }

    [Fact]
    public void Under_the_hypothesis_five_of_a_hundred_are_below_five_percent_and_a_shift_is_found()
    {
        var random = new Random(11);
        var (below, found) = (0, 0);
        for (var trial = 0; trial < 400; trial++)
        {
            double[] none = [.. Enumerable.Range(0, 30).Select(_ => random.NextDouble() - 0.5)];
            if (SignFlipTest.TwoSided(none, 499, (ulong)trial) <= 0.05) below++;
            if (SignFlipTest.TwoSided([.. none.Select(static x => x + 0.25)], 499, (ulong)trial) <= 0.05) found++;
        }

        below.ShouldBeInRange(8, 34);
        found.ShouldBeGreaterThan(390);
    }

    [Fact]
    public void The_same_seed_draws_the_same()
    {
        double[] sums = [.. Enumerable.Range(0, 40).Select(static i => Math.Sin(i) + 0.2)];
        SignFlipTest.TwoSided(sums, 999, 5).ShouldBe(SignFlipTest.TwoSided(sums, 999, 5));
        SignFlipTest.TwoSided(sums, 999, 5).ShouldNotBe(SignFlipTest.TwoSided(sums, 999, 6));
    }

    [Fact]
    public void An_estimate_is_tested_by_students_t()
    {
        // SciPy: 2 * t.sf(2, 9) = 0.0765529...
        EstimateTest.TwoSided(new Estimate(2, 0, 0, 1, 0), 10).ShouldBe(0.07655, 1e-4);
        EstimateTest.TwoSided(new Estimate(0, 0, 0, 0, 0), 10).ShouldBe(1);
        EstimateTest.TwoSided(new Estimate(1, 1, 1, 0, 0), 6).ShouldBe(1 / 32.0);
        EstimateTest.TwoSided(new Estimate(1, 0, 0, 1, 0), 1).ShouldBe(double.NaN);
    }
}
