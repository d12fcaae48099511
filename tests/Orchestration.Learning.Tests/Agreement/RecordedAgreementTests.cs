using Orchestration.Learning.Agreement;
using Orchestration.Learning.Intervals;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Agreement;

/// <summary>Published digits on recorded public ratings.</summary>
public sealed class RecordedAgreementTests
{
    [Fact]
    public void PandaLMs_annotators_and_judge_have_the_published_agreement()
    {
        var (table, raters) = RecordedRatings.Read("agreement/pandalm.jsonl");
        raters[..4].ShouldBe(["human1", "human2", "human3", "gpt-3.5"]);
        AgreementEstimates.Value(table, new CohenKappa(table, 0, 1)).ShouldBe(0.852, 5e-4);
        AgreementEstimates.Value(table, new CohenKappa(table, 0, 2)).ShouldBe(0.879, 5e-4);
        AgreementEstimates.Value(table, new CohenKappa(table, 1, 2)).ShouldBe(0.862, 5e-4);
        AgreementEstimates.Value(table, new FleissKappa(table, [0, 1, 2])).ShouldBe(0.864, 5e-4);

        var judge = MajorityMatch.Of(table, 3, [0, 1, 2], new BootstrapOptions { Resamples = 200 });
        judge.Accuracy.Value.ShouldBe(0.7107, 5e-5);
        judge.MacroPrecision.Value.ShouldBe(0.5879, 5e-5);
        judge.MacroRecall.Value.ShouldBe(0.5736, 5e-5);
        judge.MacroF1.Value.ShouldBe(0.5755, 5e-5);
        (judge.Items, judge.Split).ShouldBe((999, 0));
        judge.Accuracy.StandardError.ShouldBe(Math.Sqrt(0.7107 * 0.2893 / 999), 0.002);
    }

    [Fact]
    public void Alpha_of_dices_is_the_published_one()
    {
        var (table, _) = RecordedRatings.Read("agreement/dices350.jsonl");
        AgreementEstimates.Value(table, new KrippendorffAlpha(table, MeasurementLevel.Nominal)).ShouldBe(0.1609, 5e-5);
    }

    [Theory]
    [InlineData("coherence", 0.5836)]
    [InlineData("consistency", 0.9050)]
    [InlineData("fluency", 0.7682)]
    [InlineData("relevance", 0.4966)]
    public void Interval_alpha_of_SummEvals_experts_is_the_published_one(string dimension, double expected)
    {
        var (table, _) = RecordedRatings.Read($"summeval/{dimension}.jsonl");
        AgreementEstimates.Value(table, new KrippendorffAlpha(table, MeasurementLevel.Interval)).ShouldBe(expected, 5e-5);
    }
}
