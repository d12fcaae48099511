using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Rubrics;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Llm;

public sealed class CritiqueReplyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_critique_is_kept_as_the_rationale_beside_its_score()
    {
        var chat = new ScriptedChat("""{"strengths": "Right.", "weaknesses": ["Short.", " Dry. "], "suggestion": "Say why.", "score": 3}""");
        var store = new MemoryJudgmentStore();
        var judge = chat.Judge(Given.Score(ReplyForm.Critique), purchases: Given.Purchases(store));
        (await judge.JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Scored(3));
        store.Judgments.ShouldHaveSingleItem().Detail.Rationale.ShouldBe("Strengths: Right.\nWeaknesses: Short.; Dry.\nSuggestion: Say why.");
        var request = chat.Requests.ShouldHaveSingleItem();
        request.System.ShouldContain("\"weaknesses\": \"<what it does badly or leaves out>\"");
        request.JsonSchema.ShouldNotBeNull().ShouldStartWith("{\"type\":\"object\",\"properties\":{\"strengths\":{\"type\":\"string\"}");
    }

    [Theory]
    [InlineData("\"A\"", 1)]
    [InlineData("\"B\"", -1)]
    [InlineData("\"tie\"", 0)]
    public async Task A_critique_of_two_answers_ends_in_a_verdict(string verdict, double value)
    {
        var chat = new ScriptedChat($$"""{"critique_a": "Right.", "critique_b": "Wrong.", "suggestion": "Recount.", "verdict": {{verdict}}}""");
        var reply = await chat.Judge(Given.Compare(ReplyForm.Critique)).CompareAsync(Given.Request(Given.Comparison), Token);
        reply.Judgments.ShouldBe([Judgment.Scored(value)]);
        chat.Requests[0].JsonSchema!.ShouldContain("\"verdict\":{\"type\":\"string\",\"enum\":[\"A\",\"B\",\"tie\"]}");
    }

    [Fact]
    public void Several_dimensions_have_one_critique()
    {
        var read = ReplyReader.Read("""{"strengths": "s", "scores": {"accuracy": 2, "toxicity": 1}}""", ReplyForm.Critique, RubricProtocol.Score, Given.Several().Dimensions);
        read.Values.ShouldBe([2, 1]);
        read.Rationale.ShouldBe("Strengths: s");
    }

    [Theory]
    [InlineData("{\"score\": 3}", UnscoredReason.Unreadable)]
    [InlineData("{\"strengths\": \"\", \"weaknesses\": [], \"suggestion\": null, \"score\": 3}", UnscoredReason.Unreadable)]
    [InlineData("{\"strengths\": \"s\"}", UnscoredReason.Unreadable)]
    [InlineData("{\"strengths\": \"s\", \"score\": \"3\"}", UnscoredReason.Unreadable)]
    [InlineData("{\"strengths\": \"s\", \"score\": 3, \"score\": 4}", UnscoredReason.Unreadable)]
    [InlineData("{\"strengths\": \"s\", \"score\": 3", UnscoredReason.Unreadable)]
    [InlineData("{\"strengths\": \"s\", \"score\": 3} Well.", UnscoredReason.Unreadable)]
    [InlineData("{\"strengths\": \"s\", \"score\": 9}", UnscoredReason.OffScale)]
    [InlineData("{\"strengths\": \"s\", \"score\": 1e999}", UnscoredReason.OffScale)]
    public void What_is_no_critique_with_its_score_is_unscored(string text, string reason) =>
        ReplyReader.Read(text, ReplyForm.Critique, RubricProtocol.Score, Given.Score().Dimensions).Reason.ShouldBe(reason);

    [Theory]
    [InlineData("{\"critique_a\": \"x\", \"verdict\": \"C\"}")]
    [InlineData("{\"critique_a\": \"x\", \"verdict\": 1}")]
    [InlineData("{\"critique_a\": \"x\", \"verdict\": \"A>B\"}")]
    [InlineData("{\"verdict\": \"A\"}")]
    [InlineData("A")]
    public void What_is_no_critique_with_its_verdict_is_unreadable(string text) =>
        ReplyReader.Read(text, ReplyForm.Critique, RubricProtocol.Compare, Given.Compare().Dimensions).Reason.ShouldBe(UnscoredReason.Unreadable);
}
