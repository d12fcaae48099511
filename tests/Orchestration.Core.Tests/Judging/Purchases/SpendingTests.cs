using System.Text;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Pairs;
using Orchestration.Core.Spending;
using Orchestration.Core.Tests.Judging.Llm;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Purchases;

public sealed class SpendingTests
{
    private const string Payer = "sweep-1";

    // A thousandth of a cent a token of either kind, so that a bound is easy to count: a call of the script costs 0.005 USD, its bound about 0.03.
    private static readonly TokenPrices Prices = new(10, 1, 10, 10);

    private readonly MemorySpendLedger _ledger = new();
    private readonly MemoryJudgmentStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_is_reserved_at_its_upper_bound_and_settled_at_its_cost()
    {
        var chat = new ScriptedChat(Given.Json(3)) { Prices = Prices, Barrier = new CallBarrier() };
        var judge = chat.Judge(purchases: Given.Purchases(_store, _ledger));
        var asked = judge.JudgeAsync(Paid(Given.Pair()), Token).AsTask();
        await chat.Barrier.Arrived(1);
        var sent = chat.Requests[0];
        var bytes = Encoding.UTF8.GetByteCount(sent.System) + Encoding.UTF8.GetByteCount(sent.User) + Encoding.UTF8.GetByteCount(sent.JsonSchema!);
        var reserved = (await _ledger.StatusAsync(Payer, Token)).ReservedUsd;
        reserved.ShouldBeInRange((bytes + 1024) * 10 / 1e6m, (bytes + 1024 + 200) * 10 / 1e6m);
        chat.Barrier.Open();
        await asked;
        var status = await _ledger.StatusAsync(Payer, Token);
        status.SettledUsd.ShouldBe(0.005m);
        status.ReservedUsd.ShouldBe(0);
        status.UnknownUsd.ShouldBe(0);
    }

    [Fact]
    public async Task Every_ask_is_reserved_for_itself()
    {
        var chat = new ScriptedChat("?", "?", Given.Json(3)) { Prices = Prices };
        await chat.Judge(purchases: Given.Purchases(_store, _ledger)).JudgeAsync(Paid(Given.Pair()), Token);
        _ledger.Reservations.ShouldBe(3);
        (await _ledger.StatusAsync(Payer, Token)).SettledUsd.ShouldBe(0.015m);
    }

    [Fact]
    public async Task What_is_stored_and_what_nobody_pays_for_is_not_reserved()
    {
        var chat = new ScriptedChat(Given.Json(3)) { Prices = Prices };
        var judge = chat.Judge(purchases: Given.Purchases(_store, _ledger));
        await judge.JudgeAsync(Given.Request(Given.Pair()), Token);
        await judge.JudgeAsync(Paid(Given.Pair()), Token);
        _ledger.Reservations.ShouldBe(0);
    }

    [Fact]
    public async Task Attempts_whose_usage_never_arrived_stay_charged_as_unknown()
    {
        var chat = new ScriptedChat((_, _) => ScriptedChat.Fails(UnscoredReason.Timeout, 2)) { Prices = Prices, MaxAttempts = 3 };
        await chat.Judge(purchases: Given.Purchases(_store, _ledger)).JudgeAsync(Paid(Given.Pair()), Token);
        var status = await _ledger.StatusAsync(Payer, Token);
        status.UnknownUsd.ShouldBe(_ledger.MostUsd * 2 / 3);
        status.UnknownUsd.ShouldBeGreaterThan(0);
        status.SettledUsd.ShouldBe(0);
    }

    [Fact]
    public async Task A_call_that_broke_off_for_no_known_reason_stays_charged_whole()
    {
        var chat = new ScriptedChat((_, _) => throw new InvalidOperationException("bug")) { Prices = Prices };
        await Should.ThrowAsync<InvalidOperationException>(chat.Judge(purchases: Given.Purchases(_store, _ledger)).JudgeAsync(Paid(Given.Pair()), Token).AsTask());
        var status = await _ledger.StatusAsync(Payer, Token);
        status.UnknownUsd.ShouldBe(_ledger.MostUsd);
        status.ReservedUsd.ShouldBe(0);
    }

    [Fact]
    public async Task A_call_that_every_call_would_fail_like_is_not_charged()
    {
        var chat = new ScriptedChat((_, _) => throw new OrchestrationException(ErrorCodes.Deployment, "The key is wrong.")) { Prices = Prices };
        await Should.ThrowAsync<OrchestrationException>(chat.Judge(purchases: Given.Purchases(_store, _ledger)).JudgeAsync(Paid(Given.Pair()), Token).AsTask());
        (await _ledger.StatusAsync(Payer, Token)).ShouldBe(new SpendStatus(0, 0, 0, null));
    }

