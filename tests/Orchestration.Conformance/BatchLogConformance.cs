using Orchestration.Core.Batches;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;
using Shouldly;
using Xunit;

namespace Orchestration.Conformance;

/// <summary>What every <see cref="IBatchLog"/> does.</summary>
public abstract class BatchLogConformance : StoreConformance
{
    [Fact]
    public async Task A_batch_is_known_to_all_from_its_intent_to_its_end()
    {
        var sweep = await SweepAsync();
        var open = (await One.Batches.IntendAsync(New(sweep, "one", 1.25m), Cancel)).ShouldNotBeNull();
        (await Two.Batches.OpenAsync(sweep, Cancel)).ShouldBe([open]);
        open.RemoteId.ShouldBeNull();
        open.CreatedAt.ShouldBe(World.Time.GetUtcNow());

        await One.Batches.MadeAsync(open.Id, "batch_1");
        (await Two.Batches.OpenAsync(sweep, Cancel)).ShouldHaveSingleItem().ShouldBe(open with { RemoteId = "batch_1" });

        (await Two.Batches.FinishAsync(open, SweepTotals.None with { Calls = 9, CostUsd = 0.5m }, 0.25m)).ShouldBeTrue();
        (await One.Batches.OpenAsync(sweep, Cancel)).ShouldBeEmpty();
        (await One.Sweeps.FindAsync(sweep, Cancel)).ShouldNotBeNull().Totals.Calls.ShouldBe(9);
    }

    [Fact]
    public async Task Its_bound_is_reserved_with_its_intent_and_settled_with_its_end_once()
    {
        var sweep = await SweepAsync();
        var open = (await One.Batches.IntendAsync(New(sweep, "one", 2), Cancel)).ShouldNotBeNull();
        (await Two.Spending.StatusAsync(sweep, Cancel)).ShouldBe(new SpendStatus(0, 2, 0, null));

        (await One.Batches.FinishAsync(open, SweepTotals.None with { Calls = 1, CostUsd = 0.5m }, 0.25m)).ShouldBeTrue();
        (await Two.Batches.FinishAsync(open, SweepTotals.None with { Calls = 1, CostUsd = 0.5m }, 0.25m)).ShouldBeFalse();

        (await Two.Spending.StatusAsync(sweep, Cancel)).ShouldBe(new SpendStatus(0.5m, 0, 0.25m, null));
        var totals = (await One.Sweeps.FindAsync(sweep, Cancel)).ShouldNotBeNull().Totals;
        (totals.Calls, totals.CostUsd).ShouldBe((1, 0.5m));
    }

    [Fact]
    public async Task Its_money_is_booked_by_judge()
    {
        var sweep = await SweepAsync();
        var open = (await One.Batches.IntendAsync(New(sweep, "one", 2), Cancel)).ShouldNotBeNull();
        (await One.Batches.FinishAsync(
            open, SweepTotals.None with { Calls = 3, CostUsd = 0.5m }, 0.25m, [new BatchShare("", 1, 0, 0.2m), new BatchShare("clarity", 2, 0.1m, 0.05m), new BatchShare("honesty", 1, 0.4m, 0)])).ShouldBeTrue();
        (await Two.Spending.ListAsync(sweep, Cancel)).Select(static e => (e.Purpose, e.Calls, e.SettledUsd, e.UnknownUsd)).ToArray().ShouldBe(
        [
            (new SpendPurpose("", open.Batch.Deployment), 1L, 0m, 0.2m), (new SpendPurpose("clarity", open.Batch.Deployment), 2L, 0.1m, 0.05m), (new SpendPurpose("honesty", open.Batch.Deployment), 1L, 0.4m, 0m),
        ], ignoreOrder: true);
        (await Two.Spending.StatusAsync(sweep, Cancel)).ShouldBe(new SpendStatus(0.5m, 0, 0.25m, null));
    }

