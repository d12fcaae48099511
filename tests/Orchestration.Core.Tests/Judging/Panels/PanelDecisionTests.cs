using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Panels;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Panels;

public sealed class PanelDecisionTests
{
    [Theory]
    [InlineData(new[] { 1.0, 1, -1 }, 1)]
    [InlineData(new[] { -1.0, 1, -1 }, -1)]
    [InlineData(new[] { 0.0, 0, 1 }, 0)]
    [InlineData(new[] { 1.0, -1 }, 0)]
    [InlineData(new[] { 1.0, 0 }, 0)]
    [InlineData(new[] { 1.0, 1, -1, -1, 0 }, 0)]
    public void A_verdict_is_what_most_say_and_a_tie_where_two_are_as_frequent(double[] verdicts, double expected)
    {
        PanelDecision.Verdict(verdicts).ShouldBe(expected);
        PanelDecision.Verdict([.. verdicts.Select(v => -v)]).ShouldBe(expected == 0 ? 0 : -expected, "exchanged answers exchange the verdict");
    }

    [Theory]
    [InlineData(new[] { 3.0, 3, 1 }, 3)]
    [InlineData(new[] { 1.0, 2, 2, 4, 4 }, 3)]
    [InlineData(new[] { 0.31, 0.29, 0.9 }, 0.3)]
    [InlineData(new[] { 0.3, 0.4 }, 0.35)]
    public void A_vote_is_the_most_frequent_step_and_of_equals_their_mean(double[] scores, double expected)
    {
        var scale = scores.All(double.IsInteger) ? new Scale(0, 4, 1) : new Scale(0, 1, 0.1);
        PanelDecision.Vote(scores, scale).ShouldBe(expected);
    }

    [Fact]
    public void A_mean_does_not_depend_on_the_order_and_never_leaves_what_was_said()
    {
        PanelDecision.Mean([0.7, 0.7, 0.7]).ShouldBe(0.7);
        PanelDecision.Mean([0.1, 0.2, 0.3, 1e9]).ShouldBe(PanelDecision.Mean([1e9, 0.3, 0.1, 0.2]));
        PanelDecision.Mean([1, 2, 4]).ShouldBe(7.0 / 3);
    }

    [Theory]
    [InlineData(2, 3, null, true)]
    [InlineData(1, 2, null, false)]
    [InlineData(2, 4, null, false)]
    [InlineData(2, 4, 0.5, true)]
    [InlineData(2, 3, 0.6666666667, true)]
    [InlineData(2, 3, 1.0, false)]
    [InlineData(0, 3, 1e-9, false)]
    public void More_than_half_are_enough_or_the_stated_share(int scored, int members, double? share, bool expected) =>
        PanelDecision.IsEnough(scored, members, share).ShouldBe(expected);
}
