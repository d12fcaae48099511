using System.Net;
using Orchestration.Core.Routing;
using Orchestration.Core.Spending;
using Orchestration.Silo.Gateway;
using Orchestration.Silo.Gateway.Money;
using Orchestration.Simulation;
using Orchestration.Simulation.InMemory;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Gateway;

/// <summary>Promise 6 at the gateway: what the endpoints charged is counted there, and compared with the books.</summary>
public sealed class MoneyTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(PlanKind.Single, false)]
    [InlineData(PlanKind.Single, true)]
    [InlineData(PlanKind.Cascade, false)]
    [InlineData(PlanKind.BestOf, true)]
    [InlineData(PlanKind.FusionOf, false)]
    public async Task No_cap_is_passed_on_any_path(PlanKind kind, bool stream)
    {
        var faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.ServerError] = 0.1, [ScriptedFault.CutConnection] = 0.1, [ScriptedFault.NoUsage] = 0.1, [ScriptedFault.ConnectionReset] = 0.1 };
        ScriptedEndpointOptions[] endpoints = [new() { Faults = faults }, new() { Faults = faults, Seed = 2 }];
        await using var world = await GatewayWorld.StartAsync(
            endpoints, router: "  usd-per-day: 0.02\n  judging: {judges: set, share: 0}\njudge-sets:\n  set: [relevance]\n",
            policy: q => GatewayWorld.Choice(q, "e0", "e1") with { Kind = kind, Count = 2, Threshold = 1, Synthesizer = "e1" });

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => world.PostAsync(GatewayWorld.Body("auto", $"Question {i}?", stream))));

        var spent = await world.SpentAsync();
        var charged = world.Endpoints.Sum(static e => e.Statistics().CostUsd);
        spent.ReservedUsd.ShouldBe(0);
        spent.SettledUsd.ShouldBeLessThanOrEqualTo(charged);
        charged.ShouldBeLessThanOrEqualTo(spent.SettledUsd + spent.UnknownUsd);
        (spent.SettledUsd + spent.UnknownUsd).ShouldBeLessThanOrEqualTo(0.02m);
        answers.Count(static a => a.StatusCode == HttpStatusCode.OK).ShouldBeGreaterThan(0);
        answers.ShouldContain(static a => a.StatusCode == HttpStatusCode.TooManyRequests, "the cap is far below what was asked for");
    }

    [Fact]
    public async Task A_key_has_a_day_of_its_own_beside_the_routers()
    {
        await using var world = await GatewayWorld.StartAsync([new ScriptedEndpointOptions()]);
        world.Caller = new GatewayCaller("k1", 0.004m, [], SeesAll: false);
        HttpResponseMessage response;
        var count = 0;
        do response = await world.PostAsync(GatewayWorld.Body("e0"));
        while (response.StatusCode == HttpStatusCode.OK && ++count < 100);

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await response.Content.ReadAsStringAsync(Stop)).ShouldContain("budget_reached");
        count.ShouldBeGreaterThan(0);
        var spent = await world.SpentAsync("key:k1");
        spent.SettledUsd.ShouldBe(world.Endpoints[0].Statistics().CostUsd);
        spent.CapUsd.ShouldBe(0.004m);
        (await world.SpentAsync()).SettledUsd.ShouldBe(spent.SettledUsd);

        // Calls, whatever they were drawn from; one that was refused is none.
        foreach (var payer in new[] { "key:k1", "router" })
            (await world.Store.Spending.ListAsync(world.Gateway.Budgets.Today(payer), Stop)).Sum(static entry => entry.Calls).ShouldBe(count);

        world.Caller = new GatewayCaller("k2", null, [], SeesAll: false);
        (await world.PostAsync(GatewayWorld.Body("e0"))).StatusCode.ShouldBe(HttpStatusCode.OK, "another key's day is its own");
    }

    [Fact]
    public async Task A_call_that_one_payer_refuses_is_none_of_the_others()
    {
        await using var world = await GatewayWorld.StartAsync([new ScriptedEndpointOptions()], router: "  usd-per-day: 0.004\n");
        world.Caller = new GatewayCaller("k1", 1, [], SeesAll: false);
        var count = 0;
        while ((await world.PostAsync(GatewayWorld.Body("e0"))).StatusCode == HttpStatusCode.OK && ++count < 100)
        {
        }

        count.ShouldBeInRange(1, 99);
        (await world.SpentAsync("key:k1")).SettledUsd.ShouldBe(world.Endpoints[0].Statistics().CostUsd);
        await world.SpentAsync();
        foreach (var payer in new[] { "key:k1", "router" })
            (await world.Store.Spending.ListAsync(world.Gateway.Budgets.Today(payer), Stop)).Sum(static entry => entry.Calls).ShouldBe(count);
    }

    [Fact]
    public async Task A_client_that_leaves_frees_the_endpoint_and_what_it_cost_is_unknown()
    {
        await using var world = await GatewayWorld.StartAsync([new ScriptedEndpointOptions { StreamPause = TimeSpan.FromSeconds(10) }]);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Stop);

        using (var response = await world.SendAsync("/v1/chat/completions", GatewayWorld.Body("e0", stream: true), HttpCompletionOption.ResponseHeadersRead, leaving.Token))
        {
            var stream = await response.Content.ReadAsStreamAsync(Stop);
            (await stream.ReadAsync(new byte[16], Stop)).ShouldBeGreaterThan(0);
        }

        var spent = await world.SpentAsync();
        spent.SettledUsd.ShouldBe(0);
        spent.UnknownUsd.ShouldBeGreaterThanOrEqualTo(world.Endpoints[0].Statistics().CostUsd);
        spent.UnknownUsd.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(""","service_tier":"priority" """)]
    [InlineData(""","web_search_options":{}""")]
    public async Task What_cannot_be_bounded_is_refused_where_a_budget_is_set(string more)
    {
        await using var world = await GatewayWorld.StartAsync([new ScriptedEndpointOptions()], router: "  usd-per-day: 1\n");

        var response = await world.PostAsync(GatewayWorld.Body("e0", more: more));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync(Stop)).ShouldContain("unpriceable_field");
        world.Endpoints[0].Statistics().Requests.ShouldBe(0);
    }

    [Fact]
    public async Task What_a_killed_process_had_drawn_stays_charged()
    {
        var data = new InMemoryData(TimeProvider.System);
        var first = data.Open();
        var budgets = new Budgets(first.Spending, TimeProvider.System);
        BudgetPayer[] payers = [new("router", 1m)];
        var settled = await budgets.DrawAsync(payers, SpendPurpose.None, 0.01m, Stop);
        settled.Settle(0.004m, 0);
        await budgets.DrawAsync(payers, SpendPurpose.None, 0.01m, Stop);
        var payer = budgets.Today("router");

        first.Kill();

        var status = await data.Open().Spending.StatusAsync(payer, Stop);
        (status.SettledUsd + status.UnknownUsd).ShouldBeGreaterThanOrEqualTo(0.014m);
        status.UnknownUsd.ShouldBeLessThanOrEqualTo(0.02m, "of a cap a chunk takes two hundredths at most");
        status.ReservedUsd.ShouldBe(0);
    }

    [Fact]
    public async Task A_day_ends_at_midnight_and_a_call_belongs_to_the_day_on_which_it_was_drawn()
    {
        var time = new ManualTime();
        var store = new InMemoryData(time).Open();
        var budgets = new Budgets(store.Spending, time);
        BudgetPayer[] payers = [new("router", 0.01m)];
        var (yesterday, late) = (budgets.Today("router"), await budgets.DrawAsync(payers, SpendPurpose.None, 0.01m, Stop));
        await Should.ThrowAsync<BudgetReachedException>(async () => await budgets.DrawAsync(payers, SpendPurpose.None, 0.01m, Stop));

        time.Advance(TimeSpan.FromDays(1));
        var today = await budgets.DrawAsync(payers, SpendPurpose.None, 0.01m, Stop);
        late.Settle(0.007m, 0);
        today.Settle(0.002m, 0);
        await budgets.FlushAsync();

        (await store.Spending.StatusAsync(yesterday, Stop)).SettledUsd.ShouldBe(0.007m);
        (await store.Spending.StatusAsync(budgets.Today("router"), Stop)).SettledUsd.ShouldBe(0.002m);
        budgets.Today("router").ShouldNotBe(yesterday);
    }

    [Fact]
    public async Task Embeddings_are_passed_on_and_paid_for_by_the_same_budgets()
    {
        await using var world = await GatewayWorld.StartAsync([new ScriptedEndpointOptions()], router: "  usd-per-day: 0.001\n");

        var response = await world.SendAsync("/v1/embeddings", """{"model":"d9","input":"x"}""", HttpCompletionOption.ResponseContentRead, Stop);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var tooDear = await world.SendAsync("/v1/embeddings", $$"""{"model":"d0","input":"{{new string('x', 2000)}}"}""", HttpCompletionOption.ResponseContentRead, Stop);
        tooDear.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        world.Endpoints[0].Statistics().Requests.ShouldBe(0);
    }

    [Fact]
    public async Task Two_thousand_draws_share_a_few_reservations_and_add_up()
    {
        var store = new InMemoryData(TimeProvider.System).Open();
        var ledger = new CountingLedger(store.Spending);
        var budgets = new Budgets(ledger, TimeProvider.System);
        BudgetPayer[] payers = [new("key:a", 10m), new("router", 10m)];

        await Parallel.ForAsync(0, 2000, Stop, async (i, stop) =>
        {
            var draws = await budgets.DrawAsync(payers, SpendPurpose.None, 0.004m, stop);
            draws.Settle(0.001m, i % 10 == 0 ? 0.002m : 0);
        });
        await budgets.FlushAsync();

        foreach (var payer in new[] { "key:a", "router" })
        {
            var status = await store.Spending.StatusAsync(budgets.Today(payer), Stop);
            status.SettledUsd.ShouldBe(2m);
            status.UnknownUsd.ShouldBe(0.4m);
            status.ReservedUsd.ShouldBe(0);
        }

        ledger.Reservations.ShouldBeLessThan(400);
    }

    [Fact]
    public async Task What_a_call_does_not_use_goes_back_to_its_chunk()
    {
        var time = new ManualTime();
        var ledger = new CountingLedger(new InMemoryData(time).Open().Spending);
        var budgets = new Budgets(ledger, time);
        BudgetPayer[] payers = [new("router", null)];

        for (var i = 0; i < 1000; i++) (await budgets.DrawAsync(payers, SpendPurpose.None, 0.01m, Stop)).Settle(0.001m, 0);

        ledger.Reservations.ShouldBeLessThanOrEqualTo(4, "chunks of 8, 16, 32 and 64 bounds, of which a tenth is used");
    }

    [Theory]
    [InlineData(PlanKind.Cascade)]
    [InlineData(PlanKind.BestOf)]
    public async Task Judges_that_decide_are_paid_by_who_asks(PlanKind kind)
    {
        await using var world = await GatewayWorld.StartAsync(
            [new ScriptedEndpointOptions(), new ScriptedEndpointOptions()], router: "  usd-per-day: 5\n  judging: {judges: set, share: 0}\njudge-sets:\n  set: [clarity@d1]\n",
            policy: q => GatewayWorld.Choice(q, "e0", "e1") with { Kind = kind, Count = 2, Threshold = 0 });
        world.Caller = new GatewayCaller("k1", 5m, [], SeesAll: true);

        var route = await world.RouteAsync(await world.PostAsync(GatewayWorld.Body("auto")));

        var (charged, experts) = (world.Endpoints.Sum(static e => e.Statistics().CostUsd), route.GetProperty("cost_usd").GetDecimal());
        charged.ShouldBeGreaterThan(experts, "a judge was asked");
        foreach (var payer in new[] { "router", "key:k1" }) (await world.SpentAsync(payer)).SettledUsd.ShouldBe(charged);
    }

    private sealed class CountingLedger(ISpendLedger inner) : ISpendLedger
    {
        private int _reservations;

        public int Reservations => _reservations;

        public ValueTask SetCapAsync(string payer, decimal? capUsd, CancellationToken cancellationToken) => inner.SetCapAsync(payer, capUsd, cancellationToken);

        public ValueTask<SpendReservation?> ReserveAsync(string payer, SpendPurpose purpose, decimal amountUsd, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _reservations);
            return inner.ReserveAsync(payer, purpose, amountUsd, cancellationToken);
        }

        public ValueTask SettleAsync(SpendReservation reservation, long calls, decimal settledUsd, decimal unknownUsd) => inner.SettleAsync(reservation, calls, settledUsd, unknownUsd);

        public ValueTask<SpendStatus> StatusAsync(string payer, CancellationToken cancellationToken) => inner.StatusAsync(payer, cancellationToken);

        public ValueTask<IReadOnlyList<SpendEntry>> ListAsync(string? payer, CancellationToken cancellationToken) => inner.ListAsync(payer, cancellationToken);
    }
}