    [Fact]
    public async Task What_would_pass_the_cap_is_not_written_at_all()
    {
        var sweep = await SweepAsync();
        await One.Spending.SetCapAsync(sweep, 3, Cancel);
        (await One.Batches.IntendAsync(New(sweep, "one", 2), Cancel)).ShouldNotBeNull();

        (await Two.Batches.IntendAsync(New(sweep, "two", 2), Cancel)).ShouldBeNull();
        (await Two.Batches.OpenAsync(sweep, Cancel)).Count.ShouldBe(1);
        (await Two.Batches.IntendAsync(New(sweep, "three", 1), Cancel)).ShouldNotBeNull();
        (await One.Batches.OpenAsync(sweep, Cancel)).Select(open => open.Batch.Intent).ShouldBe(["one", "three"]);
    }

    [Fact]
    public async Task Without_a_price_nothing_is_reserved_and_nothing_settled()
    {
        var sweep = await SweepAsync();
        var open = (await One.Batches.IntendAsync(New(sweep, "one", null), Cancel)).ShouldNotBeNull();
        open.ReservationId.ShouldBeNull();
        (await Two.Batches.OpenAsync(sweep, Cancel)).ShouldBe([open]);

        await One.Batches.FinishAsync(open, SweepTotals.None with { Calls = 2 }, 0);
        (await One.Spending.StatusAsync(sweep, Cancel)).ShouldBe(new SpendStatus(0, 0, 0, null));
    }

    [Fact]
    public async Task Money_of_a_killed_owners_batch_stays_held_and_is_settled_by_who_collects_it()
    {
        var sweep = await SweepAsync();
        var open = (await Two.Batches.IntendAsync(New(sweep, "one", 2), Cancel)).ShouldNotBeNull();
        await Two.KillAsync();
        (await One.Spending.StatusAsync(sweep, Cancel)).ShouldBe(new SpendStatus(0, 0, 2, null));

        await One.Batches.FinishAsync((await One.Batches.OpenAsync(sweep, Cancel)).ShouldHaveSingleItem(), SweepTotals.None with { CostUsd = 0.75m }, 0);

        open.Batch.BoundUsd.ShouldBe(2);
        (await One.Spending.StatusAsync(sweep, Cancel)).ShouldBe(new SpendStatus(0.75m, 0, 0, null));
    }

    [Fact]
    public async Task One_owner_at_a_time_has_a_sweeps_batches_in_hand()
    {
        var (first, second) = (await SweepAsync(), await SweepAsync());
        (await One.Batches.TryHoldAsync(first, Cancel)).ShouldBeTrue();
        (await One.Batches.TryHoldAsync(first, Cancel)).ShouldBeTrue();
        (await Two.Batches.TryHoldAsync(first, Cancel)).ShouldBeFalse();
        (await Two.Batches.TryHoldAsync(second, Cancel)).ShouldBeTrue();

        await Two.Batches.ReleaseAsync(first);
        (await Two.Batches.TryHoldAsync(first, Cancel)).ShouldBeFalse("only the holder lets go");
        await One.Batches.ReleaseAsync(first);
        (await Two.Batches.TryHoldAsync(first, Cancel)).ShouldBeTrue();
        await Two.KillAsync();
        (await One.Batches.TryHoldAsync(first, Cancel)).ShouldBeTrue("its holder is dead");
    }

    [Fact]
    public async Task Sweeps_do_not_see_one_anothers_batches()
    {
        var (first, second) = (await SweepAsync(), await SweepAsync());
        await One.Batches.IntendAsync(New(first, "one", 1), Cancel);

        (await Two.Batches.OpenAsync(second, Cancel)).ShouldBeEmpty();
    }

    private static NewBatch New(string sweep, string intent, decimal? bound) => new(sweep, "local", intent, 10, bound, 0.125m);

    private async Task<string> SweepAsync() => (await One.Sweeps.CreateAsync(new NewSweep("{}", "f", "/out", One.Owner), Cancel)).Id;
}
