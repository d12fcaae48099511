using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests;

/// <summary>The endpoint as a caller sees it, and what it counts.</summary>
public sealed class ScriptedEndpointTests
{
    [Fact]
    public async Task A_completion_has_every_field_that_callers_read()
    {
        await using var client = await EndpointClient.StartAsync();

        var reply = await client.ReplyAsync(EndpointClient.Call("", "12345678"));

        reply.GetProperty("object").GetString().ShouldBe("chat.completion");
        reply.GetProperty("model").GetString().ShouldBe("judge-1");
        reply.GetProperty("system_fingerprint").GetString().ShouldBe("fp_scripted");
        var choice = reply.GetProperty("choices").EnumerateArray().ShouldHaveSingleItem();
        choice.GetProperty("finish_reason").GetString().ShouldBe("stop");
        choice.GetProperty("logprobs").ValueKind.ShouldBe(JsonValueKind.Null);
        var text = choice.GetProperty("message").GetProperty("content").GetString().ShouldNotBeNull();
        var usage = reply.GetProperty("usage");
        usage.GetProperty("prompt_tokens").GetInt64().ShouldBe(4 + 4 + 2);
        usage.GetProperty("completion_tokens").GetInt64().ShouldBe((System.Text.Encoding.UTF8.GetByteCount(text) + 3) / 4);
        usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task The_same_call_gets_the_same_reply_from_any_endpoint_with_the_seed_in_any_order()
    {
        var calls = Enumerable.Range(0, 40).Select(i => EndpointClient.Material($"Why is {i} even?", $"Because {i} is twice {i / 2.0}.")).ToArray();
        await using var one = await EndpointClient.StartAsync();
        await using var two = await EndpointClient.StartAsync();
        await using var other = await EndpointClient.StartAsync(new ScriptedEndpointOptions { Seed = 2 });
        Task<string[]> Ask(EndpointClient client, IEnumerable<string> users) =>
            Task.WhenAll(users.Select(user => client.TextAsync(EndpointClient.Call(EndpointClient.JsonForm, user))));

        var first = await Ask(one, calls);
        var second = await Ask(two, calls.Reverse());

        second.Reverse().ShouldBe(first);
        (await Ask(other, calls)).ShouldNotBe(first);
        first.Distinct().Count().ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task A_reply_longer_than_the_call_allows_is_cut_and_says_so()
    {
        await using var client = await EndpointClient.StartAsync();
        var call = EndpointClient.Call(EndpointClient.JsonForm, EndpointClient.Material("p", "a"));
        call["max_tokens"] = 5;

        var choice = (await client.ReplyAsync(call)).GetProperty("choices")[0];

        choice.GetProperty("finish_reason").GetString().ShouldBe("length");
        choice.GetProperty("message").GetProperty("content").GetString().ShouldNotBeNull().Length.ShouldBe(5 * 4);
    }

    [Fact]
    public async Task Models_are_listed_and_others_are_unknown()
    {
        await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { Models = ["judge-1", "judge-2"] });
        var call = EndpointClient.Call("", "x");

        using var listed = JsonDocument.Parse(await client.GetAsync("v1/models"));
        listed.RootElement.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()).ShouldBe(["judge-1", "judge-2"]);
        (await client.PostAsync(call)).StatusCode.ShouldBe(HttpStatusCode.OK);
        call["model"] = "judge-3";
        (await client.PostAsync(call)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("Authorization", "Bearer right", HttpStatusCode.OK)]
    [InlineData("api-key", "right", HttpStatusCode.OK)]
    [InlineData("Authorization", "Bearer wrong", HttpStatusCode.Unauthorized)]
    [InlineData("X-Other", "right", HttpStatusCode.Unauthorized)]
    public async Task A_key_is_demanded_where_one_is_set(string header, string value, HttpStatusCode status)
    {
        await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { ApiKey = "right" });

        (await client.PostAsync(EndpointClient.Call("", "x"), header: (header, value))).StatusCode.ShouldBe(status);
    }

