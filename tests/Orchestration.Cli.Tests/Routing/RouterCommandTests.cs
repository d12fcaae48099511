using Orchestration.Core;
using Orchestration.Core.Routing;
using Orchestration.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Routing;

public sealed class RouterCommandTests : IDisposable
{
    private readonly CliRun _run = new();

    private string Store => _run.At("store.db");

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Status_of_a_store_that_routed_nothing_says_so()
    {
        (await RunAsync("status")).ShouldBe(0);
        _run.Out.ShouldContain("nothing was routed yet");
    }

    [Fact]
    public async Task Status_shows_experts_judges_and_quarantines()
    {
        await FillAsync();
        (await RunAsync("quarantine", "large", "--reason", "too dear")).ShouldBe(0);
        (await RunAsync("quarantine", "safety@gpt", "--judge", "--reason", "times out")).ShouldBe(0);
        _run.Out.ShouldContain("quarantined now: large, judge safety@gpt");
        (await RunAsync("status")).ShouldBe(0);
        _run.Out.ShouldContain("small");
        _run.Out.ShouldContain("large (quarantined)");
        _run.Out.ShouldContain("judge clarity@gpt: 3 scored, mean 0.5");
        _run.Out.ShouldContain("unscored: timeout 3");
        _run.Out.ShouldContain("too dear");
        var (status, line) = await _run.RunJsonAsync(["route", "status", "--store", Store, "--json"]);
        status.ShouldBe(0);
        var small = line.GetProperty("experts").EnumerateArray().Single(e => e.GetProperty("expert").GetString() == "small");
        small.GetProperty("routes").GetInt32().ShouldBe(3);
        small.GetProperty("judged").GetInt32().ShouldBe(3);
        small.GetProperty("quality").GetProperty("value").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        line.GetProperty("experts").EnumerateArray().Single(e => e.GetProperty("expert").GetString() == "large").GetProperty("quarantined").GetString().ShouldBe("too dear");
    }

    [Fact]
    public async Task Show_says_who_was_asked_why_and_what_came_of_it()
    {
        await FillAsync();
        (await RunAsync("show", Id(1))).ShouldBe(0);
        _run.Out.ShouldContain("asked: small, then large");
        _run.Out.ShouldContain("chance of asking small first: 0.3267");
        _run.Out.ShouldContain("not on offer: other: cooling down for 12 s after 5 failures");
        _run.Out.ShouldContain("judged: 0.625, 0.5 to 0.7 by mean");
        _run.Out.ShouldContain("safety@gpt: timeout");
        var (status, line) = await _run.RunJsonAsync(["route", "show", Id(1), "--store", Store, "--json"]);
        status.ShouldBe(0);
        line.GetProperty("candidates").GetArrayLength().ShouldBe(2);
        line.GetProperty("score").GetDouble().ShouldBe(0.625);
    }

    [Fact]
    public async Task What_is_forgotten_is_gone_and_told_so()
    {
        await FillAsync();
        (await RunAsync("forget", Id(1))).ShouldBe(0);
        (await RunAsync("show", Id(1))).ShouldNotBe(0);
        _run.Error.ShouldContain("Nothing is kept of");
        (await RunAsync("forget", Id(1))).ShouldNotBe(0);
        (await RunAsync("show", "r_1")).ShouldNotBe(0);
        _run.Error.ShouldContain("is no route's id");
    }

    [Fact]
    public async Task Releasing_what_is_not_quarantined_names_what_is()
    {
        (await RunAsync("quarantine", "large", "--reason", "x")).ShouldBe(0);
        (await RunAsync("release", "small", "--reason", "y")).ShouldNotBe(0);
        _run.Error.ShouldContain("The expert 'small' is not quarantined. These are: expert large.");
        (await RunAsync("release", "large", "--reason", "y")).ShouldBe(0);
        _run.Out.ShouldContain("large is released");
        (await RunAsync("release", "large")).ShouldNotBe(0);
    }

    private Task<int> RunAsync(params string[] arguments) => _run.RunAsync(["route", .. arguments, "--store", Store]);

    private async Task FillAsync()
    {
        await using var store = await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = Store }, TestContext.Current.CancellationToken);
        var now = TimeProvider.System.GetUtcNow();
        await store.Routing.AppendAsync(new RouteBatch(1, [.. Enumerable.Range(0, 3).Select(i => Route(i, now))], 3, 0, true), TestContext.Current.CancellationToken);
        await store.Routing.RewardAsync([.. Enumerable.Range(0, 3).Select(i => Reward(i, now))], TestContext.Current.CancellationToken);
    }

    private static string Id(int number) => RouteId.Format(new Hash128(0x9E37_79B9_7F4A_7C15 + (ulong)number, (ulong)number));

    private static RouteRecord Route(int number, DateTimeOffset at)
    {
        var decision = new RouteDecision
        {
            Id = Id(number),
            At = at,
            Policy = "auto",
            PolicyVersion = new string('a', 64),
            Choice = new RoutingChoice
            {
                Experts = ["small", "large"],
                Estimates = [new ExpertEstimate("small", 0.75, 0.5, 0.875, 0.0078125, 0.98 / 3), new ExpertEstimate("large", double.NaN, double.NaN, double.NaN, null, 1 - (0.98 / 3))],
                Reason = "best predicted quality",
            },
            Excluded = [new ExcludedExpert("other", "cooling down for 12 s after 5 failures")],
            IsSampled = true,
            Probability = 0.98 / 3,
        };
        return new RouteRecord
        {
            Decision = decision,
            Outcome = new RouteOutcome { Decision = decision, Steps = [new RouteStep("small", "first", 200, 0.01m, 0, TimeSpan.FromSeconds(1), double.NaN, null)], AnsweredBy = "small", Status = 200, CostUsd = 0.01m, Latency = TimeSpan.FromSeconds(1) },
        };
    }

    private static RouteReward Reward(int number, DateTimeOffset at) => new()
    {
        RouteId = Id(number),
        DecidedAt = at,
        JudgedAt = at,
        Expert = "small",
        Chosen = "small",
        Policy = "auto",
        Probability = 0.98 / 3,
        Score = 0.625,
        Interval = (0.5, 0.7),
        AggregatorVersion = "mean",
        Scores = new Dictionary<string, double> { ["clarity@gpt"] = 0.5 },
        Unscored = new Dictionary<string, string> { ["safety@gpt"] = "timeout" },
    };
}
