using System.Net;
using System.Text.Json;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Running;

/// <summary>The configuration is exchanged while requests go on.</summary>
public sealed class ConfigReloadTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Under_load_the_configuration_is_exchanged_forty_times_and_no_request_fails()
    {
        await using var one = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(15) }, cancellationToken: Stop);
        await using var two = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(15) }, cancellationToken: Stop);
        await using var world = new SiloWorld(SiloWorld.Configuration(one));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        using var done = new CancellationTokenSource();
        var (asked, failed) = (0, new List<string>());
        var load = Enumerable.Range(0, 8).Select(worker => Task.Run(
            async () =>
            {
                for (var i = 0; !done.IsCancellationRequested; i++)
                {
                    using var response = await client.PostAsync(
                        "/v1/judge", SiloWorld.Json($$"""{"pairs":[{"prompt":"{{worker}} {{i}}","answer":"a"}],"judges":["quick"]}"""), Stop);
                    var text = await response.Content.ReadAsStringAsync(Stop);
                    Interlocked.Increment(ref asked);
                    if (response.StatusCode != HttpStatusCode.OK || text.Contains("unscored\":{\"", StringComparison.Ordinal))
                    {
                        lock (failed) failed.Add(text);
                    }
                }
            },
            Stop)).ToArray();
        for (var swap = 0; swap < 40; swap++)
        {
            world.Configure(SiloWorld.Configuration(swap % 2 == 0 ? two : one));
            using var response = await client.PostAsync("/v1/config/reload", null, Stop);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);

            // Something is asked and answered between one swap and the next, however busy the machine.
            var seen = Volatile.Read(ref asked);
            while (Volatile.Read(ref asked) == seen && !load.Any(static l => l.IsCompleted)) await Task.Yield();
        }

        await done.CancelAsync();
        await Task.WhenAll(load);
        failed.ShouldBeEmpty();
        asked.ShouldBeGreaterThanOrEqualTo(40);
        one.Statistics().Requests.ShouldBeGreaterThan(0);
        two.Statistics().Requests.ShouldBeGreaterThan(0);
        silo.State.ConfigGeneration.ShouldBeGreaterThanOrEqualTo(41);
    }

    [Fact]
    public async Task A_file_that_is_wrong_is_refused_with_its_message_and_what_was_stays()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        world.Configure("deployments:\n  local: {endpoint: nowhere}\n");
        using var refused = await client.PostAsync("/v1/config/reload", null, Stop);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = JsonElement.Parse(await refused.Content.ReadAsStringAsync(Stop));
        problem.GetProperty("code").GetString().ShouldBe("configuration");
        problem.GetProperty("detail").GetString()!.ShouldContain("orchestration.yaml:2");
        (await client.GetStringAsync("/v1/judges", Stop)).ShouldContain("quick");
        (await client.GetAsync("/health/ready", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
        silo.State.ConfigGeneration.ShouldBe(1);
    }

    [Fact]
    public async Task A_file_that_changes_is_taken_by_itself_within_a_few_seconds_and_the_change_is_on_record()
    {
        await using var world = new SiloWorld("judge-sets:\n  before: [readability]\n");
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        world.Configure("judge-sets:\n  after: [readability]\n");
        var began = TimeProvider.System.GetTimestamp();
        while (!(await client.GetStringAsync("/v1/judges", Stop)).Contains("after", StringComparison.Ordinal)) TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(5));
        string audit;
        do
        {
            audit = await client.GetStringAsync("/v1/audit", Stop);
        }
        while (!audit.Contains("config.reload", StringComparison.Ordinal) && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(6));
        audit.ShouldContain("config.reload");
    }

    [Fact]
    public async Task A_deployment_that_stays_as_it_was_keeps_its_connections()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        var before = silo.State.Deployments.Chat("local");
        world.Configure(SiloWorld.Configuration(endpoint, "  other: [readability]\n"));
        await silo.ReloadAsync(Stop);
        silo.State.Deployments.Chat("local").ShouldBeSameAs(before);
        world.Configure(SiloWorld.Configuration(endpoint).Replace("concurrency: 64", "concurrency: 8", StringComparison.Ordinal));
        await silo.ReloadAsync(Stop);
        silo.State.Deployments.Chat("local").ShouldNotBeSameAs(before);
    }
}
