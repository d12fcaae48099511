using System.Globalization;
using System.Net;
using System.Text.Json;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Sweeps;

/// <summary>Rows of sweeps over HTTP: whatever is filtered, searched or passed over, the pages hold what the results hold.</summary>
public sealed class PairServiceTests
{
    private const int Count = 1100;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_hold_the_rows_that_the_results_hold_whatever_is_asked_and_however_little_at_a_time()
    {
        await using var endpoint = await EndpointAsync(static () => true);
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        var results = await RunAsync(client);
        bool Has(JsonElement r, string judge) => r.GetProperty("scores").GetProperty(judge).ValueKind == JsonValueKind.Number;
        double Score(JsonElement r) => r.GetProperty("score").ValueKind == JsonValueKind.Number ? r.GetProperty("score").GetDouble() : double.NaN;
        var asked = new (string Query, Func<JsonElement, bool> IsWanted)[]
        {
            ("", static _ => true),
            ("score_min=0.7&score_max=0.8", r => Score(r) is >= 0.7 and <= 0.8),
            ("judge=clarity@local&score_max=1", r => Has(r, "clarity@local") && r.GetProperty("scores").GetProperty("clarity@local").GetDouble() <= 1),
            ("unscored=any", r => !Has(r, "clarity@local")),
            ("unscored=unreadable&judge=clarity@local", r => !Has(r, "clarity@local")),
            ("unscored=timeout", static _ => false),
            ("without_score=true", r => double.IsNaN(Score(r))),
            ("category=rare", static r => r.TryGetProperty("category", out var c) && c.GetString() == "rare"),
            ("q=NUMBER%2077", static r => r.GetProperty("id").GetString() is "r77" || (r.GetProperty("id").GetString()![1..] is ['7', '7', _])),
            ("q=NUMBER%201043", static r => r.GetProperty("id").GetString() == "r1043"),
            ("q=another.&in=answer&category=rare", static r => r.TryGetProperty("category", out var c) && c.GetString() == "rare"),
            ("q=xylophone", static _ => false),
            ("q=R77&in=id", static r => r.GetProperty("id").GetString()!.StartsWith("r77", StringComparison.Ordinal)),
            ("q=is%2077%20and&in=prompt&score_min=0", r => r.GetProperty("id").GetString() == "r77" && !double.IsNaN(Score(r))),
        };
        foreach (var isRemembered in new[] { false, true })
        {
            foreach (var (query, isWanted) in asked)
            {
                var expected = results.Where(isWanted).Select(static r => r.GetProperty("id").GetString()).ToArray();
                (await IdsAsync(client, query, 500, 400)).ShouldBe(expected, query);
                (await IdsAsync(client, query, 7, 1)).ShouldBe(expected, $"{query}, little at a time, {(isRemembered ? "" : "not ")}remembered");
            }
        }

        foreach (var wrong in new[] { "q=" + new string('x', 501), "limit=0", "limit=501", "from=x", "judge=nobody&unscored=any", "judge=clarity@local", "in=everywhere", "score_min=much", "what=ever" })
            (await client.GetAsync("/v1/sweeps/s1/pairs?" + wrong, Stop)).StatusCode.ShouldBe(HttpStatusCode.BadRequest, wrong);
        foreach (var missing in new[] { "/v1/sweeps/s1/pairs/99.0", "/v1/sweeps/s1/pairs/0.999", "/v1/sweeps/s1/pairs/-1.0", "/v1/sweeps/s1/pairs/x", "/v1/sweeps/s9/pairs" })
            (await client.GetAsync(missing, Stop)).StatusCode.ShouldBe(HttpStatusCode.NotFound, missing);
    }

