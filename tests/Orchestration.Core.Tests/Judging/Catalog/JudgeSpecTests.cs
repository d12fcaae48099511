using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Llm;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Catalog;

public sealed class JudgeSpecTests
{
    [Fact]
    public void Options_stand_between_colon_and_at_sign_with_a_plus_between_them()
    {
        var spec = JudgeSpec.Parse("clarity:samples=7+reference=drop+exemplars=graded@gpt");
        (spec.Rubric, spec.Deployment, spec.Exemplars).ShouldBe(("clarity", "gpt", "graded"));
        spec.Options.ShouldBe(new LlmJudgeOptions { Protocol = LlmProtocol.Samples, Samples = 7, DropsReference = true });
        JudgeSpec.Parse("clarity@gpt").Options.ShouldBe(new LlmJudgeOptions());
        JudgeSpec.Parse("clarity:reference=support@gpt").Options.ShouldBe(new LlmJudgeOptions());
    }

    [Theory]
    [InlineData("clarity@gpt", new[] { "clarity@gpt" })]
    [InlineData("relevance", new[] { "relevance" })]
    [InlineData("clarity:reference=both@gpt", new[] { "clarity@gpt", "clarity:reference=drop@gpt" })]
    [InlineData("clarity:samples=5+reference=both@gpt", new[] { "clarity:samples=5@gpt", "clarity:samples=5+reference=drop@gpt" })]
    public void Both_is_two_judges_of_which_one_is_shown_the_reference(string spec, string[] judges) => JudgeSpec.Expand(spec).ShouldBe(judges);

    [Theory]
    [InlineData("clarity:maximum@gpt", "'maximum' is no protocol")]
    [InlineData("clarity:reference=never@gpt", "'reference=never' is no protocol")]
    [InlineData("clarity:samples=x@gpt", "'samples=x' is no protocol")]
    [InlineData("clarity:expected+samples=3@gpt", "'samples=3' is the second of its kind")]
    [InlineData("clarity:exemplars=@gpt", "'exemplars=' is no protocol")]
    public void Anything_else_is_refused_with_what_there_is(string spec, string message)
    {
        var fault = Should.Throw<OrchestrationException>(() => JudgeSpec.Parse(spec));
        fault.Code.ShouldBe(ErrorCodes.Usage);
        fault.Message.ShouldContain(message);
    }

    [Fact]
    public void Exemplars_are_configured_with_file_number_and_scale()
    {
        var config = OrchestrationConfig.Parse("exemplars:\n  graded: {file: graded.jsonl, count: 2, scale: {min: 1, max: 5}}\n  plain: {file: /tmp/x.jsonl}\n", "/home/o/orchestration.yaml");
        config.Exemplars["graded"].ShouldBe(new ExemplarsConfig { Name = "graded", File = Path.GetFullPath("graded.jsonl", Path.GetDirectoryName(Path.GetFullPath("/home/o/orchestration.yaml"))!), Count = 2, Min = 1, Max = 5 });
        config.Exemplars["plain"].Count.ShouldBe(3);
        var fault = Should.Throw<OrchestrationException>(() => OrchestrationConfig.Parse("exemplars:\n  a: {count: 11, scale: {min: 5, max: 1}}\n", "o.yaml")).Message;
        fault.ShouldContain("exemplars.a.file");
        fault.ShouldContain("exemplars.a.count");
        fault.ShouldContain("not greater than min");
    }
}
