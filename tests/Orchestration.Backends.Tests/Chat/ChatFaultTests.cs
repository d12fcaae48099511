using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Chat;

/// <summary>Every fault of the endpoint, over real HTTP: what the caller is told, and what it does to the books.</summary>
public sealed class ChatFaultTests
{
    public static TheoryData<ScriptedFault, int> Passing => new()
    {
        { ScriptedFault.TooManyRequests, 0 },
        { ScriptedFault.RetryAfterSeconds, 0 },
        { ScriptedFault.RetryAfterDate, 0 },
        { ScriptedFault.RetryAfterMilliseconds, 0 },
        { ScriptedFault.AzureRetryAfterMilliseconds, 0 },
        { ScriptedFault.RequestTimeout, 1 },
        { ScriptedFault.Conflict, 0 },
        { ScriptedFault.ServerError, 1 },
        { ScriptedFault.BadGateway, 1 },
        { ScriptedFault.Overloaded, 0 },
        { ScriptedFault.GatewayTimeout, 1 },
        { ScriptedFault.ConnectionReset, 1 },
        { ScriptedFault.CutConnection, 1 },
        { ScriptedFault.TruncatedJson, 1 },
        { ScriptedFault.InvalidJson, 1 },
        { ScriptedFault.HtmlPage, 1 },
        { ScriptedFault.NoChoices, 1 },
    };

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task A_fault_that_passes_is_tried_again_and_counted(ScriptedFault fault, int unknown)
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [fault] });

        var reply = await test.AskAsync();

        reply.Failure.ShouldBeNull(reply.FailureDetail);
        reply.Text.ShouldNotBeEmpty();
        (reply.Totals.Calls, reply.Totals.Failures, reply.UnknownAttempts).ShouldBe((1, 1, unknown));
        test.Endpoint.Statistics().Requests.ShouldBe(2);
        test.Endpoint.Statistics().Faults.ShouldBe(new Dictionary<ScriptedFault, long> { [fault] = 1 });
        test.Time.Skipped.Count.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task A_fault_that_never_passes_ends_as_unavailable_with_what_was_said(ScriptedFault fault, int unknown)
    {
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { Faults = new Dictionary<ScriptedFault, double> { [fault] = 1 } }, config => config with { Attempts = 3 });

        var reply = await test.AskAsync();

        reply.Failure.ShouldBe(UnscoredReason.Unavailable);
        reply.FailureDetail.ShouldNotBeNull().ShouldEndWith("(3 attempts)");
        (reply.Totals.Calls, reply.Totals.Failures, reply.UnknownAttempts).ShouldBe((0, 3, 3 * unknown));
        test.Endpoint.Statistics().Requests.ShouldBe(3);
    }

    [Theory]
    [InlineData(ScriptedFault.ContentFilter, UnscoredReason.Filtered, "filtered due to the prompt")]
    [InlineData(ScriptedFault.ContextLength, UnscoredReason.TooLong, "maximum context length")]
    [InlineData(ScriptedFault.BadRequest, UnscoredReason.Rejected, "400: Unsupported parameter")]
    [InlineData(ScriptedFault.Unprocessable, UnscoredReason.Rejected, "422: The request could not be processed.")]
    public async Task A_call_that_the_endpoint_cannot_take_fails_at_once_and_is_not_charged(ScriptedFault fault, string reason, string words)
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { Faults = new Dictionary<ScriptedFault, double> { [fault] = 1 } });

        var reply = await test.AskAsync();

        reply.Failure.ShouldBe(reason);
        reply.FailureDetail.ShouldNotBeNull().ShouldContain(words);
        (reply.Totals, reply.UnknownAttempts).ShouldBe((new CallTotals(0, 1, default, 0), 0));
        test.Endpoint.Statistics().Requests.ShouldBe(1);
    }

    [Theory]
    [InlineData(ScriptedFault.InvalidKey, "401", "Set a valid key in TEST_KEY")]
    [InlineData(ScriptedFault.Forbidden, "403", "'gpt-4.1-mini'")]
    [InlineData(ScriptedFault.UnknownModel, "404", "/chat/completions is appended")]
    public async Task A_fault_of_every_call_is_thrown_with_deployment_endpoint_and_cure(ScriptedFault fault, string status, string cure)
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [fault] });

        var thrown = await Should.ThrowAsync<OrchestrationException>(test.AskAsync());

        thrown.Code.ShouldBe(ErrorCodes.Deployment);
        thrown.Message.ShouldContain("'gpt-test'");
        thrown.Message.ShouldContain(test.Endpoint.ChatEndpoint.ToString());
        thrown.Message.ShouldContain(status);
        thrown.Message.ShouldContain(cure);
        test.Endpoint.Statistics().Requests.ShouldBe(1);
    }

    [Theory]
    [InlineData(ScriptedFault.EmptyText, "stop", "")]
    [InlineData(ScriptedFault.Refusal, "stop", "")]
    public async Task A_reply_without_text_is_a_reply(ScriptedFault fault, string finish, string text)
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [fault] });

        var reply = await test.AskAsync();

        reply.Failure.ShouldBeNull();
        reply.Text.ShouldBe(text);
        reply.Finish.ToString().ShouldBe(finish, StringCompareShould.IgnoreCase);
        (reply.Refusal is not null).ShouldBe(fault == ScriptedFault.Refusal);
        reply.Totals.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_reply_that_states_no_usage_is_good_and_its_cost_is_unknown()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.NoUsage] });

        var reply = await test.AskAsync();

        reply.Text.ShouldNotBeEmpty();
        (reply.Totals, reply.UnknownAttempts).ShouldBe((new CallTotals(1, 0, default, 0), 1));
    }

    [Fact]
    public async Task A_slow_body_is_waited_for()
    {
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.SlowBody], SlowBodyPause = TimeSpan.FromMilliseconds(20) });

        var reply = await test.AskAsync();

        (reply.Failure, reply.Totals.Failures).ShouldBe((null, 0L));
    }

    [Fact]
    public async Task An_attempt_that_hangs_is_given_up_after_its_time_and_tried_again()
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.Hang] });

        var asking = test.AskAsync();
        await test.Endpoint.RequestsReachedAsync(1);
        test.Time.Advance(TestDeployment.AttemptTimeout);
        var reply = await asking;

        reply.Failure.ShouldBeNull();
        (reply.Totals.Failures, reply.UnknownAttempts).ShouldBe((1L, 1));
    }

    [Fact]
    public async Task A_call_of_which_every_attempt_hangs_ends_as_timeout()
    {
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { Faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.Hang] = 1 } }, config => config with { Attempts = 2 });

        var asking = test.AskAsync();
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            await test.Endpoint.RequestsReachedAsync(attempt);
            test.Time.Advance(TestDeployment.AttemptTimeout);
        }

        var reply = await asking;
        reply.Failure.ShouldBe(UnscoredReason.Timeout);
        reply.FailureDetail.ShouldBe("no whole reply within 2000 s (2 attempts)");
        reply.UnknownAttempts.ShouldBe(2);
    }

    [Fact]
    public async Task Money_is_what_the_endpoint_charged()
    {
        var prices = TestDeployment.Config(new Uri("http://x")).Prices!;
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions
        {
            Prices = prices,
            Respond = _ => new ScriptedReply { Text = "3.0", Usage = new TokenUsage(1000, 800, 300, 200) },
        });

        var reply = await test.AskAsync();

        reply.Totals.Usage.ShouldBe(new TokenUsage(1000, 800, 300, 200));
        reply.Totals.CostUsd.ShouldBe(((200 * 0.40m) + (800 * 0.10m) + (100 * 1.60m) + (200 * 3.20m)) / 1_000_000m);
        test.Endpoint.Statistics().CostUsd.ShouldBe(reply.Totals.CostUsd);
    }

    [Fact]
    public async Task The_books_of_many_calls_bracket_what_the_endpoint_charged()
    {
        var faults = Passing.Select(row => row.Data.Item1).ToDictionary(fault => fault, _ => 0.02);
        faults[ScriptedFault.ContentFilter] = 0.05;
        var prices = TestDeployment.Config(new Uri("http://x")).Prices!;
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { Faults = faults, Prices = prices });

        // One after another: side by side enough faults may come in a row to open the circuit, and an attempt that only finds out whether an endpoint is back counts for no call.
        var replies = new List<ChatReply>();
        for (var i = 0; i < 300; i++) replies.Add(await test.AskAsync($"Is {i} even?"));

        var seen = test.Endpoint.Statistics();
        var calls = replies.Sum(reply => reply.Totals.Calls);
        var failures = replies.Sum(reply => reply.Totals.Failures);
        var settled = replies.Sum(reply => reply.Totals.CostUsd);
        var unknown = replies.Sum(reply => reply.UnknownAttempts) * prices.UpperBound(1000, 64);
        (calls + failures).ShouldBe(seen.Requests);
        calls.ShouldBe(seen.Delivered);
        settled.ShouldBeLessThanOrEqualTo(seen.CostUsd);
        seen.CostUsd.ShouldBeLessThanOrEqualTo(settled + unknown);
        failures.ShouldBeGreaterThan(50);
    }
}
