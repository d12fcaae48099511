using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Rubrics;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Llm;

public sealed class LlmJudgeAskingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_readable_reply_is_one_call()
    {
        var chat = new ScriptedChat(Given.Json(3.5));
        var reply = await chat.Judge().JudgeAsync(Given.Request(Given.Pair()), Token);
        reply.Judgments.ShouldBe([Judgment.Scored(3.5)]);
        reply.Totals.ShouldBe(new CallTotals(1, 0, new TokenUsage(100, 0, 10, 0), 0.005m));
        reply.FromStore.ShouldBe(0);
        var request = chat.Requests.ShouldHaveSingleItem();
        request.MaxOutputTokens.ShouldBe(1024);
        request.Temperature.ShouldBe(0);
        request.Format.ShouldBe(ReplyFormat.JsonSchema);
        request.JsonSchema.ShouldNotBeNull();
        request.Continuation.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unreadable_reply_is_corrected_and_all_calls_are_counted()
    {
        var chat = new ScriptedChat("It is good.", Given.Json(9), Given.Json(2));
        var reply = await chat.Judge().JudgeAsync(Given.Request(Given.Pair()), Token);
        reply.Judgments.ShouldBe([Judgment.Scored(2)]);
        reply.Totals.Calls.ShouldBe(3);
        reply.Totals.CostUsd.ShouldBe(0.015m);
        chat.Requests[1].Continuation.Select(t => t.Role).ShouldBe(["assistant", "user"]);
        chat.Requests[1].Continuation[0].Content.ShouldBe("It is good.");
        chat.Requests[2].Continuation[0].Content.ShouldBe(Given.Json(9));
        chat.Requests[2].Continuation[1].Content.ShouldContain("could not be read");
    }

    [Theory]
    [InlineData("It is good.", UnscoredReason.Unreadable)]
    [InlineData("{\"score\": 9}", UnscoredReason.OffScale)]
    [InlineData("I'm sorry, I can't do that.", UnscoredReason.Refused)]
    public async Task After_the_set_number_of_asks_the_last_reason_stands(string text, string reason)
    {
        var chat = new ScriptedChat(text);
        var reply = await chat.Judge(options: new LlmJudgeOptions { MaxAsks = 4 }).JudgeAsync(Given.Request(Given.Pair()), Token);
        reply.Judgments.ShouldBe([Judgment.Unscored(reason)]);
        reply.Totals.Calls.ShouldBe(4);
        chat.Calls.ShouldBe(4);
    }

    [Fact]
    public async Task A_truncated_reply_is_asked_again()
    {
        var chat = new ScriptedChat((_, call) => call == 0
            ? ScriptedChat.Says("{\"rationale\": \"It") with { Finish = FinishReason.Length }
            : ScriptedChat.Says(Given.Json(1)));
        (await chat.Judge().JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Scored(1));
        chat.Calls.ShouldBe(2);
    }

    [Theory]
    [InlineData(UnscoredReason.Timeout)]
    [InlineData(UnscoredReason.Unavailable)]
    [InlineData(UnscoredReason.TooLong)]
    public async Task A_call_that_failed_has_its_reason_and_is_not_asked_again(string reason)
    {
        var chat = new ScriptedChat((_, _) => ScriptedChat.Fails(reason, 3));
        var reply = await chat.Judge().JudgeAsync(Given.Request(Given.Pair()), Token);
        reply.Judgments.ShouldBe([Judgment.Unscored(reason)]);
        reply.Totals.Failures.ShouldBe(3);
        chat.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_filtered_reply_is_not_asked_again()
    {
        var chat = new ScriptedChat((_, _) => ScriptedChat.Says("") with { Finish = FinishReason.ContentFilter });
        (await chat.Judge().JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Unscored(UnscoredReason.Filtered));
        chat.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_model_of_its_own_form_is_asked_afresh_with_another_seed()
    {
        var chat = new ScriptedChat("Feedback: fine.", "Feedback: fine. [RESULT] 3");
        var judgment = await chat.Judge(Given.Score(ReplyForm.Prometheus), new LlmJudgeOptions { Seed = 7 }).JudgeOneAsync(Given.Pair());
        judgment.ShouldBe(Judgment.Scored(3));
        chat.Requests.ShouldAllBe(r => r.Continuation.Count == 0);
        chat.Requests[0].Seed.ShouldBe(7);
        chat.Requests[1].Seed.ShouldNotBe(7);
    }

    [Fact]
    public async Task One_call_scores_all_dimensions_of_a_rubric()
    {
        var chat = new ScriptedChat("""{"rationale": "x", "scores": {"accuracy": 3, "toxicity": 1}}""");
        var store = new MemoryJudgmentStore();
        var reply = await chat.Judge(Given.Several(), purchases: Given.Purchases(store)).JudgeAsync(Given.Request(Given.Pair(1), Given.Pair(2)), Token);
        reply.Judgments.ShouldBe([Judgment.Scored(3), Judgment.Scored(1), Judgment.Scored(3), Judgment.Scored(1)]);
        chat.Calls.ShouldBe(2);
        store.Judgments.Count.ShouldBe(2);
        store.Judgments[0].Values.ShouldBe([3, 1]);
        store.Judgments[0].Detail.Rationale.ShouldBe("x");
        store.Judgments[0].Detail.ServedModel.ShouldBe("gpt-mini-2026-01-01");
    }

    [Fact]
    public async Task A_pair_without_the_needed_reference_costs_no_call()
    {
        var chat = new ScriptedChat(Given.Json(3));
        var judge = chat.Judge(Given.Score(needsReference: true));
        (await judge.JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Unscored(UnscoredReason.NoReference));
        chat.Calls.ShouldBe(0);
        (await judge.JudgeOneAsync(Given.Pair(reference: "2"))).ShouldBe(Judgment.Scored(3));
    }

    [Theory]
    [InlineData("[[A>>B]]", 1)]
    [InlineData("[[B>A]]", -1)]
    [InlineData("[[A=B]]", 0)]
    public async Task A_comparison_is_one_call_in_the_order_given(string verdict, double value)
    {
        var chat = new ScriptedChat($"So: {verdict}");
        var judge = chat.Judge(Given.Compare());
        var reply = await judge.CompareAsync(Given.Request(Given.Comparison.Swapped()), Token);
        reply.Judgments.ShouldBe([Judgment.Scored(value)]);
        chat.Requests.ShouldHaveSingleItem().User.ShouldContain("]\n9.11\n[end of answer A");
        judge.Descriptor.ComparesDirectly.ShouldBeTrue();
    }

    [Fact]
    public async Task A_comparison_without_verdict_is_asked_once_to_go_on()
    {
        var chat = new ScriptedChat("Answer A is right, answer B is wrong.", "So my verdict is [[A>B]].");
        var reply = await chat.Judge(Given.Compare()).CompareAsync(Given.Request(Given.Comparison), Token);
        reply.Judgments.ShouldBe([Judgment.Scored(1)]);
        chat.Requests[1].Continuation.ShouldBe(
            [new ChatTurn("assistant", "Answer A is right, answer B is wrong."), new ChatTurn("user", RubricPrompt.Continue)]);

        var never = new ScriptedChat("Hm.");
        (await never.Judge(Given.Compare()).CompareAsync(Given.Request(Given.Comparison), Token)).Judgments.ShouldBe([Judgment.Unscored(UnscoredReason.Unreadable)]);
        never.Requests.Count(r => r.Continuation.Count == 2 && r.Continuation[1].Content == RubricPrompt.Continue).ShouldBe(1);
        never.Calls.ShouldBe(3);
    }

    [Fact]
    public async Task A_continued_reply_with_several_verdicts_is_corrected_and_not_continued_again()
    {
        var chat = new ScriptedChat("I am torn.", "[[A>B]] or [[B>A]]", "[[B>A]]");
        var reply = await chat.Judge(Given.Compare()).CompareAsync(Given.Request(Given.Comparison), Token);
        reply.Judgments.ShouldBe([Judgment.Scored(-1)]);
        chat.Requests[2].Continuation[1].Content.ShouldContain("could not be read");
    }

    [Fact]
    public async Task A_judge_refuses_what_it_does_not_do()
    {
        var chat = new ScriptedChat("");
        await Should.ThrowAsync<NotSupportedException>(async () => await chat.Judge().CompareAsync(Given.Request(Given.Comparison), Token));
        await Should.ThrowAsync<NotSupportedException>(async () => await chat.Judge(Given.Compare()).JudgeAsync(Given.Request(Given.Pair()), Token));
        Should.Throw<NotSupportedException>(() => chat.Judge().RequestFor(Given.Comparison));
        chat.Judge().RequestFor(Given.Pair()).User.ShouldContain("What is 1 + 1?");
    }

    [Fact]
    public async Task The_first_call_that_a_deployment_refuses_stops_the_whole_batch()
    {
        var chat = new ScriptedChat((_, call) => call == 0
            ? throw new OrchestrationException(ErrorCodes.Deployment, "The key is wrong.")
            : ScriptedChat.Says(Given.Json(1)));
        var many = Enumerable.Range(0, 100).Select(i => Given.Pair(i)).ToArray();
        var fault = await Should.ThrowAsync<OrchestrationException>(async () => await chat.Judge().JudgeAsync(Given.Request(many), Token));
        fault.Code.ShouldBe(ErrorCodes.Deployment);
        chat.Calls.ShouldBeLessThan(100);
    }
}
