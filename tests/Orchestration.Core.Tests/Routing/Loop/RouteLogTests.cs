using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Loop;

/// <summary>When routes are written: after a moment, or as soon as enough wait.</summary>
public sealed class RouteLogTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 20_000)]
    public async Task Few_routes_wait_for_their_moment_and_enough_do_not()
    {
        var time = new ManualTime();
        var ledger = LedgerThatLooksBeforeTheCommit.Create();
        var router = new Router(Given.Services(time) with { Ledger = ledger }, Given.Setup(Given.Config("a"), new WeightedPolicy("auto", 1)));
        var batches = ((LedgerThatLooksBeforeTheCommit)(object)ledger).Batches.Reader;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var running = router.Log!.RunAsync(stop.Token);

        await CompleteAsync(router, RouteLog.Enough - 1);
        (await time.WaitBegunAsync(static _ => true)).ShouldBe(RouteLog.Gather);
        batches.TryRead(out _).ShouldBeFalse();
        time.Advance(RouteLog.Gather);
        (await batches.ReadAsync(Stop)).Length.ShouldBe(RouteLog.Enough - 1);

        // The clock stands still from here on.
        await CompleteAsync(router, 1);
        (await time.WaitBegunAsync(static _ => true)).ShouldBe(RouteLog.Gather);
        await CompleteAsync(router, RouteLog.Enough - 1);
        (await batches.ReadAsync(Stop)).Length.ShouldBe(RouteLog.Enough);

        await stop.CancelAsync();
        await running;
        time.Pending(static _ => true).ShouldBe(0);
    }

    private static async Task CompleteAsync(Router router, int count)
    {
        for (var i = 0; i < count; i++) await router.CompleteAsync(new RouteOutcome { Decision = router.Decide(), Steps = [], AnsweredBy = "a" }, Stop);
    }
}
