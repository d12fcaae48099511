using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orchestration.Core.Access;
using Orchestration.Silo.Access;
using Orchestration.Silo.Tests.Sweeps;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.OpenApi;

/// <summary>The description of the endpoints says what they are.</summary>
public sealed class OpenApiTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_is_described_with_its_roles_and_nothing_else_is()
    {
        await using var world = new SiloWorld();
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        var document = await DocumentAsync(client);
        var described = Operations(document).Select(static o => $"{o.Method} {o.Path}: {Roles(o.Operation)}").Order(StringComparer.Ordinal);
        var routes = silo.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(static e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(
                m => $"{m} /{e.RoutePattern.RawText!.Trim('/')}: {string.Join(" or ", AccessRoleNames.List(e.Metadata.GetMetadata<AccessRule>()!.Roles))}"))
            .Order(StringComparer.Ordinal);
        described.ShouldBe(routes);
    }

    [Fact]
    public async Task Every_reference_leads_somewhere_every_operation_has_its_errors_and_every_example_follows_its_schema()
    {
        await using var world = new SiloWorld();
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        var document = await DocumentAsync(client);
        var check = new SchemaCheck(document);
        var examples = 0;
        foreach (var (method, path, operation) in Operations(document))
        {
            var responses = operation.GetProperty("responses");
            if (Roles(operation).Length != 0)
            {
                foreach (var status in new[] { "400", "401", "403", "429" }) responses.TryGetProperty(status, out _).ShouldBeTrue($"{method} {path} {status}");
            }

            foreach (var content in responses.EnumerateObject().Select(static r => r.Value).Append(operation.TryGetProperty("requestBody", out var body) ? body : default)
                .Where(static r => r.ValueKind == JsonValueKind.Object && r.TryGetProperty("content", out _)).SelectMany(static r => r.GetProperty("content").EnumerateObject()))
            {
                var schema = content.Value.GetProperty("schema");
                if (schema.TryGetProperty("$ref", out var named)) document.GetProperty("components").GetProperty("schemas").TryGetProperty(named.GetString()!.Split('/')[^1], out _).ShouldBeTrue(named.ToString());
                if (!content.Value.TryGetProperty("example", out var example)) continue;
                check.Faults(schema, example).ShouldBeEmpty($"{method} {path}");
                examples++;
            }
        }

        examples.ShouldBeGreaterThan(8);
    }

    [Fact]
    public async Task What_the_endpoints_answer_follows_what_is_described()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        var document = await DocumentAsync(client);
        var (id, sweep) = await SweepServiceTests.StartAsync(client, "/v1/sweeps?judges=quick", SweepServiceTests.Rows(3) + "x\n");
        Follows(document, "Sweep", sweep);
        await client.GetStringAsync($"/v1/sweeps/{id}/events", Stop);
        foreach (var (path, schema) in new[]
        {
            ("/v1/judges", "Judges"), ("/v1/judges/report", "JudgeReport"), ("/v1/routes", "RouteList"), ("/v1/router", "Router"), ("/v1/sweeps", "SweepList"), ("/v1/me", "Me"), ("/v1/overview", "Overview"), ("/v1/data-sets", "DataSetList"), ($"/v1/sweeps/{id}/pairs", "PairPage"), ($"/v1/sweeps/{id}/pairs/0.1", "JudgedPair"), ($"/v1/sweeps/{id}/statistics", "SweepStatistics"), ($"/v1/sweeps/{id}", "Sweep"), ("/v1/aggregators", "AggregatorList"), ("/v1/audit", "AuditPage"), ("/v1/work", "Work"), ("/v1/audit?limit=0", "Problem"), ("/v1/nothing", "Problem"),
        })
        {
            using var response = await client.GetAsync(path, Stop);
            Follows(document, schema, JsonElement.Parse(await response.Content.ReadAsStringAsync(Stop)));
        }

        foreach (var (path, body, schema) in new[]
        {
            ("/v1/judge", """{"pairs":[{"prompt":"p","answer":"a"}],"judges":["quick","exact-match"]}""", "JudgeAnswer"),
            ("/v1/compare", """{"comparisons":[{"prompt":"p","answer_a":"a","answer_b":"b"}],"judges":["preference@local","readability"]}""", "CompareAnswer"),
            ("/v1/config/reload", "{}", "Reloaded"),
        })
        {
            using var response = await client.PostAsync(path, SiloWorld.Json(body), Stop);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            Follows(document, schema, JsonElement.Parse(await response.Content.ReadAsStringAsync(Stop)));
        }
    }

    [Fact]
    public void A_value_that_does_not_follow_its_schema_is_found()
    {
        var schema = JsonElement.Parse("""{"type":"object","required":["a"],"additionalProperties":false,"properties":{"a":{"type":["integer","null"],"minimum":1},"b":{"type":"array","items":{"enum":["x"]}}}}""");
        var check = new SchemaCheck(schema);
        check.Faults(schema, JsonElement.Parse("""{"a":null,"b":["x"]}""")).ShouldBeEmpty();
        check.Faults(schema, JsonElement.Parse("""{"a":0.5,"b":["y"],"c":1}""")).Count.ShouldBe(3);
        check.Faults(schema, JsonElement.Parse("""{"a":0}""")).Count.ShouldBe(1);
        check.Faults(schema, JsonElement.Parse("{}")).Count.ShouldBe(1);
    }

    private static void Follows(JsonElement document, string schema, JsonElement value) =>
        new SchemaCheck(document).Faults(document.GetProperty("components").GetProperty("schemas").GetProperty(schema), value).ShouldBeEmpty(value.ToString());

    private static async Task<JsonElement> DocumentAsync(HttpClient client) => JsonElement.Parse(await client.GetStringAsync("/openapi/v1.json", Stop));

    private static IEnumerable<(string Method, string Path, JsonElement Operation)> Operations(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject().SelectMany(static p => p.Value.EnumerateObject().Select(o => (o.Name.ToUpperInvariant(), p.Name, o.Value)));

    private static string Roles(JsonElement operation) =>
        operation.TryGetProperty("description", out var text) ? text.GetString()!["Roles: ".Length..^1] : "";
}
