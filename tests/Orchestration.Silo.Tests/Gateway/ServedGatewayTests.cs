using System.Net;
using System.Text.Json;
using Orchestration.Core.Access;
using Orchestration.Simulation;
using Orchestration.Storage;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Gateway;

/// <summary>The gateway as a part of a silo: behind keys, with the ledger, and through changes of the configuration.</summary>
public sealed class ServedGatewayTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_silo_answers_whoever_may_call_and_writes_the_route_down()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld(Yaml(endpoint, "small"));
        var (call, read) = (await world.KeyAsync(AccessRoles.Call, new KeyLimits { UsdPerDay = 1, Models = ["auto"] }), await world.KeyAsync(AccessRoles.Read));
        string route;
        await using (var silo = await world.StartAsync())
        {
            using var caller = SiloWorld.Client(silo, call);
            using var reader = SiloWorld.Client(silo, read);
            using var nobody = SiloWorld.Client(silo);

            var answer = await caller.PostAsync("/v1/chat/completions", Question("auto"), Stop);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Headers.GetValues("x-orchestration-expert").Single().ShouldBe("small");
            route = answer.Headers.GetValues("x-orchestration-route").Single();

            (await caller.PostAsync("/v1/chat/completions", Question("small"), Stop)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            (await reader.PostAsync("/v1/chat/completions", Question("auto"), Stop)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            var refused = await nobody.PostAsync("/v1/chat/completions", Question("auto"), Stop);
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            JsonDocument.Parse(await refused.Content.ReadAsStringAsync(Stop)).RootElement.GetProperty("error").GetProperty("code").GetString().ShouldBe("invalid_api_key");
            (await reader.GetAsync($"/v1/routes/{route}", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await using var store = await StoreLocation.OpenAsync(world.Options.Store, TimeProvider.System, world.Folder, static _ => { }, Stop);
        (await store.Routing.FindAsync(route, Stop)).ShouldNotBeNull().Outcome!.AnsweredBy.ShouldBe("small");
        var spent = await store.Spending.ListAsync(null, Stop);
        spent.Select(static e => e.Payer.Split(':')[0]).Distinct().Order(StringComparer.Ordinal).ShouldBe(["key", "router"]);
        spent.ShouldAllBe(static e => e.SettledUsd > 0 && e.UnknownUsd == 0);
    }

    [Fact]
    public async Task A_changed_configuration_serves_the_next_request()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld("rubrics: []\n");
        await using var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        (await client.PostAsync("/v1/chat/completions", Question("auto"), Stop)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        foreach (var expert in new[] { "small", "other" })
        {
            world.Configure(Yaml(endpoint, expert));
            await silo.ReloadAsync(Stop);
            var answer = await client.PostAsync("/v1/chat/completions", Question("auto"), Stop);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Headers.GetValues("x-orchestration-expert").Single().ShouldBe(expert);
        }
    }

    private static StringContent Question(string model) => SiloWorld.Json(GatewayWorld.Body(model));

    private static string Yaml(ScriptedEndpoint endpoint, string expert) =>
        $"deployments:\n  d: {{endpoint: \"{endpoint.ChatEndpoint}\", model: m, prices: {{input: 1, output: 4}}}}\nexperts:\n  {expert}: {{deployment: d}}\nrouter:\n  usd-per-day: 10\n  policies:\n    auto: {{rule: always, experts: [{expert}]}}\n";
}
