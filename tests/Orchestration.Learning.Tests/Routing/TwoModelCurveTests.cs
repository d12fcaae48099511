using FsCheck;
using FsCheck.Fluent;
using Orchestration.Learning.Routing;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Routing;

public sealed class TwoModelCurveTests
{
    private static readonly Gen<(double[] Scores, double[] Weak, double[] Strong)> Routers =
        from rows in Gen.Choose(2, 40)
        from scores in Gen.Choose(0, 6).ArrayOf(rows)
        from weak in Gen.Choose(0, 4).ArrayOf(rows)
        from strong in Gen.Choose(0, 4).ArrayOf(rows)
        where weak.Sum() != strong.Sum()
        select (scores.Select(static s => s / 6.0).ToArray(), weak.Select(static s => s / 4.0).ToArray(), strong.Select(static s => s / 4.0).ToArray());

    [Fact]
    public void By_hand_three_rows()
    {
        // Strong calls one after another: quality 1/3, 2/3, 2/3, 2/3 of three; the gap is 1/3.
        var curve = TwoModelCurve.Of([3, 2, 1], [0, 1, 0], [1, 1, 0]);
        curve.Weak.ShouldBe(1 / 3.0, 1e-12);
        curve.Strong.ShouldBe(2 / 3.0, 1e-12);
        curve.Apgr.ShouldBe(5 / 6.0, 1e-12);
        curve.Cpt50.ShouldBe(1 / 6.0, 1e-12);
        curve.Cpt80.ShouldBe(0.8 / 3, 1e-12);
    }

    [Fact]
    public void A_router_that_says_the_same_of_all_recovers_half_whatever_the_order() =>
        TwoModelCurve.Of([1, 1, 1, 1], [0, 0, 1, 0], [1, 0, 1, 1]).Apgr.ShouldBe(0.5, 1e-12);

    [Fact]
    public void Equally_good_models_have_no_gap_to_recover() => double.IsNaN(TwoModelCurve.Of([1, 2], [0, 1], [1, 0]).Apgr).ShouldBeTrue();

    [Fact]
    public void The_apgr_of_a_router_and_of_its_reverse_add_up_to_one() => SeededProperty.Holds(
        Routers,
        3,
        r => Math.Abs(TwoModelCurve.Of(r.Scores, r.Weak, r.Strong).Apgr + TwoModelCurve.Of([.. r.Scores.Select(static s => -s)], r.Weak, r.Strong).Apgr - 1) < 1e-9);

    [Fact]
    public void The_order_of_rows_means_nothing() => SeededProperty.Holds(Routers, 3, r =>
    {
        var turned = TwoModelCurve.Of([.. r.Scores.Reverse()], [.. r.Weak.Reverse()], [.. r.Strong.Reverse()]);
        var curve = TwoModelCurve.Of(r.Scores, r.Weak, r.Strong);
        return Math.Abs(curve.Apgr - turned.Apgr) < 1e-9 && Math.Abs(curve.Cpt50 - turned.Cpt50) < 1e-9;
    });

    [Fact]
    public void A_weight_of_two_is_the_row_twice() => SeededProperty.Holds(Routers, 3, r =>
    {
        var weights = Enumerable.Range(0, r.Scores.Length).Select(static i => 1.0 + i % 2).ToArray();
        int[] twice = [.. Enumerable.Range(0, r.Scores.Length).SelectMany(static i => Enumerable.Repeat(i, 1 + i % 2))];
        var weighted = TwoModelCurve.Of(r.Scores, r.Weak, r.Strong, weights);
        var repeated = TwoModelCurve.Of([.. twice.Select(i => r.Scores[i])], [.. twice.Select(i => r.Weak[i])], [.. twice.Select(i => r.Strong[i])]);
        return (double.IsNaN(weighted.Apgr) && double.IsNaN(repeated.Apgr)) || Math.Abs(weighted.Strong - weighted.Weak) < 1e-9 || Math.Abs(weighted.Apgr - repeated.Apgr) < 1e-6;
    });
}
