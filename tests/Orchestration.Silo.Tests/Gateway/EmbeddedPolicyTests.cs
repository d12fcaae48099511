using System.Globalization;
using System.Net;
using System.Text.Json;
using Orchestration.Backends;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Routing.Features;
using Orchestration.Core.Routing.Models;
using Orchestration.Silo.Hosting;
using Orchestration.Simulation;
using Orchestration.Storage;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Gateway;

/// <summary>A policy whose model looks at prompts through embeddings, served: by an endpoint that answers, is slow, is down, or is another one than was trained on.</summary>
public sealed class EmbeddedPolicyTests
{
    private static readonly string[] Code = ["def", "return", "loop", "list", "index", "array", "compile", "stack"];
    private static readonly string[] Verse = ["moon", "verse", "rhyme", "river", "sorrow", "petal", "ode", "song"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("best")]
    [InlineData("thompson")]
    public async Task Each_prompt_is_embedded_and_paid_for_by_who_asks(string rule)
    {
        await using var chat = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var vectors = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld();
        await TrainAsync(world, vectors);
        world.Configure(Yaml(chat, vectors, $"rule: {rule}, model: routing.bin"));
        var key = await world.KeyAsync(AccessRoles.Call | AccessRoles.Read, new KeyLimits { UsdPerDay = 1 });
        decimal paid = 0;
        await using (var silo = await world.StartAsync())
        {
            using var client = SiloWorld.Client(silo, key);
            var (code, codeRoute) = await AskAsync(client, "array list loop index?");
            var (verse, verseRoute) = await AskAsync(client, "moon song river rhyme?");

            if (rule == "best") (code, verse).ShouldBe(("coder", "poet"));
            foreach (var route in new[] { codeRoute, verseRoute })
            {
                var calls = route.GetProperty("calls").EnumerateArray().ToArray();
                calls.Select(static c => c.GetProperty("role").GetString()).ShouldBe(["embedding", "first"]);
                calls[0].GetProperty("expert").GetString().ShouldBe("embedder");
                calls[0].GetProperty("cost_usd").GetDecimal().ShouldBeGreaterThan(0);
                route.GetProperty("cost_usd").GetDecimal().ShouldBe(calls.Sum(static c => c.GetProperty("cost_usd").GetDecimal()));
                paid += calls[0].GetProperty("cost_usd").GetDecimal();
            }
        }

        // One more was asked for at the start, on the router's own account.
        vectors.Statistics().EmbeddedTexts.ShouldBe(Prompts().Length + 3);
        await using var store = await StoreLocation.OpenAsync(world.Options.Store, TimeProvider.System, world.Folder, static _ => { }, Stop);
        var spent = (await store.Spending.ListAsync(null, Stop)).Where(static e => e.Purpose.Deployment == "embedder").ToDictionary(static e => e.Payer.Split(':')[0], static e => e.SettledUsd);
        spent["key"].ShouldBe(paid);
        spent["router"].ShouldBeGreaterThan(paid);
    }

    [Theory]
    [InlineData(ScriptedFault.Hang, "none within 100 ms")]
    [InlineData(ScriptedFault.ServerError, "500")]
    [InlineData(ScriptedFault.NoChoices, "no embeddings")]
    [InlineData(ScriptedFault.LengthCut, "it has 32 numbers, not the 64")]
    public async Task Where_no_embedding_comes_the_default_expert_answers_at_once_and_the_route_says_why(ScriptedFault fault, string why)
    {
        await using var chat = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var good = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);

