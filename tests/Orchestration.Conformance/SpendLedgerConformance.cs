using Orchestration.Core.Spending;
using Shouldly;
using Xunit;

namespace Orchestration.Conformance;

/// <summary>What every <see cref="ISpendLedger"/> does.</summary>
public abstract class SpendLedgerConformance : StoreConformance
{
    private const string Payer = "s1";

    [Fact]
    public async Task A_payer_that_nobody_knows_has_spent_nothing_and_has_no_cap()
    {
        (await One.Spending.StatusAsync(Payer, Cancel)).ShouldBe(new SpendStatus(0, 0, 0, null));
    }

    [Fact]
    public async Task A_reservation_is_held_until_it_is_settled()
    {
        var reservation = (await One.Spending.ReserveAsync(Payer, 0.5m, Cancel)).ShouldNotBeNull();
        reservation.Payer.ShouldBe(Payer);
        reservation.AmountUsd.ShouldBe(0.5m);
        (await Two.Spending.StatusAsync(Payer, Cancel)).ShouldBe(new SpendStatus(0, 0.5m, 0, null));
        await One.Spending.SettleAsync(reservation, 0.3m, 0.1m);
        (await Two.Spending.StatusAsync(Payer, Cancel)).ShouldBe(new SpendStatus(0.3m, 0, 0.1m, null));
    }

    [Fact]
    public async Task Settling_twice_counts_once_whoever_does_it()
    {
        var reservation = (await One.Spending.ReserveAsync(Payer, 1, Cancel)).ShouldNotBeNull();
        await One.Spending.SettleAsync(reservation, 0.25m, 0);
        await One.Spending.SettleAsync(reservation, 0.75m, 0.5m);
        await Two.Spending.SettleAsync(reservation, 0.75m, 0.5m);
        (await One.Spending.StatusAsync(Payer, Cancel)).ShouldBe(new SpendStatus(0.25m, 0, 0, null));
    }

    [Fact]
    public async Task Reservations_have_ids_of_their_own()
    {
        var ids = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            var reservation = (await (i % 2 == 0 ? One : Two).Spending.ReserveAsync(Payer, 1, Cancel)).ShouldNotBeNull();
            ids.Add(reservation.Id);
            await One.Spending.SettleAsync(reservation, 1, 0);
        }

