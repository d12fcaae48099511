using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Orchestration.Core.Access;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Sweeps;

/// <summary>Sweeps over HTTP, worked by the silo itself.</summary>
public sealed class SweepServiceTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_that_are_sent_are_judged_followed_by_events_and_streamed_back()
    {
        await using var endpoint = await EndpointAsync();
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);

        var (id, made) = await StartAsync(client, "/v1/sweeps?judges=quick&max_cost_usd=1", Rows(40) + "this is no row\n");
        made.GetProperty("rows").GetInt64().ShouldBe(40);
        made.GetProperty("rejected").GetInt64().ShouldBe(1);
        made.GetProperty("rejected_by_reason").EnumerateObject().Count().ShouldBe(1);

        var events = await EventsAsync(client, id);
        events[^1].Kind.ShouldBe("end");
        var last = JsonElement.Parse(events[^1].Data);
        last.GetProperty("state").GetString().ShouldBe("completed");
        last.GetProperty("progress").GetProperty("rows_done").GetInt64().ShouldBe(40);
        events.Select(static e => e.Id).ShouldBeUnique();

        using (var again = new HttpRequestMessage(HttpMethod.Get, $"/v1/sweeps/{id}/events"))
        {
            again.Headers.Add("Last-Event-ID", events[^1].Id);
            (await client.SendAsync(again, Stop)).StatusCode.ShouldBe(HttpStatusCode.NoContent, "a reader that has seen the end is told not to come back");
        }

        var lines = (await client.GetStringAsync($"/v1/sweeps/{id}/results", Stop)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(40);
        lines.Select(static l => JsonElement.Parse(l).GetProperty("id").GetString()).ShouldBe(Enumerable.Range(0, 40).Select(static i => string.Create(CultureInfo.InvariantCulture, $"r{i}")));
        JsonElement.Parse(lines[0]).GetProperty("aggregator").GetString().ShouldBe("mean");

        var view = JsonElement.Parse(await client.GetStringAsync($"/v1/sweeps/{id}", Stop));
        view.GetProperty("money").GetProperty("cap_usd").GetDecimal().ShouldBe(1);
        view.GetProperty("money").GetProperty("settled_usd").GetDecimal().ShouldBe(endpoint.Statistics().CostUsd);
        Directory.GetFiles(world.Folder, "upload-*").ShouldBeEmpty();
        JsonElement.Parse(await client.GetStringAsync("/v1/sweeps", Stop)).GetProperty("sweeps").GetArrayLength().ShouldBe(1);
        JsonElement.Parse(await client.GetStringAsync("/v1/audit", Stop)).GetProperty("entries")[0].GetProperty("action").GetString().ShouldBe("sweep.start");
    }

    [Fact]
    public async Task A_sweep_is_paused_resumed_and_cancelled()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromMilliseconds(200));
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint).Replace("{concurrency: 64}", "{concurrency: 2}", StringComparison.Ordinal));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        var (id, _) = await StartAsync(client, "/v1/sweeps?judges=clarity@local", Rows(500));
        await endpoint.RequestsReachedAsync(1);
        (await ChangeAsync(client, id, "pause")).ShouldBe("interrupted");
        (await ChangeAsync(client, id, "pause")).ShouldBe("interrupted", "asked for again, it is so already");
        (await ChangeAsync(client, id, "resume")).ShouldBe("running");
        (await ChangeAsync(client, id, "cancel")).ShouldBe("cancelled");
        using var refused = await client.PostAsync($"/v1/sweeps/{id}/resume", null, Stop);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await client.GetStringAsync("/v1/audit?subject=" + id, Stop)).ShouldContain("sweep.cancel");
    }

    [Fact]
    public async Task A_request_names_data_sets_of_the_configuration_and_nothing_else()
    {
        await using var world = new SiloWorld("data-sets:\n  mine: {pairs: [./rows.jsonl]}\n");
        File.WriteAllText(Path.Combine(world.Folder, "rows.jsonl"), Rows(5));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        using var made = await client.PostAsync("/v1/sweeps", SiloWorld.Json("""{"data_set":"mine","judges":["readability"]}"""), Stop);
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        made.Headers.Location!.ToString().ShouldBe("/v1/sweeps/s1");
        foreach (var (body, status) in new[]
        {
            ("""{"data_set":"./rows.jsonl","judges":["readability"]}""", HttpStatusCode.NotFound),
            ("""{"data_set":"http://10.0.0.1/rows","judges":["readability"]}""", HttpStatusCode.NotFound),
            ("""{"data_set":"mine","judges":["replay:rows.jsonl"]}""", HttpStatusCode.BadRequest),
            ("""{"data_set":"mine","judges":["readability"],"out":"/tmp/x"}""", HttpStatusCode.BadRequest),
            ("""{"judges":["readability"]}""", HttpStatusCode.BadRequest),
            ("""{"data_set":"mine","judges":["readability"],"kind":"comparisons"}""", HttpStatusCode.BadRequest),
        })
        {
            using var refused = await client.PostAsync("/v1/sweeps", SiloWorld.Json(body), Stop);
            refused.StatusCode.ShouldBe(status, body);
        }

        using var other = await client.PostAsync("/v1/sweeps", new StringContent("x", Encoding.UTF8, "text/plain"), Stop);
        other.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        using var query = await client.PostAsync("/v1/sweeps?judge=readability", new StringContent(Rows(1), Encoding.UTF8, "application/x-ndjson"), Stop);
        (await query.Content.ReadAsStringAsync(Stop)).ShouldContain("The query has 'judge'");
    }

    [Fact]
    public async Task A_key_with_a_budget_a_day_starts_no_sweep_beyond_it()
    {
        await using var endpoint = await EndpointAsync();
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint));
        var key = await world.KeyAsync(AccessRoles.Judge, new KeyLimits { UsdPerDay = 1 });
        var silo = await world.StartAsync();
        using var client = SiloWorld.Client(silo, key);
        var statuses = new List<HttpStatusCode>();
        foreach (var query in new[] { "", "&max_cost_usd=0.7", "&max_cost_usd=0.7", "&max_cost_usd=0.3" })
        {
            using var response = await client.PostAsync("/v1/sweeps?judges=clarity@local" + query, new StringContent(Rows(2), Encoding.UTF8, "application/x-ndjson"), Stop);
            statuses.Add(response.StatusCode);
        }

        statuses.ShouldBe([HttpStatusCode.BadRequest, HttpStatusCode.Created, HttpStatusCode.PaymentRequired, HttpStatusCode.Created]);
    }

    [Fact]
    public async Task A_silo_that_drains_ends_its_event_streams_and_gives_its_shards_back()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromMilliseconds(100));
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint).Replace("{concurrency: 64}", "{concurrency: 2}", StringComparison.Ordinal));
        var first = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(first);
        var (id, _) = await StartAsync(client, "/v1/sweeps?judges=clarity@local", Rows(600));
        var following = client.GetStringAsync($"/v1/sweeps/{id}/events", Stop);
        await endpoint.RequestsReachedAsync(4);
        await first.DisposeAsync();
        (await following).ShouldContain("event: progress");

        var second = await world.StartAsync(open: true, world.Options with { Slots = 0 });
        (await second.State.Store.Sweeps.HeldAsync(Stop)).ShouldBeEmpty();
        (await second.State.Store.Sweeps.FindAsync(id, Stop))!.State.ShouldBe(Core.Sweeps.SweepState.Running);
        (await second.State.Store.Judgments.CountAsync(Stop)).ShouldBe(endpoint.Statistics().Delivered, "what was bought is stored");
    }

    internal static string Rows(int count) => string.Concat(
        Enumerable.Range(0, count).Select(static i => string.Create(CultureInfo.InvariantCulture, $$"""{"id":"r{{i}}","prompt":"What is {{i}} and why?","answer":"It is the number {{i}}, which follows {{i - 1}}."}""") + "\n"));

    internal static async Task<(string Id, JsonElement Sweep)> StartAsync(HttpClient client, string path, string rows)
    {
        using var response = await client.PostAsync(path, new StringContent(rows, Encoding.UTF8, "application/x-ndjson"), Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        response.StatusCode.ShouldBe(HttpStatusCode.Created, text);
        var sweep = JsonElement.Parse(text);
        return (sweep.GetProperty("id").GetString()!, sweep);
    }

    private static async Task<string> ChangeAsync(HttpClient client, string id, string what)
    {
        using var response = await client.PostAsync($"/v1/sweeps/{id}/{what}", null, Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonElement.Parse(text).GetProperty("state").GetString()!;
    }

    private static async Task<List<(string Kind, string Id, string Data)>> EventsAsync(HttpClient client, string id)
    {
        var text = await client.GetStringAsync($"/v1/sweeps/{id}/events", Stop);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(static e => e.StartsWith("event: ", StringComparison.Ordinal)).Select(static e =>
        {
            var lines = e.Split('\n');
            return (lines[0][7..], lines[1][4..], lines[2][6..]);
        })];
    }

    private static Task<ScriptedEndpoint> EndpointAsync(TimeSpan? latency = null) => ScriptedEndpoint.StartAsync(
        new ScriptedEndpointOptions { Latency = latency ?? TimeSpan.FromMilliseconds(1), Prices = new Core.Judging.Deployments.TokenPrices(0.40m, 0.10m, 1.60m, 1.60m) }, cancellationToken: Stop);
}
