using System.Net;
using System.Text.Json;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Routing;
using Orchestration.Storage;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Routing;

/// <summary>Routes, newest first: pages that do not move while new routes come, filters that say how far they looked.</summary>
public sealed class RouteListTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_go_back_to_the_first_route_and_stand_still_while_others_are_written()
    {
        await using var world = new SiloWorld();
        await WriteAsync(world, 0, 150);
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        var seen = new List<string>();
        string? before = null;
        do
        {
            var page = await JsonAsync(client, $"/v1/routes?limit=40{(before is null ? "" : $"&before={before}")}");
            seen.AddRange(page.GetProperty("routes").EnumerateArray().Select(static r => r.GetProperty("id").GetString()!));
            before = page.GetProperty("next_before").GetString();
            if (seen.Count == 40) await WriteAsync(world, 150, 20);
        }
        while (before is not null);

        seen.ShouldBe(Enumerable.Range(0, 150).Reverse().Select(Id));
        (await JsonAsync(client, "/v1/routes?limit=1")).GetProperty("routes")[0].GetProperty("id").GetString().ShouldBe(Id(169));
    }

    [Fact]
    public async Task Filters_find_and_say_how_many_they_looked_at_and_go_on_where_they_stopped()
    {
        await using var world = new SiloWorld();
        await WriteAsync(world, 0, 5_600);
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        var failed = await JsonAsync(client, "/v1/routes?only=failed");
        failed.GetProperty("routes").GetArrayLength().ShouldBe(0);
        failed.GetProperty("searched").GetInt32().ShouldBe(5_000);
        var rest = await JsonAsync(client, $"/v1/routes?only=failed&before={failed.GetProperty("next_before").GetString()}");
        rest.GetProperty("routes").EnumerateArray().ShouldHaveSingleItem().GetProperty("id").GetString().ShouldBe(Id(300), "only this one failed");
        rest.GetProperty("searched").GetInt32().ShouldBe(600);
        rest.GetProperty("next_before").ValueKind.ShouldBe(JsonValueKind.Null);
        (await JsonAsync(client, "/v1/routes?only=explored&limit=3")).GetProperty("routes").EnumerateArray().Select(static r => r.GetProperty("explored").GetBoolean()).ShouldBe([true, true, true]);
        (await JsonAsync(client, "/v1/routes?expert=large&limit=2")).GetProperty("routes").EnumerateArray().ShouldAllBe(static r => r.GetProperty("answered_by").GetString() == "large");
        (await JsonAsync(client, "/v1/routes?policy=nobody&limit=2")).GetProperty("searched").GetInt32().ShouldBe(5_000);
        foreach (var wrong in new[] { "limit=0", "limit=201", "before=x", "before=1-", "only=some" }) (await client.GetAsync($"/v1/routes?{wrong}", Stop)).StatusCode.ShouldBe(HttpStatusCode.BadRequest, wrong);
    }

    [Fact]
    public async Task Callers_do_not_see_what_others_asked()
    {
        await using var world = new SiloWorld();
        await WriteAsync(world, 0, 3);
        var (call, read) = (await world.KeyAsync(AccessRoles.Call | AccessRoles.Judge), await world.KeyAsync(AccessRoles.Read));
        var silo = await world.StartAsync();
        using var caller = SiloWorld.Client(silo, call);
        using var reader = SiloWorld.Client(silo, read);
        (await caller.GetAsync("/v1/routes", Stop)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await reader.GetAsync("/v1/routes", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static string Id(int n) => RouteId.Format(new Hash128(77, (ulong)n));

    private static async Task<JsonElement> JsonAsync(HttpClient client, string path) => JsonElement.Parse(await client.GetStringAsync(path, Stop));

    private static async Task WriteAsync(SiloWorld world, int from, int count)
    {
        await using var store = await StoreLocation.OpenAsync(world.Options.Store, TimeProvider.System, world.Folder, static _ => { }, Stop);
        var number = 0;
        foreach (var some in Enumerable.Range(from, count).Chunk(70)) await store.Routing.AppendAsync(new RouteBatch(++number, [.. some.Select(Route)], from + count, 0, false), Stop);
    }

    private static RouteRecord Route(int n)
    {
        var expert = n % 3 == 0 ? "large" : "small";
        var decision = new RouteDecision
        {
            Id = Id(n),
            At = DateTimeOffset.UnixEpoch.AddYears(56).AddSeconds(n),
            Policy = "auto",
            Choice = new RoutingChoice { Experts = [expert], Estimates = [], Reason = "r" },
            Probability = 1,
            IsExploration = n % 50 == 0,
        };
        return new RouteRecord { Decision = decision, Outcome = new RouteOutcome { Decision = decision, Steps = [], AnsweredBy = n == 300 ? null : expert, Status = n == 300 ? 503 : 200 } };
    }
}
