using System.ClientModel;
using System.Net;
using OpenAI;
using OpenAI.Embeddings;
using Orchestration.Silo.Gateway;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Gateway;

/// <summary><c>/v1/embeddings</c>, passed on: what comes back, what it costs, and what is told where nothing does.</summary>
public sealed class EmbeddingsFrontTests
{
    private static readonly ScriptedEndpointOptions Plain = new() { EmbeddingDimensions = 16 };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_OpenAI_package_embeds_and_key_and_day_pay_what_the_endpoint_charged()
    {
        await using var world = await GatewayWorld.StartAsync([Plain], router: "  usd-per-day: 1\n");
        world.Caller = new GatewayCaller("k1", 0.5m, [], SeesAll: false);
        var client = new EmbeddingClient("d0", new ApiKeyCredential("any"), new OpenAIClientOptions { Endpoint = new Uri(world.Address, "/v1") });

        var vectors = (await client.GenerateEmbeddingsAsync(["the sea is salt", "the moon", "the sea is salt"], cancellationToken: Stop)).Value;

        vectors.Count.ShouldBe(3);
        vectors[0].ToFloats().Length.ShouldBe(16);
        vectors[0].ToFloats().ToArray().ShouldBe(vectors[2].ToFloats().ToArray());
        vectors[0].ToFloats().ToArray().ShouldNotBe(vectors[1].ToFloats().ToArray());
        var charged = world.Endpoints[0].Statistics().CostUsd;
        charged.ShouldBeGreaterThan(0);
        foreach (var payer in new[] { "router", "key:k1" })
        {
            var spent = await world.SpentAsync(payer);
            (spent.SettledUsd, spent.UnknownUsd, spent.ReservedUsd).ShouldBe((charged, 0m, 0m));
        }
    }

    [Fact]
    public async Task The_bytes_are_passed_on_with_the_endpoints_model_and_the_cost_in_a_header()
    {
        await using var world = await GatewayWorld.StartAsync([Plain]);

        var response = await EmbedAsync(world, """{"input":["a b"],"model":"d0","dimensions":8,"user":"u"}""");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var json = await world.JsonAsync(response);
        json.RootElement.GetProperty("model").GetString().ShouldBe("model-0");
        json.RootElement.GetProperty("data")[0].GetProperty("embedding").GetArrayLength().ShouldBe(8);
        response.Headers.GetValues(RouteHeaders.Cost).Single().ShouldBe(RouteHeaders.Usd(world.Endpoints[0].Statistics().CostUsd));
    }

    [Fact]
    public async Task No_cap_is_passed_by_embeddings_under_faults()
    {
        var faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.ServerError] = 0.15, [ScriptedFault.CutConnection] = 0.1, [ScriptedFault.NoUsage] = 0.1, [ScriptedFault.ConnectionReset] = 0.1 };
        await using var world = await GatewayWorld.StartAsync([Plain with { Faults = faults }], router: "  usd-per-day: 0.004\n");

        var answers = await Task.WhenAll(Enumerable.Range(0, 80).Select(i => EmbedAsync(world, $$"""{"model":"d0","input":"Text number {{i}}, of some length."}""")));

        var (spent, charged) = (await world.SpentAsync(), world.Endpoints[0].Statistics().CostUsd);
        spent.ReservedUsd.ShouldBe(0);
        spent.SettledUsd.ShouldBeLessThanOrEqualTo(charged);
        charged.ShouldBeLessThanOrEqualTo(spent.SettledUsd + spent.UnknownUsd);
        (spent.SettledUsd + spent.UnknownUsd).ShouldBeLessThanOrEqualTo(0.004m);
        answers.ShouldContain(static a => a.StatusCode == HttpStatusCode.OK);
        answers.ShouldContain(static a => a.StatusCode == HttpStatusCode.TooManyRequests, "the cap is below what was asked for");
    }

    [Fact]
    public async Task A_request_that_is_not_answered_in_time_is_told_so_and_what_it_may_have_cost_stays_charged()
    {
        await using var world = await GatewayWorld.StartAsync([Plain with { Faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.Hang] = 1 } }], router: "  deadline-seconds: 1\n");

        var response = await EmbedAsync(world, """{"model":"d0","input":"x"}""");

        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await response.Content.ReadAsStringAsync(Stop)).ShouldContain("deadline_exceeded");
        var spent = await world.SpentAsync();
        spent.UnknownUsd.ShouldBeGreaterThanOrEqualTo(world.Endpoints[0].Statistics().CostUsd);
        spent.UnknownUsd.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(ScriptedFault.ContextLength, HttpStatusCode.BadRequest, "context_length_exceeded")]
    [InlineData(ScriptedFault.InvalidKey, HttpStatusCode.BadGateway, "expert_misconfigured")]
    [InlineData(ScriptedFault.ServerError, HttpStatusCode.InternalServerError, "expert_failed")]
    [InlineData(ScriptedFault.ConnectionReset, HttpStatusCode.BadGateway, "deployment_unavailable")]
    [InlineData(ScriptedFault.RetryAfterSeconds, HttpStatusCode.TooManyRequests, "rate_limit_exceeded")]
    public async Task An_endpoint_that_cannot_is_told_in_OpenAIs_shape_without_keys(ScriptedFault fault, HttpStatusCode status, string code)
    {
        await using var world = await GatewayWorld.StartAsync([Plain with { RetryAfter = TimeSpan.FromSeconds(30), Faults = new Dictionary<ScriptedFault, double> { [fault] = 1 } }]);

        var response = await EmbedAsync(world, """{"model":"d0","input":"x"}""");

        response.StatusCode.ShouldBe(status);
        var text = await response.Content.ReadAsStringAsync(Stop);
        text.ShouldContain(code);
        text.ShouldNotContain(GatewayWorld.Key);
        (await world.SpentAsync()).SettledUsd.ShouldBe(0);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"input":"x"}""")]
    [InlineData("""{"model":"d0","model":"d0","input":"x"}""")]
    [InlineData("""{"model":1,"input":"x"}""")]
    public async Task A_body_that_is_none_is_refused_before_anything_is_sent(string body)
    {
        await using var world = await GatewayWorld.StartAsync([Plain]);

        (await EmbedAsync(world, body)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        world.Endpoints[0].Statistics().Requests.ShouldBe(0);
    }

    [Fact]
    public async Task A_key_may_name_only_its_models()
    {
        await using var world = await GatewayWorld.StartAsync([Plain]);
        world.Caller = new GatewayCaller("k1", null, ["auto"], SeesAll: false);

        (await EmbedAsync(world, """{"model":"d0","input":"x"}""")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    private static Task<HttpResponseMessage> EmbedAsync(GatewayWorld world, string body) => world.SendAsync("/v1/embeddings", body, HttpCompletionOption.ResponseContentRead, Stop);
}
