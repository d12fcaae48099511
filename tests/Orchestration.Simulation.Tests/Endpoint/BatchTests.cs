using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.Endpoint;

/// <summary>Files and batches as a caller of the batch API meets them.</summary>
public sealed class BatchTests : IAsyncDisposable
{
    private static readonly TokenPrices Prices = new(2, 1, 10, 10);

    private readonly HttpClient _http = new();
    private EndpointClient? _client;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_client is not null) await _client.DisposeAsync();
    }

    [Fact]
    public async Task A_batch_answers_every_line_as_a_single_call_would_at_half_the_price_in_another_order()
    {
        await StartAsync(new ScriptedBatches());
        var ids = Enumerable.Range(0, 40).Select(i => $"line-{i}").ToArray();
        var bodies = ids.ToDictionary(id => id, id => EndpointClient.Call(EndpointClient.JsonForm, EndpointClient.Material($"Why {id}?", $"Because {id}.")));

        var file = await UploadAsync(string.Concat(ids.Select(id => Line(id, bodies[id]))));
        file.GetProperty("purpose").GetString().ShouldBe("batch");
        var batch = await CreateAsync(file.GetProperty("id").GetString()!, new JsonObject { ["intent"] = "i-7" });

        batch.GetProperty("status").GetString().ShouldBe("completed");
        batch.GetProperty("metadata").GetProperty("intent").GetString().ShouldBe("i-7");
        batch.GetProperty("error_file_id").ValueKind.ShouldBe(JsonValueKind.Null);
        Counts(batch).ShouldBe((40, 40, 0));
        var lines = await LinesAsync(batch.GetProperty("output_file_id").GetString()!);
        lines.Select(line => line.GetProperty("custom_id").GetString()).ShouldBe(ids, ignoreOrder: true);
        lines.Select(line => line.GetProperty("custom_id").GetString()).ShouldNotBe(ids);
        foreach (var line in lines)
        {
            line.GetProperty("error").ValueKind.ShouldBe(JsonValueKind.Null);
            line.GetProperty("response").GetProperty("status_code").GetInt32().ShouldBe(200);
        }

        var seen = _client!.Endpoint.Statistics();
        (seen.Batches, seen.BatchLines, seen.Requests).ShouldBe((1, 40, 0));
        seen.CostUsd.ShouldBe(Prices.Cost(seen.BatchUsage) / 2);
        var single = await _client.ReplyAsync(bodies["line-3"]);
        Content(lines.Single(line => line.GetProperty("custom_id").GetString() == "line-3").GetProperty("response").GetProperty("body")).ShouldBe(Content(single));
        _client.Endpoint.Statistics().RepeatedDeliveries.ShouldBe(1);
    }

    [Fact]
    public async Task A_batch_goes_through_its_states_by_the_clock()
    {
        var time = new ManualTime();
        await StartAsync(new ScriptedBatches { Duration = TimeSpan.FromMinutes(10) }, time);
        var batch = await CreateAsync((await UploadAsync(Line("a"))).GetProperty("id").GetString()!);
        var id = batch.GetProperty("id").GetString();

        var states = new List<string?> { batch.GetProperty("status").GetString() };
        foreach (var minutes in new[] { 0.5, 0.5, 7, 1, 1 })
        {
            time.Advance(TimeSpan.FromMinutes(minutes));
            batch = await GetAsync($"v1/batches/{id}");
            states.Add(batch.GetProperty("status").GetString());
            if (states[^1] != "completed") batch.GetProperty("output_file_id").ValueKind.ShouldBe(JsonValueKind.Null);
        }

        states.ShouldBe(["validating", "validating", "in_progress", "in_progress", "finalizing", "completed"]);
        batch.GetProperty("completed_at").GetInt64().ShouldBe(batch.GetProperty("created_at").GetInt64() + 600);
        _client!.Endpoint.Statistics().CostUsd.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Lines_that_fail_stand_in_the_error_file_and_are_not_charged()
    {
        await StartAsync(new ScriptedBatches { Faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.ServerError] = 0.2, [ScriptedFault.ContentFilter] = 0.2, [ScriptedFault.GarbageText] = 0.2 } });
        var batch = await CreateAsync((await UploadAsync(string.Concat(Enumerable.Range(0, 100).Select(i => Line($"l{i}"))))).GetProperty("id").GetString()!);

        var errors = await LinesAsync(batch.GetProperty("error_file_id").GetString()!);
        var output = await LinesAsync(batch.GetProperty("output_file_id").GetString()!);

        Counts(batch).ShouldBe((100, output.Count, errors.Count));
        (output.Count + errors.Count).ShouldBe(100);
        errors.Select(line => line.GetProperty("response").GetProperty("status_code").GetInt32()).Distinct().Order().ShouldBe([400, 500]);
        errors.First(line => line.GetProperty("response").GetProperty("status_code").GetInt32() == 400)
            .GetProperty("response").GetProperty("body").GetProperty("error").GetProperty("code").GetString().ShouldBe("content_filter");
        var usage = output.Select(line => line.GetProperty("response").GetProperty("body").GetProperty("usage").GetProperty("prompt_tokens").GetInt64()).Sum();
        _client!.Endpoint.Statistics().BatchUsage.Input.ShouldBe(usage);
    }

    [Fact]
    public async Task An_expired_batch_gives_what_it_has_and_names_the_rest()
    {
        await StartAsync(new ScriptedBatches { Ends = [ScriptedBatchEnd.Expired], DoneAtExpiry = 0.3 });
        var batch = await CreateAsync((await UploadAsync(string.Concat(Enumerable.Range(0, 10).Select(i => Line($"l{i}"))))).GetProperty("id").GetString()!);

        batch.GetProperty("status").GetString().ShouldBe("expired");
        Counts(batch).ShouldBe((10, 3, 7));
        foreach (var line in await LinesAsync(batch.GetProperty("error_file_id").GetString()!))
        {
            line.GetProperty("response").ValueKind.ShouldBe(JsonValueKind.Null);
            line.GetProperty("error").GetProperty("code").GetString().ShouldBe("batch_expired");
        }
    }

    [Fact]
    public async Task A_cancelled_batch_stops_and_gives_what_it_has()
    {
        var time = new ManualTime();
        await StartAsync(new ScriptedBatches { Duration = TimeSpan.FromMinutes(10) }, time);
        var id = (await CreateAsync((await UploadAsync(string.Concat(Enumerable.Range(0, 10).Select(i => Line($"l{i}"))))).GetProperty("id").GetString()!)).GetProperty("id").GetString();
        time.Advance(TimeSpan.FromMinutes(5));

        (await JsonAsync(await _http.PostAsync(At($"v1/batches/{id}/cancel"), null, TestContext.Current.CancellationToken))).GetProperty("status").GetString().ShouldBe("cancelling");
        var batch = await GetAsync($"v1/batches/{id}");

        batch.GetProperty("status").GetString().ShouldBe("cancelled");
        Counts(batch).ShouldBe((10, 5, 5));
    }

    [Fact]
    public async Task A_batch_can_fail_as_a_whole_and_the_next_one_completes()
    {
        await StartAsync(new ScriptedBatches { Ends = [ScriptedBatchEnd.Failed] });
        var file = (await UploadAsync(Line("a"))).GetProperty("id").GetString()!;

        var failed = await CreateAsync(file);
        failed.GetProperty("status").GetString().ShouldBe("failed");
        failed.GetProperty("errors").GetProperty("data")[0].GetProperty("code").GetString().ShouldBe("token_limit_exceeded");
        (await CreateAsync(file)).GetProperty("status").GetString().ShouldBe("completed");
    }

    [Theory]
    [InlineData("{\"custom_id\":\"a\"", "invalid_json_line")]
    [InlineData("{\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"m\",\"messages\":[]}}", "missing_required_parameter")]
    [InlineData("{\"custom_id\":\"a\",\"method\":\"GET\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"m\"}}", "invalid_method")]
    [InlineData("{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{\"model\":\"m\"}}", "invalid_url")]
    [InlineData("{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"other\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}", "mismatched_model")]
    [InlineData("{\"custom_id\":\"first\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"judge-1\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}", "duplicate_custom_id")]
    public async Task A_file_with_one_wrong_line_fails_the_batch_and_names_the_line(string line, string code)
    {
        await StartAsync(new ScriptedBatches());

        var batch = await CreateAsync((await UploadAsync(Line("first") + line + "\n" + Line("last"))).GetProperty("id").GetString()!);

        batch.GetProperty("status").GetString().ShouldBe("failed");
        var error = batch.GetProperty("errors").GetProperty("data").EnumerateArray().ShouldHaveSingleItem();
        (error.GetProperty("code").GetString(), error.GetProperty("line").GetInt32()).ShouldBe((code, 2));
        _client!.Endpoint.Statistics().CostUsd.ShouldBe(0);
    }

    [Fact]
    public async Task Files_are_held_to_their_limits()
    {
        await StartAsync(new ScriptedBatches { MaxRequests = 2, MaxBytes = 2000 });

        (await CreateAsync((await UploadAsync(Line("a") + Line("b") + Line("c"))).GetProperty("id").GetString()!)).GetProperty("errors").GetProperty("data")[0].GetProperty("code").GetString().ShouldBe("request_limit_exceeded");
        (await PostFileAsync(new string('x', 2001), "f.jsonl", "batch")).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await PostFileAsync("x", "f.txt", "batch")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await PostFileAsync("x", "f.jsonl", "fine-tune")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await PostFileAsync("", "f.jsonl", "batch")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await PostBatchAsync("file-none")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await _http.PostAsync(At("v1/files"), new StringContent("x"), TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await _http.GetAsync(At("v1/batches/none"), TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await _http.GetAsync(At("v1/files/none/content"), TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Files_can_be_read_listed_and_deleted()
    {
        await StartAsync(new ScriptedBatches());
        var id = (await UploadAsync(Line("a"))).GetProperty("id").GetString();

        (await _http.GetStringAsync(At($"v1/files/{id}/content"), TestContext.Current.CancellationToken)).ShouldBe(Line("a"));
        (await GetAsync("v1/files?purpose=batch")).GetProperty("data").EnumerateArray().ShouldHaveSingleItem().GetProperty("filename").GetString().ShouldBe("lines.jsonl");
        (await JsonAsync(await _http.DeleteAsync(At($"v1/files/{id}"), TestContext.Current.CancellationToken))).GetProperty("deleted").GetBoolean().ShouldBeTrue();
        (await _http.GetAsync(At($"v1/files/{id}"), TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Batches_are_listed_newest_first_by_pages()
    {
        await StartAsync(new ScriptedBatches());
        var file = (await UploadAsync(Line("a"))).GetProperty("id").GetString()!;
        var made = new List<string?>();
        for (var i = 0; i < 5; i++) made.Add((await CreateAsync(file)).GetProperty("id").GetString());

        var listed = new List<string?>();
        var after = "";
        while (true)
        {
            var page = await GetAsync("v1/batches?limit=2" + after);
            listed.AddRange(page.GetProperty("data").EnumerateArray().Select(batch => batch.GetProperty("id").GetString()));
            if (!page.GetProperty("has_more").GetBoolean()) break;
            after = "&after=" + page.GetProperty("last_id").GetString();
        }

        listed.ShouldBe(Enumerable.Reverse(made));
    }

    [Fact]
    public async Task A_batch_whose_reply_was_lost_was_made_all_the_same()
    {
        await StartAsync(new ScriptedBatches { CallFault = call => (call.Method, call.Path) == ("POST", "batches") ? ScriptedFault.ConnectionReset : ScriptedFault.None });
        var file = (await UploadAsync(Line("a"))).GetProperty("id").GetString()!;

        await Should.ThrowAsync<HttpRequestException>(() => PostBatchAsync(file));

        (await GetAsync("v1/batches")).GetProperty("data").EnumerateArray().ShouldHaveSingleItem().GetProperty("input_file_id").GetString().ShouldBe(file);
    }

    [Fact]
    public async Task The_key_is_demanded_of_files_and_batches_too()
    {
        _client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { ApiKey = "right" });

        (await _http.GetAsync(At("v1/batches"), TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await PostFileAsync("x", "f.jsonl", "batch")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private async Task StartAsync(ScriptedBatches batches, TimeProvider? time = null) =>
        _client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { Batches = batches, Prices = Prices, TrackContents = true }, time);

    private static string Line(string id, JsonObject? body = null) =>
        new JsonObject { ["custom_id"] = id, ["method"] = "POST", ["url"] = "/v1/chat/completions", ["body"] = body ?? EndpointClient.Call("", id) }.ToJsonString() + "\n";

    private static string? Content(JsonElement completion) => completion.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();

    private static (int Total, int Completed, int Failed) Counts(JsonElement batch)
    {
        var counts = batch.GetProperty("request_counts");
        return (counts.GetProperty("total").GetInt32(), counts.GetProperty("completed").GetInt32(), counts.GetProperty("failed").GetInt32());
    }

    private Uri At(string path) => new(_client!.Endpoint.Address, path);

    private async Task<HttpResponseMessage> PostFileAsync(string text, string name, string purpose)
    {
        using var form = new MultipartFormDataContent { { new StringContent(purpose), "purpose" }, { new ByteArrayContent(Encoding.UTF8.GetBytes(text)), "file", name } };
        return await _http.PostAsync(At("v1/files"), form, TestContext.Current.CancellationToken);
    }

    private async Task<JsonElement> UploadAsync(string text) => await JsonAsync(await PostFileAsync(text, "lines.jsonl", "batch"));

    private Task<HttpResponseMessage> PostBatchAsync(string file, JsonObject? metadata = null) => _http.PostAsync(
        At("v1/batches"),
        JsonContent.Create(new JsonObject { ["input_file_id"] = file, ["endpoint"] = "/v1/chat/completions", ["completion_window"] = "24h", ["metadata"] = metadata }),
        TestContext.Current.CancellationToken);

    private async Task<JsonElement> CreateAsync(string file, JsonObject? metadata = null)
    {
        var batch = await JsonAsync(await PostBatchAsync(file, metadata));
        return await GetAsync("v1/batches/" + batch.GetProperty("id").GetString());
    }

    private async Task<JsonElement> GetAsync(string path) => await JsonAsync(await _http.GetAsync(At(path), TestContext.Current.CancellationToken));

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        response.IsSuccessStatusCode.ShouldBeTrue(((int)response.StatusCode).ToString(CultureInfo.InvariantCulture));
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    private async Task<List<JsonElement>> LinesAsync(string file) =>
        [.. (await _http.GetStringAsync(At($"v1/files/{file}/content"), TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
}
