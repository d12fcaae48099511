using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Orchestration.Core.Access;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Judging;

/// <summary>Judging over HTTP.</summary>
public sealed class JudgeServiceTests
{
    private const string Pairs = """{"pairs":[{"id":"a","prompt":"Why is the sky blue?","answer":"Air scatters short waves of light far more than long ones. What reaches the eye from all sides is therefore blue."},{"prompt":"What is two and two?","answer":"It is four. Two and two more make four, which you can count on your fingers."}],"judges":["quick"]}""";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pairs_come_back_as_evaluations_and_asking_again_buys_nothing()
    {
        await using var endpoint = await EndpointAsync();
        await using var world = new SiloWorld(Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);

        var answer = await JudgeAsync(client, Pairs);
        answer.GetProperty("aggregator").GetString().ShouldBe("mean");
        answer.GetProperty("judges").EnumerateArray().Select(static j => j.GetProperty("id").GetString()).ShouldBe(["code", "clarity@local"]);
        var evaluations = answer.GetProperty("evaluations").EnumerateArray().ToArray();
        evaluations.Select(static e => e.GetProperty("id").GetString()).ShouldBe(["a", "1"]);
        foreach (var evaluation in evaluations)
        {
            var mapped = evaluation.GetProperty("mapped").EnumerateObject().Select(static m => m.Value.GetDouble()).ToArray();
            evaluation.GetProperty("score").GetDouble().ShouldBe(mapped.Average(), 1e-9);
            evaluation.GetProperty("coverage").GetDouble().ShouldBe(1);
        }

        answer.GetProperty("usage").GetProperty("calls").GetInt64().ShouldBe(2);
        var again = await JudgeAsync(client, Pairs);
        again.GetProperty("usage").GetProperty("calls").GetInt64().ShouldBe(0);
        again.GetProperty("usage").GetProperty("from_store").GetInt64().ShouldBe(2);
        again.GetProperty("evaluations").ToString().ShouldBe(answer.GetProperty("evaluations").ToString());
        endpoint.Statistics().Requests.ShouldBe(2);
    }

