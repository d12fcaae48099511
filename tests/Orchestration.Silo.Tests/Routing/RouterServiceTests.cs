using System.Net;
using System.Text.Json;
using Orchestration.Core.Access;
using Orchestration.Silo.Tests.Gateway;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Routing;

/// <summary>What can be seen of the router over HTTP, and done to it: ratings, quarantines, deletion.</summary>
public sealed class RouterServiceTests
{
    private const int Asked = 12;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rating_is_taken_once_a_source_and_only_of_a_route_of_its_own()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld(Yaml(endpoint));
        var (mine, other) = (await world.KeyAsync(AccessRoles.Call), await world.KeyAsync(AccessRoles.Call));
        await using var silo = await world.StartAsync();
        using var client = SiloWorld.Client(silo, mine);
        using var stranger = SiloWorld.Client(silo, other);
        var route = await RouteAsync(client);

        (await RateAsync(client, route, "1")).ShouldBe((HttpStatusCode.OK, "taken"));
        (await RateAsync(client, route, "0.5")).ShouldBe((HttpStatusCode.OK, "replaced"));
        (await RateAsync(client, route, "7")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await RateAsync(stranger, route, "0")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await RateAsync(client, "r_00000000000000000000000000", "1")).Status.ShouldBe(HttpStatusCode.NotFound);

