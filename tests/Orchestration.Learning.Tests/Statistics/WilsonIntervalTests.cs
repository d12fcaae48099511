using FsCheck;
using FsCheck.Fluent;
using Orchestration.Learning.Statistics;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Statistics;

/// <summary>Expected digits were computed with fifty decimal places (Python's decimal).</summary>
public sealed class WilsonIntervalTests
{
    private static readonly Gen<(long Successes, long Trials)> Counts =
        Gen.Choose(1, 100_000).SelectMany(trials => Gen.Choose(0, trials).Select(successes => ((long)successes, (long)trials)));

    [Theory]
    [InlineData(0, 1, 0, 0.793450685622762612)]
    [InlineData(1, 1, 0.206549314377237388, 1)]
    [InlineData(0, 10, 0, 0.277532799862889253)]
    [InlineData(10, 10, 0.722467200137110747, 1)]
    [InlineData(1, 10, 0.017876213095072904, 0.404150026795238498)]
    [InlineData(5, 10, 0.236593090512563978, 0.763406909487436022)]
    [InlineData(15, 50, 0.191035535008809464, 0.437503504644534028)]
    [InlineData(81, 263, 0.255288519878274226, 0.366209576982800070)]
    [InlineData(230, 350, 0.605950149457232747, 0.704923540603324795)]
    [InlineData(208, 350, 0.542089395456521326, 0.644434818579813198)]
    [InlineData(1, 1_000_000, 0.000000176524576745, 0.000005664911804311)]
    [InlineData(999_999_999, 1_000_000_000, 0.999999994335065757, 0.999999999823475445)]
    public void The_bounds_agree_with_exact_arithmetic_to_fifteen_decimals(long successes, long trials, double lower, double upper)
    {
        var interval = WilsonInterval.Of(successes, trials);

        interval.Lower.ShouldBe(lower, 1e-15);
        interval.Upper.ShouldBe(upper, 1e-15);
    }

    [Fact]
    public void No_success_and_no_failure_end_the_interval_exactly()
    {
        for (var trials = 1; trials <= 2000; trials++)
        {
            WilsonInterval.Of(0, trials).Lower.ShouldBe(0, $"0 of {trials}");
            WilsonInterval.Of(trials, trials).Upper.ShouldBe(1, $"{trials} of {trials}");
        }
    }

    [Fact]
    public void Counts_whose_product_overflows_a_long_still_have_an_interval()
    {
        var interval = WilsonInterval.Of(4_000_000_000_000, 8_000_000_000_000);

        interval.Lower.ShouldBe(0.5, 1e-6);
        interval.Upper.ShouldBe(0.5, 1e-6);
        interval.Lower.ShouldBeLessThan(0.5);
        interval.Upper.ShouldBeGreaterThan(0.5);
    }

    [Fact]
    public void Without_trials_nothing_is_known()
    {
        var interval = WilsonInterval.Of(0, 0);

        interval.ShouldBe(default);
        interval.Lower.ShouldBe(0);
        interval.Upper.ShouldBe(1);
        interval.Proportion.ShouldBe(double.NaN);
    }

    [Theory]
    [InlineData(-1, 10)]
    [InlineData(11, 10)]
    [InlineData(0, -1)]
    public void Impossible_counts_are_refused(long successes, long trials) =>
        Should.Throw<ArgumentOutOfRangeException>(() => WilsonInterval.Of(successes, trials));

    [Fact]
    public void The_interval_lies_in_0_to_1_and_contains_the_proportion() =>
        SeededProperty.Holds(Counts, seed: 4, counts =>
        {
            var interval = WilsonInterval.Of(counts.Successes, counts.Trials);
            return interval.Lower >= 0 && interval.Lower <= interval.Proportion && interval.Proportion <= interval.Upper && interval.Upper <= 1
                && interval.Lower < interval.Upper;
        });

    [Fact]
    public void Counting_failures_instead_mirrors_the_interval() =>
        SeededProperty.Holds(Counts, seed: 5, counts =>
        {
            var interval = WilsonInterval.Of(counts.Successes, counts.Trials);
            var mirrored = WilsonInterval.Of(counts.Trials - counts.Successes, counts.Trials);
            return Math.Abs(interval.Lower - (1 - mirrored.Upper)) <= 1e-14 && Math.Abs(interval.Upper - (1 - mirrored.Lower)) <= 1e-14;
        });
}
