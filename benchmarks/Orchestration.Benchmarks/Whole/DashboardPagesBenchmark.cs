using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Orchestration.Benchmarks.Whole.Gateway;

namespace Orchestration.Benchmarks.Whole;

/// <summary>
/// Pages over the rows of a replayed sweep of 1,000,000 pairs, asked of <c>orchestrate serve</c> over HTTP as the dashboard asks: the first one after a start, filters that few rows pass, and searches for texts.
/// </summary>
internal static class DashboardPagesBenchmark
{
    private const int Rows = 1_000_000;
    private const int AnswerBytes = 400;
    private const int Rounds = 20;

    public static async Task RunAsync(string folder, Report report)
    {
        // One answer in 1,000,000 has a rare word, near the end; one in 1,000 another; four rows have a judgment that timed out.
        var pairs = BenchmarkData.WritePairs(Path.Combine(folder, "pairs.jsonl"), Rows, AnswerBytes, static i => i == 931_007 ? " Quixotic zephyrs." : i % 1000 == 7 ? " Marmalade." : "");
        var recorded = BenchmarkData.WriteRecorded(Path.Combine(folder, "recorded.jsonl"), Rows, static i => i % 250_000 == 77_777);
        var store = Path.Combine(folder, "store.db");
        await MeasuredProcess.RunAsync(folder, "sweep", "run", "--pairs", pairs, "--judges", $"replay:{recorded}", "--scale", "*=0..4", "--store", store, "--out", Path.Combine(folder, "out"), "--json");
        File.Delete(pairs);
        File.Delete(recorded);
        report.Figure("rows", Rows, "");
        report.Figure("store", new FileInfo(store).Length / 1e6, "MB");

        await using var server = await StartAsync(folder, store);
        using var client = new HttpClient { BaseAddress = server.Address };
        await client.GetStringAsync("/v1/me");
        Milliseconds(report, "first page after the start", (await AskAsync(client, "")).Milliseconds, 250);
        Milliseconds(report, "first page, median of 20", await MedianAsync(client, static _ => ""), 100);
        Milliseconds(report, "a page in the middle, median of 20", await MedianAsync(client, static i => string.Create(CultureInfo.InvariantCulture, $"from={100 + i}.2000")), 100);

        // Filters while nothing is remembered of the shards: whatever comes of it, no request may take long.
        var cold = await ThroughAsync(client, "score_max=0.12");
        Milliseconds(report, "filter that few rows pass, nothing remembered yet: longest request", cold.Longest, 1000);
        report.Figure("the same through all 1,000,000 rows", cold.Total / 1000, "s");
        report.Figure("rows that pass", cold.Found, "");

        var (sums, requests) = (0.0, 0);
        bool isWhole;
        do
        {
            var begun = TimeProvider.System.GetTimestamp();
            isWhole = (await client.GetFromJsonAsync<JsonElement>("/v1/sweeps/s1/statistics")).GetProperty("is_whole").GetBoolean();
            sums += TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds;
            requests++;
        }
        while (!isWhole);
        report.Figure("statistics of what was read already", sums, "ms", "≤ 100", sums <= 100);

        foreach (var (what, query) in new[]
        {
            ("scores up to 0.12", "score_max=0.12"), ("one judge's scores at its top", "judge=clarity&score_min=4"), ("one reason, four rows", "unscored=timeout"), ("without an aggregated score, none", "without_score=true"), ("one category of six", "category=c3"),
        })
        {
            Milliseconds(report, $"filter, {what}: first page", await MedianAsync(client, _ => query), 250);
        }

        Milliseconds(report, "search, a word in every tenth row or so: first page", await MedianAsync(client, static _ => "q=machine%20water"), 250);
        Milliseconds(report, "search, a word in one row of 1,000: first page (50 rows of 50,000)", await MedianAsync(client, static _ => "q=marmalade&budget_ms=5000"), 500);
        foreach (var (what, query) in new[] { ("a word in one row, near the end", "q=quixotic"), ("a word that is nowhere, answers alone", "q=xylophone&in=answer"), ("three letters that are nowhere, so that all is read", "q=xyl"), ("an id", "q=p931007&in=id") })
        {
            var search = await ThroughAsync(client, query);
            report.Figure($"search, {what}: all 1,000,000 rows", search.Total / 1000, "s", "≤ 2", search.Total <= 2000);
            report.Figure("requests of that search", search.Requests, "");
            Milliseconds(report, "longest of them", search.Longest, 1000);
        }

        Milliseconds(report, "one row with everything, median of 20", await MedianAsync(client, static i => string.Create(CultureInfo.InvariantCulture, $"/{i * 11}.123")), 100);
        report.Figure("peak resident memory of the silo", server.PeakMegabytes, "MB", "≤ 400", server.PeakMegabytes <= 400);
    }

    private static async Task<Server> StartAsync(string folder, string store)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "orchestration.yaml"), "judge-sets:\n  quick: [readability]\n");
        return await Server.StartAsync(folder, "serving at", null, MeasuredProcess.Executable(), "serve", "--open", "--listen", "http://127.0.0.1:0", "--store", store, "--slots", "0");
    }

    private static void Milliseconds(Report report, string what, double value, double most) => report.Figure(what, value, "ms", string.Create(CultureInfo.InvariantCulture, $"≤ {most}"), value <= most);

    private static async Task<(double Milliseconds, JsonElement Page)> AskAsync(HttpClient client, string query)
    {
        var begun = TimeProvider.System.GetTimestamp();
        using var response = await client.GetAsync("/v1/sweeps/s1/pairs" + (query.StartsWith('/') ? query : "?" + query));
        var page = await response.Content.ReadFromJsonAsync<JsonElement>();
        if (!response.IsSuccessStatusCode) throw new InvalidOperationException(page.ToString());
        return (TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds, page);
    }

    private static async Task<double> MedianAsync(HttpClient client, Func<int, string> query)
    {
        var times = new double[Rounds];
        for (var i = 0; i < Rounds; i++) (times[i], _) = await AskAsync(client, query(i));
        Array.Sort(times);
        return times[Rounds / 2];
    }

    /// <summary>Goes on until everything is searched, as somebody does who wants all of it.</summary>
    private static async Task<(double Total, double Longest, int Requests, int Found)> ThroughAsync(HttpClient client, string query)
    {
        var (total, longest, requests, found) = (0.0, 0.0, 0, 0);
        string? from = "0.0";
        while (from is not null)
        {
            var (milliseconds, page) = await AskAsync(client, $"{query}&from={from}&limit=500");
            (total, longest, requests, found) = (total + milliseconds, Math.Max(longest, milliseconds), requests + 1, found + page.GetProperty("pairs").GetArrayLength());
            from = page.GetProperty("next").GetString();
        }

        return (total, longest, requests, found);
    }
}