    [Fact]
    public async Task The_cap_is_never_passed_and_what_was_done_before_it_is_stored()
    {
        await _ledger.SetCapAsync(Payer, 0.2m, Token);
        var chat = new ScriptedChat(Given.Json(3)) { Prices = Prices, Concurrency = 16 };
        var judge = chat.Judge(purchases: Given.Purchases(_store, _ledger));
        var fault = await Should.ThrowAsync<SpendCapReachedException>(judge.JudgeAsync(Paid(Enumerable.Range(0, 200).Select(n => Given.Pair(n)).ToArray()), Token).AsTask());
        fault.Code.ShouldBe(ErrorCodes.SpendCap);
        fault.Payer.ShouldBe(Payer);
        _ledger.MostUsd.ShouldBeLessThanOrEqualTo(0.2m);

        // Bounds shrink to costs as calls settle: the cap is used up to one last bound, not left at the first refusal.
        var status = await _ledger.StatusAsync(Payer, Token);
        status.SettledUsd.ShouldBeGreaterThan(0.2m - fault.AmountUsd - 0.0001m);
        status.ReservedUsd.ShouldBe(0);
        _store.Judgments.Count.ShouldBe(chat.Calls);

        await _ledger.SetCapAsync(Payer, null, Token);
        var rest = await judge.JudgeAsync(Paid(Enumerable.Range(0, 200).Select(n => Given.Pair(n)).ToArray()), Token);
        rest.FromStore.ShouldBe((int)(status.SettledUsd / 0.005m));
        chat.Calls.ShouldBe(200);
    }

    [Fact]
    public async Task A_call_waits_for_those_in_flight_to_give_back_what_they_do_not_use()
    {
        var chat = new ScriptedChat(Given.Json(3)) { Prices = Prices, Barrier = new CallBarrier() };
        var judge = chat.Judge(purchases: Given.Purchases(_store, _ledger));
        var first = judge.JudgeAsync(Paid(Given.Pair(1)), Token).AsTask();
        await chat.Barrier.Arrived(1);
        await _ledger.SetCapAsync(Payer, _ledger.MostUsd * 1.5m, Token);

        // Room for one and a half: the second is refused and waits, and cancelling the third does not lose the second's turn.
        var second = judge.JudgeAsync(Paid(Given.Pair(2)), Token).AsTask();
        using var cancel = new CancellationTokenSource();
        var third = judge.JudgeAsync(Paid(Given.Pair(3)), cancel.Token).AsTask();
        _ledger.Refusals.ShouldBe(2);
        second.IsCompleted.ShouldBeFalse();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(third);
        chat.Barrier.Open();
        (await first).Judgments[0].IsScored.ShouldBeTrue();
        (await second).Judgments[0].IsScored.ShouldBeTrue();
    }

    [Fact]
    public async Task Another_s_cap_does_not_stop_who_waits_for_the_same_address()
    {
        // The first payer can afford one ask and not a second.
        var chat = new ScriptedChat("?", Given.Json(3)) { Prices = Prices, Barrier = new CallBarrier() };
        var judge = chat.Judge(purchases: Given.Purchases(_store, _ledger));
        var poor = judge.JudgeAsync(Paid(Given.Pair()), Token).AsTask();
        await chat.Barrier.Arrived(1);
        await _ledger.SetCapAsync(Payer, 0.001m, Token);
        var rich = judge.JudgeAsync(Paid(Given.Pair()) with { Payer = "sweep-2" }, Token).AsTask();
        chat.Barrier.Open();
        await Should.ThrowAsync<SpendCapReachedException>(poor);
        (await rich).Judgments.ShouldBe([Judgment.Scored(3)]);
    }

    [Fact]
    public async Task A_deployment_without_prices_is_not_reserved()
    {
        await _ledger.SetCapAsync(Payer, 0, Token);
        var reply = await new ScriptedChat(Given.Json(3)).Judge(purchases: Given.Purchases(_store, _ledger)).JudgeAsync(Paid(Given.Pair()), Token);
        reply.Judgments.ShouldBe([Judgment.Scored(3)]);
    }

    private static JudgeRequest<Pair> Paid(params Pair[] pairs) => Given.Request(pairs) with { Payer = Payer };
}
