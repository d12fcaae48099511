using Orchestration.Backends.Exchanges;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Http;

/// <summary>Quotas as the endpoint counts them; the real clock, a few seconds each.</summary>
public sealed class QuotaTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_configured_quota_of_requests_is_spread_over_the_seconds_and_never_refused()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions { Limits = new ScriptedLimits { RequestsPerMinute = 6000 }, ArrivalsKept = 10_000 }, cancellationToken: Cancel);
        using var chat = new OpenAiChatDeployment(TestDeployment.Config(endpoint.ChatEndpoint) with { RequestsPerMinute = 6000, Timeout = TimeSpan.FromSeconds(20) }, TestDeployment.Services(TimeProvider.System));

        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => chat.CompleteAsync(TestDeployment.Request($"{i}"), Cancel).AsTask()));

        endpoint.Statistics().Faults.ShouldBeEmpty();
        endpoint.Statistics().Delivered.ShouldBe(300);
        endpoint.Arrivals().MostRequestsIn(TimeSpan.FromSeconds(1)).ShouldBeLessThanOrEqualTo(150);
    }

    [Fact]
    public async Task A_judges_own_limit_holds_beside_its_deployments()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Cancel);
        var services = TestDeployment.Services(TimeProvider.System) with
        {
            JudgeLimits = new Dictionary<string, JudgeLimits> { ["slow@gpt-test"] = new(600, null) },
        };
        using var chat = new OpenAiChatDeployment(TestDeployment.Config(endpoint.ChatEndpoint) with { RequestsPerMinute = 60_000 }, services);
        var slow = Enumerable.Range(0, 12).Select(i => chat.CompleteAsync(TestDeployment.Request($"s{i}") with { Origin = new CallOrigin("s1", "slow@gpt-test") }, Cancel).AsTask()).ToArray();
        var fast = Enumerable.Range(0, 200).Select(i => chat.CompleteAsync(TestDeployment.Request($"f{i}") with { Origin = new CallOrigin("s1", "fast@gpt-test") }, Cancel).AsTask()).ToArray();

        await Task.WhenAll(fast);
        slow.Count(s => s.IsCompleted).ShouldBeLessThan(12);
        await Task.WhenAll(slow);
    }

    [Theory]
    [InlineData("limit-requests: 0", "limit-tokens: -1", null, null)]
    [InlineData("limit-requests: 10000", "limit-tokens: 2000000", 10000L, 2000000L)]
    [InlineData("limit-requests: many", "limit-tokens: ", null, null)]
    [InlineData("limit-requests: 200, remaining-requests: 199, reset-requests: 7m12s", "limit-tokens: 30000, remaining-tokens: 29000, reset-tokens: 2s", null, 30000L)]
    [InlineData("limit-requests: 500, remaining-requests: 499, reset-requests: 120ms", "", 500L, null)]
    public void Headers_mean_something_only_where_they_are_positive_and_of_a_minute(string requests, string tokens, long? expectedRequests, long? expectedTokens)
    {
        using var response = new HttpResponseMessage();
        foreach (var header in $"{requests},{tokens}".Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            response.Headers.TryAddWithoutValidation("x-ratelimit-" + header.Split(':')[0], header.Split(':')[1].Trim());

        var read = RateLimitHeaders.Read(response.Headers);

        read.RequestsPerMinute.ShouldBe(expectedRequests);
        read.TokensPerMinute.ShouldBe(expectedTokens);
    }

    [Theory]
    [InlineData("6ms", 0.006)]
    [InlineData("1.5s", 1.5)]
    [InlineData("7m12s", 432.0)]
    [InlineData("1h2m3s", 3723.0)]
    [InlineData("2d", 172800.0)]
    [InlineData("42", 42.0)]
    [InlineData("soon", null)]
    [InlineData("3 parsecs", null)]
    [InlineData("", null)]
    public void Durations_are_read_in_each_of_their_forms(string text, double? seconds) =>
        RateLimitHeaders.Duration(text).ShouldBe(seconds is { } stated ? TimeSpan.FromSeconds(stated) : null);

    [Fact]
    public async Task Limits_that_an_endpoint_states_are_kept_without_being_configured()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions { Limits = new ScriptedLimits { RequestsPerMinute = 6000, RateHeaders = ScriptedRateHeaders.Truthful }, ArrivalsKept = 10_000 }, cancellationToken: Cancel);
        using var chat = new OpenAiChatDeployment(TestDeployment.Config(endpoint.ChatEndpoint) with { Timeout = TimeSpan.FromSeconds(20) }, TestDeployment.Services(TimeProvider.System));
        await chat.CompleteAsync(TestDeployment.Request("the first tells"), Cancel);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => chat.CompleteAsync(TestDeployment.Request($"{i}"), Cancel).AsTask()));

        endpoint.Statistics().Faults.ShouldBeEmpty();
    }

    [Fact]
    public void A_hidden_limit_is_found_from_what_was_taken_and_an_episode_cuts_once()
    {
        var time = new ManualTime();
        var governor = new RateGovernor(time);
        governor.Rate.ShouldBe(double.PositiveInfinity);
        for (var i = 0; i < 200; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            governor.Accept();
        }

        var sent = time.GetTimestamp();
        time.Advance(TimeSpan.FromMilliseconds(10));
        while (double.IsInfinity(governor.Rate)) governor.Refuse(sent).ShouldBeTrue();
        governor.Rate.ShouldBe(97, 5);
        for (var i = 0; i < 50; i++) governor.Refuse(sent).ShouldBeFalse();
        governor.Rate.ShouldBe(97, 5);
    }

    [Fact]
    public void Refusals_that_come_now_and_then_whatever_the_rate_do_not_strangle_it()
    {
        var time = new ManualTime();
        var governor = new RateGovernor(time);
        for (var i = 0; i < 20_000; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(2));
            if (i % 50 == 49) governor.Refuse(time.GetTimestamp());
            else governor.Accept();
        }

        governor.Rate.ShouldBe(double.PositiveInfinity);
    }

    [Fact]
    public async Task The_rate_grows_only_while_calls_wait_for_it()
    {
        var time = new ManualTime();
        var governor = new RateGovernor(time);
        for (var i = 0; i < 20; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            governor.Accept();
        }

        while (double.IsInfinity(governor.Rate)) governor.Refuse(time.GetTimestamp()).ShouldBeTrue();
        var found = governor.Rate;
        for (var i = 0; i < 100; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await governor.WaitAsync(Cancel);
        }

        governor.Rate.ShouldBe(found);
        var waiting = Enumerable.Range(0, 400).Select(_ => governor.WaitAsync(Cancel).AsTask()).ToArray();
        for (var i = 0; i < 30; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            _ = governor.WaitAsync(Cancel).AsTask();
        }

        governor.Rate.ShouldBeGreaterThan(found * 1.05);
        time.Advance(TimeSpan.FromHours(1));
        await Task.WhenAll(waiting);
    }
}
