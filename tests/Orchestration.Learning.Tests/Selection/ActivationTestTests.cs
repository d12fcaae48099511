using Orchestration.Learning.Selection;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Selection;

public sealed class ActivationTestTests
{
    private static readonly int[] Groups = [0, 0, 1, 1, 2, 2];

    [Fact]
    public void The_gain_is_averaged_over_seeds_and_bounded_by_group()
    {
        // Gains by row, averaged over both seeds: 1, 0, 2, 1, 0, 2; by group the deviations from the mean 1 sum to −1, 1 and 0, over 6 rows.
        var gain = ActivationTest.Gain([[0, 0, 0, 0, 0, 0], [2, 2, 2, 2, 2, 2]], [[1, 1, 3, 1, 0, 2], [3, 1, 3, 3, 2, 4]], Groups);

        var error = Math.Sqrt(1.5 * 2) / 6;
        gain.Mean.ShouldBe(1, 1e-15);
        gain.StandardError.ShouldBe(error, 1e-12);
        gain.Lower.ShouldBe(1 - 2.919985580355516 * error, 1e-9);
        gain.Upper.ShouldBe(1 + 2.919985580355516 * error, 1e-9);
        gain.Groups.ShouldBe(3);
    }

    [Fact]
    public void A_sure_gain_passes_and_says_its_figures()
    {
        var verdict = ActivationTest.Decide(new PairedGain(0.12, 0.02, 0.0866, 0.1534, 70), 5);

        verdict.Passed.ShouldBeTrue();
        verdict.Sentence.ShouldBe("May become active: out-of-fold gain over mean-then-fit +0.12 per row, lower 95% bound +0.0866 (70 groups, 5 fold seeds); no version is active.");
    }

    [Fact]
    public void Without_a_sure_gain_what_was_active_stays()
    {
        var verdict = ActivationTest.Decide(new PairedGain(0.02, 0.02, -0.0133, 0.0534, 70), 5);

        verdict.Outcome.ShouldBe(ActivationOutcome.NoSureGainOverMean);
        verdict.Sentence.ShouldStartWith("Stays inactive: no sure gain");
    }

    [Theory]
    [InlineData(-0.1, -0.05, ActivationOutcome.WorseThanActive)]
    [InlineData(-0.1, 0.01, ActivationOutcome.Passed)]
    [InlineData(0.1, 0.2, ActivationOutcome.Passed)]
    public void Only_what_is_significantly_worse_than_the_active_version_is_refused(double mean, double upper, ActivationOutcome outcome) =>
        ActivationTest.Decide(new PairedGain(0.12, 0.02, 0.0866, 0.1534, 70), 5, new PairedGain(mean, 0.03, 2 * mean - upper, upper, 40)).Outcome.ShouldBe(outcome);

    [Theory]
    [InlineData(4, 70)]
    [InlineData(5, 1)]
    public void Too_few_seeds_or_groups_show_nothing(int seeds, int groups)
    {
        var gain = groups < 2 ? new PairedGain(1, double.NaN, double.NaN, double.NaN, groups) : new PairedGain(1, 0.1, 0.8, 1.2, groups);

        ActivationTest.Decide(gain, seeds).Outcome.ShouldBe(ActivationOutcome.TooLittleData);
    }

    [Fact]
    public void A_model_that_inverts_judges_may_not_be_worse_than_itself_made_monotone()
    {
        var verdict = ActivationTest.Decide(new PairedGain(0.12, 0.02, 0.0866, 0.1534, 70), 5, overMonotone: new PairedGain(-0.05, 0.01, -0.067, -0.033, 70));

        verdict.Outcome.ShouldBe(ActivationOutcome.WorseThanMonotone);
        verdict.Sentence.ShouldContain("made monotone: -0.05, upper 95% bound -0.033");
        ActivationTest.Decide(new PairedGain(0.12, 0.02, 0.0866, 0.1534, 70), 5, overMonotone: new PairedGain(0.05, 0.01, 0.033, 0.067, 70)).Passed.ShouldBeTrue();
    }

    [Fact]
    public void One_part_that_is_surely_worse_is_found_behind_a_better_mean()
    {
        // Ten rows in each of two parts: much better on the first, a little but surely worse on the second.
        double[] mine = [.. Enumerable.Range(0, 20).Select(i => i < 10 ? 0.0 : 1.2 + i % 2 * 0.1)];
        double[] other = [.. Enumerable.Range(0, 20).Select(i => i < 10 ? 5.0 + i % 2 : 1.0)];
        int[] rows = [.. Enumerable.Range(0, 20)];
        int[] parts = [.. rows.Select(i => i / 10)];

        var worst = ActivationTest.Worst([mine], [other], rows, null, parts, ["easy", "hard"], "the active version");

        worst!.Part.ShouldBe("hard");
        worst.Gain.Mean.ShouldBe(-0.25, 1e-12);
        ActivationTest.Worst([other], [other], rows, null, parts, null, "itself").ShouldBeNull();
        var verdict = ActivationTest.Decide(ActivationTest.Gain([mine], [other], rows), 5, worse: worst);
        verdict.Outcome.ShouldBe(ActivationOutcome.WorseOnPart);
        verdict.Sentence.ShouldContain("on hard, held out whole, significantly worse than the active version");
    }
}
