using Orchestration.Core.Spending;
using Orchestration.Testing;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Purchases;

public sealed class SpendGateTests
{
    private const string Payer = "sweep-1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_turn_given_to_who_is_cancelled_at_that_moment_goes_to_the_next()
    {
        // Which of the two comes first is a race; whichever does, the third must not be left waiting.
        for (var round = 0; round < 200; round++)
        {
            var ledger = new MemorySpendLedger();
            await ledger.SetCapAsync(Payer, 1, Token);
            var gate = new SpendGate(ledger, TimeProvider.System);
            using var cancel = new CancellationTokenSource();
            var first = await gate.ReserveAsync(Payer, SpendPurpose.None, 1, Token);
            var second = gate.ReserveAsync(Payer, SpendPurpose.None, 1, cancel.Token).AsTask();
            var third = gate.ReserveAsync(Payer, SpendPurpose.None, 1, Token).AsTask();
            await gate.SettleAsync(first, 0, 0);
            await cancel.CancelAsync();
            try
            {
                await gate.SettleAsync(await second, 0, 0);
            }
            catch (OperationCanceledException)
            {
                // It lost the race.
            }

            await third.WaitAsync(TimeSpan.FromSeconds(30), Token);
        }
    }

    [Fact]
    public async Task A_smaller_amount_goes_on_where_a_greater_one_finds_no_room()
    {
        var ledger = new MemorySpendLedger();
        await ledger.SetCapAsync(Payer, 1, Token);
        var gate = new SpendGate(ledger, TimeProvider.System);
        var first = await gate.ReserveAsync(Payer, SpendPurpose.None, 1, Token);
        var great = gate.ReserveAsync(Payer, SpendPurpose.None, 1, Token).AsTask();
        var small = gate.ReserveAsync(Payer, SpendPurpose.None, 0.25m, Token).AsTask();
        await gate.SettleAsync(first, 0.5m, 0);
        (await small.WaitAsync(TimeSpan.FromSeconds(30), Token)).AmountUsd.ShouldBe(0.25m);
        await gate.SettleAsync(await small, 0.25m, 0);
        (await Should.ThrowAsync<SpendCapReachedException>(great.WaitAsync(TimeSpan.FromSeconds(30), Token))).AmountUsd.ShouldBe(1);
    }

    [Fact]
    public async Task What_another_process_holds_may_still_make_room_and_is_waited_for()
    {
        var ledger = new MemorySpendLedger();
        await ledger.SetCapAsync(Payer, 1, Token);
        var (time, other) = (new ManualTime(), new SpendGate(ledger, TimeProvider.System));
        var held = await other.ReserveAsync(Payer, SpendPurpose.None, 1, Token);
        var waiting = new SpendGate(ledger, time).ReserveAsync(Payer, SpendPurpose.None, 0.5m, Token).AsTask();
        await time.WaitBegunAsync(static _ => true);
        time.Advance(TimeSpan.FromSeconds(1));
        await time.WaitBegunAsync(static _ => true);
        waiting.IsCompleted.ShouldBeFalse("it is still held");

        await other.SettleAsync(held, 0.25m, 0);
        time.Advance(TimeSpan.FromSeconds(1));
        (await waiting.WaitAsync(TimeSpan.FromSeconds(30), Token)).AmountUsd.ShouldBe(0.5m);
    }

    [Fact]
    public async Task What_would_not_fit_although_nobody_held_anything_is_refused_at_once()
    {
        var ledger = new MemorySpendLedger();
        await ledger.SetCapAsync(Payer, 1, Token);
        var other = new SpendGate(ledger, TimeProvider.System);
        await other.SettleAsync(await other.ReserveAsync(Payer, SpendPurpose.None, 0.6m, Token), 0.6m, 0);
        await other.ReserveAsync(Payer, SpendPurpose.None, 0.3m, Token);
        await Should.ThrowAsync<SpendCapReachedException>(new SpendGate(ledger, new ManualTime()).ReserveAsync(Payer, SpendPurpose.None, 0.5m, Token).AsTask());
    }

    [Fact]
    public async Task Payers_do_not_wait_for_one_another()
    {
        var ledger = new MemorySpendLedger();
        await ledger.SetCapAsync("other", 0.5m, Token);
        var gate = new SpendGate(ledger, TimeProvider.System);
        await gate.ReserveAsync(Payer, SpendPurpose.None, 1, Token);
        await Should.ThrowAsync<SpendCapReachedException>(gate.ReserveAsync("other", SpendPurpose.None, 1, Token).AsTask());
    }
}
