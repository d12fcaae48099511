using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Orchestration.Simulation.Tests;

/// <summary>The plainest caller there is.</summary>
internal sealed class EndpointClient : IAsyncDisposable
{
    public const string JsonForm = """
        Reply with one JSON object and nothing after it:

        {"rationale": "<your reasons, in a few sentences>", "score": <the score>}

        The score is a number from 0 to 4 in steps of 0.1, where higher is better.
        """;

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(5) };

    private EndpointClient(ScriptedEndpoint endpoint) => Endpoint = endpoint;

    public ScriptedEndpoint Endpoint { get; }

    public static async Task<EndpointClient> StartAsync(ScriptedEndpointOptions? options = null, TimeProvider? time = null) =>
        new(await ScriptedEndpoint.StartAsync(options, time, TestContext.Current.CancellationToken));

    public static JsonObject Call(string system, string user) => new()
    {
        ["model"] = "judge-1",
        ["messages"] = new JsonArray(
            new JsonObject { ["role"] = "system", ["content"] = system },
            new JsonObject { ["role"] = "user", ["content"] = user }),
        ["max_tokens"] = 500,
    };

    public static string Material(string prompt, string answer) =>
        $"[prompt 0123456789ab]\n{prompt}\n[end of prompt 0123456789ab]\n\n[answer 0123456789ab]\n{answer}\n[end of answer 0123456789ab]\n\nScore the answer.\n";

    public static string Comparison(string prompt, string first, string second) =>
        $"[prompt 0ab]\n{prompt}\n[end of prompt 0ab]\n\n[answer A 0ab]\n{first}\n[end of answer A 0ab]\n\n[answer B 0ab]\n{second}\n[end of answer B 0ab]\n\nCompare.\n";

    public Task<HttpResponseMessage> PostAsync(JsonObject body, string path = "v1/chat/completions", (string Name, string Value)? header = null)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, new Uri(Endpoint.Address, path)) { Content = JsonContent.Create(body) };
        if (header is { } given) message.Headers.TryAddWithoutValidation(given.Name, given.Value);
        return _http.SendAsync(message, TestContext.Current.CancellationToken);
    }

    public Task<string> GetAsync(string path) => _http.GetStringAsync(new Uri(Endpoint.Address, path), TestContext.Current.CancellationToken);

    /// <summary>The text of a completion.</summary>
    public async Task<string> TextAsync(JsonObject body) =>
        (await ReplyAsync(body)).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    public async Task<JsonElement> ReplyAsync(JsonObject body, string path = "v1/chat/completions")
    {
        using var response = await PostAsync(body, path);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    /// <summary>The score of an answer in the JSON form.</summary>
    public async Task<double> ScoreAsync(string prompt, string answer, string judge = "")
    {
        using var reply = JsonDocument.Parse(await TextAsync(Call($"{judge}\n## Reply\n\n{JsonForm}", Material(prompt, answer))));
        return reply.RootElement.GetProperty("score").GetDouble();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Endpoint.DisposeAsync();
    }
}
