using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Orchestration.Cli.Endpoint;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Pairs;

public sealed class PairsBuildTests : IDisposable
{
    private const int Questions = 24;
    private const int Answers = 4;

    private readonly CliRun _cli = new();
    private readonly ConcurrentDictionary<string, int> _asked = new(StringComparer.Ordinal);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task One_right_and_one_wrong_answer_are_kept_and_the_rest_is_counted_and_a_second_run_buys_nothing()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.Zero);
        var (status, line) = await _cli.RunJsonAsync(Build("c.jsonl"));
        status.ShouldBe(0, _cli.Error);
        (line.GetProperty("questions").GetInt32(), line.GetProperty("kept").GetInt32(), line.GetProperty("all_right").GetInt32(), line.GetProperty("all_wrong").GetInt32(), line.GetProperty("all_unreadable").GetInt32())
            .ShouldBe((Questions, 12, 6, 3, 3));
        line.GetProperty("unreadable_answers").GetInt32().ShouldBe(3 * Answers);
        line.GetProperty("bought").GetInt32().ShouldBe(Questions * Answers);
        line.GetProperty("cost_usd").GetDecimal().ShouldBe(endpoint.Statistics().CostUsd);

        var rows = _cli.Rows("c.jsonl");
        rows.Length.ShouldBe(12);
        rows.Count(static r => r.GetProperty("label").GetString() == "A>B").ShouldBe(6, "which one stands first is balanced");
        foreach (var row in rows)
        {
            var right = row.GetProperty(row.GetProperty("label").GetString() == "A>B" ? "answer_a" : "answer_b").GetString()!;
            var wrong = row.GetProperty(row.GetProperty("label").GetString() == "A>B" ? "answer_b" : "answer_a").GetString()!;
            right.ShouldEndWith("Answer: " + row.GetProperty("reference").GetString());
            wrong.ShouldEndWith("Answer: 999");
        }

        var before = endpoint.Statistics().Requests;
        var first = await File.ReadAllBytesAsync(_cli.At("c.jsonl"), Cancelled);
        (status, line) = await _cli.RunJsonAsync(Build("again.jsonl"));
        status.ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBe(before);
        line.GetProperty("from_store").GetInt32().ShouldBe(Questions * Answers);
        (await File.ReadAllBytesAsync(_cli.At("again.jsonl"), Cancelled)).ShouldBe(first);
        (await _cli.RunAsync([.. Build("other.jsonl"), "--seed", "5"])).ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBe(before, "the seed draws among answers and buys none");
        (await File.ReadAllBytesAsync(_cli.At("other.jsonl"), Cancelled)).ShouldNotBe(first);
        (await _cli.RunAsync(["meta", "judgebench", "--verdicts", _cli.At("c.jsonl")])).ShouldBe(ExitStatus.BadInput, "comparisons are no verdicts");
        (await _cli.RunAsync(["cost", "--store", _cli.At("store.db")])).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("answer");
    }

    [Fact]
    public async Task A_cap_stops_it_before_it_is_passed_writes_nothing_and_more_money_goes_on_where_it_stopped()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromMilliseconds(1));
        (await _cli.RunAsync([.. Build("c.jsonl"), "--max-output-tokens", "64", "--max-cost", "0.003"])).ShouldBe(ExitStatus.Capped, _cli.Error);
        endpoint.Statistics().CostUsd.ShouldBeLessThanOrEqualTo(0.003m);
        endpoint.Statistics().CostUsd.ShouldBeGreaterThan(0);
        File.Exists(_cli.At("c.jsonl")).ShouldBeFalse();
        _cli.Error.ShouldContain("the same command goes on with a higher --max-cost");
        (await _cli.RunAsync([.. Build("c.jsonl"), "--max-output-tokens", "64", "--max-cost", "5"])).ShouldBe(0, _cli.Error);
        endpoint.Statistics().Requests.ShouldBe(Questions * Answers);
    }

    [Fact]
    public async Task Killed_and_interrupted_in_the_middle_it_buys_no_stored_answer_again()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromMilliseconds(15));
        using (var process = new ProcessRun(_cli.Folder, Build("c.jsonl")))
        {
            await Task.WhenAny(endpoint.RequestsReachedAsync(25), process.Exited);
            process.Kill();
            await process.Exited;
        }

        var killed = endpoint.Statistics().Requests;
        using (var process = new ProcessRun(_cli.Folder, Build("c.jsonl")))
        {
            await Task.WhenAny(endpoint.RequestsReachedAsync(killed + 20), process.Exited);
            process.Interrupt();
            (await process.ExitAsync()).ShouldBe(ExitStatus.Interrupted, await process.Error);
            (await process.Error).ShouldContain("Nothing is written yet; the same command goes on");
        }

        File.Exists(_cli.At("c.jsonl")).ShouldBeFalse();
        (await _cli.RunAsync(Build("c.jsonl"))).ShouldBe(0, _cli.Error);

        // The kill loses what was in flight or being written, twice the concurrency at most; the interruption loses nothing.
        endpoint.Statistics().Requests.ShouldBeInRange(Questions * Answers, (Questions * Answers) + (2 * 4));
        File.Exists(_cli.At("c.jsonl")).ShouldBeTrue();
    }

    [Fact]
    public async Task What_cannot_be_checked_or_asked_is_said_before_anything_is_bought()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.Zero);
        var bad = _cli.Write("bad.jsonl", """{"id":"1","prompt":"q","reference":"no number"}""");
        (await _cli.RunAsync(["pairs", "build", "--questions", bad, "--deployment", "local", "--out", _cli.At("x"), "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("store.db")])).ShouldBe(ExitStatus.BadInput);
        _cli.Error.ShouldContain("line 1: The reference is nothing that numeric-match can check");
        (await _cli.RunAsync([.. Build("x"), "--checker", "exact-mach"])).ShouldBe(ExitStatus.BadInput);
        _cli.Error.ShouldContain("Did you mean 'exact-match'?");
        (await _cli.RunAsync([.. Build("x"), "--temperature", "0"])).ShouldBe(ExitStatus.BadInput);
        (await _cli.RunAsync([.. Build("x"), "--dry-run"])).ShouldBe(0, _cli.Error);
        _cli.Error.ShouldContain("96 answers");
        endpoint.Statistics().Requests.ShouldBe(0);
    }

    private string[] Build(string output) =>
        ["pairs", "build", "--questions", _cli.At("questions.jsonl"), "--deployment", "local", "--answers", $"{Answers}", "--out", _cli.At(output), "--config", _cli.At("orchestration.yaml"), "--store", _cli.At("store.db"), "--json"];

    /// <summary>Question n is answered always right, always wrong, without a number, or right every other time.</summary>
    private async Task<ScriptedEndpoint> EndpointAsync(TimeSpan latency)
    {
        var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Latency = latency, Prices = new TokenPrices(0.40m, 0.10m, 1.60m, 1.60m), Respond = Reply }, cancellationToken: Cancelled);
        _cli.Write("orchestration.yaml", EndpointCommand.Configuration(endpoint.ChatEndpoint).Replace("concurrency: 64", "concurrency: 4", StringComparison.Ordinal));
        _cli.Write("questions.jsonl", [.. Enumerable.Range(0, Questions).Select(n => JsonSerializer.Serialize(new { id = $"q{n}", prompt = $"What is {n} plus 100?", reference = (n + 100).ToString(CultureInfo.InvariantCulture), category = n % 2 == 0 ? "even" : "odd" }))]);
        return endpoint;
    }

    private ScriptedReply Reply(ScriptedCall call)
    {
        var n = int.Parse(call.User.Split(' ')[2], CultureInfo.InvariantCulture);
        var time = _asked.AddOrUpdate(call.User, 0, static (_, before) => before + 1);
        return new ScriptedReply
        {
            Text = (n % 8) switch
            {
                0 or 1 => $"Easy.\nAnswer: {n + 100}",
                2 => "Hm.\nAnswer: 999",
                3 => "I cannot say.",
                _ => time % 2 == 0 ? $"Let me see.\nAnswer: {n + 100}" : "Let me see.\nAnswer: 999",
            },
        };
    }
}
