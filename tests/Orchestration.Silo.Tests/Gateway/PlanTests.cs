using System.Net;
using System.Text.Json;
using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Gateway;

/// <summary>Fallbacks, hedges and plans with judges, against endpoints that fail as real ones do.</summary>
public sealed class PlanTests
{
    private static readonly ScriptedEndpointOptions Plain = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ScriptedFault.ServerError)]
    [InlineData(ScriptedFault.BadGateway)]
    [InlineData(ScriptedFault.Overloaded)]
    [InlineData(ScriptedFault.RetryAfterSeconds)]
    [InlineData(ScriptedFault.ConnectionReset)]
    [InlineData(ScriptedFault.CutConnection)]
    [InlineData(ScriptedFault.InvalidJson)]
    [InlineData(ScriptedFault.TruncatedJson)]
    [InlineData(ScriptedFault.HtmlPage)]
    [InlineData(ScriptedFault.NoChoices)]
    [InlineData(ScriptedFault.ErrorInBody)]
    [InlineData(ScriptedFault.InvalidKey)]
    [InlineData(ScriptedFault.ExhaustedAccount)]
    public async Task Another_expert_answers_where_the_first_cannot(ScriptedFault fault)
    {
        await using var world = await GatewayWorld.StartAsync([Failing(fault), Plain], expert: "", policy: static q => GatewayWorld.Choice(q, "e0", "e1"));

        var response = await world.PostAsync(GatewayWorld.Body("auto"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues(RouteHeaders.Expert).Single().ShouldBe("e1");
        var calls = (await world.RouteAsync(response)).GetProperty("calls").EnumerateArray().ToArray();
        calls.Select(static c => c.GetProperty("role").GetString()).ShouldBe(["first", "fallback"]);
        calls[0].GetProperty("problem").GetString()!.ShouldNotContain(GatewayWorld.Key);
    }

    [Theory]
    [InlineData(ScriptedFault.ServerError)]
    [InlineData(ScriptedFault.ConnectionReset)]
    [InlineData(ScriptedFault.HtmlPage)]
    [InlineData(ScriptedFault.RetryAfterSeconds)]
    [InlineData(ScriptedFault.ErrorInBody)]
    [InlineData(ScriptedFault.CutConnection)]
    [InlineData(ScriptedFault.TruncatedJson)]
    [InlineData(ScriptedFault.InvalidJson)]
    [InlineData(ScriptedFault.NoChoices)]
    public async Task A_stream_that_dies_before_its_first_event_is_replaced(ScriptedFault fault)
    {
        await using var world = await GatewayWorld.StartAsync([Failing(fault) with { BreaksStreamsAtStart = true }, Plain], policy: static q => GatewayWorld.Choice(q, "e0", "e1"));

        var response = await world.PostAsync(GatewayWorld.Body("auto", stream: true));
        var text = await response.Content.ReadAsStringAsync(Stop);

        response.Headers.GetValues(RouteHeaders.Expert).Single().ShouldBe("e1");
        text.ShouldEndWith("data: [DONE]\n\n");
        text.ShouldNotContain("\"error\"");
    }

    [Theory]
    [InlineData(ScriptedFault.NoChoices)]
    [InlineData(null)]
    public async Task What_a_filter_says_of_the_prompt_is_no_answer_yet_and_is_passed_on_before_it(ScriptedFault? fault)
    {
        var first = fault is { } one ? Failing(one) : Plain;
        await using var world = await GatewayWorld.StartAsync([first with { SendsPromptFilter = true }, Plain], policy: static q => GatewayWorld.Choice(q, "e0", "e1"));

        var response = await world.PostAsync(GatewayWorld.Body("auto", stream: true));
        var events = (await response.Content.ReadAsStringAsync(Stop)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        response.Headers.GetValues(RouteHeaders.Expert).Single().ShouldBe(fault is null ? "e0" : "e1");
        events.Count(static e => e.Contains("prompt_filter_results", StringComparison.Ordinal)).ShouldBe(fault is null ? 1 : 0);
        events[0].Contains("prompt_filter_results", StringComparison.Ordinal).ShouldBe(fault is null);
        events[^1].ShouldBe("data: [DONE]");
        events.Count(static e => e.Contains("\"finish_reason\":\"stop\"", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData(ScriptedFault.CutConnection)]
    [InlineData(ScriptedFault.ResetInBody)]
    [InlineData(ScriptedFault.ErrorInBody)]
    [InlineData(ScriptedFault.InvalidJson)]
    [InlineData(ScriptedFault.TruncatedJson)]
    public async Task A_stream_that_dies_in_its_middle_ends_with_an_error_and_never_in_silence(ScriptedFault fault)
    {
        await using var world = await GatewayWorld.StartAsync([Failing(fault) with { StreamPause = TimeSpan.FromMilliseconds(20) }, Plain], policy: static q => GatewayWorld.Choice(q, "e0", "e1"));

        var response = await world.PostAsync(GatewayWorld.Body("auto", stream: true));
        var text = await response.Content.ReadAsStringAsync(Stop);

        response.Headers.GetValues(RouteHeaders.Expert).Single().ShouldBe("e0");
        var events = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        events.Length.ShouldBeGreaterThan(1);
        JsonDocument.Parse(events[^1]["data: ".Length..]).RootElement.GetProperty("error").GetProperty("code").GetString().ShouldBe("stream_broken");
        text.ShouldNotContain("[DONE]");
        foreach (var part in events) JsonDocument.Parse(part["data: ".Length..]).Dispose();
        (await world.RouteAsync(response)).GetProperty("calls")[0].GetProperty("problem").GetString().ShouldNotBeNull();
    }

    [Fact]
    public async Task A_request_that_is_wrong_in_itself_is_not_sent_to_the_next_expert()
    {
        await using var world = await GatewayWorld.StartAsync([Failing(ScriptedFault.BadRequest), Plain], policy: static q => GatewayWorld.Choice(q, "e0", "e1"));

        var response = await world.PostAsync(GatewayWorld.Body("auto"));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        world.Endpoints[1].Statistics().Requests.ShouldBe(0);
    }

    [Fact]
    public async Task The_last_error_is_told_where_nobody_can_answer_and_the_key_in_no_case()
    {
        await using var world = await GatewayWorld.StartAsync(
            [new ScriptedEndpointOptions { Respond = static _ => new ScriptedReply { Fault = ScriptedFault.BadRequest, ErrorMessage = $"Incorrect key {GatewayWorld.Key}" } }]);

        var response = await world.PostAsync(GatewayWorld.Body("e0"));

        var text = await response.Content.ReadAsStringAsync(Stop);
        text.ShouldNotContain(GatewayWorld.Key);
        text.ShouldContain("[key]");
    }

    [Fact]
    public async Task A_busy_last_expert_is_told_with_when_to_come_again()
    {
        await using var world = await GatewayWorld.StartAsync([Failing(ScriptedFault.RetryAfterSeconds) with { RetryAfter = TimeSpan.FromSeconds(60) }]);

        var response = await world.PostAsync(GatewayWorld.Body("e0"));

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(60));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_an_answer_does_not_begin_a_second_expert_is_asked_and_the_first_is_let_go(bool stream)
    {
        await using var world = await GatewayWorld.StartAsync(
            [Failing(ScriptedFault.Hang), Plain], expert: ", hedge-after-seconds: 0.05", policy: static q => GatewayWorld.Choice(q, "e0", "e1"));

        var response = await world.PostAsync(GatewayWorld.Body("auto", stream: stream));
        var calls = (await world.RouteAsync(response)).GetProperty("calls").EnumerateArray().ToArray();

        response.Headers.GetValues(RouteHeaders.Expert).Single().ShouldBe("e1");
        calls.Select(static c => c.GetProperty("role").GetString()).Order(StringComparer.Ordinal).ShouldBe(["first", "hedge"]);
        calls.Single(static c => c.GetProperty("role").GetString() == "first").GetProperty("unknown_usd").GetDecimal().ShouldBeGreaterThan(0);
        (await world.SpentAsync()).UnknownUsd.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_request_that_nobody_answers_in_time_is_told_so()
    {
        await using var world = await GatewayWorld.StartAsync([Failing(ScriptedFault.Hang)], router: "  deadline-seconds: 1\n");

        var response = await world.PostAsync(GatewayWorld.Body("e0"));

        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await response.Content.ReadAsStringAsync(Stop)).ShouldContain("deadline");
        (await world.SpentAsync()).UnknownUsd.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(0.0, "e0", false)]
    [InlineData(1.0, "e1", false)]
    [InlineData(0.0, "e0", true)]
    [InlineData(1.0, "e1", true)]
    public async Task A_cascade_goes_on_until_judges_are_content(double threshold, string answers, bool stream)
    {
        await using var world = await GatewayWorld.StartAsync(
            [Plain, Plain], router: Judged, policy: q => GatewayWorld.Choice(q, "e0", "e1") with { Kind = PlanKind.Cascade, Threshold = threshold });

        var response = await world.PostAsync(GatewayWorld.Body("auto", stream: stream));
        var text = await response.Content.ReadAsStringAsync(Stop);
        var route = await world.RouteAsync(response);

        response.Headers.GetValues(RouteHeaders.Expert).Single().ShouldBe(answers);
        response.Headers.GetValues(RouteHeaders.Aggregator).Single().ShouldBe("mean");
        route.GetProperty("chosen_by").GetArrayLength().ShouldBeGreaterThan(0);
        route.GetProperty("calls")[0].GetProperty("score").GetDouble().ShouldBeInRange(0, 1);
        if (stream) text.ShouldEndWith("data: [DONE]\n\n");
        world.Endpoints[1].Statistics().Requests.ShouldBe(answers == "e1" ? 1 : 0);
    }

    [Fact]
    public async Task A_cascade_whose_dear_expert_is_down_returns_what_it_has()
    {
        await using var world = await GatewayWorld.StartAsync(
            [Plain, Failing(ScriptedFault.ServerError)], router: Judged, policy: static q => GatewayWorld.Choice(q, "e0", "e1") with { Kind = PlanKind.Cascade, Threshold = 1 });

        var response = await world.PostAsync(GatewayWorld.Body("auto"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues(RouteHeaders.Expert).Single().ShouldBe("e0");
    }

    [Fact]
    public async Task Of_two_answers_that_were_not_good_enough_a_cascade_keeps_the_better_one()
    {
        await using var world = await GatewayWorld.StartAsync(
            [Saying(Good), Saying("no no no no no no no no no no no no no"), Failing(ScriptedFault.ServerError)],
            router: Judged, policy: static q => GatewayWorld.Choice(q, "e0", "e1", "e2") with { Kind = PlanKind.Cascade, Threshold = 1 });

        var response = await world.PostAsync(GatewayWorld.Body("auto", "Why is the sea salt?"));

        response.Headers.GetValues(RouteHeaders.Expert).Single().ShouldBe("e0");
        (await world.RouteAsync(response)).GetProperty("calls").EnumerateArray().Select(static c => c.GetProperty("role").GetString()).ShouldBe(["first", "escalation", "escalation"]);
    }

    [Theory]
    [InlineData("", false, false)]
    [InlineData(", family: acme", false, false)]
    [InlineData(", family: acme", true, true)]
    public async Task A_judge_has_no_say_about_its_own_family_unless_told(string family, bool ownFamily, bool isAsked)
    {
        // Without a family of its own an expert is of its model's publisher, which is the judge's too.
        await using var world = await GatewayWorld.StartAsync(
            [Plain, Plain], publisher: "acme", expert: family, policy: static q => GatewayWorld.Choice(q, "e0", "e1") with { Kind = PlanKind.BestOf, Count = 2 },
            router: $"  judging: {{judges: set, share: 0, own-family: {(ownFamily ? "true" : "false")}}}\njudge-sets:\n  set: [clarity@d0, relevance]\n");

        var route = await world.RouteAsync(await world.PostAsync(GatewayWorld.Body("auto")));

        route.GetProperty("chosen_by").EnumerateArray().Select(static j => j.GetString()).ShouldBe(isAsked ? ["clarity@d0", "relevance"] : ["relevance"], ignoreOrder: true);
        // Both answers have the same words: asked at the same moment they are judged once, else twice.
        world.Endpoints[0].Statistics().Requests.ShouldBeInRange(isAsked ? 2 : 1, isAsked ? 3 : 1);
    }

    [Fact]
    public async Task A_judge_that_is_quarantined_has_no_say_and_without_any_the_policys_first_is_returned()
    {
        var held = new Dictionary<string, string>(StringComparer.Ordinal) { ["relevance"] = "drifts" };
        await using var world = await GatewayWorld.StartAsync(
            [Saying("no no no no no no no no no"), Saying(Good)], quarantined: () => held,
            router: "  judging: {judges: set, share: 0}\njudge-sets:\n  set: [relevance]\n", policy: static q => GatewayWorld.Choice(q, "e0", "e1") with { Kind = PlanKind.BestOf, Count = 2 });

        var silenced = await world.PostAsync(GatewayWorld.Body("auto", "Why is the sea salt?"));
        silenced.Headers.GetValues(RouteHeaders.Expert).Single().ShouldBe("e0");
        (await world.RouteAsync(silenced)).GetProperty("chosen_by").GetArrayLength().ShouldBe(0);

        held.Clear();
        (await world.PostAsync(GatewayWorld.Body("auto", "Why is the sea salt?"))).Headers.GetValues(RouteHeaders.Expert).Single().ShouldBe("e1");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_several_answers_the_one_that_judges_score_best_is_returned(bool stream)
    {
        // The judges of code like an answer to the question better than none.
        await using var world = await GatewayWorld.StartAsync(
            [Saying("no no no no no no no no no no no no no"), Saying(Good)],
            router: Judged, policy: static q => GatewayWorld.Choice(q, "e0", "e1") with { Kind = PlanKind.BestOf, Count = 2 });

        var response = await world.PostAsync(GatewayWorld.Body("auto", "Why is the sea salt?", stream));
        var calls = (await world.RouteAsync(response)).GetProperty("calls").EnumerateArray().ToArray();

        response.Headers.GetValues(RouteHeaders.Expert).Single().ShouldBe("e1");
        calls.Length.ShouldBe(2);
        calls.ShouldAllBe(static c => c.GetProperty("role").GetString() == "candidate");
        calls.Single(static c => c.GetProperty("expert").GetString() == "e1").GetProperty("score").GetDouble()
            .ShouldBeGreaterThan(calls.Single(static c => c.GetProperty("expert").GetString() == "e0").GetProperty("score").GetDouble());
        (await world.SpentAsync()).SettledUsd.ShouldBe(world.Endpoints.Sum(static e => e.Statistics().CostUsd));
    }

    [Theory]
    [InlineData("so so so so so so so so so so so", Good, true)]
    [InlineData(Good, "no no no no no no no no no no no", false)]
    public async Task A_fused_answer_is_returned_only_where_it_is_no_worse_than_the_best(string candidate, string fused, bool isReturned)
    {
        await using var world = await GatewayWorld.StartAsync(
            [Saying("no no no no no no no no no"), Saying(candidate), Saying(fused)],
            router: Judged, policy: static q => GatewayWorld.Choice(q, "e0", "e1") with { Kind = PlanKind.FusionOf, Count = 2, Synthesizer = "e2" });

        var response = await world.PostAsync(GatewayWorld.Body("auto", "Why is the sea salt?"));

        response.Headers.GetValues(RouteHeaders.Expert).Single().ShouldBe(isReturned ? "e2" : "e1");
        world.Endpoints[2].Statistics().Requests.ShouldBe(1);
    }

    private const string Good = "The sea is salt because rivers carry dissolved minerals into it, and the water evaporates while the salt stays.";

    private const string Judged = "  judging: {judges: code-set, share: 0}\njudge-sets:\n  code-set: [relevance, repetition, structure]\n";

    private static ScriptedEndpointOptions Failing(ScriptedFault fault) => new() { Respond = _ => new ScriptedReply { Text = "The sea is salt, as anybody knows who ever swam in it.", Fault = fault } };

    private static ScriptedEndpointOptions Saying(string text) => new() { Respond = _ => new ScriptedReply { Text = text } };
}
