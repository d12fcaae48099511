using Microsoft.Playwright;
using Orchestration.Silo.Tests;
using Orchestration.Simulation;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Orchestration.Dashboard.Tests;

/// <summary>The overview, over a silo that judges, routes and has something to complain of.</summary>
public sealed class OverviewTests(Browser browser)
{
    private const string Routing = """
        experts:
          fast: {deployment: local}
          slow: {deployment: other}
        router:
          default: fast
          explore: 0
          policies:
            auto: {rule: always, experts: [fast]}
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silos_deployments_sweeps_traffic_and_alarms_are_shown_and_follow_what_happens()
    {
        await using var endpoint = await SweepTests.EndpointAsync();
        await using var world = new SiloWorld(Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        await SweepTests.StartAsync(silo.Address, SweepTests.Rows(200));
        await using var visit = await Visit.OpenAsync(browser, silo.Address);
        var page = visit.Page;
        await Expect(page.GetByText("Nothing needs looking at.")).ToBeVisibleAsync();
        var silos = page.GetByRole(AriaRole.Table, new() { Name = "Silos" });
        await Expect(silos).ToContainTextAsync("this one");
        await Expect(silos).ToContainTextAsync("alive");
        var deployments = page.GetByRole(AriaRole.Table, new() { Name = "Deployments" });
        await Expect(deployments.GetByRole(AriaRole.Row, new() { Name = "local" })).ToContainTextAsync("of 60K");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Sweeps" })).ToContainTextAsync("completed", new() { Timeout = 15_000 });

        // Something goes wrong, and is told without asking again.
        using var client = SiloWorld.Client(silo);
        using var held = await client.PostAsync("/v1/router/quarantine", SiloWorld.Json("""{"kind":"judge","name":"clarity","reason":"it drifts, as the weekly sample shows"}"""), Stop);
        held.EnsureSuccessStatusCode();
        var alarms = page.GetByRole(AriaRole.Region, new() { Name = "Alarms" });
        await Expect(alarms).ToContainTextAsync("it drifts, as the weekly sample shows");
        await Expect(page.Locator("#announcer")).ToContainTextAsync("1 alarm");
        await using (var second = await StartSecondAsync(world)) await Expect(silos.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        await Expect(silos).ToContainTextAsync("ended");

        var traffic = page.GetByRole(AriaRole.Region, new() { Name = "Routed traffic" });
        await Expect(traffic).ToContainTextAsync("Nothing was routed in the last hour.");
        for (var i = 0; i < 30; i++)
        {
            using var answer = await client.PostAsync("/v1/chat/completions", SiloWorld.Json($$"""{"model":"auto","messages":[{"role":"user","content":"What is {{i}} and why?"}]}"""), Stop);
            answer.EnsureSuccessStatusCode();
        }

        await Expect(traffic).ToContainTextAsync("Routed today30", new() { Timeout = 15_000 });
        await Expect(traffic).ToContainTextAsync("Routed per minute, over the last hour", new() { Timeout = 15_000 });
        await Expect(traffic).Not.ToContainTextAsync("Nothing was routed");
        await visit.ShouldFitAsync();
        await visit.PictureAsync("overview");
    }

    internal static string Configuration(ScriptedEndpoint endpoint) =>
        $$"""
        deployments:
          local:
            endpoint: {{endpoint.ChatEndpoint}}
            model: scripted-judge
            prices: {input: 0.40, cached: 0.10, output: 1.60, reasoning: 1.60}
            limits: {concurrency: 64, requests-per-minute: 60000, tokens-per-minute: 9000000}
          other:
            endpoint: {{endpoint.ChatEndpoint}}
            model: scripted-judge-2
            prices: {input: 2, cached: 1, output: 8, reasoning: 8}
        judge-sets:
          quick: [clarity@local, readability, structure]
        data-sets:
          samples: {pairs: [./rows.jsonl]}

        """ + Routing;

    private static async Task<Silo.Hosting.SiloHost> StartSecondAsync(SiloWorld world) => await Silo.Hosting.SiloHost.StartAsync(world.Options with { IsOpen = true }, Stop);
}
