using Orchestration.Learning.Drift;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Drift;

public sealed class DriftTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("rate 0.5")]
    [InlineData("rate 0.02")]
    [InlineData("score")]
    [InlineData("always 1")]
    public void Nothing_shifts_and_alarms_are_no_more_than_stated(string kind)
    {
        // Stated: one in 2,000 on average, so that a quick test can see it; 60 streams of 10,000 may have 300 alarms.
        var (alarms, seen) = (0, 0L);
        for (var stream = 0; stream < 60; stream++)
        {
            var random = new Random(stream);
            var detector = new MeanShift(new DriftOptions { FalseAlarmEvery = 2000, Reference = 300, Tolerance = 0 });
            for (var i = 0; i < 10_000; i++)
            {
                seen++;
                if (!detector.Add(Draw(random, kind, 0))) continue;
                alarms++;
                break;
            }
        }

        output.WriteLine($"{kind}: {alarms} alarms in {seen:N0}");
        (alarms / (double)seen).ShouldBeLessThan(1.0 / 2000);
    }

    [Fact]
    public void At_its_bound_the_detector_alarms_as_seldom_as_stated_and_not_never()
    {
        // The mean lies exactly where the claim ends: the guarantee is tried at its hardest, without a reference's margin.
        var (alarms, seen) = (0, 0L);
        for (var stream = 0; stream < 100; stream++)
        {
            var random = new Random(stream);
            var detector = new MeanShift(new DriftOptions { FalseAlarmEvery = 500, Tolerance = 0 }, 0.3, 0);
            for (var i = 0; i < 20_000; i++)
            {
                seen++;
                if (!detector.Add(random.NextDouble() < 0.3 ? 1 : 0)) continue;
                alarms++;
                break;
            }
        }

        output.WriteLine($"one alarm in {seen / (double)alarms:N0} observations");
        (seen / (double)alarms).ShouldBeGreaterThan(500);
        alarms.ShouldBeGreaterThan(20, "a detector that never bets would pass as well");
    }

    [Theory]
    [InlineData("rate 0.5", -0.2, 600)]
    [InlineData("rate 0.5", 0.2, 450)]
    [InlineData("rate 0.02", 0.1, 500)]
    [InlineData("score", -0.1, 200)]
    [InlineData("score", -0.2, 80)]
    public void A_shift_is_noticed_soon_with_where_it_began_and_how_large_it_is(string kind, double by, int within)
    {
        var (delays, since, size) = (new List<long>(), 0.0, 0.0);
        for (var stream = 0; stream < 20; stream++)
        {
            var random = new Random(100 + stream);
            var detector = new MeanShift(new DriftOptions());
            for (var i = 0; i < 5000 && detector.Noticed is null; i++) detector.Add(Draw(random, kind, i < 2000 ? 0 : by));
            var shift = detector.Noticed.ShouldNotBeNull();
            shift.NoticedAt.ShouldBeGreaterThanOrEqualTo(2000);
            delays.Add(shift.NoticedAt - 2000);
            since += Math.Abs(shift.Since - 2000.0) / 20;
            size += (shift.After - shift.Before) / 20;
            shift.Evidence.ShouldBeGreaterThanOrEqualTo(200_000);
        }

        delays.Sort();
        output.WriteLine($"{kind} by {by}: noticed after {delays[10]} (median), {delays[^1]} (latest); begin off by {since:0}, size {size:0.000}");
        ((int)delays[10]).ShouldBeLessThan(within);
        since.ShouldBeLessThan(150);
        size.ShouldBe(by, 0.05);
    }

    [Fact]
    public void A_shift_within_the_tolerance_is_left_alone()
    {
        for (var stream = 0; stream < 10; stream++)
        {
            var random = new Random(stream);
            var detector = new MeanShift(new DriftOptions { Tolerance = 0.1 });
            for (var i = 0; i < 30_000; i++) detector.Add(Draw(random, "score", i < 2000 ? 0 : 0.08));
            detector.Noticed.ShouldBeNull();
        }
    }

    [Fact]
    public void Scores_that_only_spread_out_are_noticed_as_that_and_steady_ones_are_not()
    {
        var random = new Random(7);
        var (steady, wide, low) = (new ScoreShift(new DriftOptions()), new ScoreShift(new DriftOptions()), new ScoreShift(new DriftOptions()));
        for (var i = 0; i < 20_000; i++)
        {
            var score = Math.Round(Beta(random) * 4) / 4;
            steady.Add(score);
            wide.Add(i < 3000 ? score : random.Next(2));
            low.Add(i < 3000 ? score : Math.Max(0, score - 0.25));
        }

        steady.Level.ShouldBeNull();
        steady.Spread.ShouldBeNull();
        steady.Stability.ShouldBeLessThan(0.05);
        wide.Spread.ShouldNotBeNull().After.ShouldBeGreaterThan(wide.Spread.Value.Before);
        wide.Spread.Value.NoticedAt.ShouldBeInRange(3000, 3200);
        wide.Stability.ShouldBeGreaterThan(0.25);
        low.Level.ShouldNotBeNull().After.ShouldBeLessThan(0.45);
        low.Level.Value.NoticedAt.ShouldBeInRange(3000, 3400);
        low.Stability.ShouldBeGreaterThan(0.25);
        new ScoreShift(new DriftOptions()).Stability.ShouldBe(double.NaN);
    }

    [Fact]
    public void Options_and_numbers_out_of_range_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new MeanShift(new DriftOptions { Reference = 5 }));
        Should.Throw<ArgumentOutOfRangeException>(() => new MeanShift(new DriftOptions { FalseAlarmEvery = 1 }));
        Should.Throw<ArgumentOutOfRangeException>(() => new ScoreShift(new DriftOptions { Tolerance = -1 }));
        Should.Throw<ArgumentOutOfRangeException>(() => new MeanShift(new DriftOptions()).Add(double.NaN));
        Should.Throw<ArgumentOutOfRangeException>(() => new MeanShift(new DriftOptions()).Add(1.5));
        Should.Throw<ArgumentOutOfRangeException>(() => new ScoreShift(new DriftOptions()).Add(-0.1));
    }

    private static double Draw(Random random, string kind, double by) => kind switch
    {
        "rate 0.5" => random.NextDouble() < 0.5 + by ? 1 : 0,
        "rate 0.02" => random.NextDouble() < 0.02 + by ? 1 : 0,
        "always 1" => 1,
        _ => Math.Clamp(Beta(random) + by, 0, 1),
    };

    /// <summary>About 0.6, rarely beyond 0.3 and 0.9.</summary>
    private static double Beta(Random random) => (random.NextDouble() + random.NextDouble() + random.NextDouble()) / 3 * 0.9 + 0.15;
}
