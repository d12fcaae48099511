using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Azure.Core;
using Azure.Identity;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Http;

/// <summary>Tokens of Entra ID: fetched once, renewed beside the calls, shown nowhere; and Azure's address and headers.</summary>
public sealed class EntraTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_token_is_fetched_for_many_calls_at_once_and_for_the_configured_scope()
    {
        var credential = new FakeCredential { Gate = new TaskCompletionSource() };
        await using var azure = await AzureEndpoint.StartAsync();
        using var chat = azure.Chat(credential, new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) });
        var calls = Enumerable.Range(0, 20).Select(i => chat.CompleteAsync(TestDeployment.Request($"Question {i}"), Stop).AsTask()).ToArray();
        await credential.Asked;

        credential.Gate.SetResult();
        var replies = await Task.WhenAll(calls);

        replies.ShouldAllBe(reply => reply.Failure == null);
        credential.Scopes.ShouldBe(["https://ai.azure.com/.default"]);
        azure.Seen.Count.ShouldBe(20);
        azure.Seen.ShouldAllBe(request => request.Path == "/openai/v1/chat/completions" && request.Authorization == "Bearer token-1" && request.ApiKey == null);
    }

    [Fact]
    public async Task A_token_is_renewed_before_its_end_while_calls_go_on_with_the_old_one()
    {
        var time = new ManualTime();
        var credential = new FakeCredential { Now = time.GetUtcNow };
        await using var azure = await AzureEndpoint.StartAsync();
        using var chat = azure.Chat(credential, time);
        await chat.CompleteAsync(TestDeployment.Request("1"), Stop);

        // Five minutes before its end; the renewal does not come to an end, and no call waits for it.
        time.Advance(TimeSpan.FromMinutes(56));
        credential.Gate = new TaskCompletionSource();
        await chat.CompleteAsync(TestDeployment.Request("2"), Stop);
        await chat.CompleteAsync(TestDeployment.Request("3"), Stop);
        credential.Scopes.Count.ShouldBe(2);

        // From a thread of its own, on which all that follows runs before it returns.
        await Task.Run(credential.Gate.SetResult, Stop);
        await chat.CompleteAsync(TestDeployment.Request("4"), Stop);

        azure.Seen.Select(request => request.Authorization).ShouldBe(["Bearer token-1", "Bearer token-1", "Bearer token-1", "Bearer token-2"]);
    }

    [Fact]
    public async Task A_renewal_in_vain_harms_nobody_while_the_old_token_is_good_and_is_told_after_its_end()
    {
        var time = new ManualTime();
        var credential = new FakeCredential { Now = time.GetUtcNow };
        await using var azure = await AzureEndpoint.StartAsync();
        using var chat = azure.Chat(credential, time);
        await chat.CompleteAsync(TestDeployment.Request("1"), Stop);
        credential.Failure = new CredentialUnavailableException("the identity service is away; assertion eyJhbGciOiJIUzI1NiJ9.e30");

        time.Advance(TimeSpan.FromMinutes(56));
        (await chat.CompleteAsync(TestDeployment.Request("2"), Stop)).Failure.ShouldBeNull();
        time.Advance(TimeSpan.FromMinutes(3));
        (await chat.CompleteAsync(TestDeployment.Request("3"), Stop)).Failure.ShouldBeNull();
        time.Advance(TimeSpan.FromMinutes(1));
        var thrown = await Should.ThrowAsync<OrchestrationException>(chat.CompleteAsync(TestDeployment.Request("4"), Stop).AsTask());

        thrown.Code.ShouldBe(ErrorCodes.Deployment);
        thrown.Message.ShouldContain("no token of Entra ID can be had (identity: default, scope https://ai.azure.com/.default): the identity service is away");
        thrown.Message.ShouldNotContain("eyJ");
        azure.Seen.Count.ShouldBe(3);

        // When the service is back, so is the deployment.
        credential.Failure = null;
        (await chat.CompleteAsync(TestDeployment.Request("5"), Stop)).Failure.ShouldBeNull();
    }

    [Fact]
    public async Task A_token_that_was_revoked_is_replaced_once()
    {
        var credential = new FakeCredential();
        await using var azure = await AzureEndpoint.StartAsync();
        azure.Refused["Bearer token-1"] = true;
        using var chat = azure.Chat(credential, new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) });

        (await chat.CompleteAsync(TestDeployment.Request("1"), Stop)).Failure.ShouldBeNull();

        azure.Seen.Select(request => request.Authorization).ShouldBe(["Bearer token-1", "Bearer token-2"]);

        // Taken in between: the next one that is revoked is replaced too.
        azure.Refused["Bearer token-2"] = true;
        (await chat.CompleteAsync(TestDeployment.Request("2"), Stop)).Failure.ShouldBeNull();
        credential.Scopes.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_resource_that_takes_no_token_is_told_after_a_second_one_and_the_token_is_shown_nowhere()
    {
        var credential = new FakeCredential();
        await using var azure = await AzureEndpoint.StartAsync();
        azure.RefusesAll = true;
        using var chat = azure.Chat(credential, new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) });

        var thrown = await Should.ThrowAsync<OrchestrationException>(chat.CompleteAsync(TestDeployment.Request("1"), Stop).AsTask());

        credential.Scopes.Count.ShouldBe(2);
        azure.Seen.Count.ShouldBe(2);
        thrown.Message.ShouldContain("401");
        thrown.Message.ShouldContain("token-scope");
        thrown.ToString().ShouldNotContain("token-1");
        thrown.ToString().ShouldNotContain("token-2");
    }

    [Fact]
    public async Task What_an_endpoint_says_is_shown_without_the_token()
    {
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { Respond = _ => new ScriptedReply { Fault = ScriptedFault.BadRequest, ErrorMessage = "cannot use token-1 here" } });
        using var chat = new OpenAiChatDeployment(
            TestDeployment.Config(test.Endpoint.ChatEndpoint) with { KeyEnvironment = null, Identity = EntraIdentity.Default }, TestDeployment.Services(TimeProvider.System) with { Credentials = _ => new FakeCredential() });

        var reply = await chat.CompleteAsync(TestDeployment.Request(), Stop);

        reply.FailureDetail.ShouldNotBeNull().ShouldContain("cannot use [key] here");
    }

    [Fact]
    public async Task A_managed_identity_is_asked_over_http_as_azure_does_it()
    {
        // App Service's form: an address and a secret header from the environment. One test alone touches these variables.
        await using var identity = await AzureEndpoint.StartAsync();
        await using var azure = await AzureEndpoint.StartAsync();
        Environment.SetEnvironmentVariable("IDENTITY_ENDPOINT", new Uri(identity.Address, "msi/token").ToString());
        Environment.SetEnvironmentVariable("IDENTITY_HEADER", "the-secret-header");
        try
        {
            var config = OrchestrationConfig.Parse(
                $"deployments: {{az: {{kind: azure-openai, endpoint: \"{azure.Address}\", model: gpt-4.1-mini, identity: managed, identity-client-id: 0b8b5d6e-0000-4000-8000-000000000001}}}}", "orchestration.yaml").Deployment("az");
            using var chat = new OpenAiChatDeployment(config, TestDeployment.Services(TimeProvider.System));

            (await chat.CompleteAsync(TestDeployment.Request(), Stop)).Failure.ShouldBeNull();
        }
        finally
        {
            Environment.SetEnvironmentVariable("IDENTITY_ENDPOINT", null);
            Environment.SetEnvironmentVariable("IDENTITY_HEADER", null);
        }

        var asked = identity.Seen.ShouldHaveSingleItem();
        asked.Path.ShouldBe("/msi/token");
        asked.Query.ShouldContain("resource=https://cognitiveservices.azure.com&");
        asked.Query.ShouldContain("client_id=0b8b5d6e-0000-4000-8000-000000000001");
        asked.IdentityHeader.ShouldBe("the-secret-header");
        azure.Seen.ShouldHaveSingleItem().Authorization.ShouldBe("Bearer managed-token");
    }

    [Fact]
    public async Task A_key_of_azure_goes_into_its_own_header()
    {
        await using var azure = await AzureEndpoint.StartAsync();
        var config = OrchestrationConfig.Parse($"deployments: {{az: {{kind: azure-openai, endpoint: \"{azure.Address}\", model: gpt-4.1-mini, key-env: TEST_KEY}}}}", "orchestration.yaml").Deployment("az");
        using var chat = new OpenAiChatDeployment(config, TestDeployment.Services(TimeProvider.System));

        (await chat.CompleteAsync(TestDeployment.Request(), Stop)).Failure.ShouldBeNull();

        var request = azure.Seen.ShouldHaveSingleItem();
        (request.Path, request.ApiKey, request.Authorization).ShouldBe(("/openai/v1/chat/completions", TestDeployment.Key, null));
    }

    private sealed class FakeCredential : TokenCredential
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _tokens;

        public Func<DateTimeOffset> Now { get; init; } = static () => new DateTimeOffset(2076, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public TaskCompletionSource? Gate { get; set; }

        public Exception? Failure { get; set; }

        public ConcurrentQueue<string> Scopes { get; } = new();

        public Task Asked => _asked.Task;

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scopes.Enqueue(string.Join(' ', requestContext.Scopes));
            _asked.TrySetResult();
            if (Gate is { } gate) await gate.Task.ConfigureAwait(false);
            if (Failure is { } failure) throw failure;
            var number = Interlocked.Increment(ref _tokens);
            return new AccessToken($"token-{number}", Now() + TimeSpan.FromHours(1));
        }
    }

    /// <summary>What arrived, as far as these tests look at it.</summary>
    private sealed record Arrival(string Path, string Query, string? Authorization, string? ApiKey, string? IdentityHeader);

    /// <summary>Azure's resource or its identity service, over real HTTP: answers every call and notes its headers.</summary>
    private sealed class AzureEndpoint : IAsyncDisposable
    {
        private readonly HttpListener _listener;
        private readonly Task _serving;

        private AzureEndpoint(HttpListener listener, Uri address)
        {
            _listener = listener;
            Address = address;
            _serving = ServeAsync();
        }

        public Uri Address { get; }

        public ConcurrentQueue<Arrival> Seen { get; } = new();

        public ConcurrentDictionary<string, bool> Refused { get; } = new();

        public bool RefusesAll { get; set; }

        public static Task<AzureEndpoint> StartAsync()
        {
            using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var address = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
            probe.Stop();
            var listener = new HttpListener();
            listener.Prefixes.Add(address.ToString());
            listener.Start();
            return Task.FromResult(new AzureEndpoint(listener, address));
        }

        public OpenAiChatDeployment Chat(TokenCredential credential, TimeProvider time) => new(
            TestDeployment.Config(new Uri(Address, "openai/v1")) with { Kind = DeploymentKind.AzureOpenAi, KeyEnvironment = null, Identity = EntraIdentity.Default, TokenScope = "https://ai.azure.com/.default" },
            new DeploymentServices { Time = time, Environment = static _ => null, Credentials = _ => credential });

        public async ValueTask DisposeAsync()
        {
            _listener.Close();
            await _serving;
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    var context = await _listener.GetContextAsync();
                    var request = context.Request;
                    var authorization = request.Headers["Authorization"];
                    await request.InputStream.CopyToAsync(Stream.Null);
                    Seen.Enqueue(new Arrival(request.Url!.AbsolutePath, request.Url.Query, authorization, request.Headers["api-key"], request.Headers["X-IDENTITY-HEADER"]));
                    var isRefused = RefusesAll || (authorization is not null && Refused.ContainsKey(authorization));
                    var body = isRefused ? """{"error":{"code":"Unauthorized","message":"no"}}"""
                        : request.Url.AbsolutePath.EndsWith("/token", StringComparison.Ordinal)
                            ? """{"access_token":"managed-token","expires_on":"4102444800","resource":"r","token_type":"Bearer"}"""
                            : """{"id":"c","object":"chat.completion","model":"gpt-4.1-mini-2025-04-14","choices":[{"index":0,"message":{"role":"assistant","content":"3"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":1,"total_tokens":11}}""";
                    context.Response.StatusCode = isRefused ? 401 : 200;
                    context.Response.ContentType = "application/json";
                    await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
                    context.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                // Disposed of.
            }
        }
    }
}
