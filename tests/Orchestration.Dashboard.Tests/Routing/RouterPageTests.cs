using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Orchestration.Core.Access;
using Orchestration.Silo.Tests;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Orchestration.Dashboard.Tests.Routing;

/// <summary>The router's page: who answers, how well, for how much, why; quarantine, and deleting a route.</summary>
public sealed class RouterPageTests(Browser browser)
{
    [Fact]
    public async Task Experts_stand_with_share_quality_and_cost_and_the_policy_stands_on_the_frontier()
    {
        await using var world = new SiloWorld(RoutedTraffic.Yaml);
        await RoutedTraffic.WriteAsync(world);
        var silo = await world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/router");
        var page = visit.Page;
        var large = page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Button, new() { Name = "Quarantine large" }) });
        await Expect(large).ToContainTextAsync("default");

        // The corrected figure and, beside it, the mean of what it was sent, each with an interval.
        await Expect(large).ToContainTextAsync(new Regex(@"0\.\d{3} \(0\.\d{3} to 0\.\d{3}\)0\.\d{3} \(0\.\d{3} to 0\.\d{3}\)", RegexOptions.None, TimeSpan.FromSeconds(1)));
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Button, new() { Name = "Release medium" }) })).ToContainTextAsync("quarantined");
        var frontier = page.GetByRole(AriaRole.Region, new() { Name = "Cost and quality", Exact = true });
        await Expect(frontier.Locator("canvas")).ToBeVisibleAsync();
        foreach (var drawn in new[] { "best mixture of experts", "small", "large", "policy auto" }) await Expect(frontier.GetByText(drawn, new() { Exact = true }).First).ToBeVisibleAsync();
        await Expect(frontier.GetByRole(AriaRole.Row, new() { Name = "auto policy" })).ToContainTextAsync("$");
        await Expect(frontier.GetByRole(AriaRole.Row, new() { Name = "large expert" })).ToContainTextAsync("yes");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Ratings by people" })).ToContainTextAsync("k_mallory");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Ratings by people" })).ToContainTextAsync("held back its ratings");
        await page.ShouldBeAccessibleAsync();
        await visit.PictureAsync("router-1280-light");
        await visit.PictureAsync("router-view-1280-light", isWhole: false);
    }

    [Fact]
    public async Task The_frontier_is_the_upper_left_edge_of_the_experts_and_nothing_else()
    {
        await using var world = new SiloWorld(RoutedTraffic.Yaml);
        var silo = await world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/router");

        // Two that are dearer and worse, one of the price of another and worse, and one that a mixture of its neighbours beats.
        var edge = await visit.Page.EvaluateAsync<string[]>("""
            async () => {
              const main = document.querySelector('script[type=module]').src;
              const { hull } = await import(new URL('pages/router/frontier.js', main));
              const point = (name, usd, value) => ({ name, usd, quality: { value } });
              return hull([point('best', 4, 0.9), point('bent in', 3, 0.82), point('dearest', 5, 0.85), point('cheap', 1, 0.5), point('worse', 2, 0.4), point('good', 2, 0.8), point('not as good', 2, 0.7)]).map((p) => p.name);
            }
            """);
        edge.ShouldBe(["cheap", "good", "best"]);
    }

    [Fact]
    public async Task Recent_decisions_are_paged_and_filtered_and_each_says_why()
    {
        await using var world = new SiloWorld(RoutedTraffic.Yaml);
        await RoutedTraffic.WriteAsync(world);
        var silo = await world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/router");
        var page = visit.Page;
        var card = page.GetByRole(AriaRole.Region, new() { Name = "Recent decisions" }).First;
        await Expect(card.GetByRole(AriaRole.Link)).ToHaveCountAsync(25);
        await Expect(card.GetByRole(AriaRole.Link).First).ToHaveAttributeAsync("href", $"#/router/routes/{RoutedTraffic.Id(RoutedTraffic.Routes - 1)}");
        await card.GetByRole(AriaRole.Button, new() { Name = "Older" }).ClickAsync();
        await Expect(card.GetByRole(AriaRole.Link).First).ToHaveAttributeAsync("href", $"#/router/routes/{RoutedTraffic.Id(RoutedTraffic.Routes - 26)}");
        await card.GetByRole(AriaRole.Button, new() { Name = "Newer" }).ClickAsync();
        await Expect(card.GetByRole(AriaRole.Link).First).ToHaveAttributeAsync("href", $"#/router/routes/{RoutedTraffic.Id(RoutedTraffic.Routes - 1)}");
        await card.GetByLabel("Answered by").SelectOptionAsync("small");
        await Expect(card).ToContainTextAsync("25 found among");
        await Expect(card.Locator("tbody tr").Filter(new() { HasNotText = "small" })).ToHaveCountAsync(0);
        await card.GetByLabel("Answered by").SelectOptionAsync("");
        await card.GetByLabel("Only").SelectOptionAsync("failed");
        await Expect(card).ToContainTextAsync("4 found among 400 looked at");
        await Expect(card.GetByText("nobody")).ToHaveCountAsync(4);
        await card.GetByLabel("Only").SelectOptionAsync("abstained");
        await Expect(card).ToContainTextAsync("10 found among 400 looked at");
        await card.GetByRole(AriaRole.Link).First.ClickAsync();

        await Expect(page.Locator("main")).ToContainTextAsync("The policy was not sure, and left it to the default expert.");
        var candidates = page.GetByRole(AriaRole.Region, new() { Name = "Candidates", Exact = true });
        await Expect(candidates.GetByRole(AriaRole.Row)).ToHaveCountAsync(4);
        await Expect(candidates).ToContainTextAsync(new Regex(@"asked first0\.\d{3}0\.\d{3} to 0\.\d{3}\$0\.00", RegexOptions.None, TimeSpan.FromSeconds(1)));
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Judged" })).ToContainTextAsync("by the mean");
        await page.ShouldBeAccessibleAsync();
        await visit.PictureAsync("route-1280-light");
    }

    [Fact]
    public async Task An_expert_is_quarantined_with_a_reason_and_released_and_another_page_sees_it()
    {
        await using var world = new SiloWorld(RoutedTraffic.Yaml);
        await RoutedTraffic.WriteAsync(world);
        var silo = await world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/router");
        await using var other = await Visit.OpenAsync(browser, silo.Address, "#/router", width: 390);
        var page = visit.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = "Quarantine small" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("No request is sent to it any more");
        await dialog.GetByLabel("Reason").FillAsync("it invents sources");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#toasts")).ToContainTextAsync("open quarantined small; after: it invents sources");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Release small" })).ToBeVisibleAsync();
        await Expect(other.Page.GetByRole(AriaRole.Region, new() { Name = "Drift and quarantine" })).ToContainTextAsync("it invents sources", new() { Timeout = 15_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "Release small" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByLabel("Reason").FillAsync("mended");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Release" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Quarantine small" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_route_is_deleted_only_when_its_id_was_typed()
    {
        await using var world = new SiloWorld(RoutedTraffic.Yaml);
        await RoutedTraffic.WriteAsync(world);
        var silo = await world.StartAsync(open: true);
        var id = RoutedTraffic.Id(100);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/router");
        var page = visit.Page;
        await page.GetByLabel("Route id").FillAsync(id);
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete…" }).ClickAsync();
        var go = page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete for good" });
        await Expect(go).ToBeDisabledAsync();
        await page.GetByLabel($"Type {id[..10]} to go on").FillAsync(id[..10]);
        await go.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status).Filter(new() { HasText = "The route is deleted." })).ToContainTextAsync($"open deleted the route {id}");
        await page.GotoAsync($"/#/router/routes/{id}");
        await page.ReloadAsync();
        await Expect(page.Locator("main")).ToContainTextAsync("Nothing is kept of this route.");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Delete…" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_reader_sees_everything_and_is_told_why_he_may_change_nothing()
    {
        await using var world = new SiloWorld(RoutedTraffic.Yaml);
        await RoutedTraffic.WriteAsync(world);
        var key = await world.KeyAsync(AccessRoles.Read);
        var silo = await world.StartAsync();
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/router", key);
        var page = visit.Page;
        var button = page.GetByRole(AriaRole.Button, new() { Name = "Quarantine small" });
        await Expect(button).ToHaveAttributeAsync("aria-disabled", "true");
        await Expect(button).ToHaveAttributeAsync("aria-description", "This needs a key with the role operate; yours has read.");
        await button.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await page.GotoAsync($"/#/router/routes/{RoutedTraffic.Id(5)}");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Delete…" })).ToHaveAttributeAsync("aria-disabled", "true");
        await page.GotoAsync("/#/judges");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Quarantine readability" })).ToHaveAttributeAsync("aria-disabled", "true");
    }

    [Fact]
    public async Task Without_experts_it_says_what_would_be_here()
    {
        await using var world = new SiloWorld();
        var silo = await world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/router", isDark: true);
        await Expect(visit.Page.Locator("main")).ToContainTextAsync("No experts are configured.");
        await visit.Page.ShouldBeAccessibleAsync();
    }

    [Theory]
    [InlineData(390, false)]
    [InlineData(360, true)]
    public async Task On_a_phone_nothing_is_wider_than_the_screen(int width, bool isDark)
    {
        await using var world = new SiloWorld(RoutedTraffic.Yaml);
        await RoutedTraffic.WriteAsync(world);
        var silo = await world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/router", width: width, isDark: isDark);
        await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Recent decisions" }).First.GetByRole(AriaRole.Link)).ToHaveCountAsync(25);
        await visit.ShouldFitAsync();
        await visit.Page.ShouldBeAccessibleAsync();
        await visit.PictureAsync($"router-{width}-{(isDark ? "dark" : "light")}");
        await visit.Page.GotoAsync($"/#/router/routes/{RoutedTraffic.Id(3)}");
        await Expect(visit.Page.Locator("main")).ToContainTextAsync("Not on offer");
        await visit.ShouldFitAsync();
        await visit.PictureAsync($"route-{width}-{(isDark ? "dark" : "light")}");
    }

    [Fact]
    public async Task What_others_wrote_is_only_ever_text()
    {
        await using var world = new SiloWorld(RoutedTraffic.Yaml);
        await RoutedTraffic.WriteAsync(world, RoutedTraffic.Attack);
        var silo = await world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/router");
        var page = visit.Page;
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Drift and quarantine" })).ToContainTextAsync(RoutedTraffic.Attack);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Recent decisions" }).First).ToContainTextAsync(RoutedTraffic.Attack);
        foreach (var path in new[] { $"#/router/routes/{RoutedTraffic.Id(89)}", $"#/router/routes/{RoutedTraffic.Id(3)}", $"#/router/routes/{RoutedTraffic.Id(0)}", "#/judges", $"#/judges/{Uri.EscapeDataString(RoutedTraffic.Attack)}" })
        {
            await page.GotoAsync("/" + path);
            await Expect(page.Locator("main")).ToContainTextAsync(RoutedTraffic.Attack);
            (await page.Locator("main img, main script").CountAsync()).ShouldBe(0);
        }
    }
}
