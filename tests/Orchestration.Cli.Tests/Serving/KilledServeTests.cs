using System.Globalization;
using System.Net;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Spending;
using Orchestration.Simulation;
using Orchestration.Storage;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Serving;

/// <summary>A gateway as a real process, killed in the middle of requests: what the endpoint charged lies between what the books know and what they hold, and no cap is passed by those that come after.</summary>
public sealed class KilledServeTests
{
    private const decimal Cap = 6;
    private const decimal KeyCap = 4;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_in_the_middle_of_requests_key_and_day_hold_what_the_endpoint_charged_and_the_cap_outlives_it()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(60), LatencySpread = TimeSpan.FromMilliseconds(60), StreamPause = TimeSpan.FromMilliseconds(10), Prices = new TokenPrices(100, 100, 400, 400) }, cancellationToken: Stop);
        using var cli = new CliRun();
        cli.Write(
            "orchestration.yaml",
            "deployments:", $"  local: {{endpoint: '{endpoint.ChatEndpoint}', model: m, prices: {{input: 100, cached: 100, output: 400, reasoning: 400}}, max-output-tokens: 60, limits: {{concurrency: 64}}}}",
            "judge-sets:", "  quick: [clarity@local]",
            "experts:", "  small: {deployment: local, max-output-tokens: 60}", "  other: {deployment: local, max-output-tokens: 60}",
            "router:", string.Create(CultureInfo.InvariantCulture, $"  usd-per-day: {Cap}"), "  judging: {judges: quick, share: 0}", "  policies:", "    two: {rule: best-of, count: 2}");
        (await cli.RunAsync(["key", "create", "app", "--role", "call", "--usd-per-day", KeyCap.ToString(CultureInfo.InvariantCulture), "--store", cli.At("store.db")])).ShouldBe(0, cli.Error);
        var key = cli.Out.Trim();

        var answered = 0;
        using (var silo = await ServeProcess.StartAsync(cli.Folder, cli.At("store.db")))
        {
            silo.Use(key);
            var load = Enumerable.Range(0, 8).Select(worker => LoadAsync(silo, worker, () => Interlocked.Increment(ref answered))).ToArray();
            await endpoint.RequestsReachedAsync(40);
            silo.Run.Kill();
            await silo.Run.Exited;
            await Task.WhenAll(load);
        }

        answered.ShouldBeGreaterThan(0);
        var afterKill = await CheckAsync(endpoint, cli, key);
        afterKill.UnknownUsd.ShouldBeGreaterThan(0, "requests were in flight");

        // Another process goes on with the same day until the key's cap is reached.
        var refused = 0;
        using (var silo = await ServeProcess.StartAsync(cli.Folder, cli.At("store.db")))
        {
            silo.Use(key);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => LoadAsync(silo, worker, static () => { }, () => Interlocked.Increment(ref refused))));
            silo.Run.Signal("TERM");
            (await silo.Run.ExitAsync()).ShouldBe(0, silo.Run.ErrorSoFar);
        }

        refused.ShouldBe(8, "everybody was told that the budget is reached");
        await CheckAsync(endpoint, cli, key);
    }

    /// <summary>Asks in turn for an answer, a stream, two answers with a judge, and an embedding, until the silo is gone or the budget reached.</summary>
    private static async Task LoadAsync(ServeProcess silo, int worker, Action answered, Action? refused = null)
    {
        for (var i = 0; ; i++)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"Question {i} of {worker}: why is the sea salt?");
            var (path, body) = ((worker + i) % 4) switch
            {
                0 => ("/v1/chat/completions", $$"""{"model":"small","messages":[{"role":"user","content":"{{text}}"}]}"""),
                1 => ("/v1/chat/completions", $$"""{"model":"small","stream":true,"messages":[{"role":"user","content":"{{text}}"}]}"""),
                2 => ("/v1/chat/completions", $$"""{"model":"auto:two","messages":[{"role":"user","content":"{{text}}"}]}"""),
                _ => ("/v1/embeddings", $$"""{"model":"local","input":"{{text}}"}"""),
            };
            try
            {
                using var response = await silo.PostAsync(path, body);
                if (response.StatusCode == HttpStatusCode.TooManyRequests)
                {
                    (await response.Content.ReadAsStringAsync(Stop)).ShouldContain("budget_reached");
                    refused?.Invoke();
                    return;
                }

                response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync(Stop));
                answered();
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                return;
            }
        }
    }

    private static async Task<SpendStatus> CheckAsync(ScriptedEndpoint endpoint, CliRun cli, string key)
    {
        // What was under way at the endpoint comes to its end there, and is charged, whoever has left.
        while (endpoint.Statistics() is var now && now.Charged < now.Requests) await Task.Yield();
        var charged = endpoint.Statistics().CostUsd;
        await using var store = await StoreLocation.OpenAsync(cli.At("store.db"), TimeProvider.System, cli.At("spool"), static _ => { }, Stop);
        var payers = (await store.Spending.ListAsync(null, Stop)).Select(static e => e.Payer).Distinct().Order(StringComparer.Ordinal).ToArray();
        payers.Length.ShouldBe(2, string.Join(", ", payers));
        payers[0].ShouldStartWith($"key:{key[3..15]}:");
        payers[1].ShouldStartWith("router:");
        var keys = await store.Spending.StatusAsync(payers[0], Stop);
        foreach (var (status, cap) in new[] { (keys, KeyCap), (await store.Spending.StatusAsync(payers[1], Stop), Cap) })
        {
            status.CapUsd.ShouldBe(cap);
            status.ReservedUsd.ShouldBe(0);
            status.SettledUsd.ShouldBeLessThanOrEqualTo(charged);
            charged.ShouldBeLessThanOrEqualTo(status.SettledUsd + status.UnknownUsd);
            (status.SettledUsd + status.UnknownUsd).ShouldBeLessThanOrEqualTo(cap);
        }

        return keys;
    }
}
