using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Loop;

/// <summary>What judged answers say of policies, costs and judges.</summary>
public sealed class RewardFiguresTests
{
    [Fact]
    public void A_policy_is_the_mean_of_what_it_scored_and_cost_and_what_has_no_score_is_no_zero()
    {
        var policies = RewardFigures.Policies([Reward("b", 0.2, 1), Reward("a", 0.5, 0.01m), Reward("a", 0.7, 0.03m), Reward("a", null, 0.05m), Reward("", 0.9, 0)]);
        policies.Select(static p => p.Policy).ShouldBe(["", "a", "b"]);
        var a = policies[1];
        (a.Judged, a.Unscored).ShouldBe((2, 1));
        a.Quality.Value.ShouldBe(0.6, 1e-12);

        // Student's t with one degree of freedom is Cauchy's: tan(0.475 π) = 12.706204736174705 standard errors of 0.1.
        a.Quality.Lower.ShouldBe(-0.670620473617471, 1e-9);
        a.Quality.Upper.ShouldBe(1.870620473617471, 1e-9);
        a.MeanUsd.ShouldBe(0.03, 1e-12, "the route without a score cost money all the same");
        double.IsNaN(policies[2].Quality.Lower).ShouldBeTrue("one answer says nothing of its spread");
    }

    [Fact]
    public void What_an_expert_would_have_cost_counts_decisions_that_went_to_others()
    {
        var expected = RewardFigures.ExpectedUsd([Reward("a", 0.5, 1, ("x", 0.1), ("y", 0.5)), Reward("a", 0.5, 1, ("x", 0.3), ("y", null)), Reward("a", 0.5, 1)]);
        expected.Keys.Order(StringComparer.Ordinal).ShouldBe(["x", "y"]);
        expected["x"].ShouldBe(0.2, 1e-12);
        expected["y"].ShouldBe(0.5, 1e-12);
    }

    [Fact]
    public void Judges_agree_over_the_answers_that_both_scored()
    {
        RouteReward[] rewards =
        [
            Judged(("a", 0.1), ("b", 0.2), ("c", 0.5)),
            Judged(("a", 0.4), ("b", 0.5), ("c", 0.5)),
            Judged(("a", 0.6), ("b", 0.5)),
            Judged(("a", 0.9), ("b", 0.8)),
            Judged(("b", 0.3)),
        ];
        var pairs = RewardFigures.Agreement(rewards);
        pairs.Select(static p => (p.First, p.Second, p.Answers)).ShouldBe([("a", "b", 4), ("a", "c", 2), ("b", "c", 2)]);

        // Σ(x − x̄)(y − ȳ) / √(Σ(x − x̄)² Σ(y − ȳ)²), worked out from the definition.
        pairs[0].Correlation.ShouldBe(0.9701425001453319, 1e-12);
        pairs[0].MeanDistance.ShouldBe(0.1, 1e-12);
        double.IsNaN(pairs[1].Correlation).ShouldBeTrue("c does not vary");
        RewardFigures.WithOthers(rewards, "a").ShouldBe(0.9442673704375605, 1e-12, "with 0.35, 0.5, 0.5 and 0.8");
        double.IsNaN(RewardFigures.WithOthers(rewards, "nobody")).ShouldBeTrue();
    }

    private static RouteReward Judged(params (string Judge, double Score)[] scores) =>
        Reward("p", 0.5, 0) with { Scores = scores.ToDictionary(static s => s.Judge, static s => s.Score, StringComparer.Ordinal) };

    private static RouteReward Reward(string policy, double? score, decimal usd, params (string Expert, double? Usd)[] estimates) => new()
    {
        RouteId = "r",
        DecidedAt = DateTimeOffset.UnixEpoch,
        JudgedAt = DateTimeOffset.UnixEpoch,
        Expert = "x",
        Chosen = "x",
        Policy = policy,
        Score = score,
        CostUsd = usd,
        AggregatorVersion = "mean",
        Estimates = [.. estimates.Select(static e => new ExpertEstimate(e.Expert, double.NaN, double.NaN, double.NaN, e.Usd, 0))],
    };
}
