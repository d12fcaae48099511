using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Pairs;
using Orchestration.Core.Rubrics;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Llm;

public sealed class LlmJudgeVersionTests
{
    private static readonly ScriptedChat Chat = new("");

    [Fact]
    public void A_changed_word_in_the_rubric_is_another_version()
    {
        VersionOf(rubric: Given.Score(text: "4 is true throughout, 3 partly, 0 is false.\n")).ShouldNotBe(VersionOf());
        VersionOf(rubric: Given.Score()).ShouldBe(VersionOf());
    }

    [Fact]
    public void A_deployment_s_name_prices_and_concurrency_are_no_part_of_the_version() =>
        VersionOf(chat: new ScriptedChat("") { Name = "another", Prices = new TokenPrices(1, 1, 1, 1), Concurrency = 99, MaxAttempts = 4 }).ShouldBe(VersionOf());

    [Fact]
    public void Publisher_name_and_snapshot_of_the_model_are()
    {
        var versions = new[]
        {
            VersionOf(),
            VersionOf(chat: new ScriptedChat("") { Model = Chat.Model with { Publisher = "other" } }),
            VersionOf(chat: new ScriptedChat("") { Model = Chat.Model with { Name = "gpt-maxi" } }),
            VersionOf(chat: new ScriptedChat("") { Model = Chat.Model with { Snapshot = "2026-02-02" } }),
        };
        versions.Distinct().Count().ShouldBe(versions.Length);
    }

    [Fact]
    public void Every_option_but_the_number_of_asks_is()
    {
        var digits = Given.Score(ReplyForm.Number, new Scale(0, 4, 1));
        var options = new LlmJudgeOptions();
        var versions = new[]
        {
            VersionOf(digits),
            VersionOf(digits, options with { Temperature = 0.5 }),
            VersionOf(digits, options with { Temperature = null }),
            VersionOf(digits, options with { MaxOutputTokens = 7 }),
            VersionOf(digits, options with { Seed = 0 }),
            VersionOf(digits, options with { Protocol = LlmProtocol.Expected }),
            VersionOf(digits, options with { Protocol = LlmProtocol.Samples, Temperature = 1 }),
            VersionOf(digits, options with { Protocol = LlmProtocol.Samples, Temperature = 1, Samples = 6 }),
        };
        versions.Distinct().Count().ShouldBe(versions.Length);
        VersionOf(digits, options with { MaxAsks = 9 }).ShouldBe(VersionOf(digits));

        VersionOf(options: options with { ReplyFormat = ReplyFormat.JsonObject }).ShouldNotBe(VersionOf());
        VersionOf(options: options with { ReplyFormat = ReplyFormat.JsonSchema }).ShouldBe(VersionOf());
    }

    [Fact]
    public void The_version_does_not_change_between_releases_unnoticed() =>
        VersionOf(Given.Score(ReplyForm.Number, new Scale(0, 4, 1))).ToString().ShouldBe(
            PairHash.Of("llm-judge 1", "prompt 1", Given.Score(ReplyForm.Number, new Scale(0, 4, 1)).Version, "openai", "gpt-mini", "2026-01-01", "score", "0", "1024", "", "text").ToString());

    [Fact]
    public void The_prompt_s_words_are_fixed_by_its_revision()
    {
        // Changed words are another prompt: raise RubricPrompt.Revision, then put the new hash here.
        Rubric[] rubrics =
        [
            Given.Score(), Given.Several(), Given.Score(ReplyForm.Number), Given.Score(ReplyForm.Prometheus), Given.Score(ReplyForm.JudgeLm), Given.Score(ReplyForm.AutoJ),
            Given.Score(needsReference: true), Given.Score(thinkFirst: true), Given.Compare(), Given.Compare(ReplyForm.JudgeLm, scale: new Scale(1, 10, 1)),
            Given.Compare(ReplyForm.AutoJ), Given.Compare(ReplyForm.PandaLm), Given.Compare(ReplyForm.Skywork), Given.Compare(thinkFirst: true),
        ];
        var prompts = rubrics.Select(r => new RubricPrompt(r, asksForDigit: false)).Append(new RubricPrompt(Given.Score(ReplyForm.Number, new Scale(0, 4, 1)), asksForDigit: true));
        var words = prompts.SelectMany(p => new[] { p.System, p.Correction, p.Schema ?? "", p.User(default, "prompt", "answer", "other", "reference") }).Append(RubricPrompt.Continue).ToArray();
        $"{RubricPrompt.Revision}: {PairHash.Of(words)}".ShouldBe("1: 8a4e97f392ece6c7a9164916fedd0244");
    }

    [Fact]
    public void Columns_are_named_after_the_judge_and_its_dimensions()
    {
        Chat.Judge().Descriptor.Dimensions.Select(d => d.Name).ShouldBe(["truthfulness@gpt-mini"]);
        var several = Chat.Judge(Given.Several()).Descriptor;
        several.Id.ShouldBe("quality@gpt-mini");
        several.Dimensions.Select(d => d.Name).ShouldBe(["quality@gpt-mini/accuracy", "quality@gpt-mini/toxicity"]);
        several.Dimensions[1].Scale.ShouldBe(new Scale(0, 10, 1, Direction.LowerIsBetter));
        Chat.Judge(Given.Compare(ReplyForm.JudgeLm, scale: new Scale(1, 10, 1))).Descriptor.Dimensions.ShouldBe([new JudgeDimension("preference@gpt-mini", new Scale(-1, 1, 1))]);
        new LlmJudge(Given.Score(), Chat, new LlmJudgeOptions(), Given.Purchases(), "strict").Descriptor.Id.ShouldBe("strict");
    }

    private static Hash128 VersionOf(Rubric? rubric = null, LlmJudgeOptions? options = null, ScriptedChat? chat = null) =>
        (chat ?? Chat).Judge(rubric, options).Descriptor.Version;
}
