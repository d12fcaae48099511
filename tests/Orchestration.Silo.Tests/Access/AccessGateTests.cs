using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orchestration.Core.Access;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Access;

/// <summary>Who is let in, and how the others are told.</summary>
public sealed class AccessGateTests : IAsyncDisposable
{
    private readonly SiloWorld _world = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Without_a_key_nothing_but_health_and_the_description_answers()
    {
        var silo = await _world.StartAsync();
        using var client = SiloWorld.Client(silo);
        (await client.GetAsync("/health/live", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var refused = await client.GetAsync("/v1/audit", Stop);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        refused.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        refused.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = await ReadAsync(refused);
        (problem.GetProperty("status").GetInt32(), problem.GetProperty("code").GetString()).ShouldBe((401, "invalid_api_key"));
        problem.GetProperty("detail").GetString()!.ShouldContain("orchestrate key create");
        lock (_world.Notes) _world.Notes.ShouldContain(static n => n.Contains("no API key", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("api-key")]
    public async Task A_key_opens_what_its_role_allows_and_nothing_else(string header)
    {
        var reader = await _world.KeyAsync(AccessRoles.Read);
        var silo = await _world.StartAsync();
        using var client = SiloWorld.Client(silo);
        if (header == "Bearer") client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", reader);
        else client.DefaultRequestHeaders.Add(header, reader);
        (await client.GetAsync("/v1/audit", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var refused = await client.PostAsync("/v1/config/reload", null, Stop);
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await ReadAsync(refused)).GetProperty("detail").GetString()!.ShouldContain("needs operate");
    }

    [Theory]
    [InlineData("Bearer ")]
    [InlineData("Bearer sk-proj-abcdef")]
    [InlineData("Bearer ok_aaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("Basic b2s6b2s=")]
    [InlineData("ok_aaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task What_is_no_key_of_ours_is_refused_and_never_repeated(string sent)
    {
        await _world.KeyAsync(AccessRoles.All);
        var silo = await _world.StartAsync();
        using var client = SiloWorld.Client(silo);
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", sent);
        var refused = await client.GetAsync("/v1/audit", Stop);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await refused.Content.ReadAsStringAsync(Stop)).ShouldNotContain("aaaaaaaa");
        lock (_world.Notes) _world.Notes.ShouldAllBe(static n => !n.Contains("aaaaaaaa", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_revoked_through_another_opening_of_the_store_is_refused_within_two_seconds()
    {
        var key = await _world.KeyAsync(AccessRoles.Read);
        var silo = await _world.StartAsync();
        using var client = SiloWorld.Client(silo, key);
        (await client.GetAsync("/v1/audit", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await using (var store = await Storage.StoreLocation.OpenAsync(_world.Options.Store, TimeProvider.System, _world.Folder, static _ => { }, Stop))
            await store.Access.RevokeAsync(key.Substring(3, ApiKey.IdLength), new AuditEntry("test", "key.revoke", "x"), Stop);
        var began = TimeProvider.System.GetTimestamp();
        while ((await client.GetAsync("/v1/audit", Stop)).StatusCode == HttpStatusCode.OK) TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(2));
        (await client.GetAsync("/v1/audit", Stop)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_key_is_told_to_wait_when_its_minute_is_used_up()
    {
        var key = await _world.KeyAsync(AccessRoles.Read, new KeyLimits { RequestsPerMinute = 3 });
        var silo = await _world.StartAsync();
        using var client = SiloWorld.Client(silo, key);
        for (var i = 0; i < 3; i++) (await client.GetAsync("/v1/audit", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var refused = await client.GetAsync("/v1/audit", Stop);
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(61));
        (await client.GetAsync("/health/live", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_silo_without_keys_answers_no_page_of_another_site_and_no_name_that_points_here_for_the_moment()
    {
        var silo = await _world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        (await client.GetAsync("/v1/audit", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var page = new HttpRequestMessage(HttpMethod.Get, "/v1/audit");
        page.Headers.Add("Origin", "https://evil.example");
        (await client.SendAsync(page, Stop)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        using var own = new HttpRequestMessage(HttpMethod.Get, "/v1/audit");
        own.Headers.Add("Origin", silo.Address.GetLeftPart(UriPartial.Authority));
        (await client.SendAsync(own, Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var rebound = new HttpRequestMessage(HttpMethod.Get, "/v1/audit");
        rebound.Headers.Host = "rebound.example";
        (await client.SendAsync(rebound, Stop)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_silo_without_keys_takes_any_text_as_a_key_but_holds_one_of_its_own_to_its_limits()
    {
        var caller = await _world.KeyAsync(AccessRoles.Call);
        var silo = await _world.StartAsync(open: true);
        using var some = SiloWorld.Client(silo, "sk-whatever");
        (await some.GetAsync("/v1/audit", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var ours = SiloWorld.Client(silo, caller);
        (await ours.GetAsync("/v1/audit", Stop)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Every_endpoint_states_who_may_ask()
    {
        var silo = await _world.StartAsync();
        var endpoints = silo.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToArray();
        endpoints.ShouldNotBeEmpty();
        endpoints.Where(static e => e.Metadata.GetMetadata<Silo.Access.AccessRule>() is null).Select(static e => e.DisplayName).ShouldBeEmpty();
        endpoints.Where(static e => e.Metadata.GetMetadata<Silo.Access.AccessRule>() is { Roles: AccessRoles.None }).Select(static e => e.RoutePattern.RawText)
            .ShouldBeSubsetOf(["/health/live", "/health/ready", "/openapi/v1.json", "/"]);
    }

    [Fact]
    public async Task Paths_that_there_are_not_are_told_in_the_shape_of_their_clients()
    {
        var silo = await _world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        var ours = await client.GetAsync("/v1/nothing", Stop);
        (ours.StatusCode, (await ReadAsync(ours)).GetProperty("code").GetString()).ShouldBe((HttpStatusCode.NotFound, "not_found"));
        var theirs = await client.GetAsync("/v1/chat/nothing", Stop);
        (theirs.StatusCode, (await ReadAsync(theirs)).GetProperty("error").GetProperty("code").GetString()).ShouldBe((HttpStatusCode.NotFound, "not_found"));
        var method = await client.DeleteAsync("/v1/audit", Stop);
        (method.StatusCode, (await ReadAsync(method)).GetProperty("code").GetString()).ShouldBe((HttpStatusCode.MethodNotAllowed, "method_not_allowed"));
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response) => JsonElement.Parse(await response.Content.ReadAsStringAsync(Stop));
}
