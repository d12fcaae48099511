using System.Diagnostics;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Telemetry;

/// <summary>What calls say to OpenTelemetry, and what they keep to themselves.</summary>
public sealed class ExchangeTelemetryTests
{
    private const string Prompt = "Is the sea salt at Brighton?";

    private static readonly TokenUsage Usage = new(1000, 600, 200, 50);

    private static readonly ScriptedReply Reply = new() { Text = "It is salt at Hove too.", Usage = Usage };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_has_a_span_and_measurements_by_the_conventions()
    {
        using var probe = new TelemetryProbe("telemetry-call");
        await using var test = await StartAsync("telemetry-call", new ScriptedEndpointOptions { Respond = _ => Reply });

        await test.Chat.CompleteAsync(TestDeployment.Request(Prompt) with { Origin = new CallOrigin("sweep-7", "relevance@telemetry-call") }, Stop);

        var span = probe.Spans.ShouldHaveSingleItem();
        span.DisplayName.ShouldBe("chat gpt-4.1-mini");
        span.Kind.ShouldBe(ActivityKind.Client);
        span.Status.ShouldBe(ActivityStatusCode.Unset);
        span.GetTagItem("gen_ai.operation.name").ShouldBe("chat");
        span.GetTagItem("gen_ai.provider.name").ShouldBe("openai");
        span.GetTagItem("gen_ai.request.model").ShouldBe("gpt-4.1-mini");
        span.GetTagItem("gen_ai.request.max_tokens").ShouldBe(64);
        span.GetTagItem("gen_ai.response.model").ShouldNotBeNull();
        span.GetTagItem("gen_ai.response.id").ShouldNotBeNull();
        span.GetTagItem("gen_ai.response.finish_reasons").ShouldBe(new[] { "stop" });
        span.GetTagItem("gen_ai.usage.input_tokens").ShouldBe(1000L);
        span.GetTagItem("gen_ai.usage.output_tokens").ShouldBe(200L);
        span.GetTagItem("gen_ai.usage.cache_read.input_tokens").ShouldBe(600L);
        span.GetTagItem("gen_ai.usage.reasoning.output_tokens").ShouldBe(50L);
        span.GetTagItem("server.address").ShouldBe("127.0.0.1");
        span.GetTagItem("server.port").ShouldBe(test.Endpoint.Address.Port);
        span.GetTagItem("orchestration.judge").ShouldBe("relevance@telemetry-call");
        span.GetTagItem("orchestration.payer").ShouldBe("sweep-7");

        var (_, tags) = probe.Of("gen_ai.client.operation.duration").ShouldHaveSingleItem();
        tags.Keys.ShouldBe(["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "orchestration.deployment", "gen_ai.response.model", "server.address", "server.port"], ignoreOrder: true);
        probe.Of("gen_ai.client.token.usage").Select(m => (m.Tags["gen_ai.token.type"], m.Value)).ShouldBe([("input", 1000.0), ("output", 200.0)]);
        probe.Of("orchestration.call.queue.duration").Count.ShouldBe(1);
        probe.Of("orchestration.call.retries").ShouldBeEmpty();

        // 400 at 0.40, 600 at 0.10, 150 at 1.60, 50 at 3.20 dollars per million.
        probe.Of("orchestration.call.cost").ShouldHaveSingleItem().Value.ShouldBe(0.00062, 1e-12);
    }

    [Fact]
    public async Task Neither_texts_nor_the_key_are_in_it_unless_texts_are_asked_for()
    {
        using var probe = new TelemetryProbe("telemetry-silent");
        await using var test = await StartAsync("telemetry-silent", new ScriptedEndpointOptions
        {
            Respond = call => call.User.Contains("refuse", StringComparison.Ordinal) ? new ScriptedReply { Fault = ScriptedFault.BadRequest, ErrorMessage = $"no: {Prompt} {TestDeployment.Key}" } : Reply,
        });

        await test.AskAsync(Prompt);
        await test.AskAsync("refuse");

        probe.Spans.Count.ShouldBe(2);
        probe.All.ShouldNotContain("Brighton");
        probe.All.ShouldNotContain("Hove");
        probe.All.ShouldNotContain("impartial");
        probe.All.ShouldNotContain(TestDeployment.Key);
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(null, "true")]
    public async Task Texts_are_in_the_spans_where_they_are_asked_for_and_the_key_is_not(bool? option, string? variable)
    {
        var name = $"telemetry-texts-{option}";
        using var probe = new TelemetryProbe(name);
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Respond = _ => Reply }, cancellationToken: Stop);
        using var chat = new OpenAiChatDeployment(TestDeployment.Config(endpoint.ChatEndpoint) with { Name = name }, new DeploymentServices
        {
            Time = TimeProvider.System,
            Environment = asked => asked == "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT" ? variable : TestDeployment.Environment(TestDeployment.Key)(asked),
            RecordContent = option,
        });

        await chat.CompleteAsync(TestDeployment.Request(Prompt), Stop);

        var span = probe.Spans.ShouldHaveSingleItem();
        span.GetTagItem("gen_ai.input.messages").ShouldBeOfType<string>().ShouldEndWith("""{"role":"user","parts":[{"type":"text","content":"Is the sea salt at Brighton?"}]}]""");
        span.GetTagItem("gen_ai.output.messages").ShouldBe("""[{"role":"assistant","parts":[{"type":"text","content":"It is salt at Hove too."}],"finish_reason":"stop"}]""");
        probe.All.ShouldNotContain(TestDeployment.Key);
        string.Join(' ', probe.Measured.SelectMany(m => m.Tags.Values)).ShouldNotContain("Brighton");
    }