        ids.Distinct().Count().ShouldBe(5);
    }

    [Fact]
    public async Task A_reservation_may_reach_the_cap_and_not_pass_it()
    {
        await One.Spending.SetCapAsync(Payer, 1, Cancel);
        (await One.Spending.ReserveAsync(Payer, 0.9m, Cancel)).ShouldNotBeNull();
        (await Two.Spending.ReserveAsync(Payer, 0.100_000_000_000_000_000_000_001m, Cancel)).ShouldBeNull();
        (await Two.Spending.ReserveAsync(Payer, 0.1m, Cancel)).ShouldNotBeNull();
        (await Two.Spending.StatusAsync(Payer, Cancel)).ShouldBe(new SpendStatus(0, 1, 0, 1));
    }

    [Fact]
    public async Task Settled_and_unknown_money_count_against_the_cap()
    {
        await One.Spending.SetCapAsync(Payer, 1, Cancel);
        var reservation = (await One.Spending.ReserveAsync(Payer, 0.9m, Cancel)).ShouldNotBeNull();
        await One.Spending.SettleAsync(reservation, 0.2m, 0.3m);
        (await Two.Spending.ReserveAsync(Payer, 0.51m, Cancel)).ShouldBeNull();
        (await Two.Spending.ReserveAsync(Payer, 0.5m, Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Raising_the_cap_lets_a_payer_go_on_and_removing_it_too()
    {
        await One.Spending.SetCapAsync(Payer, 0, Cancel);
        (await One.Spending.ReserveAsync(Payer, 0.1m, Cancel)).ShouldBeNull();
        await Two.Spending.SetCapAsync(Payer, 0.1m, Cancel);
        (await One.Spending.ReserveAsync(Payer, 0.1m, Cancel)).ShouldNotBeNull();
        await Two.Spending.SetCapAsync(Payer, null, Cancel);
        (await One.Spending.ReserveAsync(Payer, 1_000_000, Cancel)).ShouldNotBeNull();
        (await One.Spending.StatusAsync(Payer, Cancel)).CapUsd.ShouldBeNull();
    }

    [Fact]
    public async Task Payers_do_not_pay_for_one_another()
    {
        await One.Spending.SetCapAsync("s1", 1, Cancel);
        (await One.Spending.ReserveAsync("s2", 5, Cancel)).ShouldNotBeNull();
        (await One.Spending.ReserveAsync("s1", 1, Cancel)).ShouldNotBeNull();
        (await One.Spending.StatusAsync("s2", Cancel)).ReservedUsd.ShouldBe(5);
    }

    [Fact]
    public async Task Hundreds_of_concurrent_reservations_of_two_owners_never_pass_the_cap()
    {
        await One.Spending.SetCapAsync(Payer, 1, Cancel);
        var reserves = Enumerable.Range(0, 400).Select(i => (i % 2 == 0 ? One : Two).Spending.ReserveAsync(Payer, 0.007m, Cancel).AsTask());
        var granted = (await Task.WhenAll(reserves)).Where(static reservation => reservation is not null).ToList();
        granted.Count.ShouldBe(142, "142 × 0.007 is 0.994, one more would pass 1");
        await Task.WhenAll(granted.Select((reservation, i) => (i % 2 == 0 ? Two : One).Spending.SettleAsync(reservation!, 0.002m, 0.001m).AsTask()));
        (await One.Spending.StatusAsync(Payer, Cancel)).ShouldBe(new SpendStatus(0.284m, 0, 0.142m, 1));
    }

    [Fact]
    public async Task Small_amounts_add_up_exactly()
    {
        const decimal Tiny = 0.000_000_000_000_1m;
        for (var i = 0; i < 30; i++)
        {
            var reservation = (await One.Spending.ReserveAsync(Payer, Tiny, Cancel)).ShouldNotBeNull();
            await One.Spending.SettleAsync(reservation, Tiny, 0);
        }

        var large = (await One.Spending.ReserveAsync(Payer, 900_000_000m, Cancel)).ShouldNotBeNull();
        await One.Spending.SettleAsync(large, 900_000_000m, 0);
        (await One.Spending.StatusAsync(Payer, Cancel)).SettledUsd.ShouldBe(900_000_000.000_000_000_003m);
    }

    [Fact]
    public async Task A_dead_owners_reservations_are_unknown_spend_and_still_count_against_the_cap()
    {
        await One.Spending.SetCapAsync(Payer, 1, Cancel);
        (await One.Spending.ReserveAsync(Payer, 0.4m, Cancel)).ShouldNotBeNull();
        (await Two.Spending.ReserveAsync(Payer, 0.3m, Cancel)).ShouldNotBeNull();
        await One.KillAsync();
        (await Two.Spending.StatusAsync(Payer, Cancel)).ShouldBe(new SpendStatus(0, 0.3m, 0.4m, 1));
        (await Two.Spending.ReserveAsync(Payer, 0.31m, Cancel)).ShouldBeNull();
        (await Two.Spending.ReserveAsync(Payer, 0.3m, Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task An_owner_that_closes_with_open_reservations_leaves_them_unknown()
    {
        (await One.Spending.ReserveAsync(Payer, 0.4m, Cancel)).ShouldNotBeNull();
        await One.DisposeAsync();
        (await Two.Spending.StatusAsync(Payer, Cancel)).ShouldBe(new SpendStatus(0, 0, 0.4m, null));
        (await (await OpenAsync()).Spending.StatusAsync(Payer, Cancel)).ShouldBe(new SpendStatus(0, 0, 0.4m, null));
    }

    [Fact]
    public async Task Negative_money_is_refused()
    {
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await One.Spending.ReserveAsync(Payer, -1, Cancel));
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await One.Spending.SetCapAsync(Payer, -1, Cancel));
        var reservation = (await One.Spending.ReserveAsync(Payer, 1, Cancel)).ShouldNotBeNull();
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await One.Spending.SettleAsync(reservation, -1, 0));
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await One.Spending.SettleAsync(reservation, 0, -1));
        (await One.Spending.StatusAsync(Payer, Cancel)).ShouldBe(new SpendStatus(0, 1, 0, null));
    }

    [Fact]
    public async Task Money_is_listed_by_payer_judge_and_deployment_and_adds_up()
    {
        var one = new SpendPurpose("relevance@gpt", "gpt");
        var two = new SpendPurpose("truth@gpt", "gpt");
        await SettleAsync(One, Payer, one, 0.5m, 0.1m);
        await SettleAsync(Two, Payer, one, 0.25m, 0);
        await SettleAsync(Two, Payer, two, 1, 0);
        await SettleAsync(One, "s2", two, 2, 0);

        (await Two.Spending.ListAsync(Payer, Cancel)).ShouldBe([new SpendEntry(Payer, one, 2, 0.75m, 0.1m), new SpendEntry(Payer, two, 1, 1, 0)]);
        (await One.Spending.ListAsync(null, Cancel)).Select(e => e.Payer).ShouldBe([Payer, Payer, "s2"]);
        var status = await One.Spending.StatusAsync(Payer, Cancel);
        (await One.Spending.ListAsync(Payer, Cancel)).Sum(e => e.SettledUsd).ShouldBe(status.SettledUsd);
    }

    [Fact]
    public async Task What_was_reserved_for_many_calls_is_settled_once_and_counts_them()
    {
        var purpose = new SpendPurpose("relevance@gpt", "gpt");
        var reservation = (await One.Spending.ReserveAsync(Payer, purpose, 1, Cancel)).ShouldNotBeNull();
        await One.Spending.SettleAsync(reservation, 700, 0.4m, 0.1m);
        await One.Spending.SettleAsync(reservation, 700, 0.4m, 0.1m);
        var unused = (await One.Spending.ReserveAsync(Payer, purpose, 1, Cancel)).ShouldNotBeNull();
        await One.Spending.SettleAsync(unused, 0, 0, 0);

        (await Two.Spending.ListAsync(Payer, Cancel)).ShouldBe([new SpendEntry(Payer, purpose, 700, 0.4m, 0.1m)]);
        (await Two.Spending.StatusAsync(Payer, Cancel)).ShouldBe(new SpendStatus(0.4m, 0, 0.1m, null));
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await One.Spending.SettleAsync(unused, -1, 0, 0));
    }

    [Fact]
    public async Task What_a_killed_owner_had_reserved_is_listed_as_unknown_with_its_purpose()
    {
        var purpose = new SpendPurpose("relevance@gpt", "gpt");
        var three = await OpenAsync();
        (await three.Spending.ReserveAsync(Payer, purpose, 0.7m, Cancel)).ShouldNotBeNull();
        (await One.Spending.ListAsync(Payer, Cancel)).ShouldBeEmpty();
        await three.KillAsync();

        (await One.Spending.ListAsync(Payer, Cancel)).ShouldBe([new SpendEntry(Payer, purpose, 0, 0, 0.7m)]);
    }

    private static async Task SettleAsync(IStoreOwner owner, string payer, SpendPurpose purpose, decimal settled, decimal unknown)
    {
        var reservation = (await owner.Spending.ReserveAsync(payer, purpose, settled + unknown, Cancel)).ShouldNotBeNull();
        await owner.Spending.SettleAsync(reservation, settled, unknown);
    }
}
