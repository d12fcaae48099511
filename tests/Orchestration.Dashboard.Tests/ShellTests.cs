using System.Net;
using Microsoft.Playwright;
using Orchestration.Core.Access;
using Orchestration.Silo.Tests;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Orchestration.Dashboard.Tests;

/// <summary>What holds for all pages: who is let in, where the files come from, what is shown when the silo goes away.</summary>
public sealed class ShellTests(Browser browser)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_page_is_reached_by_its_link_and_by_its_address()
    {
        await using var world = new SiloWorld();
        var silo = await world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address);
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Overview");
        foreach (var name in new[] { "Sweeps", "Aggregators", "Judges", "Router", "Overview" })
        {
            await visit.Page.GetByRole(AriaRole.Navigation, new() { Name = "Pages" }).GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();
            await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(name);
            await Expect(visit.Page.Locator("nav a[aria-current=page]")).ToHaveTextAsync(name);
            await Expect(visit.Page.Locator("main")).ToBeFocusedAsync();
            (await visit.Page.TitleAsync()).ShouldBe($"{name} – Orchestration");
        }

        await visit.Page.GotoAsync("/#/judges");
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Judges");
        await visit.Page.GotoAsync("/#/nothing");
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("There is no such page");
    }

    [Fact]
    public async Task A_silo_with_keys_asks_for_one_keeps_it_in_the_tab_and_offers_what_its_roles_may_see()
    {
        await using var world = new SiloWorld();
        var key = await world.KeyAsync(AccessRoles.Judge);
        var silo = await world.StartAsync();
        await using var visit = await Visit.OpenAsync(browser, silo.Address);
        var page = visit.Page;
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Sign in");
        await Expect(page.GetByLabel("API key")).ToBeFocusedAsync();
        await page.GetByLabel("API key").FillAsync("ok_wrong");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("no API key of this service");
        await page.GetByLabel("API key").FillAsync(key);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Overview");
        (await page.Locator("nav#nav a").AllTextContentsAsync()).ShouldBe(["Overview", "Sweeps", "Aggregators", "Judges"]);
        await page.GotoAsync("/#/router");
        await Expect(page.Locator("main")).ToContainTextAsync("This needs a key with the role operate or read; yours has judge.");
        (await page.EvaluateAsync<string>("sessionStorage.getItem('orchestration.key')")).ShouldBe(key);
        (await page.EvaluateAsync<int>("localStorage.length")).ShouldBe(0);
        (await page.EvaluateAsync<string>("document.cookie")).ShouldBeEmpty();
        await page.ReloadAsync();
        await Expect(page.Locator("main")).ToContainTextAsync("yours has judge", new() { Timeout = 10_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Sign in");
        (await page.EvaluateAsync<int>("sessionStorage.length")).ShouldBe(0);
    }

    [Fact]
    public async Task Files_are_kept_by_their_hash_and_come_with_a_strict_policy()
    {
        await using var world = new SiloWorld();
        var silo = await world.StartAsync();
        using var client = SiloWorld.Client(silo);
        using var page = await client.GetAsync("/", Stop);
        page.StatusCode.ShouldBe(HttpStatusCode.OK, "the page needs no key; what it shows does");
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldContain("default-src 'none'");
        policy.ShouldContain("frame-ancestors 'none'");
        policy.ShouldNotContain("unsafe");
        page.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        page.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        page.Headers.CacheControl!.NoCache.ShouldBeTrue();
        var text = await page.Content.ReadAsStringAsync(Stop);
        var script = text.Split("src=\"")[1].Split('"')[0];
        using (var file = await client.GetAsync("/" + script, Stop))
        {
            file.Headers.CacheControl!.ToString().ShouldContain("immutable");
            file.Content.Headers.ContentType!.MediaType.ShouldBe("text/javascript");
            using var again = new HttpRequestMessage(HttpMethod.Get, "/" + script);
            again.Headers.IfNoneMatch.Add(file.Headers.ETag!);
            (await client.SendAsync(again, Stop)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        }

        using (var other = await client.GetAsync("/app/0123456789abcdef/main.js", Stop)) other.Headers.CacheControl!.NoCache.ShouldBeTrue("another build's name is not kept");
        foreach (var path in new[] { "/app/x", "/app/x/nothing.js", "/app/x/../../orchestration.yaml", "/app/x/%2e%2e/%2e%2e/etc/passwd" })
            (await client.GetAsync(path, Stop)).StatusCode.ShouldBeOneOf(HttpStatusCode.NotFound, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_silo_that_goes_away_is_told_and_its_return_is_noticed()
    {
        await using var world = new SiloWorld();
        var silo = await world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, isLossExpected: true);
        var page = visit.Page;
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Overview");
        await page.Context.SetOfflineAsync(true);
        await page.ReloadOfAsync("sweeps");
        await Expect(page.Locator("#connection")).ToContainTextAsync("The silo does not answer");
        await page.Context.SetOfflineAsync(false);
        await Expect(page.Locator("#connection")).ToBeHiddenAsync();
    }
}

internal static class Addresses
{
    /// <summary>Goes to another page of the dashboard without loading anything but it.</summary>
    public static Task ReloadOfAsync(this IPage page, string name) => page.EvaluateAsync("name => { location.hash = '#/' + name }", name);
}
