using System.Net;
using Microsoft.Extensions.AI;
using Orchestration.Backends.Clients;
using Orchestration.Backends.Tests.Telemetry;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;
using FinishReason = Orchestration.Core.Judging.Deployments.FinishReason;

namespace Orchestration.Backends.Tests.Clients;

/// <summary>Any chat client as a deployment.</summary>
public sealed class ChatClientDeploymentTests
{
    private const string Schema = """{"type":"object","properties":{"score":{"type":"number"}}}""";

    private static readonly TokenPrices Prices = new(0.40m, 0.10m, 1.60m, 3.20m);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_and_its_reply_lose_nothing_on_the_way()
    {
        List<ChatMessage> sent = [];
        ChatOptions? asked = null;
        using var probe = new TelemetryProbe("borrowed");
        using var client = new FakeChatClient((messages, options, _) =>
        {
            sent.AddRange(messages);
            asked = options;
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "3.5"))
            {
                ModelId = "gpt-served",
                FinishReason = ChatFinishReason.Length,
                Usage = new UsageDetails { InputTokenCount = 1000, OutputTokenCount = 200, CachedInputTokenCount = 600, ReasoningTokenCount = 50, TotalTokenCount = 1200 },
                AdditionalProperties = new AdditionalPropertiesDictionary { ["SystemFingerprint"] = "fp_1" },
            });
        });
        using var deployment = Deployment(client, new ChatClientDeploymentOptions { Prices = Prices });

        var reply = await deployment.CompleteAsync(
            TestDeployment.Request() with { Temperature = 0, Seed = 5, Format = ReplyFormat.JsonSchema, JsonSchema = Schema, Continuation = [new ChatTurn("assistant", "x"), new ChatTurn("user", "again")] }, Stop);

        sent.Select(m => m.Role.Value).ShouldBe(["system", "user", "assistant", "user"]);
        var options = asked.ShouldNotBeNull();
        (options.MaxOutputTokens, options.Temperature, options.Seed).ShouldBe((64, 0f, 5L));
        options.ResponseFormat.ShouldBeOfType<ChatResponseFormatJson>().Schema.ShouldNotBeNull().GetRawText().ShouldBe(Schema);
        (reply.Text, reply.Finish, reply.ServedModel, reply.Fingerprint, reply.Failure, reply.UnknownAttempts).ShouldBe(("3.5", FinishReason.Length, "gpt-served", "fp_1", null, 0));
        reply.Totals.ShouldBe(new CallTotals(1, 0, new TokenUsage(1000, 600, 200, 50), 0.00062m));
        probe.Spans.ShouldHaveSingleItem().GetTagItem("gen_ai.provider.name").ShouldBe("fake.provider");
        probe.Of("orchestration.call.cost").ShouldHaveSingleItem().Value.ShouldBe(0.00062, 1e-12);
    }

    [Fact]
    public async Task A_reply_without_usage_is_unknown_to_the_books()
    {
        using var client = new FakeChatClient((_, _, _) => Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "3.5"))));
        using var deployment = Deployment(client, new ChatClientDeploymentOptions { Prices = Prices });

        var reply = await deployment.CompleteAsync(TestDeployment.Request(), Stop);

        (reply.Text, reply.Finish, reply.UnknownAttempts, reply.Totals.CostUsd).ShouldBe(("3.5", FinishReason.Other, 1, 0m));
    }

    [Fact]
    public async Task A_refusal_beside_the_text_is_one()
    {
        using var client = new FakeChatClient((_, _, _) => Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, [new ErrorContent("I will not.") { ErrorCode = "Refusal" }]))));
        using var deployment = Deployment(client);

        (await deployment.CompleteAsync(TestDeployment.Request(), Stop)).Refusal.ShouldBe("I will not.");
    }

    public static TheoryData<Exception, string, int> OfOneCall => new()
    {
        { new HttpRequestException("bad", null, HttpStatusCode.BadRequest), "rejected", 0 },
        { new HttpRequestException("code: content_filter", null, HttpStatusCode.BadRequest), "filtered", 0 },
        { new HttpRequestException("This model's maximum context length is 8192 tokens", null, HttpStatusCode.BadRequest), "too_long", 0 },
        { new HttpRequestException("slow down", null, HttpStatusCode.TooManyRequests), "unavailable", 0 },
        { new HttpRequestException("broken", null, HttpStatusCode.InternalServerError), "unavailable", 1 },
        { new HttpRequestException(HttpRequestError.ConnectionError, "refused"), "unavailable", 0 },
        { new HttpRequestException(HttpRequestError.ResponseEnded, "cut"), "unavailable", 1 },
        { new InvalidOperationException("who knows"), "unavailable", 1 },
        { new TaskCanceledException("its own time-out"), "unavailable", 1 },
        { new ChatCallException("filtered", "by us"), "filtered", 0 },
    };

    [Theory]
    [MemberData(nameof(OfOneCall), DisableDiscoveryEnumeration = true)]
    public async Task An_exception_of_one_call_is_a_value_and_what_may_be_charged_is_said(Exception thrown, string reason, int unknown)
    {
        using var client = new FakeChatClient((_, _, _) => Task.FromException<ChatResponse>(thrown));
        using var deployment = Deployment(client);

        var reply = await deployment.CompleteAsync(TestDeployment.Request(), Stop);

        (reply.Failure, reply.UnknownAttempts, reply.Totals.Calls, reply.Totals.Failures).ShouldBe((reason, unknown, 0, 1));
    }

    public static TheoryData<Exception> OfEveryCall =>
    [
        new HttpRequestException("sk-abcdefghijkl is wrong", null, HttpStatusCode.Unauthorized),
        new HttpRequestException("no such model", null, HttpStatusCode.NotFound),
        new NotSupportedException("no seeds here"),
    ];

    [Theory]
    [MemberData(nameof(OfEveryCall), DisableDiscoveryEnumeration = true)]
    public async Task An_exception_that_every_call_would_meet_stops_the_deployment(Exception thrown)
    {
        using var client = new FakeChatClient((_, _, _) => Task.FromException<ChatResponse>(thrown));
        using var deployment = Deployment(client);

        var told = await Should.ThrowAsync<OrchestrationException>(deployment.CompleteAsync(TestDeployment.Request(), Stop).AsTask());

        told.Code.ShouldBe(ErrorCodes.Deployment);
        told.Message.ShouldContain("'borrowed'");
        told.Message.ShouldNotContain("sk-");
    }

    [Fact]
    public async Task A_client_that_does_not_answer_is_given_up_after_its_time()
    {
        var time = new ManualTime();
        using var client = new FakeChatClient((_, _, _) => new TaskCompletionSource<ChatResponse>().Task);
        using var deployment = Deployment(client, new ChatClientDeploymentOptions { Timeout = TimeSpan.FromSeconds(30) }, time);
        var asking = deployment.CompleteAsync(TestDeployment.Request(), Stop).AsTask();
        await time.WaitBegunAsync(wait => wait == TimeSpan.FromSeconds(30));

        time.Advance(TimeSpan.FromSeconds(30));

        var reply = await asking;
        (reply.Failure, reply.UnknownAttempts).ShouldBe(("timeout", 1));
    }

    [Fact]
    public async Task What_was_sent_is_awaited_and_what_waits_can_be_cancelled()
    {
        var answer = new TaskCompletionSource<ChatResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var client = new FakeChatClient((_, _, _) => answer.Task);
        using var deployment = Deployment(client, new ChatClientDeploymentOptions { Concurrency = 1 });
        using var cancel = new CancellationTokenSource();
        var sent = deployment.CompleteAsync(TestDeployment.Request(), cancel.Token).AsTask();
        var waiting = deployment.CompleteAsync(TestDeployment.Request(), cancel.Token).AsTask();

        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
        answer.SetResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "3.5")));

        (await sent).Text.ShouldBe("3.5");
        client.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Log_probabilities_are_handed_on_where_somebody_can_read_them_and_refused_where_nobody_can()
    {
        using var client = new FakeChatClient((_, _, _) => Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "3")) { RawRepresentation = 0.25 }));
        using var without = Deployment(client);
        using var with = Deployment(client, new ChatClientDeploymentOptions { ReadLogProbabilities = response => [new TokenLogProbability(response.Text, Math.Log((double)response.RawRepresentation!), [])] });
        var request = TestDeployment.Request() with { TopLogProbabilities = 5 };

        (await Should.ThrowAsync<OrchestrationException>(without.CompleteAsync(request, Stop).AsTask())).Message.ShouldContain("log-probabilities");
        (await with.CompleteAsync(request, Stop)).LogProbabilities.ShouldHaveSingleItem().LogProbability.ShouldBe(Math.Log(0.25));
    }

    [Fact]
    public async Task Its_limits_reserve_prompt_and_output()
    {
        var quotas = new RecordingQuotas();
        using var client = new FakeChatClient((_, _, _) => Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "3"))));
        using var deployment = new ChatClientDeployment(
            "borrowed", new ModelIdentity("", "m", ""), client, TestDeployment.Services(TimeProvider.System) with { Quotas = quotas }, new ChatClientDeploymentOptions { TokensPerMinute = 100_000 });

        await deployment.CompleteAsync(TestDeployment.Request(), Stop);

        var ask = quotas.Asks.ShouldHaveSingleItem();
        ask.Buckets.ShouldHaveSingleItem().Name.ShouldBe("deployment/borrowed");
        ask.Tokens.ShouldHaveSingleItem().ShouldBeInRange(65, 200);
    }

    [Fact]
    public async Task There_and_back_again_over_http()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { Respond = _ => new ScriptedReply { Text = "3.5", Usage = new TokenUsage(1000, 600, 200, 50) } });
        using var deployment = Deployment(test.Chat.AsChatClient(), new ChatClientDeploymentOptions { Prices = Prices });

        var reply = await deployment.CompleteAsync(TestDeployment.Request(), Stop);

        var direct = await test.AskAsync();
        (reply.Text, reply.Finish, reply.ServedModel, reply.Fingerprint, reply.Totals).ShouldBe((direct.Text, direct.Finish, direct.ServedModel, direct.Fingerprint, direct.Totals));
    }

    private static ChatClientDeployment Deployment(IChatClient client, ChatClientDeploymentOptions? options = null, TimeProvider? time = null) =>
        new("borrowed", new ModelIdentity("openai", "gpt-4.1-mini", ""), client, TestDeployment.Services(time ?? TimeProvider.System), options);
}

/// <summary>A chat client that does as it is told.</summary>
internal sealed class FakeChatClient(Func<IEnumerable<ChatMessage>, ChatOptions?, CancellationToken, Task<ChatResponse>> respond) : IChatClient
{
    private int _calls;

    public int Calls => _calls;

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        return respond(messages, options, cancellationToken);
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("fake.provider") : null;

    public void Dispose()
    {
    }
}
