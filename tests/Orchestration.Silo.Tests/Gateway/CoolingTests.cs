using System.Net;
using Orchestration.Core.Routing;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Gateway;

/// <summary>All experts cool down at once: short pauses are waited for, long ones are told.</summary>
public sealed class CoolingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_waits_for_the_first_of_them_and_is_answered()
    {
        await using var world = await StartAsync();
        Busy(world, "e0", 4);
        Busy(world, "e1", 2);

        var asking = world.PostAsync(GatewayWorld.Body("auto"));
        await _time.WaitBegunAsync(static wait => wait == TimeSpan.FromSeconds(2)).WaitAsync(Patience, Stop);
        asking.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(2));

        var response = await asking.WaitAsync(Patience, Stop);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues(Silo.Gateway.RouteHeaders.Expert).Single().ShouldBe("e1");
    }

    [Fact]
    public async Task It_waits_for_five_seconds_in_all_and_then_is_told_when_to_come_again()
    {
        await using var world = await StartAsync();
        Busy(world, "e0", 60);
        Busy(world, "e1", 4);

        var asking = world.PostAsync(GatewayWorld.Body("auto"));
        await _time.WaitBegunAsync(static wait => wait == TimeSpan.FromSeconds(4)).WaitAsync(Patience, Stop);

        // Another's request met it meanwhile.
        Busy(world, "e1", 7);
        _time.Advance(TimeSpan.FromSeconds(4));

        await ShouldBeToldAsync(await asking.WaitAsync(Patience, Stop), world, 3);
    }

    [Theory]
    [InlineData("", 6)]
    [InlineData("  deadline-seconds: 1\n", 2)]
    public async Task What_takes_longer_or_more_than_the_request_has_is_told_at_once(string router, int seconds)
    {
        await using var world = await StartAsync(router);
        Busy(world, "e0", seconds);
        Busy(world, "e1", seconds + 1);

        await ShouldBeToldAsync(await world.PostAsync(GatewayWorld.Body("auto")).WaitAsync(Patience, Stop), world, seconds);
    }

    [Fact]
    public async Task A_client_that_leaves_while_it_waits_leaves_nothing_behind()
    {
        await using var world = await StartAsync();
        Busy(world, "e0", 3);
        Busy(world, "e1", 3);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Stop);

        var asking = world.PostAsync(GatewayWorld.Body("auto"), leaving.Token);
        await _time.WaitBegunAsync(static wait => wait == TimeSpan.FromSeconds(3)).WaitAsync(Patience, Stop);
        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => asking);
        while (world.Gateway.Load.Inside > 0) await Task.Yield();
        world.Endpoints.Sum(static endpoint => endpoint.Statistics().Requests).ShouldBe(0);
    }

    private static async Task ShouldBeToldAsync(HttpResponseMessage response, GatewayWorld world, int seconds)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(seconds));
        using var json = await world.JsonAsync(response);
        json.RootElement.GetProperty("error").GetProperty("code").GetString().ShouldBe("no_expert_available");
    }

    private static void Busy(GatewayWorld world, string expert, int seconds) =>
        world.Router.Observe(expert, new ExpertCall(ExpertCallKind.Busy, TimeSpan.Zero, TimeSpan.FromSeconds(seconds)));

    private Task<GatewayWorld> StartAsync(string router = "") =>
        GatewayWorld.StartAsync([new ScriptedEndpointOptions(), new ScriptedEndpointOptions()], router: router, policy: static q => GatewayWorld.Choice(q, [.. q.Offers.Select(static offer => offer.Expert)]), time: _time);
}
