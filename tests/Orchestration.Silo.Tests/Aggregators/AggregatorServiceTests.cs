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
