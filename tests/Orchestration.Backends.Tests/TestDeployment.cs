using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Xunit;

namespace Orchestration.Backends.Tests;

/// <summary>A deployment in front of a scripted endpoint, both real, with a clock that skips every wait but an attempt's time-out.</summary>
internal sealed class TestDeployment : IAsyncDisposable
{
    public const string Key = "sk-test-0123456789abcdefXYZ";

    /// <summary>Longer than any wait between attempts.</summary>
    public static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(2000);

    private TestDeployment(ScriptedEndpoint endpoint, OpenAiChatDeployment chat, ManualTime time)
    {
        Endpoint = endpoint;
        Chat = chat;
        Time = time;
    }

    public ScriptedEndpoint Endpoint { get; }

    public OpenAiChatDeployment Chat { get; }

    public ManualTime Time { get; }

    public static async Task<TestDeployment> StartAsync(
        ScriptedEndpointOptions? options = null, Func<DeploymentConfig, DeploymentConfig>? configure = null, ManualTime? time = null, string key = Key, DeploymentBoard? board = null)
    {
        var endpoint = await ScriptedEndpoint.StartAsync(options, cancellationToken: TestContext.Current.CancellationToken);
        time ??= new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) };
        var config = Config(endpoint.ChatEndpoint);
        return new TestDeployment(endpoint, new OpenAiChatDeployment(configure?.Invoke(config) ?? config, Services(time, key, board)), time);
    }

    public static DeploymentConfig Config(Uri endpoint) => new()
    {
        Name = "gpt-test",
        Endpoint = endpoint,
        Model = new ModelIdentity("openai", "gpt-4.1-mini", "2025-04-14"),
        KeyEnvironment = "TEST_KEY",
        Timeout = AttemptTimeout,
        Prices = new TokenPrices(0.40m, 0.10m, 1.60m, 3.20m),
    };

    public static DeploymentServices Services(TimeProvider time, string? key = Key, DeploymentBoard? board = null) =>
        new() { Time = time, Environment = key is null ? static _ => null : Environment(key), Board = board };

    public static Func<string, string?> Environment(string key) => name => name == "TEST_KEY" ? key : null;

    public static ChatRequest Request(string user = "Is the sea salt?") => new()
    {
        System = "You are an impartial judge.\n\n## Reply\n\nReply with the score alone, a number from 0 to 4 in steps of 0.1, where higher is better.",
        User = user,
        MaxOutputTokens = 64,
    };

    public async Task<ChatReply> AskAsync(string user = "Is the sea salt?") => await Chat.CompleteAsync(Request(user), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Chat.Dispose();
        await Endpoint.DisposeAsync();
    }
}
