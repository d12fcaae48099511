using System.Net;
using System.Net.Sockets;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Http;

/// <summary>When a call is repeated, how long it waits, and when all others wait with it.</summary>
public sealed class RetryTests
{
    [Theory]
    [InlineData(ScriptedFault.RetryAfterSeconds)]
    [InlineData(ScriptedFault.RetryAfterDate)]
    [InlineData(ScriptedFault.RetryAfterMilliseconds)]
    [InlineData(ScriptedFault.AzureRetryAfterMilliseconds)]
    [InlineData(ScriptedFault.Overloaded)]
    public async Task A_stated_wait_is_kept_in_each_of_its_forms(ScriptedFault fault)
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [fault], RetryAfter = TimeSpan.FromSeconds(17) });

        (await test.AskAsync()).Failure.ShouldBeNull();

        var wait = test.Time.Skipped.ShouldHaveSingleItem();
        wait.ShouldBeInRange(TimeSpan.FromSeconds(17), TimeSpan.FromSeconds(17.25));
    }

    [Fact]
    public async Task A_stated_wait_of_days_is_capped()
    {
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.RetryAfterSeconds], RetryAfter = TimeSpan.FromHours(114) },
            config => config with { LongestRetryWait = TimeSpan.FromSeconds(45) });

        (await test.AskAsync()).Failure.ShouldBeNull();

        test.Time.Skipped.ShouldHaveSingleItem().ShouldBeInRange(TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(45.25));
    }

    [Fact]
    public async Task Without_a_stated_wait_the_ceiling_doubles_and_the_waits_are_the_same_in_every_run()
    {
        var runs = new List<IReadOnlyList<TimeSpan>>();
        for (var run = 0; run < 2; run++)
        {
            await using var test = await TestDeployment.StartAsync(
                new ScriptedEndpointOptions { Faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.Conflict] = 1 } }, config => config with { Attempts = 12 });
            await test.AskAsync();
            runs.Add(test.Time.Skipped);
        }

        runs[0].Count.ShouldBe(11);
        runs[1].ShouldBe(runs[0]);
        for (var i = 0; i < 11; i++) runs[0][i].TotalSeconds.ShouldBeInRange(0, Math.Min(0.5 * Math.Pow(2, i), 30));
        runs[0].Max(wait => wait.TotalSeconds).ShouldBeGreaterThan(4);
    }

    [Fact]
    public async Task A_rate_limit_without_a_stated_wait_is_given_longer()
    {
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { Faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.TooManyRequests] = 1 } }, config => config with { Attempts = 12 });

        await test.AskAsync();

        test.Time.Skipped.Count.ShouldBe(11);
        for (var i = 0; i < 11; i++) test.Time.Skipped[i].TotalSeconds.ShouldBeInRange(0, Math.Min(2 * Math.Pow(2, i), 30));
        test.Time.Skipped.Take(4).Sum(wait => wait.TotalSeconds).ShouldBeGreaterThan(0.5 + 1 + 2 + 4);
    }

    [Fact]
    public async Task One_call_that_is_told_to_wait_holds_back_the_others()
    {
        var time = new ManualTime();
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { Respond = call => new ScriptedReply { Fault = call.User == "first" && call.Attempt == 1 ? ScriptedFault.RetryAfterSeconds : ScriptedFault.None, Text = "1" }, RetryAfter = TimeSpan.FromSeconds(9), TrackContents = true },
            time: time);

        var first = test.AskAsync("first");
        await time.WaitBegunAsync(IsAbout(9));
        var second = test.AskAsync("second");
        await time.WaitBegunAsync(due => IsAbout(9)(due) && PendingWaits(time) == 2);
        test.Endpoint.Statistics().Requests.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(10));

        (await first).Failure.ShouldBeNull();
        (await second).Failure.ShouldBeNull();
        test.Endpoint.Statistics().Requests.ShouldBe(3);
    }

    [Fact]
    public async Task A_call_that_backs_off_leaves_its_turn_to_another()
    {
        var time = new ManualTime();
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { Respond = call => new ScriptedReply { Fault = call.User == "first" && call.Attempt == 1 ? ScriptedFault.Conflict : ScriptedFault.None, Text = "1" }, TrackContents = true },
            config => config with { Concurrency = 1 },
            time);

        var first = test.AskAsync("first");
        await time.WaitBegunAsync(due => due < TimeSpan.FromSeconds(1));
        (await test.AskAsync("second")).Failure.ShouldBeNull();
        first.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));

        (await first).Failure.ShouldBeNull();
    }

    [Fact]
    public async Task No_more_calls_are_in_flight_than_configured()
    {
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(2) }, config => config with { Concurrency = 5 });

        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => test.AskAsync($"{i}")));

        test.Endpoint.Statistics().MaxConcurrent.ShouldBe(5);
    }

    [Fact]
    public async Task Cancellation_before_a_turn_sends_nothing()
    {
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { Faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.Hang] = 1 } }, config => config with { Concurrency = 1, Attempts = 1 });
        using var cancel = new CancellationTokenSource();
        var hanging = test.AskAsync("first");
        await test.Endpoint.RequestsReachedAsync(1);

        var waiting = test.Chat.CompleteAsync(TestDeployment.Request("second"), cancel.Token);
        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting.AsTask());
        test.Endpoint.Statistics().Requests.ShouldBe(1);
        test.Time.Advance(TestDeployment.AttemptTimeout);
        await hanging;
    }

    [Fact]
    public async Task An_attempt_that_was_sent_is_awaited_though_its_call_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions
        {
            Respond = _ =>
            {
                cancel.Cancel();
                return new ScriptedReply { Text = "paid for" };
            },
        });

        var reply = await test.Chat.CompleteAsync(TestDeployment.Request(), cancel.Token);

        reply.Text.ShouldBe("paid for");
    }

    [Theory]
    [InlineData(ScriptedFault.Conflict, false)]
    [InlineData(ScriptedFault.InvalidJson, true)]
    public async Task Cancellation_between_attempts_throws_only_where_nothing_can_have_been_charged(ScriptedFault fault, bool mayBeCharged)
    {
        using var cancel = new CancellationTokenSource();
        var time = new ManualTime();
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [fault] }, time: time);

        var asking = test.Chat.CompleteAsync(TestDeployment.Request(), cancel.Token).AsTask();
        await time.WaitBegunAsync(due => due < TimeSpan.FromSeconds(1));
        await cancel.CancelAsync();

        if (mayBeCharged)
        {
            var reply = await asking;
            (reply.Failure, reply.UnknownAttempts).ShouldBe((UnscoredReason.Unavailable, 1));
        }
        else
        {
            await Should.ThrowAsync<OperationCanceledException>(asking);
        }

        test.Endpoint.Statistics().Requests.ShouldBe(1);
    }

    [Fact]
    public async Task An_endpoint_that_nobody_listens_at_is_thrown_after_the_attempts_of_the_first_call()
    {
        var time = new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) };
        using var chat = new OpenAiChatDeployment(TestDeployment.Config(new Uri($"http://127.0.0.1:{ClosedPort()}/v1")), TestDeployment.Services(time));

        var thrown = await Should.ThrowAsync<OrchestrationException>(chat.CompleteAsync(TestDeployment.Request(), TestContext.Current.CancellationToken).AsTask());

        thrown.Code.ShouldBe(ErrorCodes.Deployment);
        thrown.Message.ShouldContain("cannot be reached: the connection was refused");
        thrown.Message.ShouldContain("(8 attempts)");
    }

    [Fact]
    public async Task Three_different_calls_rejected_the_same_way_are_the_configurations_fault()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { Faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.BadRequest] = 1 } });

        (await test.AskAsync("1")).Failure.ShouldBe(UnscoredReason.Rejected);
        (await test.AskAsync("1")).Failure.ShouldBe(UnscoredReason.Rejected);
        (await test.AskAsync("2")).Failure.ShouldBe(UnscoredReason.Rejected);
        var thrown = await Should.ThrowAsync<OrchestrationException>(test.AskAsync("3"));

        thrown.Message.ShouldContain("three different calls");
        thrown.Message.ShouldContain("Unsupported parameter: 'max_tokens'");
    }

    [Fact]
    public async Task Three_rejections_among_hundreds_of_accepted_calls_are_the_calls_own()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions
        {
            Respond = call => new ScriptedReply { Text = "1", Fault = call.User.StartsWith("good", StringComparison.Ordinal) ? ScriptedFault.None : ScriptedFault.BadRequest },
        });

        for (var i = 0; i < 4; i++)
        {
            (await test.AskAsync($"{i}")).Failure.ShouldBe(UnscoredReason.Rejected);
            for (var j = 0; j < 60; j++) (await test.AskAsync($"good {i} {j}")).Failure.ShouldBeNull();
        }
    }

    [Fact]
    public async Task An_endpoint_that_begins_to_reject_every_call_is_not_asked_a_million_times()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions
        {
            Respond = call => new ScriptedReply { Text = "1", Fault = call.User.StartsWith("good", StringComparison.Ordinal) ? ScriptedFault.None : ScriptedFault.BadRequest },
        });
        for (var i = 0; i < 200; i++) (await test.AskAsync($"good {i}")).Failure.ShouldBeNull();

        (await test.AskAsync("1")).Failure.ShouldBe(UnscoredReason.Rejected);
        (await test.AskAsync("2")).Failure.ShouldBe(UnscoredReason.Rejected);
        (await Should.ThrowAsync<OrchestrationException>(test.AskAsync("3"))).Message.ShouldContain("three different calls");
    }

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static Func<TimeSpan, bool> IsAbout(double seconds) => due => due.TotalSeconds >= seconds - 0.5 && due.TotalSeconds <= seconds + 0.5;

    private static int PendingWaits(ManualTime time) => time.Pending(IsAbout(9));
}
