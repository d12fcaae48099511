using Microsoft.Playwright;
using Orchestration.Silo.Tests;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Orchestration.Dashboard.Tests;

/// <summary>Pages for everybody: checked by axe-core, at a phone's width, in both themes, by keyboard alone.</summary>
public sealed class AccessibilityTests(Browser browser)
{
    private static readonly (string Path, string Heading, string Ready)[] Pages =
    [
        ("", "Overview", "table"),
        ("#/sweeps", "Sweeps", "table"),
        ("#/sweeps/new", "New sweep", "form"),
        ("#/sweeps/s1", "Sweep s1", ".bars li"),
        ("#/sweeps/s1/pairs", "Rows", "table.pairs tbody tr"),
        ("#/sweeps/s1/pairs/0.7", "r7", "article.judgment"),
        ("#/nothing", "There is no such page", "h1"),
    ];

    [Theory]
    [InlineData(1280, false)]
    [InlineData(390, true)]
    [InlineData(360, false)]
    [InlineData(1280, true)]
    public async Task Every_page_passes_axe_and_fits_its_window(int width, bool isDark)
    {
        await using var endpoint = await SweepTests.EndpointAsync();
        await using var world = new SiloWorld(OverviewTests.Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        await SweepTests.StartAsync(silo.Address, SweepTests.Rows(120));
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/sweeps/s1", width: width, isDark: isDark);
        await Expect(visit.Page.Locator(".head .chip")).ToHaveTextAsync("completed", new() { Timeout = 20_000 });
        List<string> faults = [];
        foreach (var (path, heading, ready) in Pages)
        {
            await visit.Page.GotoAsync("/" + path);
            await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(heading);
            await visit.Page.Locator(ready).First.WaitForAsync();
            await visit.ShouldFitAsync();
            faults.AddRange((await Axe.FaultsAsync(visit.Page)).Select(f => $"{path}: {f}"));
            await visit.PictureAsync($"page-{heading.Replace(' ', '-')}-{width}{(isDark ? "-dark" : "")}", isWhole: heading is not "Rows");
        }

        faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_sweep_is_started_found_and_cancelled_by_keyboard_alone()
    {
        await using var endpoint = await SweepTests.EndpointAsync(TimeSpan.FromSeconds(2));
        await using var world = new SiloWorld(OverviewTests.Configuration(endpoint).Replace("{concurrency: 64, requests-per-minute: 60000, tokens-per-minute: 9000000}", "{concurrency: 2}", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(world.Folder, "rows.jsonl"), SweepTests.Rows(500));
        var silo = await world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/sweeps");
        var page = visit.Page;
        await Expect(page.GetByText("No sweep yet.")).ToBeVisibleAsync();

        // The first stop leads past the navigation.
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to content" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("main")).ToBeFocusedAsync();
        await TabToAsync(page, "New sweep");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("New sweep");
        await Expect(page.Locator("main")).ToBeFocusedAsync();
        await Expect(page.GetByRole(AriaRole.Checkbox, new() { Name = "quick" })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByLabel("Data")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Space");
        await Expect(page.GetByRole(AriaRole.Checkbox, new() { Name = "quick" })).ToBeCheckedAsync();
        await TabToAsync(page, "Estimate cost");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Start the sweep" })).ToBeVisibleAsync();
        await TabToAsync(page, "Start the sweep");
        await page.Keyboard.PressAsync("Enter");
        await TabToAsync(page, "Start");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Sweep s1");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Cancel sweep" })).ToBeVisibleAsync();
        await TabToAsync(page, "Cancel sweep");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Keep it" })).ToBeFocusedAsync();
        await TabToAsync(page, "Cancel for good");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".head .chip")).ToHaveTextAsync("cancelled");
    }

    [Fact]
    public async Task The_theme_is_chosen_and_kept_and_charts_follow_it()
    {
        await using var world = new SiloWorld();
        var silo = await world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/sweeps");
        var page = visit.Page;
        await page.GetByLabel("Colours").SelectOptionAsync("dark");
        (await BackgroundAsync()).ShouldBe("rgb(18, 20, 24)");
        await page.ReloadAsync();
        (await BackgroundAsync()).ShouldBe("rgb(18, 20, 24)");
        await page.GetByLabel("Colours").SelectOptionAsync("auto");
        (await BackgroundAsync()).ShouldBe("rgb(246, 247, 249)");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        (await BackgroundAsync()).ShouldBe("rgb(18, 20, 24)");

        Task<string> BackgroundAsync() => page.EvaluateAsync<string>("getComputedStyle(document.documentElement).backgroundColor");
    }

    /// <summary>Presses Tab until something of this name has the focus: whatever cannot be reached so cannot be used.</summary>
    private static async Task TabToAsync(IPage page, string name)
    {
        for (var i = 0; i < 60; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<string>("document.activeElement?.textContent ?? ''") == name) return;
        }

        throw new ShouldAssertException($"'{name}' is not reached by the Tab key");
    }
}
