using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Rubrics;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Llm;

public sealed class LlmJudgeOptionsTests
{
    private static readonly LlmJudgeOptions Default = new();
    private static readonly LlmJudgeOptions Expected = Default with { Protocol = LlmProtocol.Expected };

    public static TheoryData<string, LlmJudgeOptions, string> Wrong => new()
    {
        { "json", Default with { MaxOutputTokens = 0 }, "max-output-tokens is 0" },
        { "json", Default with { Temperature = 2.5 }, "temperature is 2.5: it lies within 0 and 2" },
        { "json", Default with { Temperature = double.NaN }, "temperature is NaN" },
        { "json", Default with { MaxAsks = 0 }, "max-asks is 0: it lies within 1 and 10" },
        { "json", Default with { MaxAsks = 11 }, "max-asks is 11" },
        { "json", Default with { Protocol = (LlmProtocol)9 }, "protocol is 9: use score, expected or samples" },
        { "json", Default with { ReplyFormat = (ReplyFormat)9 }, "reply-format is 9" },
        { "number", Default with { ReplyFormat = ReplyFormat.JsonSchema }, "reply-format is json-schema: rubric 'truthfulness' is not asked for JSON here; use text" },
        { "json", Default with { Protocol = LlmProtocol.Samples, Samples = 1, Temperature = 1 }, "samples is 1: it lies within 2 and 100" },
        { "json", Default with { Protocol = LlmProtocol.Samples }, "temperature is 0: samples at temperature 0" },
        { "compare", Default with { Protocol = LlmProtocol.Samples, Temperature = 1 }, "protocol is samples: rubric 'preference' compares" },
        { "compare", Expected, "protocol is expected: rubric 'preference' compares" },
        { "several", Expected, "rubric 'quality' has 2 dimensions" },
        { "tenths", Expected, "is 0 to 4 in steps of 0.1: every score must be a single digit" },
        { "ten", Expected, "is 1 to 10 in steps of 1: every score must be a single digit" },
        { "negative", Expected, "is -2 to 2 in steps of 1" },
        { "prometheus", Expected, "demands a reply of its own form" },
        { "think-number", Default, "has no room for it" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_option_is_refused_with_judge_option_value_and_cure(string rubric, LlmJudgeOptions options, string message)
    {
        var fault = Should.Throw<OrchestrationException>(() => new ScriptedChat("").Judge(Named(rubric), options));
        fault.Code.ShouldBe(ErrorCodes.Configuration);
        fault.Message.ShouldContain("@gpt-mini': ");
        fault.Message.ShouldContain(message);
    }

    [Fact]
    public void Right_options_are_taken()
    {
        Should.NotThrow(() => new ScriptedChat("").Judge(Named("json"), Default with { Temperature = null, MaxAsks = 10, Seed = -1 }));
        Should.NotThrow(() => new ScriptedChat("").Judge(Named("digits"), Expected));
        Should.NotThrow(() => new ScriptedChat("").Judge(Named("json"), Default with { Protocol = LlmProtocol.Samples, Temperature = null }));
    }

    private static Rubric Named(string name) => name switch
    {
        "number" => Given.Score(ReplyForm.Number),
        "compare" => Given.Compare(),
        "several" => Given.Several(),
        "tenths" => Given.Score(),
        "ten" => Given.Score(ReplyForm.Number, new Scale(1, 10, 1)),
        "negative" => Given.Score(ReplyForm.Number, new Scale(-2, 2, 1)),
        "digits" => Given.Score(ReplyForm.Json, new Scale(0, 9, 1)),
        "prometheus" => Given.Score(ReplyForm.Prometheus, new Scale(1, 5, 1)),
        "think-number" => Given.Score(ReplyForm.Number, thinkFirst: true),
        _ => Given.Score(),
    };
}