    [Fact]
    public async Task A_judge_that_misses_the_deadline_is_unscored_with_its_reason_and_never_zero()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromSeconds(3));
        await using var world = new SiloWorld(Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        var answer = await JudgeAsync(client, """{"pairs":[{"prompt":"p","answer":"a"}],"judges":["clarity@local","readability"],"deadline_ms":150}""");
        var evaluation = answer.GetProperty("evaluations")[0];
        evaluation.GetProperty("scores").GetProperty("clarity@local").ValueKind.ShouldBe(JsonValueKind.Null);
        evaluation.GetProperty("unscored").GetProperty("clarity@local").GetString().ShouldBe("timeout");
        evaluation.GetProperty("scores").GetProperty("readability").ValueKind.ShouldBe(JsonValueKind.Number);
        evaluation.GetProperty("score").ValueKind.ShouldBe(JsonValueKind.Null, "half of the judges is less than the least coverage");
        evaluation.GetProperty("coverage").GetDouble().ShouldBe(0.5);
        answer.GetProperty("usage").GetProperty("elapsed_ms").GetDouble().ShouldBeLessThan(2500);
    }

    [Fact]
    public async Task Comparisons_come_back_with_verdicts_in_both_orders()
    {
        await using var endpoint = await EndpointAsync();
        await using var world = new SiloWorld(Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        using var response = await client.PostAsync("/v1/compare", SiloWorld.Json("""{"comparisons":[{"prompt":"p","answer_a":"one answer","answer_b":"another"}],"judges":["preference@local","readability"]}"""), Stop);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var line = JsonElement.Parse(await response.Content.ReadAsStringAsync(Stop)).GetProperty("comparisons")[0];
        line.GetProperty("preference").GetString().ShouldBeOneOf("A>B", "B>A", "A=B");
        line.GetProperty("verdicts").GetProperty("preference@local").GetArrayLength().ShouldBe(2);
        line.GetProperty("scores").GetProperty("readability").GetArrayLength().ShouldBe(2);
        endpoint.Statistics().Requests.ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"pairs":[],"judges":["quick"]}""", 400, "0 rows")]
    [InlineData("""{"pairs":[{"prompt":"p"}],"judges":["quick"]}""", 400, "answer")]
    [InlineData("""{"pairs":[{"prompt":"p","answer":"a"}],"judges":[]}""", 400, "judges is empty")]
    [InlineData("""{"pairs":[{"prompt":"p","answer":"a"}],"judges":["qiuck"]}""", 404, "Did you mean 'quick'")]
    [InlineData("""{"pairs":[{"prompt":"p","answer":"a"}],"judges":["replay:/etc/passwd"]}""", 400, "file of the server")]
    [InlineData("""{"pairs":[{"prompt":"p","answer":"a","endpoint":"http://10.0.0.1"}],"judges":["quick"]}""", 400, "no such field")]
    [InlineData("""{"pairs":[{"id":"x","prompt":"p","answer":"a"},{"id":"x","prompt":"q","answer":"b"}],"judges":["quick"]}""", 400, "stands twice")]
    [InlineData("""{"pairs":[{"prompt":"p","answer":"a"}],"judges":["quick"],"aggregator":"nobody"}""", 400, "No version")]
    [InlineData("""{"pairs":[{"prompt":"p","answer":"a"}],"judges":["quick"],"deadline_ms":1}""", 400, "deadline_ms")]
    [InlineData("""{"pairs":[{"prompt":"p","answer":null}],"judges":["quick"]}""", 400, "$.pairs[0].answer")]
    [InlineData("""{"pairs":[{"prompt":"p",""", 400, "line 1")]
    [InlineData("null", 400, "null")]
    public async Task A_request_that_is_wrong_is_told_what_is(string body, int status, string words)
    {
        await using var endpoint = await EndpointAsync();
        await using var world = new SiloWorld(Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        using var response = await client.PostAsync("/v1/judge", SiloWorld.Json(body), Stop);
        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        JsonElement.Parse(await response.Content.ReadAsStringAsync(Stop)).GetProperty("detail").GetString()!.ShouldContain(words);
    }

    [Fact]
    public async Task A_body_that_is_too_large_or_no_json_is_refused_before_it_is_read()
    {
        await using var world = new SiloWorld();
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        using var large = await client.PostAsync("/v1/judge", SiloWorld.Json(new string(' ', 5 * 1024 * 1024)), Stop);
        large.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        using var text = await client.PostAsync("/v1/judge", new StringContent(Pairs, Encoding.UTF8, "text/plain"), Stop);
        text.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task Rows_beyond_what_a_silo_judges_at_once_are_told_to_come_again()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromSeconds(30));
        await using var world = new SiloWorld(Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);

        // More at once than there is room for, in whatever order they arrive.
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(r => client.PostAsync("/v1/judge", SiloWorld.Json(Rows(r, 256)), Stop)));
        var refused = answers.Where(static a => a.StatusCode == HttpStatusCode.TooManyRequests).ToArray();
        refused.ShouldNotBeEmpty();
        refused.ShouldAllBe(static a => a.Headers.RetryAfter!.Delta == TimeSpan.FromSeconds(1));
        answers.Except(refused).ShouldAllBe(static a => a.StatusCode == HttpStatusCode.OK);
        refused.Length.ShouldBeLessThan(answers.Length);
    }

    [Fact]
    public async Task A_keys_budget_a_day_is_never_passed_counted_at_the_endpoint()
    {
        await using var endpoint = await EndpointAsync();
        await using var world = new SiloWorld(Configuration(endpoint));
        var key = await world.KeyAsync(AccessRoles.Judge, new KeyLimits { UsdPerDay = 0.027m });
        var silo = await world.StartAsync();
        using var client = SiloWorld.Client(silo, key);
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 16; i++)
        {
            using var response = await client.PostAsync("/v1/judge", SiloWorld.Json(Rows(i, 1, "clarity@local", 5000)), Stop);
            statuses.Add(response.StatusCode);
        }

        statuses.ShouldContain(HttpStatusCode.OK);
        statuses.ShouldContain(HttpStatusCode.PaymentRequired);
        endpoint.Statistics().CostUsd.ShouldBeInRange(0.0003m, 0.027m);
    }

    private static string Rows(int seed, int count, string judge = "clarity@local", int deadline = 2500) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"pairs":[{{string.Join(',', Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $$"""{"prompt":"p{{seed}}","answer":"{{i}}"}""")))}}],"judges":["{{judge}}"],"deadline_ms":{{deadline}}}""");

    private static async Task<JsonElement> JudgeAsync(HttpClient client, string body)
    {
        using var response = await client.PostAsync("/v1/judge", SiloWorld.Json(body), Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonElement.Parse(text);
    }

    private static Task<ScriptedEndpoint> EndpointAsync(TimeSpan? latency = null) => ScriptedEndpoint.StartAsync(
        new ScriptedEndpointOptions { Latency = latency ?? TimeSpan.FromMilliseconds(1), Prices = new Core.Judging.Deployments.TokenPrices(0.40m, 0.10m, 1.60m, 1.60m) }, cancellationToken: Stop);

    private static string Configuration(ScriptedEndpoint endpoint) => SiloWorld.Configuration(endpoint);
}
