using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.Endpoint;

/// <summary>Completions as server-sent events, whole and broken.</summary>
public sealed class StreamTests
{
    private const string User = "What is a lighthouse for, in one sentence?";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_brings_the_text_of_the_whole_reply_and_usage_where_asked(bool wantsUsage)
    {
        await using var client = await EndpointClient.StartAsync();
        var whole = await client.ReplyAsync(EndpointClient.Call("", User));

        var (chunks, isDone) = await ReadAsync(client, Call(wantsUsage));

        isDone.ShouldBeTrue();
        Text(chunks).ShouldBe(whole.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        chunks.ShouldAllBe(chunk => chunk.GetProperty("object").GetString() == "chat.completion.chunk" && chunk.GetProperty("model").GetString() == "judge-1");
        var choices = chunks.Where(chunk => chunk.GetProperty("choices").GetArrayLength() > 0).Select(chunk => chunk.GetProperty("choices")[0]).ToArray();
        choices[0].GetProperty("delta").GetProperty("role").GetString().ShouldBe("assistant");
        choices.Length.ShouldBeGreaterThan(4);
        choices.Select(choice => choice.GetProperty("finish_reason").GetString()).OfType<string>().ShouldBe(["stop"]);
        if (wantsUsage) chunks[^1].GetProperty("usage").GetRawText().ShouldBe(whole.GetProperty("usage").GetRawText());
        else chunks.Count(chunk => chunk.TryGetProperty("usage", out _)).ShouldBe(0);
        client.Endpoint.Statistics().Delivered.ShouldBe(2);
    }

    [Fact]
    public async Task Log_probabilities_come_token_by_token()
    {
        await using var client = await EndpointClient.StartAsync();
        var call = Call(false);
        call["logprobs"] = true;
        call["top_logprobs"] = 5;
        var whole = (JsonObject)call.DeepClone();
        whole.Remove("stream");
        var expected = (await client.ReplyAsync(whole)).GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content");

        var (chunks, _) = await ReadAsync(client, call);

        var seen = chunks.Select(chunk => chunk.GetProperty("choices")[0].GetProperty("logprobs")).Where(part => part.ValueKind == JsonValueKind.Object)
            .SelectMany(part => part.GetProperty("content").EnumerateArray().Select(token => token.GetRawText()));
        seen.ShouldBe(expected.EnumerateArray().Select(token => token.GetRawText()));
    }

    [Theory]
    [InlineData(ScriptedFault.CutConnection)]
    [InlineData(ScriptedFault.ResetInBody)]
    [InlineData(ScriptedFault.TruncatedJson)]
    [InlineData(ScriptedFault.InvalidJson)]
    [InlineData(ScriptedFault.ErrorInBody)]
    public async Task A_stream_that_breaks_in_its_middle_is_charged_and_not_delivered(ScriptedFault fault)
    {
        await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [fault] });

        var reading = ReadAsync(client, Call(true));
        var (isBroken, seen) = (false, "");
        try
        {
            var (chunks, isDone) = await reading;
            isDone.ShouldBeFalse();
            seen = Text(chunks);
            isBroken = chunks.Any(chunk => chunk.TryGetProperty("error", out _));
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException or IOException or JsonException)
        {
            isBroken = true;
        }

        isBroken.ShouldBeTrue();
        if (fault == ScriptedFault.ErrorInBody) seen.ShouldNotBeEmpty();
        (client.Endpoint.Statistics().Charged, client.Endpoint.Statistics().Delivered).ShouldBe((1, 0));
        (await ReadAsync(client, Call(true))).IsDone.ShouldBeTrue();
    }

    [Fact]
    public async Task A_stream_can_hang_in_its_middle()
    {
        await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.HangInBody] });
        using var http = new HttpClient();
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(client.Endpoint.Address, "v1/chat/completions")) { Content = new StringContent(Call(true).ToJsonString()) };
        using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);

        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull().ShouldStartWith("data: {");
        var rest = reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        rest.IsCompleted.ShouldBeFalse();
        await client.Endpoint.DisposeAsync();

        await Should.ThrowAsync<Exception>(rest);
    }

    [Fact]
    public async Task Pauses_between_events_go_by_the_clock()
    {
        var time = new ManualTime { SkipUpTo = TimeSpan.FromMilliseconds(30) };
        await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { StreamPause = TimeSpan.FromMilliseconds(30) }, time);

        var (chunks, _) = await ReadAsync(client, Call(true));

        time.Skipped.Count.ShouldBe(chunks.Count);
        time.Skipped.ShouldAllBe(wait => wait == TimeSpan.FromMilliseconds(30));
    }

    [Fact]
    public async Task Errors_come_before_the_stream_as_usual()
    {
        await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.ContentFilter] });

        (await client.PostAsync(Call(true))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static JsonObject Call(bool wantsUsage)
    {
        var call = EndpointClient.Call("", User);
        call["stream"] = true;
        if (wantsUsage) call["stream_options"] = new JsonObject { ["include_usage"] = true };
        return call;
    }

    private static string Text(IEnumerable<JsonElement> chunks) => string.Concat(chunks.Select(chunk =>
        chunk.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0 && choices[0].GetProperty("delta").TryGetProperty("content", out var text) ? text.GetString() : ""));

    private static async Task<(List<JsonElement> Chunks, bool IsDone)> ReadAsync(EndpointClient client, JsonObject call)
    {
        using var response = await client.PostAsync(call);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("text/event-stream");
        var (chunks, isDone) = (new List<JsonElement>(), false);
        foreach (var line in (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            line.ShouldStartWith("data: ");
            isDone = line == "data: [DONE]";
            if (!isDone) chunks.Add(JsonSerializer.Deserialize<JsonElement>(line["data: ".Length..]));
        }

        return (chunks, isDone);
    }
}
