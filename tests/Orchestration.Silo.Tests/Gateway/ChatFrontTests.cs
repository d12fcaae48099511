using System.ClientModel;
using System.Net;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using Orchestration.Silo.Gateway;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Gateway;

/// <summary>The front as its clients see it.</summary>
public sealed class ChatFrontTests
{
    private static readonly ScriptedEndpointOptions Plain = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_named_expert_answers_with_the_endpoints_own_bytes()
    {
        await using var world = await GatewayWorld.StartAsync([Plain, Plain]);

        var response = await world.PostAsync(GatewayWorld.Body("e1"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var json = await world.JsonAsync(response);
        json.RootElement.GetProperty("model").GetString().ShouldBe("model-1");
        json.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!.ShouldContain("sea");
        response.Headers.GetValues(RouteHeaders.Expert).Single().ShouldBe("e1");
        response.Headers.GetValues(RouteHeaders.Aggregator).Single().ShouldBe("none");
        response.Headers.GetValues(RouteHeaders.Cost).Single().ShouldBe(RouteHeaders.Usd(world.Endpoints[1].Statistics().CostUsd));
        world.Endpoints[0].Statistics().Requests.ShouldBe(0);
    }

    [Fact]
    public async Task A_route_says_who_answered_why_and_what_it_cost()
    {
        await using var world = await GatewayWorld.StartAsync([Plain, Plain], policy: static q => GatewayWorld.Choice(q, "e1", "e0"));

        var response = await world.PostAsync(GatewayWorld.Body("auto"));
        var route = await world.RouteAsync(response);

        route.GetProperty("policy").GetString().ShouldBe("auto");
        route.GetProperty("answered_by").GetString().ShouldBe("e1");
        route.GetProperty("reason").GetString().ShouldBe("as the test says");
        route.GetProperty("candidates").GetArrayLength().ShouldBe(2);
        route.GetProperty("candidates")[0].GetProperty("quality").GetDouble().ShouldBe(0.5);
        var call = route.GetProperty("calls").EnumerateArray().Single();
        call.GetProperty("role").GetString().ShouldBe("first");
        call.GetProperty("cost_usd").GetDecimal().ShouldBe(world.Endpoints[1].Statistics().CostUsd);
        (await world.Client.GetAsync("/v1/routes/r_00000000000000000000000000", Stop)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        world.Caller = new GatewayCaller("other", null, [], SeesAll: false);
        (await world.Client.GetAsync($"/v1/routes/{response.Headers.GetValues(RouteHeaders.Route).Single()}", Stop)).StatusCode.ShouldBe(HttpStatusCode.NotFound, "another key's route is as unknown as none");
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(""","stream_options":{"include_usage":true}""", true)]
    [InlineData(""","stream_options":{"include_usage":false}""", false)]
    [InlineData(""","stream_options":{}""", false)]
    [InlineData(""","stream_options":null""", false)]
    public async Task A_stream_has_its_usage_where_the_client_asked_and_is_paid_for_either_way(string more, bool hasUsage)
    {
        await using var world = await GatewayWorld.StartAsync([Plain]);

        var response = await world.PostAsync(GatewayWorld.Body("auto", stream: true, more: more));
        var text = await response.Content.ReadAsStringAsync(Stop);

        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        text.Contains("\"completion_tokens\"", StringComparison.Ordinal).ShouldBe(hasUsage);
        text.ShouldEndWith("data: [DONE]\n\n");
        text.ShouldContain($"cost-usd={RouteHeaders.Usd(world.Endpoints[0].Statistics().CostUsd)}");
        var spent = await world.SpentAsync();
        spent.SettledUsd.ShouldBe(world.Endpoints[0].Statistics().CostUsd);
        spent.SettledUsd.ShouldBeGreaterThan(0);
        spent.UnknownUsd.ShouldBe(0);
    }

    [Theory]
    [InlineData("{", HttpStatusCode.BadRequest, "invalid_request")]
    [InlineData("[]", HttpStatusCode.BadRequest, "invalid_request")]
    [InlineData("""{"messages":[]}""", HttpStatusCode.BadRequest, "invalid_request")]
    [InlineData("""{"model":"auto"}""", HttpStatusCode.BadRequest, "invalid_request")]
    [InlineData("""{"model":"e0","model":"e1","messages":[]}""", HttpStatusCode.BadRequest, "invalid_request")]
    [InlineData("""{"model":"e0","n":1,"n":100,"messages":[]}""", HttpStatusCode.BadRequest, "invalid_request")]
    [InlineData("""{"model":"e0","max_tokens":-1,"messages":[]}""", HttpStatusCode.BadRequest, "invalid_request")]
    [InlineData("""{"model":"gpt-nothing","messages":[]}""", HttpStatusCode.NotFound, "model_not_found")]
    public async Task A_request_that_cannot_be_served_is_told_why_in_OpenAIs_shape(string body, HttpStatusCode status, string code)
    {
        await using var world = await GatewayWorld.StartAsync([Plain]);

        var response = await world.PostAsync(body);

        response.StatusCode.ShouldBe(status);
        using var json = await world.JsonAsync(response);
        var error = json.RootElement.GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe(code);
        error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        error.GetProperty("type").GetString().ShouldBe("invalid_request_error");
        world.Endpoints[0].Statistics().Requests.ShouldBe(0);
    }

    [Fact]
    public async Task A_body_larger_than_the_limit_is_refused_with_413()
    {
        await using var world = await GatewayWorld.StartAsync([Plain], limits: new GatewayLimits { BodyBytes = 1024 * 1024 });

        (await world.PostAsync(GatewayWorld.Body("e0", new string('x', 2 * 1024 * 1024)))).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await world.PostAsync(GatewayWorld.Body("e0", new string('x', 512 * 1024)))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_body_above_the_servers_usual_limit_is_taken_where_the_gateway_takes_it()
    {
        await using var world = await GatewayWorld.StartAsync([Plain]);

        (await world.PostAsync(GatewayWorld.Body("e0", new string('x', 31_000_000)))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task More_requests_than_may_wait_are_told_when_to_come_again()
    {
        var held = new TaskCompletionSource();
        await using var world = await GatewayWorld.StartAsync(
            [new ScriptedEndpointOptions { Respond = _ => { held.Task.Wait(Stop); return null; } }], limits: new GatewayLimits { Concurrency = 1, Waiting = 1, LongestWait = TimeSpan.FromSeconds(20) });
        var first = world.PostAsync(GatewayWorld.Body("e0"));
        while (world.Gateway.Load.Inside == 0) await Task.Yield();
        var second = world.PostAsync(GatewayWorld.Body("e0"));
        while (world.Gateway.Load.Waiting == 0) await Task.Yield();

        var third = await world.PostAsync(GatewayWorld.Body("e0"));

        third.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        third.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        held.SetResult();
        (await first).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await second).StatusCode.ShouldBe(HttpStatusCode.OK);

        // The place is given back after the last byte, which the client may have a moment before.
        while (world.Gateway.Load != (0, 0)) await Task.Yield();
    }

    [Fact]
    public async Task The_models_are_the_policies_and_the_experts()
    {
        await using var world = await GatewayWorld.StartAsync([Plain, Plain]);

        using var list = JsonDocument.Parse(await world.Client.GetStringAsync("/v1/models", Stop));

        list.RootElement.GetProperty("data").EnumerateArray().Select(static m => m.GetProperty("id").GetString()).ShouldBe(["auto", "e0", "e1"]);
        (await world.Client.GetAsync("/v1/models/e1", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await world.Client.GetAsync("/v1/models/e9", Stop)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_key_may_name_only_its_models()
    {
        await using var world = await GatewayWorld.StartAsync([Plain, Plain]);
        world.Caller = new GatewayCaller("k1", null, ["e1"], SeesAll: false);

        (await world.PostAsync(GatewayWorld.Body("e1"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await world.PostAsync(GatewayWorld.Body("auto"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_OpenAI_package_completes_streams_and_is_told_errors()
    {
        await using var world = await GatewayWorld.StartAsync([Plain]);
        var client = new ChatClient("auto", new ApiKeyCredential("any"), new OpenAIClientOptions { Endpoint = new Uri(world.Address, "/v1") });
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 64 };
        options.Tools.Add(ChatTool.CreateFunctionTool("weather", "Tells the weather.", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}""")));

        var whole = await client.CompleteChatAsync([new UserChatMessage("Is the sea salt?")], options, Stop);
        var parts = "";
        ChatTokenUsage? usage = null;
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("Is the sea salt?")], options, Stop))
        {
            parts += string.Concat(update.ContentUpdate.Select(static p => p.Text));
            usage ??= update.Usage;
        }

        whole.Value.Content[0].Text.ShouldNotBeNullOrEmpty();
        parts.ShouldBe(whole.Value.Content[0].Text);
        usage.ShouldNotBeNull();
        var unknown = new ChatClient("nothing", new ApiKeyCredential("any"), new OpenAIClientOptions { Endpoint = new Uri(world.Address, "/v1") });
        (await Should.ThrowAsync<ClientResultException>(async () => await unknown.CompleteChatAsync([new UserChatMessage("Hello")], null, Stop))).Status.ShouldBe(404);
    }
}
