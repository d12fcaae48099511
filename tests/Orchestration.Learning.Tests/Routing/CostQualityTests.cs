using FsCheck;
using FsCheck.Fluent;
using Orchestration.Learning.Routing;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Routing;

public sealed class CostQualityTests
{
    private static readonly Gen<(double Cost, double Quality)[]> Points =
        from count in Gen.Choose(2, 12)
        from costs in Gen.Choose(1, 50).ArrayOf(count)
        from qualities in Gen.Choose(0, 20).ArrayOf(count)
        select costs.Zip(qualities, static (c, q) => (c / 10.0, q / 20.0)).ToArray();

    [Fact]
    public void Aiq_by_hand()
    {
        // Hull (1, 0.2), (2, 0.6), (4, 0.8), flat to 5; (3, 0.65) lies below the chord and (4.5, 0.7) costs more for less.
        var aiq = CostQuality.Aiq([3, 1, 4.5, 2, 4], [0.65, 0.2, 0.7, 0.6, 0.8], 5);
        aiq.ShouldBe((0.4 + 1.4 + 0.8) / 5, 1e-12);
    }

    [Fact]
    public void Another_point_never_lowers_aiq() => SeededProperty.Holds(Points, 5, p => Aiq(p) >= Aiq(p[..^1]) - 1e-12);

    [Fact]
    public void The_order_of_points_means_nothing() => SeededProperty.Holds(Points, 6, p => Math.Abs(Aiq(p) - Aiq([.. p.Reverse()])) < 1e-12);

    [Fact]
    public void Better_answers_at_the_same_cost_never_lower_aiq() =>
        SeededProperty.Holds(Points, 7, p => Aiq([.. p.Select(static x => (x.Cost, Math.Min(1, x.Quality + 0.1)))]) >= Aiq(p) - 1e-12);

    [Theory]
    [InlineData(0.8, 0.0044, 0.8148148148)]
    [InlineData(0.8, 200, 0)]
    [InlineData(0, 1, 0)]
    [InlineData(0.7, 1, 0.674439419)]
    public void The_arena_score_is_its_formula(double accuracy, double usdPerThousand, double expected) => CostQuality.Arena(accuracy, usdPerThousand).ShouldBe(expected, 1e-6);

    private static double Aiq((double Cost, double Quality)[] points) => CostQuality.Aiq([.. points.Select(static p => p.Cost)], [.. points.Select(static p => p.Quality)], 6);
}
