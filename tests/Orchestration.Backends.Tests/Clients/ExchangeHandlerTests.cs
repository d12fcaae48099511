using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Chat;
using Orchestration.Backends.Clients;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Clients;

/// <summary>The OpenAI package rides on our exchange, over real HTTP.</summary>
public sealed class ExchangeHandlerTests
{
    private static readonly ScriptedReply Salt = new() { Text = "The sea is salt, and has been so for long." };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_completion_goes_to_the_model_as_it_is_served_with_the_deployments_key()
    {
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { ApiKey = TestDeployment.Key, Models = ["as-served"], Respond = _ => Salt }, config => config with { ServedAs = "as-served" });
        var client = Client(test.Chat, model: "whatever \"the\" application says");

        var reply = await client.CompleteChatAsync([new UserChatMessage("Is the sea salt?")], new ChatCompletionOptions { MaxOutputTokenCount = 77 }, Stop);

        reply.Value.Content[0].Text.ShouldBe(Salt.Text);
        reply.Value.FinishReason.ShouldBe(ChatFinishReason.Stop);
        reply.Value.Usage.InputTokenCount.ShouldBe((int)test.Endpoint.Statistics().Usage.Input);
        reply.Value.Usage.OutputTokenCount.ShouldBe((int)test.Endpoint.Statistics().Usage.Output);
    }

    [Fact]
    public async Task A_stream_arrives_whole_and_gives_its_place_back()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { Respond = _ => Salt }, config => config with { Concurrency = 1 });
        var client = Client(test.Chat);

        // With one place, the second stream can only begin where the first one's place came back.
        for (var i = 0; i < 2; i++)
        {
            var text = "";
            ChatTokenUsage? usage = null;
            await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("Is the sea salt?")], cancellationToken: Stop))
            {
                text += string.Concat(update.ContentUpdate.Select(part => part.Text));
                usage = update.Usage ?? usage;
            }

            text.ShouldBe(Salt.Text);
            usage.ShouldNotBeNull().OutputTokenCount.ShouldBeGreaterThan(0);
        }

        test.Endpoint.Statistics().Delivered.ShouldBe(2);
    }

    [Fact]
    public async Task A_refusal_reaches_the_application_as_its_own_client_tells_it()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.BadRequest] });

        var thrown = await Should.ThrowAsync<ClientResultException>(Client(test.Chat).CompleteChatAsync([new UserChatMessage("Is the sea salt?")], cancellationToken: Stop));

        thrown.Status.ShouldBe(400);
        test.Endpoint.Statistics().Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_429_is_waited_for_and_repeated_once_by_us()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.RetryAfterSeconds], RetryAfter = TimeSpan.FromSeconds(17), Respond = _ => Salt });

        var reply = await Client(test.Chat).CompleteChatAsync([new UserChatMessage("Is the sea salt?")], cancellationToken: Stop);

        reply.Value.Content[0].Text.ShouldBe(Salt.Text);
        test.Endpoint.Statistics().Requests.ShouldBe(2);
        test.Time.Skipped.ShouldContain(wait => wait >= TimeSpan.FromSeconds(17) && wait <= TimeSpan.FromSeconds(17.25));
    }

    [Theory]
    [InlineData(300, 300)]
    [InlineData(null, 4096)]
    public async Task The_maximum_output_is_reserved_and_who_asks_is_known(int? stated, int reserved)
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Respond = _ => Salt }, cancellationToken: Stop);
        var quotas = new RecordingQuotas();
        using var chat = new OpenAiChatDeployment(
            TestDeployment.Config(endpoint.ChatEndpoint) with { TokensPerMinute = 1_000_000 }, TestDeployment.Services(TimeProvider.System) with { Quotas = quotas });
        var client = Client(chat);

        await client.CompleteChatAsync([new UserChatMessage("Is the sea salt?")], new ChatCompletionOptions { MaxOutputTokenCount = stated }, Stop);

        // A prompt of this length is estimated at no more than its bytes.
        quotas.Asks.ShouldHaveSingleItem().Tokens.ShouldHaveSingleItem().ShouldBeInRange(reserved + 1, reserved + 200);
    }

    [Fact]
    public async Task A_deployment_that_cannot_be_reached_is_told_with_its_name()
    {
        using var chat = new OpenAiChatDeployment(TestDeployment.Config(new Uri("http://127.0.0.1:9/v1")) with { Attempts = 1 }, TestDeployment.Services(TimeProvider.System));

        var thrown = await Should.ThrowAsync<ClientResultException>(Client(chat).CompleteChatAsync([new UserChatMessage("Is the sea salt?")], cancellationToken: Stop));

        thrown.Message.ShouldContain("gpt-test");
        thrown.ToString().ShouldNotContain(TestDeployment.Key);
    }

    [Fact]
    public async Task Who_cancels_is_let_go_while_the_reply_is_still_out()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.Hang] });
        using var cancel = new CancellationTokenSource();
        using var handler = test.Chat.CreateHandler();
        using var http = new HttpClient(handler);
        var asking = http.PostAsync(new Uri("https://api.example/v1/chat/completions"), new StringContent("""{"model":"m","messages":[{"role":"user","content":"x"}]}""", null, "application/json"), cancel.Token);
        await test.Endpoint.RequestsReachedAsync(1);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(asking);
    }

    [Theory]
    [InlineData("""{"model":"a","max_tokens":5,"n":3}""", 15, false, "a")]
    [InlineData("""{"messages":[{"model":"inner"}],"max_completion_tokens":9,"stream":true,"model":"b\"c"}""", 9, true, "b\\\"c")]
    [InlineData("""{"input":"x","model":"e"}""", null, false, "e")]
    [InlineData("""{"model":"cut""", null, false, null)]
    [InlineData("""[1]""", null, false, null)]
    public void What_a_body_says_is_found_wherever_it_stands(string json, int? most, bool isStream, string? model)
    {
        var body = CallBody.Read(System.Text.Encoding.UTF8.GetBytes(json), isJson: true);

        body.MaxOutputTokens.ShouldBe(most);
        body.IsStream.ShouldBe(isStream);
        (body.Model is { } place ? json[place] : null).ShouldBe(model is null ? null : $"\"{model}\"");
    }

    private static ChatClient Client(OpenAiChatDeployment chat, string model = "gpt-4.1-mini") => new(
        model,
        new ApiKeyCredential("not-the-key"),
        new OpenAIClientOptions
        {
            Transport = new HttpClientPipelineTransport(new HttpClient(chat.CreateHandler(new CallOrigin("app", ""))) { Timeout = Timeout.InfiniteTimeSpan }),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
        });
}
