using System.Globalization;
using Orchestration.Core.Routing;
using Orchestration.Core.Stores;
using Orchestration.Storage;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Routing;

public sealed class LedgerCommandTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Experts_are_ranked_by_what_they_would_be_worth_and_not_by_what_they_were_sent()
    {
        var (status, line) = await _cli.RunJsonAsync(["route", "eval", "--ledger", _cli.Write("log.jsonl", Log(1500)), "--json"]);
        status.ShouldBe(0, _cli.Error);
        line.GetProperty("judged").GetInt32().ShouldBe(1500);
        var experts = line.GetProperty("experts");
        double Sent(int k) => experts[k].GetProperty("of_what_it_was_sent").GetProperty("value").GetDouble();
        double Corrected(int k) => experts[k].GetProperty("corrected").GetProperty("value").GetDouble();
        Sent(0).ShouldBeGreaterThan(Sent(1));
        Corrected(1).ShouldBeGreaterThan(Corrected(0));
        line.GetProperty("policies")[0].GetProperty("policy").GetString().ShouldBe("logged");
        _cli.Out.ShouldContain("of what it was sent");
    }

    [Fact]
    public async Task A_policy_of_the_configuration_is_valued_and_one_that_the_log_does_not_show_is_refused_with_a_cure()
    {
        _cli.Write(
            "orchestration.yaml",
            "deployments:", "  small: {endpoint: 'http://localhost:1/v1', model: m/small}", "  large: {endpoint: 'http://localhost:1/v1', model: m/large}",
            "experts:", "  cheap: {deployment: small}", "  dear: {deployment: large}",
            "router:", "  default: cheap", "  policies:", "    one: {rule: always, experts: [dear]}", "    ucb: {rule: lin-ucb}");
        var log = _cli.Write("log.jsonl", Log(400));
        var (status, line) = await _cli.RunJsonAsync(["route", "eval", "--ledger", log, "--config", _cli.At("orchestration.yaml"), "--policy", "one", "--json"]);
        status.ShouldBe(0, _cli.Error);
        var policies = line.GetProperty("policies").EnumerateArray().ToDictionary(static p => p.GetProperty("policy").GetString()!);
        policies["one"].GetProperty("doubly_robust").GetProperty("value").GetDouble().ShouldBe(policies["always dear"].GetProperty("doubly_robust").GetProperty("value").GetDouble(), 1e-12);

        (await _cli.RunAsync(["route", "eval", "--ledger", log, "--config", _cli.At("orchestration.yaml"), "--policy", "ucb"])).ShouldBe(2);
        _cli.Error.ShouldContain("route replay");
        (await _cli.RunAsync(["route", "eval", "--ledger", log, "--config", _cli.At("orchestration.yaml"), "--policy", "none"])).ShouldBe(2);
        _cli.Error.ShouldContain("there are one, ucb");

        (status, line) = await _cli.RunJsonAsync(["route", "eval", "--ledger", log, "--least-effective", "399", "--json"]);
        status.ShouldBe(0);
        line.GetProperty("policies")[1].GetProperty("refused").GetString().ShouldBe("too_few_effective");
        _cli.Out.ShouldContain("random is REFUSED: the log is worth");
    }

    [Fact]
    public async Task The_ledger_of_a_store_is_exported_and_valued_without_what_named_an_expert()
    {
        var store = _cli.At("store.db");
        await using (var opened = await StoreLocation.OpenAsync(store, TimeProvider.System, _cli.At("spool"), static _ => { }, CancellationToken.None))
        {
            await opened.Routing.AppendAsync(new RouteBatch(1, [.. Enumerable.Range(0, 120).Select(Route)], 120, 0, IsLast: true), CancellationToken.None);
            await opened.Routing.RewardAsync([.. Enumerable.Range(0, 100).Select(Reward)], CancellationToken.None);
        }

        (await _cli.RunAsync(["route", "export", "--store", store, "--out", _cli.At("log.jsonl")])).ShouldBe(0, _cli.Error);
        _cli.Error.ShouldContain("110 decisions");
        var rows = _cli.Rows("log.jsonl");
        rows.Length.ShouldBe(110);
        rows.Count(static r => r.GetProperty("reward").ValueKind != System.Text.Json.JsonValueKind.Null).ShouldBe(91);
        rows[0].GetProperty("candidates")[1].GetProperty("probability").GetDouble().ShouldBe(0.5);

        var (status, fromFile) = await _cli.RunJsonAsync(["route", "eval", "--ledger", _cli.At("log.jsonl"), "--least-effective", "10", "--json"]);
        status.ShouldBe(0, _cli.Error);
        var (_, fromStore) = await _cli.RunJsonAsync(["route", "eval", "--ledger", store, "--least-effective", "10", "--json"]);
        fromStore.GetRawText().ShouldBe(fromFile.GetRawText());
        (await _cli.RunAsync(["route", "export", "--store", store, "--judged"])).ShouldBe(0);
        _cli.Out.TrimEnd().Split('\n').Length.ShouldBe(91);
    }

    [Fact]
    public async Task A_bandit_is_replayed_with_delay_and_drift_beside_its_baselines()
    {
        var random = new Random(4);
        var matrix = _cli.Write("matrix.jsonl", [.. Enumerable.Range(0, 600).Select(i =>
        {
            var isCode = random.Next(2) == 0;
            var (first, second) = (isCode ? 0.9 : 0.2, isCode ? 0.3 : 0.8);
            return string.Create(CultureInfo.InvariantCulture, $$$"""{"id":"{{{i}}}","prompt":"{{{(isCode ? "def f(x): return x" : "Tell me a story about the sea")}}} {{{i}}}","quality":{"coder":{{{first}}},"writer":{{{second}}}}}""");
        })]);
        var (status, line) = await _cli.RunJsonAsync(["route", "replay", "--matrix", matrix, "--policy", "lin-ucb", "--delay", "50", "--runs", "3", "--drift", "coder@400*0.1", "--json"]);
        status.ShouldBe(0, _cli.Error);
        line.GetProperty("rows").GetInt32().ShouldBe(600);
        double Mean(string name) => line.GetProperty("baselines").GetProperty(name).GetProperty("mean").GetDouble();
        var reward = line.GetProperty("reward").GetProperty("mean").GetDouble();
        reward.ShouldBeGreaterThan(Mean("random") + 0.05);
        reward.ShouldBeLessThan(Mean("oracle"));
        line.GetProperty("curve")[3].GetProperty("oracle").GetDouble().ShouldBeGreaterThan(line.GetProperty("curve")[9].GetProperty("oracle").GetDouble() + 0.1, "the drift is in the rows");
        (await _cli.RunAsync(["route", "replay", "--matrix", matrix, "--drift", "coder"])).ShouldBe(2);
        _cli.Error.ShouldContain("EXPERT@ROW*FACTOR");
        (await _cli.RunAsync(["route", "replay", "--matrix", matrix, "--lambda", "5"])).ShouldBe(2);
        _cli.Error.ShouldContain("cost{model: USD}");
    }

    /// <summary>Hard prompts go to the dear expert, which is better by 0.1 on all of them; how hard one is shows in its words.</summary>
    private static string[] Log(int rows)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, rows).Select(i =>
        {
            var isHard = random.Next(2) == 0;
            var dear = isHard ? 0.8 : 0.2;
            var isDear = random.NextDouble() < dear;
            var reward = random.NextDouble() < (isHard ? 0.25 : 0.75) + (isDear ? 0.1 : 0) ? 1 : 0;
            return string.Create(
                CultureInfo.InvariantCulture,
                $$$"""{"id":"{{{i}}}","at":"2026-01-01T00:00:00Z","prompt":"{{{(isHard ? "Prove the lemma rigorously" : "Say hello")}}} {{{i}}}","policy":"auto","expert":"{{{(isDear ? "dear" : "cheap")}}}","probability":{{{(isDear ? dear : 1 - dear)}}},"candidates":[{"expert":"cheap","quality":null,"cost":0.001,"probability":{{{1 - dear}}}},{"expert":"dear","quality":null,"cost":0.01,"probability":{{{dear}}}}],"cost":null,"reward":{{{reward}}}}""");
        })];
    }

    private static RouteRecord Route(int i)
    {
        var decision = new RouteDecision
        {
            Id = RouteId.Format(new Core.Hash128(7, (ulong)i)),
            At = DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(i),
            Policy = i % 12 == 11 ? "" : "auto",
            PolicyVersion = "v1",
            IsSampled = true,
            Probability = 0.5,
            Choice = new RoutingChoice
            {
                Experts = [i % 2 == 0 ? "a" : "b"],
                Reason = "test",
                Estimates = [new ExpertEstimate("a", 0.5, 0.4, 0.6, 0.001, 0.5), new ExpertEstimate("b", 0.5, 0.4, 0.6, 0.002, 0.5)],
            },
        };
        return new RouteRecord { Decision = decision, Outcome = new RouteOutcome { Decision = decision, Steps = [], AnsweredBy = i == 4 ? "b" : decision.Expert, Status = 200, CostUsd = 0.001m } };
    }

    private static RouteReward Reward(int i)
    {
        var decision = Route(i).Decision;
        return new RouteReward
        {
            RouteId = decision.Id,
            DecidedAt = decision.At,
            JudgedAt = decision.At.AddMinutes(1),
            Expert = i == 4 ? "b" : decision.Expert,
            Chosen = decision.Expert,
            Score = i % 3 / 2.0,
            AggregatorVersion = "mean",
        };
    }
}
