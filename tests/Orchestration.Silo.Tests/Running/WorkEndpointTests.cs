using System.Net;
using System.Text.Json;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Silo.Tests.Sweeps;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Running;

/// <summary>What a scaler of workers asks.</summary>
public sealed class WorkEndpointTests
{
    private const string Token = "a-token-that-a-scaler-has-0123456789";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shards_that_wait_are_counted_and_none_are_left_when_they_are_done()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint));
        world.Environment["ORCHESTRATE_SCALER_TOKEN"] = Token;
        var writer = await world.KeyAsync(AccessRoles.Judge);
        var silo = await world.StartAsync(options: world.Options with { Slots = 0 });
        using var client = SiloWorld.Client(silo, writer);
        using var scaler = SiloWorld.Client(silo, Token);

        (await WorkAsync(scaler)).ShouldBe((0, 0, 0));
        await SweepServiceTests.StartAsync(client, "/v1/sweeps?judges=quick", SweepServiceTests.Rows(600));
        (await WorkAsync(scaler)).ShouldBe((1, 3, 0));

        await using var worker = await Hosting.SiloHost.StartAsync(world.Options with { IsOpen = true }, Stop);
        while (await WorkAsync(scaler) != (0, 0, 0)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
    }

    [Fact]
    public async Task The_scalers_token_opens_nothing_else_and_a_wrong_one_nothing_at_all()
    {
        await using var world = new SiloWorld();
        world.Environment["ORCHESTRATE_SCALER_TOKEN"] = Token;
        var caller = await world.KeyAsync(AccessRoles.Call);
        var silo = await world.StartAsync();
        using HttpClient scaler = SiloWorld.Client(silo, Token), wrong = SiloWorld.Client(silo, Token[..^1]), longer = SiloWorld.Client(silo, Token + "0"), call = SiloWorld.Client(silo, caller);

        (await scaler.GetAsync("/v1/work", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var path in new[] { "/v1/sweeps", "/v1/audit", "/v1/models", "/v1/aggregators" }) (await scaler.GetAsync(path, Stop)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
        (await wrong.GetAsync("/v1/work", Stop)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await longer.GetAsync("/v1/work", Stop)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await call.GetAsync("/v1/work", Stop)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Without_a_token_in_the_environment_none_matches_and_a_short_one_is_refused()
    {
        await using var world = new SiloWorld();
        using (var nobody = SiloWorld.Client(await world.StartAsync(), Token)) (await nobody.GetAsync("/v1/work", Stop)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        world.Environment["ORCHESTRATE_SCALER_TOKEN"] = "short";
        var failure = await Should.ThrowAsync<OrchestrationException>(() => world.StartAsync());
        failure.Message.ShouldContain("ORCHESTRATE_SCALER_TOKEN is shorter than 32 characters");
        failure.Message.ShouldNotContain("'short'");
    }

    private static async Task<(int Sweeps, int Shards, int InWork)> WorkAsync(HttpClient client)
    {
        var work = JsonElement.Parse(await client.GetStringAsync("/v1/work", Stop));
        return (work.GetProperty("sweeps").GetInt32(), work.GetProperty("shards").GetInt32(), work.GetProperty("in_work").GetInt32());
    }
}
