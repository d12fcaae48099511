using System.Net.Http.Json;
using System.Text.Json;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Routing;
using Orchestration.Orleans.Clients;
using Orchestration.Orleans.Hosting;
using Orchestration.Orleans.Tests.Grains;
using Orchestration.Orleans.Tests.Processes;
using Orchestration.Silo.Hosting;
using Orchestration.Simulation;
using Orchestration.Storage;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Hosting;

/// <summary>Policies that look at prompts through embeddings, asked of a silo by a client outside, beside the gateway's decisions with the same configuration.</summary>
public sealed class EmbeddedPolicyTests
{
    private static readonly string[] Prompts = ["array list loop index?", "moon song river rhyme?", "compile stack array def?", "petal ode sorrow verse?"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Decisions_are_the_gateways_and_what_their_embeddings_cost_stands_in_the_routes_and_the_books()
    {
        await using var routing = await EmbeddedRouting.CreateAsync();
        var expected = await ByGatewayAsync(routing);
        expected.Select(static route => route.Expert).Distinct().Count().ShouldBe(2, "prompts differ");
        var before = routing.Vectors.Statistics().EmbeddedTexts;
        decimal paid = 0;
        CallGraph calls = new();
        var options = Options(routing) with { ConfigureSilo = calls.Watch };
        await using (await OrleansSilo.StartAsync(options, Stop))
        {
            await using var client = await OrleansClient.ConnectAsync(options, Stop);
            var router = client.Actors.Router(RouterConfig.RouterName);
            for (var i = 0; i < Prompts.Length; i++)
            {
                var decision = await router.DecideAsync(new RouteRequest { Model = "auto", Prompt = new RoutingPrompt(Prompts[i]) }, Stop);
                Check(decision, expected[i]);
                decision.Choice.IsAbstention.ShouldBeFalse(decision.Choice.Reason);

                await router.CompleteAsync(new RouteOutcome { Decision = decision, Steps = [Asked(decision)], AnsweredBy = decision.Expert, Status = 200, CostUsd = 0.5m }, Stop);
                RouteRecord? found;
                while ((found = await router.FindAsync(decision.Id, Stop))?.Outcome is null) await Task.Yield();
                found.Outcome.Steps.Select(static step => (step.Expert, step.Role)).ShouldBe([("embedder", "embedding"), (decision.Expert, "first")]);
                found.Outcome.Steps[0].CostUsd.ShouldBeGreaterThan(0);
                found.Outcome.CostUsd.ShouldBe(0.5m + found.Outcome.Steps[0].CostUsd);
                paid += found.Outcome.Steps[0].CostUsd;
            }

            // Who names an expert asks for none.
            (await router.DecideAsync(new RouteRequest { Model = "coder", Prompt = new RoutingPrompt(Prompts[0]) }, Stop)).Embedding.ShouldBeNull();
        }

        calls.Check();
        calls.Seen.ShouldContain(("routerworker", "deployment"));

        // One more at the start, on the router's own account too.
        routing.Vectors.Statistics().EmbeddedTexts.ShouldBe(before + Prompts.Length + 1);
        (await SpentAsync(options)).Single().Value.ShouldBeGreaterThan(paid);
        (await SpentAsync(options)).Single().Key.ShouldBe("router");
    }

    [Theory]
    [InlineData(ScriptedOutage.Resets)]
    [InlineData(ScriptedOutage.Unavailable)]
    public async Task Where_the_endpoint_is_down_the_policy_abstains_for_the_same_reason_as_in_the_gateway(ScriptedOutage outage)
    {
        await using var routing = await EmbeddedRouting.CreateAsync();
        var expected = await ByGatewayAsync(routing, outage);
        expected[0].Reason.ShouldStartWith("abstained: no embedding of the prompt (");
        var options = Options(routing);
        await using var silo = await OrleansSilo.StartAsync(options, Stop);
        await using var client = await OrleansClient.ConnectAsync(options, Stop);
        await routing.Vectors.SetDownAsync(outage);

        var decision = await client.Actors.Router(RouterConfig.RouterName).DecideAsync(new RouteRequest { Model = "auto", Prompt = new RoutingPrompt(Prompts[0]) }, Stop);

        Check(decision, expected[0]);
        decision.Expert.ShouldBe("poet", "it is the default");
        decision.Choice.IsAbstention.ShouldBeTrue();
        decision.Embedding!.Value.Problem.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_key_pays_for_its_own_and_abstains_where_its_budget_has_no_room()
    {
        await using var routing = await EmbeddedRouting.CreateAsync();
        var options = Options(routing);
        var (poor, rich) = (await KeyAsync(options, 0.000_001m), await KeyAsync(options, 1));
        await using (await OrleansSilo.StartAsync(options, Stop))
        {
            await using var client = await OrleansClient.ConnectAsync(options, Stop);
            var router = client.Actors.Router(RouterConfig.RouterName);
            (await router.DecideAsync(new RouteRequest { Model = "auto", Prompt = new RoutingPrompt(Prompts[0]), Key = rich }, Stop)).Expert.ShouldBe("coder");
            var refused = await router.DecideAsync(new RouteRequest { Model = "auto", Prompt = new RoutingPrompt(Prompts[0]), Key = poor }, Stop);
            refused.Expert.ShouldBe("poet");
            refused.Choice.Reason.ShouldContain("no longer fits under today's budget");
        }

        var spent = await SpentAsync(options);
        spent["key:" + rich].ShouldBeGreaterThan(0);
        spent.GetValueOrDefault("key:" + poor).ShouldBe(0);
        spent["router"].ShouldBeGreaterThan(spent["key:" + rich]);
    }

    [Fact]
    public async Task Another_model_than_was_trained_on_is_an_error_before_the_silo_joins()
    {
        await using var routing = await EmbeddedRouting.CreateAsync();
        routing.Configure(model: "other-vectors");
        var failure = await Should.ThrowAsync<OrchestrationException>(() => OrleansSilo.StartAsync(Options(routing), Stop));
        failure.Code.ShouldBe(ErrorCodes.Configuration);
        failure.Message.ShouldContain("trained on embeddings of 'vectors', and deployment 'embedder' is configured with 'other-vectors'");
    }

    private static void Check(RouteDecision decision, Routed expected)
    {
        (decision.Expert, decision.Choice.Reason).ShouldBe((expected.Expert, expected.Reason));
        (decision.PolicyVersion, decision.FeaturesVersion).ShouldBe((expected.PolicyVersion, expected.FeaturesVersion));
        decision.Choice.Estimates.Select(static e => (e.Expert, double.IsNaN(e.Quality) ? (float?)null : (float)e.Quality)).ShouldBe(expected.Qualities);
    }

    private static RouteStep Asked(RouteDecision decision) => new(decision.Expert, "first", 200, 0.5m, 0, TimeSpan.FromMilliseconds(5), double.NaN, null);

    /// <summary>What the gateway decides of each prompt, with the endpoint of embeddings down from then on where one is named.</summary>
    private static async Task<Routed[]> ByGatewayAsync(EmbeddedRouting routing, ScriptedOutage? outage = null)
    {
        await using var gateway = await SiloHost.StartAsync(
            new SiloOptions
            {
                ConfigFile = routing.ConfigFile,
                Store = routing.At("gateway.db"),
                LocalFolder = routing.Folder,
                Address = "http://127.0.0.1:0",
                IsOpen = true,
                Environment = static _ => null,
                Time = TimeProvider.System,
            },
            Stop);
        using var client = new HttpClient { BaseAddress = gateway.Address };
        if (outage is { } down) await routing.Vectors.SetDownAsync(down);
        List<Routed> routes = [];
        foreach (var prompt in Prompts)
        {
            using var answer = await client.PostAsJsonAsync("/v1/chat/completions", new { model = "auto", messages = new[] { new { role = "user", content = prompt } } }, Stop);
            answer.EnsureSuccessStatusCode();
            using var shown = JsonDocument.Parse(await client.GetStringAsync("/v1/routes/" + answer.Headers.GetValues("x-orchestration-route").Single(), Stop));
            var route = shown.RootElement;
            routes.Add(new Routed(
                route.GetProperty("expert").GetString()!, route.GetProperty("reason").GetString()!, Text(route, "policy_version"), Text(route, "features_version"),
                [.. route.GetProperty("candidates").EnumerateArray().Select(static c => (c.GetProperty("expert").GetString()!, c.GetProperty("quality") is { ValueKind: JsonValueKind.Number } q ? q.GetSingle() : (float?)null))]));
            if (outage is not null) break;
        }

        if (outage is not null) await routing.Vectors.SetUpAsync();
        return [.. routes];
    }

    private static string Text(JsonElement route, string name) => route.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static async Task<Dictionary<string, decimal>> SpentAsync(OrleansOptions options)
    {
        await using var store = await StoreLocation.OpenAsync(options.Store, TimeProvider.System, Path.GetDirectoryName(options.Store), static _ => { }, Stop);
        return (await store.Spending.ListAsync(null, Stop)).Where(static e => e.Purpose.Deployment == "embedder").GroupBy(static e => e.Payer[..e.Payer.LastIndexOf(':')]).ToDictionary(static g => g.Key, static g => g.Sum(static e => e.SettledUsd));
    }

    private static async Task<string> KeyAsync(OrleansOptions options, decimal usdPerDay)
    {
        await using var store = await StoreLocation.OpenAsync(options.Store, TimeProvider.System, Path.GetDirectoryName(options.Store), static _ => { }, Stop);
        var (_, key) = ApiKey.Create(await ServerSecret.OfAsync(store.Access, static _ => null, Stop), "test", AccessRoles.Call, new KeyLimits { UsdPerDay = usdPerDay }, TimeProvider.System.GetUtcNow(), null);
        await store.Access.AddAsync(key, new AuditEntry("test", "key.create", key.Id), Stop);
        return key.Id;
    }

    private static OrleansOptions Options(EmbeddedRouting routing)
    {
        var (silo, gateway) = SiloProcess.FreePorts();
        return new OrleansOptions { Store = routing.At("store.db"), ConfigFile = routing.ConfigFile, LocalFolder = routing.Folder, Clustering = OrleansClustering.Localhost, SiloPort = silo, GatewayPort = gateway };
    }

    private sealed record Routed(string Expert, string Reason, string PolicyVersion, string FeaturesVersion, (string Expert, float? Quality)[] Qualities);
}
