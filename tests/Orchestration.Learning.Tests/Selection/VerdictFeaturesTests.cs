using Orchestration.Learning.Selection;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Selection;

public sealed class VerdictFeaturesTests
{
    [Theory]
    [InlineData(1, -1, 1)]
    [InlineData(1, 1, 0)]
    [InlineData(1, 0, 0.5)]
    [InlineData(0, 1, -0.5)]
    [InlineData(-1, 1, -1)]
    [InlineData(0, 0, 0)]
    [InlineData(1, double.NaN, 0.5)]
    [InlineData(double.NaN, 1, -0.5)]
    [InlineData(double.NaN, double.NaN, double.NaN)]
    public void The_second_verdict_is_flipped_back_before_the_mean(double asShown, double swapped, double feature)
    {
        VerdictFeatures.Mean(asShown, swapped).ShouldBe(feature);
        var (first, second) = VerdictFeatures.Scores(feature);
        first.ShouldBe((1 + feature) / 2);
        second.ShouldBe((1 - feature) / 2);
    }

    [Fact]
    public void Anything_else_is_no_verdict() => Should.Throw<ArgumentOutOfRangeException>(() => VerdictFeatures.Mean(0.5, 0));
}
