using Orchestration.Core.Pairs;
using Orchestration.Core.Sweeps;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Sweeps;

public sealed class VerdictTallyTests
{
    // Every pair of verdicts (as shown, as said with the answers exchanged) against the label A>B.
    [Theory]
    [InlineData("A>B", "B>A", "correct", false, false)]
    [InlineData("A>B", "A=B", "correct", true, false)]
    [InlineData("A>B", null, "correct", true, false)]
    [InlineData("A>B", "A>B", "tie", true, true)]
    [InlineData("A=B", "A=B", "tie", false, false)]
    [InlineData("A=B", "B>A", "correct", true, false)]
    [InlineData("A=B", "A>B", "incorrect", true, false)]
    [InlineData("B>A", "A>B", "incorrect", false, false)]
    [InlineData("B>A", "B>A", "tie", true, true)]
    [InlineData("B>A", null, "incorrect", true, false)]
    [InlineData(null, null, "tie", false, false)]
    [InlineData(null, "A=B", "tie", true, false)]
    public void Two_verdicts_are_counted_as_JudgeBench_defines(string? asShown, string? swapped, string outcome, bool inconsistent, bool opposite)
    {
        var tally = new VerdictTally();
        tally.Add(Preference.A, Parse(asShown), Parse(swapped), "knowledge");

        (tally.Correct, tally.Incorrect, tally.Ties).ShouldBe(outcome switch { "correct" => (1, 0, 0), "incorrect" => (0, 1, 0), _ => (0, 0, 1) });
        tally.Inconsistent.ShouldBe(inconsistent ? 1 : 0);
        tally.Opposite.ShouldBe(opposite ? 1 : 0);
        tally.Unreadable.ShouldBe((asShown is null ? 1 : 0) + (swapped is null ? 1 : 0));
        tally.ByCategory["knowledge"].Correct.ShouldBe(tally.Correct);
    }

    [Fact]
    public void Flipping_label_and_verdicts_changes_no_count()
    {
        Preference?[] all = [Preference.A, Preference.B, Preference.Tie, null];
        foreach (var first in all)
        {
            foreach (var second in all)
            {
                var (straight, flipped) = (new VerdictTally(), new VerdictTally());
                straight.Add(Preference.A, first, second, null);
                flipped.Add(Preference.B, first?.Flip(), second?.Flip(), null);
                (flipped.Correct, flipped.Incorrect, flipped.Ties, flipped.Inconsistent, flipped.Opposite)
                    .ShouldBe((straight.Correct, straight.Incorrect, straight.Ties, straight.Inconsistent, straight.Opposite));
            }
        }
    }

    [Fact]
    public void A_label_that_is_a_tie_takes_no_part_in_accuracy()
    {
        var tally = new VerdictTally();
        tally.Add(Preference.Tie, Preference.A, Preference.B, null);
        tally.Add(Preference.A, Preference.A, Preference.B, null);

        tally.Labelled.ShouldBe(1);
        tally.TieLabels.ShouldBe(1);
        tally.Accuracy.ShouldBe(1);
    }

    [Fact]
    public void Without_labels_there_is_no_accuracy_rather_than_zero()
    {
        var tally = new VerdictTally();
        tally.Add(null, Preference.A, Preference.B, null);

        tally.Accuracy.ShouldBe(double.NaN);
        tally.HalfTieAccuracy.ShouldBe(double.NaN);
        tally.Comparisons.ShouldBe(1);
    }

    private static Preference? Parse(string? text) => text is null ? null : PreferenceText.Parse(text);
}
