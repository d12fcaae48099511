using System.Globalization;
using System.Net;
using System.Text.Json;
using Orchestration.Cli;
using Orchestration.Core.Access;
using Orchestration.Silo.Hosting;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Aggregators;

/// <summary>Aggregator versions over HTTP: the test of an activation is made, refusals are recorded, changes are seen by other silos.</summary>
public sealed class AggregatorServiceTests : IAsyncLifetime
{
    private readonly SiloWorld _world = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // The target follows one judge of three, crookedly: a learned version surely gains over the mean.
        await File.WriteAllLinesAsync(Path.Combine(_world.Folder, "good.jsonl"), Rows(static (a, _, _) => (a * a) + (0.02 * Math.Sin(a * 40))), Stop);

        // The target has nothing to do with the judges: there is nothing to gain.
        await File.WriteAllLinesAsync(Path.Combine(_world.Folder, "none.jsonl"), Rows(static (a, b, c) => Math.Abs(Math.Sin((a + b + c) * 1e7))), Stop);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_version_is_activated_beside_which_silo_it_may_be_shadowed_canaried_and_rolled_back()
    {
        var good = await TrainAsync("good.jsonl", 1);
        var better = await TrainAsync("good.jsonl", 2);
        var operate = await _world.KeyAsync(AccessRoles.Operate);
        var read = await _world.KeyAsync(AccessRoles.Read);
        var one = await _world.StartAsync();
        var two = await _world.StartAsync();
        using var client = SiloWorld.Client(one, operate);
        using var reader = SiloWorld.Client(two, read);
        await ForceNoneAsync(client);

        var activated = await SendAsync(client, HttpMethod.Post, "/v1/aggregators/quality/activate", $$"""{"version":"{{good[..12]}}"}""");
        activated.Status.ShouldBe(HttpStatusCode.OK, activated.Body.ToString());
        activated.Body.GetProperty("setting").GetProperty("active").GetString().ShouldBe(good);
        (await ShowAsync(reader)).GetProperty("setting").GetProperty("active").GetString().ShouldBe(good);

        (await SendAsync(client, HttpMethod.Put, "/v1/aggregators/quality/shadow", $$"""{"version":"{{better[..12]}}"}""")).Body.GetProperty("shadow").GetString().ShouldBe(better);
        (await SendAsync(client, HttpMethod.Put, "/v1/aggregators/quality/canary", $$"""{"version":"{{better[..12]}}","share":0.25}""")).Body.GetProperty("canary_share").GetDouble().ShouldBe(0.25);
        (await SendAsync(client, HttpMethod.Put, "/v1/aggregators/quality/canary", $$"""{"version":"{{better[..12]}}","share":2}""")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await SendAsync(client, HttpMethod.Delete, "/v1/aggregators/quality/shadow", null)).Body.GetProperty("shadow").ValueKind.ShouldBe(JsonValueKind.Null);
        (await SendAsync(client, HttpMethod.Delete, "/v1/aggregators/quality/canary", null)).Body.GetProperty("canary").ValueKind.ShouldBe(JsonValueKind.Null);
        (await SendAsync(client, HttpMethod.Post, "/v1/aggregators/quality/activate", $$"""{"version":"{{better[..12]}}","force":true,"reason":"to see it"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await SendAsync(client, HttpMethod.Post, "/v1/aggregators/quality/rollback", """{"reason":"seen"}""")).Body.GetProperty("active").GetString().ShouldBe(good);

        (await SendAsync(reader, HttpMethod.Post, "/v1/aggregators/quality/rollback", null)).Status.ShouldBe(HttpStatusCode.Forbidden);
        var audit = JsonElement.Parse(await reader.GetStringAsync("/v1/audit?subject=quality", Stop)).GetProperty("entries").EnumerateArray().ToArray();
        audit.Select(static e => e.GetProperty("action").GetString()).ShouldContain("aggregator.rollback");
        var who = $"key {operate[3..(3 + ApiKey.IdLength)]}";
        audit.ShouldAllBe(e => e.GetProperty("by").GetString()!.StartsWith(who, StringComparison.Ordinal));
        (await reader.GetStringAsync($"/v1/aggregators/quality/versions/{good[..8]}", Stop)).ShouldContain("\"basis\"");
    }

    [Fact]
    public async Task A_version_without_a_sure_gain_is_refused_and_the_refusal_is_on_record()
    {
        var none = await TrainAsync("none.jsonl", 1);
        var silo = await _world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        var refused = await SendAsync(client, HttpMethod.Post, "/v1/aggregators/quality/activate", $$"""{"version":"{{none[..12]}}"}""");
        refused.Status.ShouldBe(HttpStatusCode.Conflict);
        refused.Body.GetProperty("active").GetBoolean().ShouldBeFalse();
        var shown = await ShowAsync(client);
        shown.GetProperty("setting").GetProperty("active").ValueKind.ShouldBe(JsonValueKind.Null);
        shown.GetProperty("attempts")[0].GetProperty("outcome").GetString().ShouldBe("refused");
        (await client.GetStringAsync("/v1/audit", Stop)).ShouldContain("aggregator.refuse");
        (await SendAsync(client, HttpMethod.Post, "/v1/aggregators/quality/activate", $$"""{"version":"{{none[..12]}}","force":true}""")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await client.GetAsync("/v1/aggregators/nobody", Stop)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Versions_are_explained_side_by_side_on_the_same_rows_and_only_once()
    {
        var (first, second, none) = (await TrainAsync("good.jsonl", 1), await TrainAsync("good.jsonl", 2), await TrainAsync("none.jsonl", 1));
        _world.Configure($"data-sets:\n  others: {{pairs: [{Path.Combine(_world.Folder, "none.jsonl")}]}}\n");
        var silo = await _world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        var path = $"/v1/aggregators/quality/explain?versions={first[..8]},{second[..8]}";
        var text = await client.GetStringAsync(path, Stop);
        var explanation = JsonElement.Parse(text);
        var document = JsonElement.Parse(await client.GetStringAsync("/openapi/v1.json", Stop));
        new OpenApi.SchemaCheck(document).Faults(document.GetProperty("components").GetProperty("schemas").GetProperty("Explanation"), explanation).ShouldBeEmpty();
        explanation.GetProperty("versions").EnumerateArray().Select(static v => v.GetProperty("version").GetString()).ShouldBe([first, second]);
        explanation.GetProperty("rows").GetInt32().ShouldBe(240);
        var gam = explanation.GetProperty("versions")[0];
        gam.GetProperty("measured").GetString().ShouldBe("out_of_fold");
        gam.GetProperty("calibration").GetArrayLength().ShouldBe(10);

        // The target is the square of judge a, and nothing else.
        var judges = gam.GetProperty("judges").EnumerateArray().ToDictionary(static j => j.GetProperty("judge").GetString()!);
        judges["a"].GetProperty("importance").GetProperty("lower").GetDouble().ShouldBeGreaterThan(0.05);
        judges["b"].GetProperty("importance").GetProperty("value").GetDouble().ShouldBeLessThan(0.001);
        var curve = judges["a"].GetProperty("curve");
        var (at, value) = (Numbers(curve, "at"), Numbers(curve, "value"));
        at.ShouldBeInOrder();
        (value[^1] - value[0]).ShouldBe(1, 0.1);
        Numbers(curve, "lower").Zip(value, static (l, v) => l <= v).ShouldAllBe(static isBelow => isBelow);
        explanation.GetProperty("differences")[0].GetProperty("gain").GetProperty("upper").GetDouble().ShouldBeLessThan(0, "a straight line is worse than a curve");

        (await client.GetStringAsync(path, Stop)).ShouldBe(text);
        var elsewhere = JsonElement.Parse(await client.GetStringAsync(path + "&data_set=others", Stop));
        elsewhere.GetProperty("versions")[0].GetProperty("figures").GetProperty("mse").GetDouble().ShouldBeGreaterThan(gam.GetProperty("figures").GetProperty("mse").GetDouble() * 10);

        (await client.GetAsync("/v1/aggregators/quality/explain", Stop)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await client.GetAsync($"/v1/aggregators/quality/explain?versions={string.Join(',', Enumerable.Repeat(first, 5))}", Stop)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await client.GetAsync(path + "&data_set=nothing", Stop)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        File.Delete(Path.Combine(_world.Folder, "none.jsonl"));
        using var gone = await client.GetAsync($"/v1/aggregators/quality/explain?versions={none[..8]}", Stop);
        gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await gone.Content.ReadAsStringAsync(Stop)).ShouldContain("Name a data set of the configuration");

        var manifest = JsonElement.Parse(await client.GetStringAsync($"/v1/aggregators/quality/versions/{first}?hashes=false", Stop));
        manifest.GetProperty("basis").GetProperty("training").GetProperty("row_hashes").GetString().ShouldBeEmpty();
        manifest.GetProperty("figures").GetProperty("gain").GetDouble().ShouldBeGreaterThan(manifest.GetProperty("figures").GetProperty("gain_lower").GetDouble());

        static double[] Numbers(JsonElement curve, string name) => [.. curve.GetProperty(name).EnumerateArray().Select(static n => n.GetDouble())];
    }

    [Fact]
    public async Task Judging_names_the_version_and_a_swap_at_one_silo_scores_at_the_other_within_a_second_or_so()
    {
        var first = await TrainAsync("code.jsonl", 1);
        var second = await TrainAsync("code.jsonl", 2);
        var one = await _world.StartAsync(open: true);
        var two = await _world.StartAsync(open: true);
        using var client = SiloWorld.Client(one);
        using var other = SiloWorld.Client(two);
        await SendAsync(client, HttpMethod.Post, "/v1/aggregators/quality/activate", $$"""{"version":"{{first}}","force":true,"reason":"r"}""");
        (await VersionAsync(other)).ShouldBe(first);
        await SendAsync(client, HttpMethod.Post, "/v1/aggregators/quality/activate", $$"""{"version":"{{second}}","force":true,"reason":"r"}""");
        var began = TimeProvider.System.GetTimestamp();
        while (await VersionAsync(other) != second) TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(2));
    }

    private static async Task<string> VersionAsync(HttpClient client)
    {
        var (status, body) = await SendAsync(
            client, HttpMethod.Post, "/v1/judge", """{"pairs":[{"prompt":"p","answer":"An answer of some words."}],"judges":["readability","structure","repetition"],"aggregator":"quality"}""");
        status.ShouldBe(HttpStatusCode.OK, body.ToString());
        body.GetProperty("evaluations")[0].GetProperty("interval").GetArrayLength().ShouldBe(2);
        return body.GetProperty("evaluations")[0].GetProperty("aggregator").GetString()!;
    }

    private static IEnumerable<string> Rows(Func<double, double, double, double> target, params string[] names)
    {
        var draw = new Random(7);
        string[] judges = names.Length == 3 ? names : ["a", "b", "c"];
        for (var i = 0; i < 240; i++)
        {
            var (a, b, c) = (draw.NextDouble(), draw.NextDouble(), draw.NextDouble());
            yield return string.Create(
                CultureInfo.InvariantCulture, $$"""{"id":"{{i}}","group":"g{{i}}","scores":{"{{judges[0]}}":{{a}},"{{judges[1]}}":{{b}},"{{judges[2]}}":{{c}}},"target":{{target(a, b, c)}}}""");
        }
    }

    private static async Task<JsonElement> ShowAsync(HttpClient client) => JsonElement.Parse(await client.GetStringAsync("/v1/aggregators/quality", Stop));

    // A name needs an active version before anything runs beside it; none is, at first.
    private static async Task ForceNoneAsync(HttpClient client) =>
        (await SendAsync(client, HttpMethod.Post, "/v1/aggregators/quality/rollback", null)).Status.ShouldBe(HttpStatusCode.BadRequest);

    private static async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpClient client, HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : SiloWorld.Json(body) };
        using var response = await client.SendAsync(request, Stop);
        return (response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync(Stop)));
    }

    private async Task<string> TrainAsync(string file, int seed)
    {
        if (file == "code.jsonl")
            await File.WriteAllLinesAsync(Path.Combine(_world.Folder, file), Rows(static (a, b, _) => (a * a) + b, "readability", "structure", "repetition"), Stop);
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var status = await CommandLine.RunAsync(
            [
                "train", "--scores", Path.Combine(_world.Folder, file), "--target", "target", "--name", "quality", "--model", seed == 1 ? "gam" : "ridge", "--no-activate",
                "--seed", seed.ToString(CultureInfo.InvariantCulture), "--store", _world.Options.Store, "--json",
            ],
            new CliContext { Out = output, Error = error, StandardInput = Stream.Null });
        status.ShouldBeOneOf(0, 1);
        var line = JsonElement.Parse(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        return line.GetProperty("version").GetString() ?? throw new InvalidOperationException(error.ToString());
    }
}