    [Theory]
    [InlineData("v1/other", HttpStatusCode.NotFound)]
    [InlineData("v1/chat/completions", HttpStatusCode.BadRequest)]
    [InlineData("reward", HttpStatusCode.BadRequest)]
    public async Task What_is_no_call_is_refused(string path, HttpStatusCode status)
    {
        await using var client = await EndpointClient.StartAsync();

        (await client.PostAsync(new JsonObject { ["hello"] = "there" }, path)).StatusCode.ShouldBe(status);
        client.Endpoint.Statistics().Delivered.ShouldBe(0);
    }

    [Fact]
    public async Task A_reply_waits_for_its_latency_by_the_injected_clock()
    {
        var time = new ManualTime();
        await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(50) }, time);

        var asking = client.TextAsync(EndpointClient.Call("", "x"));
        (await time.WaitBegunAsync(_ => true)).ShouldBe(TimeSpan.FromMilliseconds(50));
        time.Advance(TimeSpan.FromMilliseconds(49));
        asking.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromMilliseconds(1));

        (await asking).ShouldNotBeEmpty();
        var seen = client.Endpoint.Statistics();
        seen.Elapsed.ShouldBe(TimeSpan.FromMilliseconds(50));
        (seen.LastReplyAt - seen.FirstRequestAt).ShouldBe(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task Requests_are_counted_by_the_second_since_the_first()
    {
        var time = new ManualTime();
        await using var client = await EndpointClient.StartAsync(time: time);

        await client.TextAsync(EndpointClient.Call("", "1"));
        await client.TextAsync(EndpointClient.Call("", "2"));
        time.Advance(TimeSpan.FromSeconds(2.5));
        await client.TextAsync(EndpointClient.Call("", "3"));

        client.Endpoint.Statistics().RequestsBySecond.ShouldBe([2, 0, 1]);
    }

    [Fact]
    public async Task Requests_deliveries_tokens_money_and_concurrency_are_counted()
    {
        var time = new ManualTime();
        await using var client = await EndpointClient.StartAsync(
            new ScriptedEndpointOptions
            {
                Prices = new TokenPrices(2, 1, 10, 10),
                Latency = TimeSpan.FromSeconds(1),
                TrackContents = true,
                Respond = _ => new ScriptedReply { Text = "ok", Usage = new TokenUsage(100, 40, 20, 5) },
            },
            time);

        var asking = Enumerable.Range(0, 7).Select(i => client.TextAsync(EndpointClient.Call("", $"{i % 5}"))).ToArray();
        await client.Endpoint.RequestsReachedAsync(7);
        while (time.Pending(_ => true) < 7) await Task.Yield();
        time.Advance(TimeSpan.FromSeconds(1));
        await Task.WhenAll(asking);

        var seen = client.Endpoint.Statistics();
        (seen.Requests, seen.Delivered, seen.Charged, seen.MaxConcurrent).ShouldBe((7, 7, 7, 7));
        (seen.Contents, seen.RepeatedDeliveries).ShouldBe((5, 2));
        seen.Usage.ShouldBe(new TokenUsage(700, 280, 140, 35));
        seen.CostUsd.ShouldBe(7 * ((60 * 2m) + 40 + (20 * 10m)) / 1_000_000m);
        seen.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stopped_endpoint_leaves_no_call_hanging()
    {
        var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.Hang] });
        var asking = client.TextAsync(EndpointClient.Call("", "x"));
        await client.Endpoint.RequestsReachedAsync(1);

        await client.Endpoint.DisposeAsync();

        await Should.ThrowAsync<HttpRequestException>(asking);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Rewards_come_in_both_forms()
    {
        await using var client = await EndpointClient.StartAsync();
        var pooling = new JsonObject
        {
            ["model"] = "rm",
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "p" }, new JsonObject { ["role"] = "assistant", ["content"] = "a" }),
        };

        var simple = (await client.ReplyAsync(new JsonObject { ["model"] = "rm", ["prompt"] = "p", ["answer"] = "a" }, "reward")).GetProperty("score").GetDouble();
        var pooled = (await client.ReplyAsync(pooling, "pooling")).GetProperty("data")[0].GetProperty("data")[0].GetDouble();

        pooled.ShouldBe(simple);
        simple.ShouldBeInRange(-6, 6);
    }
}
