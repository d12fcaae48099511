using FsCheck;
using FsCheck.Fluent;
using Orchestration.Simulation.Endpoint;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests;

public sealed class FaultPlanTests
{
    private static readonly Dictionary<ScriptedFault, double> Mixed = new()
    {
        [ScriptedFault.ServerError] = 0.10,
        [ScriptedFault.ConnectionReset] = 0.05,
        [ScriptedFault.ContentFilter] = 0.02,
    };

    [Fact]
    public void A_fault_is_decided_by_seed_content_and_attempt_alone() => Prop.ForAll<int, int>((content, attempt) =>
    {
        var hash = ContentHash.Of($"{content}");
        attempt = 1 + Math.Abs(attempt % 10);
        new FaultPlan(7, [], Mixed).Decide(hash, attempt).ShouldBe(new FaultPlan(7, [], Mixed).Decide(hash, attempt));
    }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithReplay(20260101UL, 17UL));

    [Fact]
    public void Shares_are_kept_over_many_contents_and_over_many_attempts()
    {
        var plan = new FaultPlan(1, [], Mixed);
        Shares(i => plan.Decide(ContentHash.Of($"content {i}"), 1), ScriptedFault.ServerError).ShouldBe(0.098, 0.006);
        Shares(i => plan.Decide(ContentHash.Of($"content {i}"), 1), ScriptedFault.ContentFilter).ShouldBe(0.02, 0.003);
        var unfiltered = Enumerable.Range(0, 100).Select(i => ContentHash.Of($"{i}")).First(hash => plan.Decide(hash, 1) != ScriptedFault.ContentFilter);
        Shares(i => plan.Decide(unfiltered, i + 1), ScriptedFault.ConnectionReset).ShouldBe(0.05, 0.005);
    }

    [Fact]
    public void A_fault_of_the_content_lasts_and_others_pass_though_attempts_are_neighbouring_numbers()
    {
        var plan = new FaultPlan(1, [], new Dictionary<ScriptedFault, double> { [ScriptedFault.ContextLength] = 0.5, [ScriptedFault.ServerError] = 0.5 });
        for (var i = 0; i < 500; i++)
        {
            var hash = ContentHash.Of($"{i}");
            var attempts = Enumerable.Range(1, 40).Select(attempt => plan.Decide(hash, attempt)).Distinct().ToArray();
            if (attempts.Contains(ScriptedFault.ContextLength)) attempts.ShouldBe([ScriptedFault.ContextLength]);
            else attempts.Order().ShouldBe([ScriptedFault.None, ScriptedFault.ServerError]);
        }
    }

    [Fact]
    public void The_first_attempts_are_as_written_and_the_rest_follow_the_shares()
    {
        var plan = new FaultPlan(1, [ScriptedFault.Hang, ScriptedFault.None], new Dictionary<ScriptedFault, double> { [ScriptedFault.Conflict] = 1 });

        Enumerable.Range(1, 4).Select(attempt => plan.Decide(42, attempt)).ShouldBe([ScriptedFault.Hang, ScriptedFault.None, ScriptedFault.Conflict, ScriptedFault.Conflict]);
    }

    [Fact]
    public void Another_seed_is_another_run()
    {
        static ScriptedFault[] Run(ulong seed)
        {
            var plan = new FaultPlan(seed, [], Mixed);
            return [.. Enumerable.Range(0, 200).Select(i => plan.Decide(ContentHash.Of($"{i}"), 1))];
        }

        Run(1).ShouldBe(Run(1));
        Run(1).ShouldNotBe(Run(2));
    }

    [Fact]
    public void Shares_beyond_the_whole_are_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => new FaultPlan(1, [], new Dictionary<ScriptedFault, double> { [ScriptedFault.Hang] = 0.6, [ScriptedFault.Conflict] = 0.5 }));

    [Fact]
    public async Task The_same_calls_meet_the_same_faults_whatever_their_order()
    {
        var faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.ServerError] = 0.3, [ScriptedFault.TruncatedJson] = 0.2, [ScriptedFault.Unprocessable] = 0.1 };
        var runs = new List<IReadOnlyDictionary<ScriptedFault, long>>();
        foreach (var isReversed in (bool[])[false, true])
        {
            await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { Faults = faults });
            var users = Enumerable.Range(0, 60).Select(i => $"{i % 20}");
            await Task.WhenAll((isReversed ? users.Reverse() : users).Select(user => client.PostAsync(EndpointClient.Call("", user))));
            runs.Add(client.Endpoint.Statistics().Faults);
        }

        runs[1].ShouldBe(runs[0], ignoreOrder: true);
        runs[0].Count.ShouldBe(3);
    }

    private static double Shares(Func<int, ScriptedFault> decide, ScriptedFault fault) => Enumerable.Range(0, 20_000).Count(i => decide(i) == fault) / 20_000.0;
}
