using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Access;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Access;

/// <summary>What a key may use at a silo.</summary>
public sealed class KeyMeterTests
{
    [Fact]
    public void In_no_60_seconds_more_requests_pass_than_the_limit_whenever_they_come()
    {
        var gaps = Gen.Choose(0, 9_000).ListOf(200).ToArbitrary();
        Prop.ForAll(gaps, waits =>
        {
            var time = new ManualTime();
            var meter = new KeyMeter(time);
            var limits = new KeyLimits { RequestsPerMinute = 7 };
            List<TimeSpan> passed = [];
            var now = TimeSpan.Zero;
            foreach (var wait in waits)
            {
                now += TimeSpan.FromMilliseconds(wait);
                time.Advance(TimeSpan.FromMilliseconds(wait));
                if (meter.TryBegin(limits, out _)) passed.Add(now);
            }

            return passed.Count > 6 && Enumerable.Range(7, passed.Count - 7).All(i => passed[i] - passed[i - 7] > TimeSpan.FromSeconds(60));
        }).Check(SeededProperties.Config);
    }

    [Fact]
    public void Who_waits_as_long_as_told_is_let_in_and_not_much_earlier()
    {
        var time = new ManualTime();
        var meter = new KeyMeter(time);
        var limits = new KeyLimits { RequestsPerMinute = 2 };
        meter.TryBegin(limits, out _).ShouldBeTrue();
        time.Advance(TimeSpan.FromMilliseconds(30_400));
        meter.TryBegin(limits, out _).ShouldBeTrue();
        meter.TryBegin(limits, out var wait).ShouldBeFalse();
        wait.ShouldBeInRange(TimeSpan.FromSeconds(29.6), TimeSpan.FromSeconds(31));
        time.Advance(wait - TimeSpan.FromMilliseconds(1));
        meter.TryBegin(limits, out _).ShouldBeFalse();
        time.Advance(TimeSpan.FromMilliseconds(1));
        meter.TryBegin(limits, out _).ShouldBeTrue();
        meter.TryBegin(limits, out _).ShouldBeFalse();
    }

    [Fact]
    public void As_many_at_once_as_the_limit_says_and_no_more()
    {
        var meter = new KeyMeter(new ManualTime());
        var limits = new KeyLimits { Concurrent = 2 };
        meter.TryBegin(limits, out _).ShouldBeTrue();
        meter.TryBegin(limits, out _).ShouldBeTrue();
        meter.TryBegin(limits, out var wait).ShouldBeFalse();
        wait.ShouldBe(TimeSpan.FromSeconds(1));
        meter.InFlight.ShouldBe(2);
        meter.End();
        meter.TryBegin(limits, out _).ShouldBeTrue();
    }

    [Fact]
    public void Many_threads_at_once_pass_no_more_than_the_limit()
    {
        var meter = new KeyMeter(new ManualTime());
        var limits = new KeyLimits { RequestsPerMinute = 1000, Concurrent = 900 };
        var passed = 0;
        Parallel.For(0, 5000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            if (meter.TryBegin(limits, out TimeSpan _)) Interlocked.Increment(ref passed);
        });
        passed.ShouldBe(900);
    }

    [Fact]
    public void A_key_without_limits_is_never_told_to_wait()
    {
        var meter = new KeyMeter(new ManualTime());
        for (var i = 0; i < 10_000; i++) meter.TryBegin(KeyLimits.None, out _).ShouldBeTrue();
    }
}