        // The trial at the start is the first attempt of its content; no other is good.
        await using var bad = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Faults = new Dictionary<ScriptedFault, double> { [fault] = 1 }, FirstAttempts = [] }, cancellationToken: Stop);
        await using var world = new SiloWorld();
        await TrainAsync(world, good);
        world.Configure(Yaml(chat, good, "rule: best, model: routing.bin", "  embedding-wait-seconds: 0.1\n"));
        await using var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        (await AskAsync(client, "array list loop index?")).Expert.ShouldBe("coder");

        if (fault == ScriptedFault.LengthCut) await Should.ThrowAsync<OrchestrationException>(async () => await ReloadAsync(bad));
        else await ReloadAsync(bad);
        if (fault == ScriptedFault.LengthCut) return;

        var began = TimeProvider.System.GetTimestamp();
        var (expert, route) = await AskAsync(client, "array list loop index stack?");
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(3));
        expert.ShouldBe("poet", "it is the default");
        route.GetProperty("reason").GetString().ShouldStartWith("abstained: no embedding of the prompt (");
        route.GetProperty("reason").GetString()!.ShouldContain(why);
        var call = route.GetProperty("calls")[0];
        call.GetProperty("role").GetString().ShouldBe("embedding");
        call.GetProperty("problem").GetString()!.ShouldContain(why);
        if (fault == ScriptedFault.Hang) call.GetProperty("unknown_usd").GetDecimal().ShouldBeGreaterThan(0, "it may have been charged");
        lock (world.Notes) world.Notes.ShouldContain(static n => n.Contains("could not be tried", StringComparison.Ordinal));

        async Task ReloadAsync(ScriptedEndpoint embedder)
        {
            world.Configure(Yaml(chat, embedder, "rule: best, model: routing.bin", "  embedding-wait-seconds: 0.1\n"));
            await silo.ReloadAsync(Stop);
        }
    }

    [Fact]
    public async Task A_plan_without_its_embedding_goes_by_the_means_and_says_so()
    {
        await using var chat = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var vectors = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld();
        await TrainAsync(world, vectors);
        world.Configure(Yaml(chat, vectors, "rule: best-of, model: routing.bin, count: 2", "  embedding-wait-seconds: 0.2\n  judging: {judges: quick, share: 0}\njudge-sets:\n  quick: [structure]\n"));
        await using var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        await vectors.SetDownAsync(ScriptedOutage.Resets);

        var (_, route) = await AskAsync(client, "array list?");

        route.GetProperty("reason").GetString()!.ShouldContain("by the means of the history: no embedding of the prompt");
        route.GetProperty("calls").GetArrayLength().ShouldBe(3);
    }

    [Fact]
    public async Task A_budget_without_room_for_the_embedding_abstains_rather_than_passing_its_cap()
    {
        await using var chat = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var vectors = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld();
        await TrainAsync(world, vectors);
        world.Configure(Yaml(chat, vectors, "rule: best, model: routing.bin", prices: "{input: 5000, output: 0}"));
        var key = await world.KeyAsync(AccessRoles.Call | AccessRoles.Read, new KeyLimits { UsdPerDay = 0.01m });
        await using var silo = await world.StartAsync();
        using var client = SiloWorld.Client(silo, key);
        var before = vectors.Statistics().EmbeddedTexts;

        var (expert, route) = await AskAsync(client, "array list loop index?");

        expert.ShouldBe("poet");
        route.GetProperty("reason").GetString()!.ShouldContain("no longer fits under today's budget");
        vectors.Statistics().EmbeddedTexts.ShouldBe(before);
    }

    [Theory]
    [InlineData("embedder", "model: other-vectors", 64, "trained on embeddings of 'vectors', and deployment 'embedder' is configured with 'other-vectors'")]
    [InlineData("embedder", "model: vectors", 32, "trained on embeddings of 64 numbers, and deployment 'embedder' gives 32")]
    [InlineData("elsewhere", "model: vectors", 64, "trained on embeddings by deployment 'embedder', which is not configured")]
    public async Task Another_model_than_was_trained_on_is_an_error_at_the_start_with_its_cure(string deployment, string model, int dimensions, string message)
    {
        await using var chat = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var good = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var other = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { EmbeddingDimensions = dimensions }, cancellationToken: Stop);
        await using var world = new SiloWorld();
        await TrainAsync(world, good);
        var wrong = Yaml(chat, other, "rule: best, model: routing.bin").Replace("embedder:", deployment + ":", StringComparison.Ordinal).Replace("model: vectors", model, StringComparison.Ordinal);
        world.Configure(wrong);

        (await Should.ThrowAsync<OrchestrationException>(async () => await world.StartAsync(open: true))).Message.ShouldContain(message);

        // A running silo refuses it too, and stays as it was.
        world.Configure(Yaml(chat, good, "rule: best, model: routing.bin"));
        await using var silo = await world.StartAsync(open: true);
        world.Configure(wrong);
        (await Should.ThrowAsync<OrchestrationException>(async () => await silo.ReloadAsync(Stop))).Message.ShouldContain(message);
        using var client = SiloWorld.Client(silo);
        (await AskAsync(client, "array list loop index?")).Expert.ShouldBe("coder");
    }

    private static async Task<(string Expert, JsonElement Route)> AskAsync(HttpClient client, string prompt)
    {
        using var response = await client.PostAsync("/v1/chat/completions", SiloWorld.Json(GatewayWorld.Body("auto", prompt)), Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        var id = response.Headers.GetValues("x-orchestration-route").Single();
        while (true)
        {
            using var shown = JsonDocument.Parse(await client.GetStringAsync($"/v1/routes/{id}", Stop));
            if (shown.RootElement.TryGetProperty("calls", out _)) return (response.Headers.GetValues("x-orchestration-expert").Single(), shown.RootElement.Clone());
            await Task.Yield();
        }
    }

    private static async Task TrainAsync(SiloWorld world, ScriptedEndpoint vectors)
    {
        var prompts = Prompts();
        string[] groups = [.. prompts.Select((_, i) => i % 2 == 0 ? "code" : "verse")];
        double[] quality = [.. prompts.SelectMany((_, i) => i % 2 == 0 ? new[] { 0.9, 0.3 } : [0.2, 0.9])];
        var matrix = new RoutingMatrix(["coder", "poet"], [.. prompts.Select(static (_, i) => i.ToString(CultureInfo.InvariantCulture))], prompts, groups, quality);
        var config = new DeploymentConfig { Name = "embedder", Endpoint = vectors.ChatEndpoint, Model = new ModelIdentity("", "vectors", "") };
        using var deployment = new OpenAiEmbeddingDeployment(config, new DeploymentServices { Time = TimeProvider.System, Environment = static _ => null });
        var fetch = await new EmbeddingSource(deployment, null, null, TimeProvider.System).FetchAsync(prompts, "p", 1, null, Stop);
        await RoutingModelFile.SaveAsync(RoutingTrainer.Train(matrix, new RoutingTraining { Clusters = 4, Neighbours = 10 }, fetch.Embeddings), Path.Combine(world.Folder, "routing.bin"), Stop);
    }

    private static string[] Prompts()
    {
        var random = new Random(3);
        string[] Words(int i) => i % 2 == 0 ? Code : Verse;
        return [.. Enumerable.Range(0, 120).Select(i => string.Join(' ', Enumerable.Range(0, 6).Select(_ => Words(i)[random.Next(8)])) + "?").Select(static (p, i) => string.Create(CultureInfo.InvariantCulture, $"{p} {i}"))];
    }

    private static string Yaml(ScriptedEndpoint chat, ScriptedEndpoint vectors, string policy, string more = "", string prices = "{input: 1, output: 0}") =>
        $"deployments:\n  d: {{endpoint: \"{chat.ChatEndpoint}\", model: m, prices: {{input: 1, output: 4}}}}\n  embedder: {{endpoint: \"{vectors.ChatEndpoint}\", model: vectors, prices: {prices}}}\n"
        + $"experts:\n  coder: {{deployment: d, max-output-tokens: 100}}\n  poet: {{deployment: d, max-output-tokens: 100}}\nrouter:\n  default: poet\n  explore: 0\n  policies:\n    auto: {{{policy}}}\n{more}";
}