    [Fact]
    public async Task Attempts_after_the_first_are_counted()
    {
        using var probe = new TelemetryProbe("telemetry-retries");
        await using var test = await StartAsync("telemetry-retries", new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.TooManyRequests, ScriptedFault.ServerError], Respond = _ => Reply });

        await test.AskAsync(Prompt);

        probe.Of("orchestration.call.retries").Sum(m => m.Value).ShouldBe(2);
        probe.Spans.ShouldHaveSingleItem().GetTagItem("orchestration.retries").ShouldBe(2);
    }

    [Theory]
    [InlineData(ScriptedFault.BadRequest, "rejected")]
    [InlineData(ScriptedFault.ContentFilter, "filtered")]
    [InlineData(ScriptedFault.InvalidKey, "deployment")]
    public async Task A_call_without_a_reply_says_why_in_a_few_words(ScriptedFault fault, string type)
    {
        var name = $"telemetry-{fault}";
        using var probe = new TelemetryProbe(name);
        await using var test = await StartAsync(name, new ScriptedEndpointOptions { Respond = _ => new ScriptedReply { Fault = fault } });

        try
        {
            await test.AskAsync(Prompt);
        }
        catch (OrchestrationException)
        {
            // The key that nobody takes.
        }

        var span = probe.Spans.ShouldHaveSingleItem();
        span.Status.ShouldBe(ActivityStatusCode.Error);
        span.GetTagItem("error.type").ShouldBe(type);
        probe.Of("gen_ai.client.operation.duration").ShouldHaveSingleItem().Tags["error.type"].ShouldBe(type);
    }

    [Fact]
    public async Task A_stream_is_one_call_that_ends_with_its_last_byte()
    {
        using var probe = new TelemetryProbe("telemetry-stream");
        await using var test = await StartAsync("telemetry-stream", new ScriptedEndpointOptions { Respond = _ => Reply });
        using var handler = test.Chat.CreateHandler();
        using var http = new HttpClient(handler);
        using var content = new StringContent("""{"model":"m","max_tokens":9,"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"x"}]}""", null, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://api.example/v1/chat/completions") { Content = content };
        using (var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop))
        {
            probe.Spans.ShouldBeEmpty();
            (await response.Content.ReadAsStringAsync(Stop)).ShouldContain("[DONE]");
        }

        var span = probe.Spans.ShouldHaveSingleItem();
        span.GetTagItem("error.type").ShouldBeNull();
        span.GetTagItem("gen_ai.usage.output_tokens").ShouldBe(200L);
        probe.Of("gen_ai.client.operation.time_to_first_chunk").Count.ShouldBe(1);
        probe.Of("orchestration.call.cost").ShouldHaveSingleItem().Value.ShouldBe(0.00062, 1e-12);
    }

    [Fact]
    public async Task The_share_of_a_quota_that_was_used_in_the_last_minute_is_a_gauge()
    {
        using var probe = new TelemetryProbe("telemetry-quota");
        await using var test = await StartAsync("telemetry-quota", new ScriptedEndpointOptions { Respond = _ => Reply }, config => config with { RequestsPerMinute = 30, TokensPerMinute = 10_000 });
        for (var i = 0; i < 3; i++) await test.AskAsync(Prompt);

        probe.ReadGauges();

        // 1,000 prompt tokens and the 64 that were reserved for the output.
        var shares = probe.Of("orchestration.quota.utilization").ToDictionary(m => (string)m.Tags["orchestration.quota.kind"]!, m => m.Value);
        shares["requests"].ShouldBe(0.1, 1e-12);
        shares["tokens"].ShouldBe(3 * 1064 / 10_000.0, 1e-12);
    }

    [Fact]
    public async Task Azure_is_called_by_its_own_name()
    {
        using var probe = new TelemetryProbe("telemetry-azure");
        await using var test = await StartAsync("telemetry-azure", new ScriptedEndpointOptions { Respond = _ => Reply }, config => config with { Kind = DeploymentKind.AzureOpenAi });

        await test.AskAsync(Prompt);

        probe.Spans.ShouldHaveSingleItem().GetTagItem("gen_ai.provider.name").ShouldBe("azure.ai.openai");
    }

    private static Task<TestDeployment> StartAsync(string name, ScriptedEndpointOptions options, Func<DeploymentConfig, DeploymentConfig>? configure = null) =>
        TestDeployment.StartAsync(options, config => (configure?.Invoke(config) ?? config) with { Name = name });
}
