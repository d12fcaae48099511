using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Http;

/// <summary>What happens while an endpoint is away or an account is used up: calls wait, and somebody is told.</summary>
public sealed class OutageTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ScriptedOutage.Refuses)]
    [InlineData(ScriptedOutage.Unavailable)]
    public async Task Calls_wait_out_an_outage_and_none_is_lost(ScriptedOutage outage)
    {
        var time = new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) };
        var board = new DeploymentBoard(time);
        await using var test = await TestDeployment.StartAsync(time: time, board: board, configure: config => config with { Attempts = 6, Concurrency = 4 });
        (await test.AskAsync("before")).Failure.ShouldBeNull();
        await test.Endpoint.SetDownAsync(outage);

        var calls = Enumerable.Range(0, 12).Select(i => test.AskAsync($"{i}")).ToArray();
        await UntilAsync(() => board.Waits.Count == 1 && time.Skipped.Count > 40);
        board.Waits[0].Deployment.ShouldBe("gpt-test");
        board.Waits[0].Reason.ShouldContain("does not work");
        await test.Endpoint.SetUpAsync();

        foreach (var reply in await Task.WhenAll(calls)) reply.Failure.ShouldBeNull();
        board.Waits.ShouldBeEmpty();
    }

    [Fact]
    public async Task While_an_endpoint_is_away_one_call_at_a_time_tries_after_waits_that_grow()
    {
        var time = new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) };
        var isDown = false;
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { Respond = _ => new ScriptedReply { Text = "1", Fault = Volatile.Read(ref isDown) ? ScriptedFault.Overloaded : ScriptedFault.None } },
            config => config with { Concurrency = 8 }, time);
        (await test.AskAsync("before")).Failure.ShouldBeNull();
        Volatile.Write(ref isDown, true);
        var began = time.GetUtcNow();

        var calls = Enumerable.Range(0, 8).Select(i => test.AskAsync($"{i}")).ToArray();
        await UntilAsync(() => time.GetUtcNow() - began > TimeSpan.FromMinutes(10));
        var tries = test.Endpoint.Statistics().Requests;
        Volatile.Write(ref isDown, false);
        foreach (var reply in await Task.WhenAll(calls)) reply.Failure.ShouldBeNull();

        // Eight that were on their way, and one every half minute in the end.
        tries.ShouldBeInRange(20, 60);
    }

    [Fact]
    public async Task An_account_that_is_used_up_is_asked_again_after_minutes_and_no_attempt_is_lost()
    {
        var time = new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) };
        var board = new DeploymentBoard(time);
        var isEmpty = true;
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { Respond = _ => new ScriptedReply { Text = "1", Fault = Volatile.Read(ref isEmpty) ? ScriptedFault.ExhaustedAccount : ScriptedFault.None } },
            config => config with { Attempts = 2 }, time, board: board);

        var asking = test.AskAsync();
        await UntilAsync(() => test.Endpoint.Statistics().Requests >= 6 && board.Waits.Count == 1);
        board.Waits[0].Reason.ShouldContain("account is used up");
        board.Waits[0].Reason.ShouldContain("check your plan");
        Volatile.Write(ref isEmpty, false);

        (await asking).Failure.ShouldBeNull();
        time.Skipped.Take(4).Select(w => Math.Round(w.TotalMinutes)).ShouldBe([1, 2, 4, 8]);
        board.Waits.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_limit_of_a_day_is_waited_out_to_its_reset()
    {
        var time = new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) };
        await using var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions { Limits = new ScriptedLimits { RequestsPerDay = 2, Day = TimeSpan.FromMinutes(15) } }, time, Cancel);
        using var chat = new OpenAiChatDeployment(TestDeployment.Config(endpoint.ChatEndpoint) with { Attempts = 1 }, TestDeployment.Services(time));
        for (var i = 0; i < 2; i++) (await chat.CompleteAsync(TestDeployment.Request($"{i}"), Cancel)).Failure.ShouldBeNull();

        (await chat.CompleteAsync(TestDeployment.Request("the third"), Cancel)).Failure.ShouldBeNull();

        time.Skipped.Max(w => w.TotalMinutes).ShouldBeInRange(14, 15.1);
    }

    [Fact]
    public async Task A_call_that_is_too_large_for_the_limit_is_not_repeated()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions
        {
            Respond = _ => new ScriptedReply { Fault = ScriptedFault.TooManyRequests, ErrorMessage = "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 45000." },
        });

        (await test.AskAsync()).Failure.ShouldBe("too_long");
        test.Endpoint.Statistics().Requests.ShouldBe(1);
    }

    [Fact]
    public async Task In_a_pool_the_others_take_over_at_once()
    {
        var time = new ManualTime();
        await using var one = await ScriptedEndpoint.StartAsync(cancellationToken: Cancel);
        await using var two = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Models = ["second-name"] }, cancellationToken: Cancel);
        using var chat = new OpenAiChatDeployment(Pool(one, two), TestDeployment.Services(time));
        (await chat.CompleteAsync(TestDeployment.Request("first"), Cancel)).Failure.ShouldBeNull();
        await one.SetDownAsync();

        // The clock stands still: whoever waited for it would wait for ever.
        for (var i = 0; i < 30; i++) (await chat.CompleteAsync(TestDeployment.Request($"{i}"), Cancel)).Failure.ShouldBeNull();
        two.Statistics().Delivered.ShouldBeGreaterThanOrEqualTo(30);
    }

    [Fact]
    public async Task A_pool_shares_its_calls_out()
    {
        await using var one = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(2) }, cancellationToken: Cancel);
        await using var two = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(2) }, cancellationToken: Cancel);
        using var chat = new OpenAiChatDeployment(Pool(one, two), TestDeployment.Services(TimeProvider.System));

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => chat.CompleteAsync(TestDeployment.Request($"{i}"), Cancel).AsTask()));

        one.Statistics().Delivered.ShouldBeInRange(60, 140);
        (one.Statistics().Delivered + two.Statistics().Delivered).ShouldBe(200);
        chat.Concurrency.ShouldBe(8);
    }

    private static DeploymentConfig Pool(ScriptedEndpoint one, ScriptedEndpoint two)
    {
        var limits = new EndpointLimits(4, null, null, TokensCharged.Reserved);
        return TestDeployment.Config(one.ChatEndpoint) with
        {
            Pool = [new EndpointConfig(one.ChatEndpoint) { Limits = limits }, new EndpointConfig(two.ChatEndpoint) { Limits = limits, ServedAs = "second-name" }],
        };
    }

    /// <summary>The clock moves by itself; what is waited for is a state that other threads reach.</summary>
    private static async Task UntilAsync(Func<bool> reached)
    {
        while (!reached())
        {
            Cancel.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
