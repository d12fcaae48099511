using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Orchestration.Core.Judging;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.Endpoint;

/// <summary>Limits as a caller meets them, on a clock that stands still.</summary>
public sealed class LimitTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_full_bucket_passes_at_once_and_then_a_sixtieth_of_the_quota_a_second()
    {
        var time = new ManualTime();
        await using var client = await Start(time, new ScriptedLimits { RequestsPerMinute = 120, CapacitySeconds = 2 });

        (await Send(client, 6)).ShouldBe([200, 200, 200, 200, 429, 429]);
        time.Advance(TimeSpan.FromSeconds(0.499));
        (await Send(client, 1)).ShouldBe([429]);
        time.Advance(TimeSpan.FromSeconds(0.001));
        (await Send(client, 2)).ShouldBe([200, 429]);

        var seen = client.Endpoint.Statistics();
        (seen.Requests, seen.Accepted, seen.Limited, seen.Delivered, seen.Charged).ShouldBe((9, 5, 4, 5, 5));
    }

    [Fact]
    public async Task At_most_the_quota_passes_in_any_minute_although_the_bucket_would_let_more_through()
    {
        var time = new ManualTime();
        await using var client = await Start(time, new ScriptedLimits { RequestsPerMinute = 60, CapacitySeconds = 10 });
        for (var tenth = 0; tenth < 1300; tenth++)
        {
            if (tenth % 5 == 0) await Send(client, 1);
            time.Advance(Second / 10);
        }

        var arrivals = client.Endpoint.Arrivals();
        arrivals.MostAcceptedIn(TimeSpan.FromMinutes(1)).ShouldBe(60);
        arrivals.MostAcceptedIn(TimeSpan.FromSeconds(61)).ShouldBeGreaterThan(60);
        arrivals.MostRequestsIn(TimeSpan.FromMinutes(1)).ShouldBe(120);
        arrivals.ShareOfRequestsUsed(TimeSpan.Zero, TimeSpan.FromMinutes(2)).ShouldBe(1, 1e-9);
        arrivals.Count.ShouldBe(260);
        arrivals.RefusedShare.ShouldBe((double)arrivals.Refused / 260);
    }

    [Theory]
    [InlineData(ScriptedTokenCharge.AsReserved, 10 + 500)]
    [InlineData(ScriptedTokenCharge.AsUsed, 100 + 20)]
    public async Task Tokens_are_charged_as_reserved_or_as_used(ScriptedTokenCharge charge, int each)
    {
        var time = new ManualTime();
        await using var client = await Start(
            time,
            new ScriptedLimits { TokensPerMinute = each * 60, CapacitySeconds = 3, Charge = charge },
            new ScriptedEndpointOptions { Respond = _ => new ScriptedReply { Text = "ok", Usage = new TokenUsage(100, 40, 20, 5) } });

        // Two messages of 4 and 1 token and of 4 and 1; max_tokens is 500.
        (await Send(client, 4, "1234", "1234")).ShouldBe([200, 200, 200, 429]);

        client.Endpoint.Arrivals().MostAcceptedTokensIn(Second).ShouldBe(3 * each);
        client.Endpoint.Arrivals().MostTokensIn(Second).ShouldBe(4 * each);
        client.Endpoint.Statistics().Usage.Input.ShouldBe(300);
    }

    [Fact]
    public async Task A_call_larger_than_the_bucket_passes_when_it_is_full_and_the_debt_is_waited_for()
    {
        var time = new ManualTime();
        await using var client = await Start(time, new ScriptedLimits { TokensPerMinute = 5100, CapacitySeconds = 1, RetryHint = ScriptedRetryHint.Milliseconds });

        // 85 a second fit; a call is 510: six seconds of the quota.
        (await Send(client, 1, "1234", "1234")).ShouldBe([200]);
        using var refused = await client.PostAsync(EndpointClient.Call("1234", "1234"));
        refused.Headers.GetValues("retry-after-ms").ShouldHaveSingleItem().ShouldBe("6000");
        time.Advance(TimeSpan.FromSeconds(5.99));
        (await Send(client, 1, "1234", "1234")).ShouldBe([429]);
        time.Advance(TimeSpan.FromSeconds(0.01));
        (await Send(client, 1, "1234", "1234")).ShouldBe([200]);
    }

    [Fact]
    public async Task A_call_larger_than_the_quota_is_told_so_and_not_to_come_back()
    {
        await using var client = await Start(new ManualTime(), new ScriptedLimits { TokensPerMinute = 100, RetryHint = ScriptedRetryHint.Seconds });

        using var refused = await client.PostAsync(EndpointClient.Call("", "x"));

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter.ShouldBeNull();
        (await Error(refused)).ShouldBe(("tokens", "rate_limit_exceeded", "Request too large for judge-1 on tokens per min (TPM): Limit 100, Requested 509. The input or output tokens must be reduced in order to run successfully."));
    }

    [Theory]
    [InlineData(ScriptedRetryHint.None, null, null)]
    [InlineData(ScriptedRetryHint.Seconds, "Retry-After", "2")]
    [InlineData(ScriptedRetryHint.Date, "Retry-After", "Thu, 01 Jan 2026 00:00:02 GMT")]
    [InlineData(ScriptedRetryHint.Milliseconds, "retry-after-ms", "1500")]
    [InlineData(ScriptedRetryHint.AzureMilliseconds, "x-ms-retry-after-ms", "1500")]
    public async Task A_refusal_says_the_true_wait_in_the_form_asked_for(ScriptedRetryHint hint, string? header, string? value)
    {
        var time = new ManualTime();
        await using var client = await Start(time, new ScriptedLimits { RequestsPerMinute = 40, CapacitySeconds = 0, RetryHint = hint });
        await Send(client, 1);

        using var refused = await client.PostAsync(EndpointClient.Call("", "x"));

        (await Error(refused)).ShouldBe(("requests", "rate_limit_exceeded", "Rate limit reached for judge-1 on requests per min (RPM): Limit 40, Used 1, Requested 1. Please try again in 1.5s."));
        string[] names = ["Retry-After", "retry-after-ms", "x-ms-retry-after-ms"];
        names.Where(refused.Headers.Contains).ShouldBe(header is null ? [] : [header]);
        if (header is not null) refused.Headers.GetValues(header).ShouldHaveSingleItem().ShouldBe(value);
        time.Advance(TimeSpan.FromSeconds(1.5));
        (await Send(client, 1)).ShouldBe([200]);
    }

    [Fact]
    public async Task The_wait_of_a_full_minute_is_until_its_oldest_request_leaves()
    {
        var time = new ManualTime();
        await using var client = await Start(time, new ScriptedLimits { RequestsPerMinute = 2, CapacitySeconds = 60, RetryHint = ScriptedRetryHint.Milliseconds });
        await Send(client, 1);
        time.Advance(TimeSpan.FromSeconds(40));
        await Send(client, 1);

        using var refused = await client.PostAsync(EndpointClient.Call("", "x"));

        refused.Headers.GetValues("retry-after-ms").ShouldHaveSingleItem().ShouldBe("20000");
        time.Advance(TimeSpan.FromSeconds(20));
        (await Send(client, 1)).ShouldBe([200]);
    }

    [Theory]
    [InlineData(ScriptedRateHeaders.Off, null, null, null, null, null, null)]
    [InlineData(ScriptedRateHeaders.Truthful, "600", "598", "1m0s", "60000", "58982", "1m0s")]
    [InlineData(ScriptedRateHeaders.Zero, "0", "0", "0", "0", "0", "0")]
    [InlineData(ScriptedRateHeaders.Negative, "-1", "-1", "-1", "-1", "-1", "-1")]
    public async Task Headers_about_quotas_say_what_they_are_told_to_say(ScriptedRateHeaders headers, params string?[] values)
    {
        var time = new ManualTime();
        await using var client = await Start(time, new ScriptedLimits { RequestsPerMinute = 600, TokensPerMinute = 60_000, CapacitySeconds = 10, RateHeaders = headers });
        await Send(client, 1);
        time.Advance(Second * 7);

        using var reply = await client.PostAsync(EndpointClient.Call("", "x"));

        string[] names = ["limit-requests", "remaining-requests", "reset-requests", "limit-tokens", "remaining-tokens", "reset-tokens"];
        names.Select(name => reply.Headers.TryGetValues("x-ratelimit-" + name, out var found) ? found.Single() : null).ShouldBe(values);
    }

    [Fact]
    public async Task A_limit_a_day_reads_as_such_and_ends_with_the_day()
    {
        var time = new ManualTime();
        await using var client = await Start(time, new ScriptedLimits { RequestsPerDay = 2 });
        await Send(client, 2);
        time.Advance(TimeSpan.FromHours(20.5));

        using var refused = await client.PostAsync(EndpointClient.Call("", "x"));

        (await Error(refused)).ShouldBe(("requests", "rate_limit_exceeded", "Rate limit reached for judge-1 on requests per day (RPD): Limit 2, Used 2, Requested 1. Please try again in 3h30m0s."));
        refused.Headers.GetValues("x-ratelimit-limit-requests").ShouldBe(["2"]);
        refused.Headers.GetValues("x-ratelimit-remaining-requests").ShouldBe(["0"]);
        refused.Headers.GetValues("x-ratelimit-reset-requests").ShouldBe(["3h30m0s"]);
        time.Advance(TimeSpan.FromHours(3.5));
        (await Send(client, 3)).ShouldBe([200, 200, 429]);
    }

    [Fact]
    public async Task A_daily_limit_can_be_a_fault()
    {
        await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.DailyLimit], RetryAfter = TimeSpan.FromSeconds(432) });

        using var refused = await client.PostAsync(EndpointClient.Call("", "x"));

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.GetValues("x-ratelimit-reset-requests").ShouldBe(["7m12s"]);
        (await Error(refused)).Message.ShouldNotBeNull().ShouldContain("requests per day (RPD)");
        (await Send(client, 1)).ShouldBe([200]);
    }

    [Fact]
    public async Task Models_have_limits_of_their_own_and_share_the_others()
    {
        await using var client = await Start(
            new ManualTime(),
            new ScriptedLimits { RequestsPerMinute = 60, CapacitySeconds = 3 },
            new ScriptedEndpointOptions { ModelLimits = new Dictionary<string, ScriptedLimits> { ["small"] = new() { RequestsPerMinute = 60, CapacitySeconds = 1 } } });

        (await Send(client, 2, model: "small")).ShouldBe([200, 429]);
        (await Send(client, 2, model: "one")).ShouldBe([200, 200]);
        (await Send(client, 2, model: "two")).ShouldBe([200, 429]);
        client.Endpoint.Arrivals("small").Count.ShouldBe(2);
        client.Endpoint.Arrivals().Count.ShouldBe(4);
        Should.Throw<ArgumentException>(() => client.Endpoint.Arrivals("one"));
    }

    [Fact]
    public async Task A_refused_attempt_is_none_so_that_faults_do_not_depend_on_time()
    {
        foreach (var charge in Enum.GetValues<ScriptedTokenCharge>())
        {
            var time = new ManualTime();
            await using var client = await Start(
                time,
                new ScriptedLimits { RequestsPerMinute = 60, CapacitySeconds = 1, Charge = charge },
                new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.None, ScriptedFault.ServerError] });

            (await Send(client, 3)).ShouldBe([200, 429, 429]);
            time.Advance(Second);
            (await Send(client, 1)).ShouldBe([500]);
        }
    }

    [Fact]
    public async Task Arrivals_beyond_those_kept_are_counted_and_make_windows_unknown()
    {
        await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { ArrivalsKept = 2 }, new ManualTime());
        await Send(client, 2);
        client.Endpoint.Arrivals().MostRequestsIn(Second).ShouldBe(2);
        await Send(client, 1);

        client.Endpoint.Statistics().Accepted.ShouldBe(3);
        client.Endpoint.Arrivals().IsComplete.ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => client.Endpoint.Arrivals().MostRequestsIn(Second));
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, -1)]
    [InlineData(1, 61)]
    public async Task Impossible_limits_are_refused(int requests, double capacity) =>
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => EndpointClient.StartAsync(new ScriptedEndpointOptions { Limits = new ScriptedLimits { RequestsPerMinute = requests, CapacitySeconds = capacity } }));

    private static Task<EndpointClient> Start(ManualTime time, ScriptedLimits limits, ScriptedEndpointOptions? options = null) =>
        EndpointClient.StartAsync((options ?? new ScriptedEndpointOptions()) with { Limits = limits }, time);

    private static async Task<List<int>> Send(EndpointClient client, int count, string system = "", string user = "x", string model = "judge-1")
    {
        var call = EndpointClient.Call(system, user);
        call["model"] = model;
        var statuses = new List<int>();
        for (var i = 0; i < count; i++)
        {
            using var reply = await client.PostAsync(call);
            statuses.Add((int)reply.StatusCode);
        }

        return statuses;
    }

    private static async Task<(string? Type, string? Code, string? Message)> Error(HttpResponseMessage response)
    {
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("error");
        return (error.GetProperty("type").GetString(), error.GetProperty("code").GetString(), error.GetProperty("message").GetString());
    }
}