        var feedback = (await JsonAsync(client, "/v1/routes/" + route)).GetProperty("feedback").EnumerateArray().ToArray();
        feedback.Length.ShouldBe(1);
        feedback[0].GetProperty("rating").GetDouble().ShouldBe(0.5);
    }

    [Fact]
    public async Task What_is_deleted_is_gone_and_is_nobody_elses_to_delete()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld(Yaml(endpoint));
        var (mine, other) = (await world.KeyAsync(AccessRoles.Call), await world.KeyAsync(AccessRoles.Call));
        await using var silo = await world.StartAsync();
        using var client = SiloWorld.Client(silo, mine);
        using var stranger = SiloWorld.Client(silo, other);
        var route = await RouteAsync(client);

        (await stranger.DeleteAsync("/v1/routes/" + route, Stop)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.DeleteAsync("/v1/routes/" + route, Stop)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await client.GetAsync("/v1/routes/" + route, Stop)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.DeleteAsync("/v1/routes/" + route, Stop)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.GetAsync("/v1/router", Stop)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Answers_are_judged_and_shown_by_expert_with_what_they_were_sent()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld(Yaml(endpoint));
        await using var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        for (var i = 0; i < Asked; i++) await RouteAsync(client, $"question {i}");

        // Judging goes on behind the requests: it is there as soon as it is written.
        JsonElement view;
        do
        {
            view = await JsonAsync(client, "/v1/router");
        }
        while (view.GetProperty("quality").EnumerateArray().Sum(static q => q.GetProperty("judged").GetInt32()) < Asked);

        view.GetProperty("totals").EnumerateArray().Sum(static t => t.GetProperty("routes").GetInt32()).ShouldBe(Asked);
        foreach (var quality in view.GetProperty("quality").EnumerateArray().Where(static q => q.GetProperty("judged").GetInt32() > 0))
        {
            quality.GetProperty("of_what_it_was_sent").GetProperty("value").GetDouble().ShouldBeInRange(0, 1);
            (quality.GetProperty("corrected").ValueKind == JsonValueKind.Null).ShouldBe(quality.GetProperty("not_corrected").ValueKind == JsonValueKind.String);
        }

        view.GetProperty("judges").EnumerateArray().Select(static j => j.GetProperty("judge").GetString()).Order(StringComparer.Ordinal).ShouldBe(["clarity@local", "readability", "structure"]);
        view.GetProperty("drift").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task An_expert_in_quarantine_is_asked_no_more_until_it_is_released_and_the_audit_log_says_who_did_it()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld(Yaml(endpoint));
        var (operate, call) = (await world.KeyAsync(AccessRoles.Operate | AccessRoles.Read), await world.KeyAsync(AccessRoles.Call));
        await using var silo = await world.StartAsync();
        using var client = SiloWorld.Client(silo, operate);
        using var caller = SiloWorld.Client(silo, call);

        (await caller.PostAsync("/v1/router/quarantine", Held("small"), Stop)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await client.PostAsync("/v1/router/quarantine", Held("nobody"), Stop)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.PostAsync("/v1/router/quarantine", Held("small"), Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await UntilAsync(async () => await ExpertAsync(caller, "auto") == "large");
        (await AskAsync(caller, "auto:local")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, "a policy that names its experts asks nobody else");
        (await JsonAsync(client, "/v1/router")).GetProperty("quarantine").GetProperty("held")[0].GetProperty("name").GetString().ShouldBe("small");

        (await client.PostAsync("/v1/router/release", Held("small"), Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await UntilAsync(async () => await ExpertAsync(caller, "auto") == "small");
        var audit = (await JsonAsync(client, "/v1/audit?subject=small")).GetProperty("entries").EnumerateArray().Select(static e => e.GetProperty("action").GetString()).ToArray();
        audit.ShouldContain("router.quarantine");
        audit.ShouldContain("router.release");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_judge_whose_verdicts_begin_to_turn_with_the_order_of_what_a_silo_compares_is_shown_as_drifted()
    {
        // First the better answer wins in either place; later both are as good, and the place decides.
        var isSteady = true;
        await using var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions { PositionBias = 0.5, JudgeNoise = 0.01, Quality = m => Volatile.Read(ref isSteady) && m.Answer.StartsWith("good", StringComparison.Ordinal) ? 1 : 0.1 }, cancellationToken: Stop);
        await using var world = new SiloWorld(Yaml(endpoint));
        await using var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);

        for (var request = 0; request < 4; request++)
        {
            if (request == 2) Volatile.Write(ref isSteady, false);
            var rows = string.Join(',', Enumerable.Range(0, 256).Select(row => $$"""{"prompt":"question {{request}}.{{row}}","answer_a":"good answer","answer_b":"poor answer"}"""));
            using var answer = await client.PostAsync("/v1/compare", SiloWorld.Json($$"""{"comparisons":[{{rows}}],"judges":["preference@local"]}"""), Stop);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await UntilAsync(async () => (await JsonAsync(client, "/v1/router")).GetProperty("drift").GetArrayLength() > 0);
        var router = await JsonAsync(client, "/v1/router");
        var drift = router.GetProperty("drift")[0];
        (drift.GetProperty("kind").GetString(), drift.GetProperty("name").GetString(), drift.GetProperty("is_worse").GetBoolean()).ShouldBe(("judge", "preference@local", true));
        drift.GetProperty("what").GetString()!.ShouldContain("turn with the order");
        router.GetProperty("quarantine").GetProperty("held").GetArrayLength().ShouldBe(0);
    }

    private static string Yaml(ScriptedEndpoint endpoint) => SiloWorld.Configuration(
        endpoint,
        """
        experts:
          small: {deployment: local}
          large: {deployment: local}
        router:
          default: large
          explore: 0
          judging: {judges: quick, share: 1}
          policies:
            auto: {rule: cascade, experts: [small, large], threshold: 0}
            local: {rule: always, experts: [small]}

        """);

    private static StringContent Held(string expert) => SiloWorld.Json($$"""{"kind":"expert","name":"{{expert}}","reason":"to see what happens"}""");

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        while (!await holds()) Stop.ThrowIfCancellationRequested();
    }

    private static Task<HttpResponseMessage> AskAsync(HttpClient client, string model) => client.PostAsync("/v1/chat/completions", SiloWorld.Json(GatewayWorld.Body(model)), Stop);

    private static async Task<string> ExpertAsync(HttpClient client, string model)
    {
        var answer = await AskAsync(client, model);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return answer.Headers.GetValues("x-orchestration-expert").Single();
    }

    private static async Task<string> RouteAsync(HttpClient client, string question = "What is a river?")
    {
        var answer = await client.PostAsync("/v1/chat/completions", SiloWorld.Json($$"""{"model":"auto","messages":[{"role":"user","content":"{{question}}"}]}"""), Stop);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return answer.Headers.GetValues("x-orchestration-route").Single();
    }

    private static async Task<(HttpStatusCode Status, string? Receipt)> RateAsync(HttpClient client, string route, string rating)
    {
        var answer = await client.PostAsync("/v1/feedback", SiloWorld.Json($$"""{"route_id":"{{route}}","rating":{{rating}}}"""), Stop);
        var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Stop));
        return (answer.StatusCode, body.TryGetProperty("receipt", out var receipt) ? receipt.GetString() : null);
    }

    private static async Task<JsonElement> JsonAsync(HttpClient client, string path) => JsonElement.Parse(await client.GetStringAsync(path, Stop));
}