    [Fact]
    public async Task What_was_remembered_of_rows_without_a_score_is_forgotten_when_they_are_asked_again()
    {
        var isMute = true;
        await using var endpoint = await EndpointAsync(() => Volatile.Read(ref isMute));
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        var results = await RunAsync(client);
        var mute = results.Count(static r => r.GetProperty("score").ValueKind != JsonValueKind.Number);
        mute.ShouldBeGreaterThan(10);
        (await IdsAsync(client, "without_score=true", 500, 400)).Count.ShouldBe(mute);
        (await StatisticsAsync(client)).GetProperty("without_score").GetInt64().ShouldBe(mute);
        (await IdsAsync(client, "q=number 87,&score_min=0", 500, 400)).ShouldBeEmpty("it has no score yet");

        Volatile.Write(ref isMute, false);
        using (var again = await client.PostAsync("/v1/sweeps/s1/resume", SiloWorld.Json("""{"retry_unscored":true}"""), Stop)) again.EnsureSuccessStatusCode();
        await client.GetStringAsync("/v1/sweeps/s1/events", Stop);
        (await IdsAsync(client, "without_score=true", 500, 400)).ShouldBeEmpty();
        (await IdsAsync(client, "q=number 87,&score_min=0", 500, 400)).ShouldBe(["r87"]);
        (await StatisticsAsync(client)).GetProperty("without_score").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task An_estimate_says_what_the_sweep_then_calls_and_keeps_nothing()
    {
        await using var endpoint = await EndpointAsync(static () => false);
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        var estimate = await EstimateAsync();
        estimate.GetProperty("rows").GetInt64().ShouldBe(300);
        estimate.GetProperty("calls").GetInt64().ShouldBe(300);
        estimate.GetProperty("cost_usd").GetDecimal().ShouldBeLessThan(estimate.GetProperty("cost_usd_at_most").GetDecimal());
        endpoint.Statistics().Requests.ShouldBe(0);
        Directory.GetFileSystemEntries(world.Folder, "estimate-*").ShouldBeEmpty();
        JsonElement.Parse(await client.GetStringAsync("/v1/sweeps", Stop)).GetProperty("sweeps").GetArrayLength().ShouldBe(0);

        await SweepServiceTests.StartAsync(client, "/v1/sweeps?judges=quick", Rows(300));
        await client.GetStringAsync("/v1/sweeps/s1/events", Stop);
        endpoint.Statistics().Requests.ShouldBe(300);
        (await EstimateAsync()).GetProperty("stored").GetInt64().ShouldBe(300, "what is stored is not bought again");

        async Task<JsonElement> EstimateAsync()
        {
            using var response = await client.PostAsync("/v1/sweeps/estimate?judges=quick", new StringContent(Rows(300), System.Text.Encoding.UTF8, "application/x-ndjson"), Stop);
            return JsonElement.Parse(await response.Content.ReadAsStringAsync(Stop));
        }
    }

    private static string Rows(int count) => string.Concat(Enumerable.Range(0, count).Select(static i => string.Create(
        CultureInfo.InvariantCulture, $$"""{"id":"r{{i}}","prompt":"What is {{i}} and why?","answer":"It is the number {{i}}, which follows another."{{(i is > 600 and < 610 ? ",\"category\":\"rare\"" : i % 2 == 0 ? ",\"category\":\"even\"" : "")}}}""") + "\n"));

    private static Task<ScriptedEndpoint> EndpointAsync(Func<bool> isMute) => ScriptedEndpoint.StartAsync(
        new ScriptedEndpointOptions
        {
            Prices = new Core.Judging.Deployments.TokenPrices(0.40m, 0.10m, 1.60m, 1.60m),
            Respond = call =>
            {
                var at = call.User.IndexOf("What is ", StringComparison.Ordinal);
                var number = int.Parse(new string([.. call.User.Skip(at + 8).TakeWhile(char.IsAsciiDigit)]), CultureInfo.InvariantCulture);
                return isMute() && number % 40 == 7 ? new ScriptedReply { Text = "I would rather not say." } : new ScriptedReply { Text = JsonSerializer.Serialize(new { rationale = "Plain.", score = number % 5 }) };
            },
        },
        cancellationToken: Stop);

    private static async Task<IReadOnlyList<JsonElement>> RunAsync(HttpClient client)
    {
        await SweepServiceTests.StartAsync(client, "/v1/sweeps?judges=quick", Rows(Count));
        await client.GetStringAsync("/v1/sweeps/s1/events", Stop);
        return [.. (await client.GetStringAsync("/v1/sweeps/s1/results", Stop)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => JsonElement.Parse(l))];
    }

    private static async Task<IReadOnlyList<string?>> IdsAsync(HttpClient client, string query, int limit, int budget)
    {
        List<string?> ids = [];
        string? from = "0.0";
        while (from is not null)
        {
            var page = JsonElement.Parse(await client.GetStringAsync(string.Create(CultureInfo.InvariantCulture, $"/v1/sweeps/s1/pairs?{query}&from={from}&limit={limit}&budget_ms={budget}"), Stop));
            var rows = page.GetProperty("pairs").EnumerateArray().ToArray();
            rows.Length.ShouldBeLessThanOrEqualTo(limit);
            ids.AddRange(rows.Select(static r => r.GetProperty("id").GetString()));
            page.GetProperty("searched").GetInt64().ShouldBeInRange(rows.Length == 0 ? 0 : rows[^1].GetProperty("number").GetInt64(), Count);
            from = page.GetProperty("next").GetString();
        }

        return ids;
    }

    private static async Task<JsonElement> StatisticsAsync(HttpClient client)
    {
        while (true)
        {
            var sum = JsonElement.Parse(await client.GetStringAsync("/v1/sweeps/s1/statistics", Stop));
            if (sum.GetProperty("is_whole").GetBoolean()) return sum;
        }
    }
}
