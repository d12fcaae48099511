using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Pairs;
using Orchestration.Core.Tests.Judging.Llm;
using Orchestration.Testing;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Purchases;

public sealed class SingleFlightTests
{
    private readonly CallBarrier _barrier = new();
    private readonly MemoryJudgmentStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_address_asked_for_by_many_at_once_is_bought_once()
    {
        var chat = new ScriptedChat(Given.Json(3)) { Barrier = _barrier };
        var judge = chat.Judge(purchases: Given.Purchases(_store));
        var asked = Enumerable.Range(0, 50).Select(_ => judge.JudgeAsync(Given.Request(Given.Pair()), Token).AsTask()).ToArray();
        await _barrier.Arrived(1);
        _barrier.Open();
        var replies = await Task.WhenAll(asked);

        chat.Calls.ShouldBe(1);
        replies.ShouldAllBe(r => r.Judgments[0] == Judgment.Scored(3));
        replies.Sum(r => r.Totals.Calls).ShouldBe(1);
        replies.Sum(r => r.FromStore).ShouldBe(49);
        _store.Judgments.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Two_judges_with_the_same_version_share_a_call()
    {
        var chat = new ScriptedChat(Given.Json(3)) { Barrier = _barrier };
        var purchases = Given.Purchases(_store);
        var one = chat.Judge(purchases: purchases);
        var other = new LlmJudge(Given.Score(), chat, new LlmJudgeOptions(), purchases, "other");
        var asked = Task.WhenAll(one.JudgeOneAsync(Given.Pair()), other.JudgeOneAsync(Given.Pair()));
        await _barrier.Arrived(1);
        _barrier.Open();
        (await asked).ShouldBe([Judgment.Scored(3), Judgment.Scored(3)]);
        chat.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_stored_is_never_bought_again()
    {
        var chat = new ScriptedChat(Given.Json(3), Given.Json(1));
        (await chat.Judge(purchases: Given.Purchases(_store)).JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Scored(3));
        var reply = await chat.Judge(purchases: Given.Purchases(_store)).JudgeAsync(Given.Request(Given.Pair()), Token);
        reply.Judgments.ShouldBe([Judgment.Scored(3)]);
        reply.FromStore.ShouldBe(1);
        reply.Totals.ShouldBe(CallTotals.None);
        chat.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_batch_is_looked_up_in_one_question_and_only_what_is_missing_is_bought()
    {
        var chat = new ScriptedChat(Given.Json(3));
        var judge = chat.Judge(purchases: Given.Purchases(_store));
        await judge.JudgeOneAsync(Given.Pair(2));
        await judge.JudgeOneAsync(Given.Pair(4));
        var gets = _store.Gets;
        var reply = await judge.JudgeAsync(Given.Request(Enumerable.Range(1, 4).Select(n => Given.Pair(n)).ToArray()), Token);
        reply.FromStore.ShouldBe(2);
        reply.Totals.Calls.ShouldBe(2);
        chat.Calls.ShouldBe(4);

        // One for all, and one right before each of the two that are bought.
        (_store.Gets - gets).ShouldBe(3);
    }

    [Fact]
    public async Task Only_the_judgments_of_the_changed_rubric_are_made_again()
    {
        var chat = new ScriptedChat(Given.Json(3));
        var purchases = Given.Purchases(_store);
        var pairs = Enumerable.Range(1, 5).Select(n => Given.Pair(n)).ToArray();
        await chat.Judge(purchases: purchases).JudgeAsync(Given.Request(pairs), Token);
        await chat.Judge(Given.Score(text: "Another text.\n"), purchases: purchases).JudgeAsync(Given.Request(pairs), Token);
        chat.Calls.ShouldBe(10);
        await chat.Judge(purchases: purchases).JudgeAsync(Given.Request(pairs), Token);
        chat.Calls.ShouldBe(10);
    }

    [Fact]
    public async Task A_reference_is_part_of_the_address_where_the_judge_reads_it()
    {
        var chat = new ScriptedChat(Given.Json(3));
        var purchases = Given.Purchases(_store);
        var reads = chat.Judge(Given.Score(needsReference: true), purchases: purchases);
        await reads.JudgeOneAsync(Given.Pair(reference: "2"));
        await reads.JudgeOneAsync(Given.Pair(reference: "two"));
        chat.Calls.ShouldBe(2);
        var ignores = chat.Judge(purchases: purchases);
        await ignores.JudgeOneAsync(Given.Pair(reference: "2"));
        await ignores.JudgeOneAsync(Given.Pair(reference: "two"));
        chat.Calls.ShouldBe(3);
    }

    [Fact]
    public async Task A_failure_is_not_stored_and_the_next_request_asks_again()
    {
        var chat = new ScriptedChat("?", "?", "?", Given.Json(3));
        var judge = chat.Judge(purchases: Given.Purchases(_store));
        (await judge.JudgeOneAsync(Given.Pair())).Reason.ShouldBe(UnscoredReason.Unreadable);
        _store.Judgments.ShouldBeEmpty();
        (await judge.JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Scored(3));
    }

    [Fact]
    public async Task The_store_s_first_writer_wins_over_the_reply_just_bought()
    {
        // Another process stores its own while this one's call is under way.
        var chat = new ScriptedChat(Given.Json(3)) { Barrier = _barrier };
        var judge = chat.Judge(purchases: Given.Purchases(_store));
        var asked = judge.JudgeOneAsync(Given.Pair());
        await _barrier.Arrived(1);
        var address = JudgmentAddress.Of(judge.Descriptor, PairHash.Of(Given.Pair()), null);
        await _store.PutAsync([new StoredJudgment { Address = address, Values = [1.5] }], Token);
        _barrier.Open();
        (await asked).ShouldBe(Judgment.Scored(1.5));
    }

    [Fact]
    public async Task A_call_in_flight_is_awaited_and_stored_when_its_caller_is_cancelled()
    {
        var chat = new ScriptedChat(Given.Json(3)) { Barrier = _barrier };
        var judge = chat.Judge(purchases: Given.Purchases(_store));
        using var cancel = new CancellationTokenSource();
        var asked = judge.JudgeAsync(Given.Request(Given.Pair()), cancel.Token).AsTask();
        await _barrier.Arrived(1);
        await cancel.CancelAsync();
        asked.IsCompleted.ShouldBeFalse();
        _barrier.Open();

        // Nothing was left to do, so the reply is whole.
        (await asked).Judgments.ShouldBe([Judgment.Scored(3)]);
        _store.Judgments.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_cancelled_batch_stores_what_was_under_way_and_starts_nothing_more()
    {
        var chat = new ScriptedChat(Given.Json(3)) { Barrier = _barrier, Concurrency = 2 };
        var judge = chat.Judge(purchases: Given.Purchases(_store));
        using var cancel = new CancellationTokenSource();
        var asked = judge.JudgeAsync(Given.Request(Enumerable.Range(1, 40).Select(n => Given.Pair(n)).ToArray()), cancel.Token).AsTask();
        await _barrier.Arrived(judge.Concurrency);
        await cancel.CancelAsync();
        _barrier.Open();
        await Should.ThrowAsync<OperationCanceledException>(asked);
        chat.Calls.ShouldBe(judge.Concurrency);
        _store.Judgments.Count.ShouldBe(judge.Concurrency);
    }

    [Fact]
    public async Task A_cancelled_caller_is_not_asked_for_again()
    {
        var chat = new ScriptedChat("?", Given.Json(3)) { Barrier = _barrier };
        var judge = chat.Judge(purchases: Given.Purchases(_store));
        using var cancel = new CancellationTokenSource();
        var asked = judge.JudgeAsync(Given.Request(Given.Pair()), cancel.Token).AsTask();
        await _barrier.Arrived(1);
        await cancel.CancelAsync();
        _barrier.Open();
        (await Should.ThrowAsync<OperationCanceledException>(asked)).CancellationToken.ShouldBe(cancel.Token);
        chat.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_call_cut_short_by_a_cancellation_is_no_failure()
    {
        using var cancel = new CancellationTokenSource();
        var chat = new ScriptedChat((_, _) => ScriptedChat.Fails(UnscoredReason.Timeout)) { Barrier = _barrier };
        var asked = chat.Judge().JudgeAsync(Given.Request(Given.Pair()), cancel.Token).AsTask();
        await _barrier.Arrived(1);
        await cancel.CancelAsync();
        _barrier.Open();
        await Should.ThrowAsync<OperationCanceledException>(asked);
    }

    [Fact]
    public async Task A_cancelled_first_caller_does_not_cancel_the_second()
    {
        var chat = new ScriptedChat("?", Given.Json(3)) { Barrier = _barrier };
        var judge = chat.Judge(purchases: Given.Purchases(_store));
        using var cancel = new CancellationTokenSource();
        var first = judge.JudgeAsync(Given.Request(Given.Pair()), cancel.Token).AsTask();
        await _barrier.Arrived(1);
        var second = judge.JudgeAsync(Given.Request(Given.Pair()), Token).AsTask();
        await cancel.CancelAsync();
        _barrier.Open();
        (await second).Judgments.ShouldBe([Judgment.Scored(3)]);
        (await first).Judgments.ShouldBe([Judgment.Scored(3)]);
        chat.Calls.ShouldBe(2);
    }

    [Fact]
    public async Task Who_comes_after_all_have_gone_buys_for_himself()
    {
        var chat = new ScriptedChat("?", Given.Json(3)) { Barrier = _barrier };
        var judge = chat.Judge(purchases: Given.Purchases(_store));
        using var cancel = new CancellationTokenSource();
        var first = judge.JudgeAsync(Given.Request(Given.Pair()), cancel.Token).AsTask();
        await _barrier.Arrived(1);
        await cancel.CancelAsync();
        var second = judge.JudgeAsync(Given.Request(Given.Pair()), Token).AsTask();
        _barrier.Open();
        await Should.ThrowAsync<OperationCanceledException>(first);
        (await second).Judgments.ShouldBe([Judgment.Scored(3)]);
        chat.Calls.ShouldBe(2);
    }

    [Fact]
    public async Task No_call_is_started_after_the_deadline()
    {
        var time = new ManualTime();
        var chat = new ScriptedChat("?", Given.Json(3)) { Barrier = _barrier };
        var judge = chat.Judge(purchases: Given.Purchases(_store, time: time));
        var deadline = time.GetUtcNow() + TimeSpan.FromSeconds(1);
        var hurried = judge.JudgeAsync(Given.Request(Given.Pair()) with { Deadline = deadline }, Token).AsTask();
        await _barrier.Arrived(1);
        var patient = judge.JudgeAsync(Given.Request(Given.Pair()), Token).AsTask();
        time.Advance(TimeSpan.FromSeconds(2));
        _barrier.Open();
        (await hurried).Judgments.ShouldBe([Judgment.Unscored(UnscoredReason.Timeout)]);
        (await hurried).Totals.Calls.ShouldBe(1);

        // One's deadline is none for another who waited for the same call.
        (await patient).Judgments.ShouldBe([Judgment.Scored(3)]);
        chat.Calls.ShouldBe(2);
    }

    [Fact]
    public async Task A_failed_store_is_everybody_s_failure_and_the_address_is_free_again()
    {
        var chat = new ScriptedChat((_, call) => call == 0 ? throw new InvalidOperationException("bug") : ScriptedChat.Says(Given.Json(3))) { Barrier = _barrier };
        var judge = chat.Judge(purchases: Given.Purchases(_store));
        var first = judge.JudgeOneAsync(Given.Pair());
        var second = judge.JudgeOneAsync(Given.Pair());
        _barrier.Open();
        await Should.ThrowAsync<InvalidOperationException>(first);
        await Should.ThrowAsync<InvalidOperationException>(second);
        (await judge.JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Scored(3));
    }

    [Fact]
    public async Task A_stored_judgment_of_the_wrong_shape_names_the_damaged_store()
    {
        var judge = new ScriptedChat(Given.Json(3)).Judge(purchases: Given.Purchases(_store));
        await _store.PutAsync([new StoredJudgment { Address = JudgmentAddress.Of(judge.Descriptor, PairHash.Of(Given.Pair()), null), Values = [1, 2] }], Token);
        (await Should.ThrowAsync<OrchestrationException>(judge.JudgeOneAsync(Given.Pair()))).Code.ShouldBe(ErrorCodes.Store);
    }
}
