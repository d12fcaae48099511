using System.Text.Json;
using Microsoft.Extensions.AI;
using Orchestration.Backends.Clients;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Clients;

/// <summary>Our deployment as a chat client.</summary>
public sealed class DeploymentChatClientTests
{
    private static readonly TokenUsage Usage = new(1000, 600, 200, 50);

    private static readonly ScriptedReply Salt = new() { Text = "The sea is salt, and has been so for long.", Usage = Usage };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_response_carries_text_usage_and_what_it_cost()
    {
        ScriptedCall? seen = null;
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions
        {
            FirstAttempts = [ScriptedFault.TooManyRequests],
            Respond = call =>
            {
                seen = call;
                return Salt;
            },
        });
        using var client = test.Chat.AsChatClient();

        var response = await client.GetResponseAsync(
            [new ChatMessage(ChatRole.User, "Is the sea salt?"), new ChatMessage(ChatRole.Assistant, "Which?"), new ChatMessage(ChatRole.User, "The North Sea.")],
            new ChatOptions { Instructions = "Be brief.", MaxOutputTokens = 99, Temperature = 0.5f, Seed = 7, ResponseFormat = ChatResponseFormat.Json },
            Stop);

        response.Text.ShouldBe(Salt.Text);
        response.FinishReason.ShouldBe(ChatFinishReason.Stop);
        response.ModelId.ShouldNotBeNullOrEmpty();
        response.ResponseId.ShouldNotBeNullOrEmpty();
        var usage = response.Usage.ShouldNotBeNull();
        (usage.InputTokenCount, usage.CachedInputTokenCount, usage.OutputTokenCount, usage.ReasoningTokenCount, usage.TotalTokenCount).ShouldBe((1000, 600, 200, 50, 1200));
        response.AdditionalProperties.ShouldNotBeNull()["CostUsd"].ShouldBe(0.00062m);
        response.AdditionalProperties["Attempts"].ShouldBe(2);
        response.RawRepresentation.ShouldBeOfType<ChatReply>().Totals.Failures.ShouldBe(1);
        var call = seen.ShouldNotBeNull();
        call.Messages.Select(m => (m.Role, m.Content)).ShouldBe([("system", "Be brief."), ("user", "Is the sea salt?"), ("assistant", "Which?"), ("user", "The North Sea.")]);
        (call.MaxOutputTokens, call.Temperature, call.Seed, call.ResponseFormat).ShouldBe((99, 0.5, 7L, "json_object"));
    }

    [Fact]
    public async Task A_schema_is_asked_for_as_the_endpoint_understands_it()
    {
        ScriptedCall? seen = null;
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions
        {
            Respond = call =>
            {
                seen = call;
                return Salt;
            },
        });
        using var schema = JsonDocument.Parse("""{"type":"object","properties":{"score":{"type":"number"}},"required":["score"],"additionalProperties":false}""");

        await test.Chat.AsChatClient().GetResponseAsync("x", new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema.RootElement, "score") }, Stop);

        seen.ShouldNotBeNull().ResponseFormat.ShouldBe("json_schema");
        seen.JsonSchema.ShouldNotBeNull().ShouldContain("additionalProperties");
    }

    [Fact]
    public async Task A_stream_comes_in_pieces_and_ends_with_its_usage()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { Respond = _ => Salt }, config => config with { Concurrency = 1 });
        using var client = test.Chat.AsChatClient();

        for (var i = 0; i < 2; i++)
        {
            List<ChatResponseUpdate> updates = [];
            await foreach (var update in client.GetStreamingResponseAsync("Is the sea salt?", cancellationToken: Stop)) updates.Add(update);

            updates.Count(update => update.Text.Length > 0).ShouldBeGreaterThan(2);
            var whole = updates.ToChatResponse();
            whole.Text.ShouldBe(Salt.Text);
            whole.FinishReason.ShouldBe(ChatFinishReason.Stop);
            whole.Usage.ShouldNotBeNull().OutputTokenCount.ShouldBe(200);
        }
    }

    [Fact]
    public async Task A_stream_that_nobody_reads_on_gives_its_place_back()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { Respond = _ => Salt }, config => config with { Concurrency = 1 });
        using var client = test.Chat.AsChatClient();
        await foreach (var update in client.GetStreamingResponseAsync("Is the sea salt?", cancellationToken: Stop))
        {
            if (update.Text.Length > 0) break;
        }

        (await client.GetResponseAsync("Is the sea salt?", cancellationToken: Stop)).Text.ShouldBe(Salt.Text);
    }

    [Theory]
    [InlineData(ScriptedFault.CutConnection, "unavailable")]
    [InlineData(ScriptedFault.TruncatedJson, "unavailable")]
    [InlineData(ScriptedFault.InvalidJson, "unreadable")]
    [InlineData(ScriptedFault.ErrorInBody, "unavailable")]
    [InlineData(ScriptedFault.ContentFilter, "filtered")]
    [InlineData(ScriptedFault.ContextLength, "too_long")]
    [InlineData(ScriptedFault.BadRequest, "rejected")]
    public async Task A_stream_that_is_not_whole_is_never_taken_for_one(ScriptedFault fault, string reason)
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { Respond = _ => Salt with { Fault = fault } });
        using var client = test.Chat.AsChatClient();

        var thrown = await Should.ThrowAsync<ChatCallException>(async () =>
        {
            await foreach (var _ in client.GetStreamingResponseAsync("Is the sea salt?", cancellationToken: Stop))
            {
            }
        });

        thrown.Reason.ShouldBe(reason);
        thrown.Message.ShouldContain("gpt-test");
    }

    [Theory]
    [InlineData(ScriptedFault.ContentFilter, "filtered")]
    [InlineData(ScriptedFault.ContextLength, "too_long")]
    [InlineData(ScriptedFault.ServerError, "unavailable")]
    public async Task A_call_without_a_reply_throws_with_its_reason(ScriptedFault fault, string reason)
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { Respond = _ => new ScriptedReply { Fault = fault } }, config => config with { Attempts = 2 });

        (await Should.ThrowAsync<ChatCallException>(test.Chat.AsChatClient().GetResponseAsync("x", cancellationToken: Stop))).Reason.ShouldBe(reason);
    }

    [Fact]
    public async Task What_cannot_be_carried_is_refused_and_not_left_out()
    {
        await using var test = await TestDeployment.StartAsync();
        using var client = test.Chat.AsChatClient();

        await Should.ThrowAsync<NotSupportedException>(client.GetResponseAsync("x", new ChatOptions { ModelId = "another" }, Stop));
        await Should.ThrowAsync<NotSupportedException>(client.GetResponseAsync("x", new ChatOptions { ConversationId = "c" }, Stop));
        await Should.ThrowAsync<NotSupportedException>(client.GetResponseAsync([new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "audio/wav")])], null, Stop));
        test.Endpoint.Statistics().Requests.ShouldBe(0);
    }

    [Fact]
    public async Task A_call_that_waits_for_its_turn_can_be_cancelled()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.Hang] }, config => config with { Concurrency = 1 });
        using var client = test.Chat.AsChatClient();
        using var cancel = new CancellationTokenSource();
        _ = client.GetResponseAsync("hangs", cancellationToken: Stop).ContinueWith(static ended => ended.Exception, TaskScheduler.Default);
        await test.Endpoint.RequestsReachedAsync(1);
        var waiting = client.GetResponseAsync("waits", cancellationToken: cancel.Token);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
        test.Endpoint.Statistics().Requests.ShouldBe(1);
    }

    [Fact]
    public void It_says_what_it_is()
    {
        using var chat = new OpenAiChatDeployment(TestDeployment.Config(new Uri("http://127.0.0.1:9/v1")) with { Kind = DeploymentKind.AzureOpenAi }, TestDeployment.Services(TimeProvider.System));
        using var client = chat.AsChatClient();

        var metadata = client.GetService<ChatClientMetadata>().ShouldNotBeNull();
        (metadata.ProviderName, metadata.DefaultModelId).ShouldBe(("azure.ai.openai", "gpt-4.1-mini"));
        client.GetService<IChatDeployment>().ShouldBeSameAs(chat);
    }
}
