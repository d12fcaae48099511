using Orchestration.Core.Judging;
using Orchestration.Core.Rubrics;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Rubrics;

public sealed class RubricFileTests
{
    [Fact]
    public void The_shorthand_scale_is_one_unnamed_dimension_with_the_title_of_the_rubric()
    {
        var rubric = RubricSamples.Parse(RubricSamples.Tiny);

        rubric.Id.ShouldBe("tiny");
        rubric.Title.ShouldBe("Tiny");
        rubric.File.ShouldBe("r.md");
        rubric.Protocol.ShouldBe(RubricProtocol.Score);
        rubric.ReplyForm.ShouldBe(ReplyForm.Number);
        rubric.NeedsReference.ShouldBeFalse();
        rubric.ThinkFirst.ShouldBeFalse();
        rubric.Dimensions.ShouldBe([new RubricDimension(null, "Tiny", new Scale(0, 1, 1))]);
        rubric.Text.ShouldBe("## Bands\n\n### 1\nYes.\n\n### 0\nNo.\n\n## Caps\n");
    }

    [Fact]
    public void Several_dimensions_keep_the_order_of_the_file_and_their_own_scales()
    {
        var rubric = RubricSamples.Parse(RubricSamples.TwoSides);

        rubric.NeedsReference.ShouldBeTrue();
        rubric.ThinkFirst.ShouldBeTrue();
        rubric.Title.ShouldBe("Café");
        rubric.Dimensions.ShouldBe(
        [
            new RubricDimension("fluency", "Fluency of style", new Scale(1, 5, 1)),
            new RubricDimension("toxicity", "toxicity", new Scale(-0.5, 0.5, 0.25, Direction.LowerIsBetter)),
        ]);
        rubric.Text.ShouldStartWith("Naïve 한.\n\n## Bands\n");
    }

    [Fact]
    public void A_comparison_without_a_scale_has_the_scale_of_a_preference()
    {
        var rubric = RubricSamples.Parse(RubricSamples.Comparison);

        rubric.Protocol.ShouldBe(RubricProtocol.Compare);
        rubric.ReplyForm.ShouldBe(ReplyForm.Verdict);
        rubric.Dimensions.ShouldBe([new RubricDimension(null, "Better", new Scale(-1, 1, 1))]);
    }

    [Fact]
    public void A_comparison_that_scores_both_answers_states_their_scale()
    {
        var rubric = RubricSamples.Parse(RubricSamples.Comparison.Replace(
            "reply: verdict", "reply: judgelm\nscale: {min: 1, max: 10, step: 0, direction: higher-is-better}", StringComparison.Ordinal));

        rubric.Dimensions.ShouldBe([new RubricDimension(null, "Better", new Scale(1, 10, 0))]);
    }

    [Theory]
    [InlineData("score", "json", ReplyForm.Json)]
    [InlineData("score", "number", ReplyForm.Number)]
    [InlineData("score", "prometheus", ReplyForm.Prometheus)]
    [InlineData("score", "judgelm", ReplyForm.JudgeLm)]
    [InlineData("score", "auto-j", ReplyForm.AutoJ)]
    [InlineData("compare", "verdict", ReplyForm.Verdict)]
    [InlineData("compare", "pandalm", ReplyForm.PandaLm)]
    [InlineData("compare", "skywork", ReplyForm.Skywork)]
    [InlineData("compare", "auto-j", ReplyForm.AutoJ)]
    public void Every_reply_form_is_read_under_its_protocols(string protocol, string reply, ReplyForm form)
    {
        var sample = protocol == "score" ? RubricSamples.Tiny : RubricSamples.Comparison;

        var rubric = RubricSamples.Parse(sample
            .Replace("reply: number", "reply: " + reply, StringComparison.Ordinal)
            .Replace("reply: verdict", "reply: " + reply, StringComparison.Ordinal));

        rubric.ReplyForm.ShouldBe(form);
    }

    [Theory]
    [InlineData("0.1", "### 4.0: best\nx\n### 3.0–3.9\nx\n### 0.1 - 2.9\nx\n### 0.0: none\nx")]
    [InlineData("0.1", "### 0.0 to 1.9\nx\n### 2.0 to 4.0\nx")]
    [InlineData("0.1", "### 0–4\nx")]
    [InlineData("0.5", "### 4.0\nx\n\n#### An example\n### 0.0–3.5\nx\n#### More\ny")]
    [InlineData("0", "### 2.5–4\nx\n### 0–2.5\nx")]
    [InlineData("1", "Some words first.\n### 3–4\n```\n### 9\n## Caps\n```\n### 0–2\nx")]
    public void Bands_may_rise_or_fall_and_are_counted_in_steps(string step, string bands) =>
        Should.NotThrow(() => RubricSamples.Parse(RubricSamples.WithBands(bands, step)));

    [Fact]
    public void Dimensions_on_one_scale_may_share_their_bands()
    {
        var rubric = RubricSamples.Parse("""
            ---
            id: two
            title: Two
            protocol: score
            reply: json
            dimensions:
              - {name: one, min: 1, max: 2, step: 1, direction: higher-is-better}
              - {name: other, min: 1, max: 2, step: 1, direction: higher-is-better}
            ---
            ## Bands
            ### 2
            Good.
            ### 1
            Bad.
            ## Caps
            """);

        rubric.Dimensions.Count.ShouldBe(2);
    }

    [Fact]
    public void Two_rubrics_are_equal_when_their_versions_are()
    {
        var rubric = RubricSamples.Parse(RubricSamples.Tiny);

        RubricFile.Parse("elsewhere.md", RubricSamples.Tiny).ShouldBe(rubric);
        RubricSamples.Parse(RubricSamples.Tiny.Replace("Yes.", "Sure.", StringComparison.Ordinal)).ShouldNotBe(rubric);
    }
}
