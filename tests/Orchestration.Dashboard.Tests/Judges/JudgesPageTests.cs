using System.Text.Json;
using Microsoft.Playwright;
using Orchestration.Core.Access;
using Orchestration.Core.MetaEvaluation.Kept;
using Orchestration.Dashboard.Tests.Routing;
using Orchestration.Silo.Tests;
using Orchestration.Simulation;
using Orchestration.Storage;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Orchestration.Dashboard.Tests.Judges;

/// <summary>The judges' page: unreadable replies, flips, agreement, cost; quarantine and release.</summary>
public sealed class JudgesPageTests(Browser browser)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_judge_that_cannot_be_read_and_goes_against_the_others_is_seen_quarantined_and_released()
    {
        await using var world = new SiloWorld(RoutedTraffic.Yaml);
        await RoutedTraffic.WriteAsync(world);
        var silo = await world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/judges");
        var page = visit.Page;
        var row = page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Link, new() { Name = "structure" }) });

        // 67 of 400 routes are divisible by 6; those of them that failed were not judged.
        await Expect(row).ToContainTextAsync("16.9%");
        await Expect(row).ToContainTextAsync("often unreadable");
        await Expect(row).ToContainTextAsync("against the others");
        await Expect(row).ToContainTextAsync("-0.");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Agreement", Exact = true }).GetByRole(AriaRole.Row).Last).ToContainTextAsync("3 structure-0.");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Bias probes" })).ToContainTextAsync("orchestrate meta bias");
        await page.ShouldBeAccessibleAsync();
        await visit.PictureAsync("judges-1280-light");

        await page.GetByRole(AriaRole.Button, new() { Name = "Quarantine structure" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("its intervals widen");
        await dialog.GetByLabel("Reason").FillAsync("one reply in six is no JSON");
        await page.ShouldBeAccessibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Quarantine" }).ClickAsync();
        await Expect(row).ToContainTextAsync("quarantined");
        await row.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.Locator("main")).ToContainTextAsync("one reply in six is no JSON");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Routed answers", Exact = true })).ToContainTextAsync("reply could not be read");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Audit log" }).First).ToContainTextAsync("router.quarantine");
        await page.ShouldBeAccessibleAsync();
        await visit.PictureAsync("judge-1280-light");
        await page.GetByRole(AriaRole.Button, new() { Name = "Release structure" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByLabel("Reason").FillAsync("rubric mended");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Release" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Quarantine structure" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Audit log" }).First).ToContainTextAsync("router.release");
    }

    [Fact]
    public async Task Requests_and_sweeps_are_counted_with_flips_and_cost()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        (await client.PostAsync(
            "/v1/compare", SiloWorld.Json("""{"comparisons":[{"prompt":"p","answer_a":"An answer.","answer_b":"Another."},{"prompt":"q","answer_a":"Yes.","answer_b":"No."}],"judges":["preference@local"]}"""), Stop)).EnsureSuccessStatusCode();
        var rows = string.Concat(Enumerable.Range(0, 40).Select(static i => $$"""{"id":"{{i}}","prompt":"What is {{i}}?","answer":"{{string.Concat(Enumerable.Repeat("It is a number of words. ", 1 + (i % 7)))}}"}""" + "\n"));
        using var started = await client.PostAsync("/v1/sweeps?judges=quick", new StringContent(rows, System.Text.Encoding.UTF8, "application/x-ndjson"), Stop);
        started.EnsureSuccessStatusCode();
        await client.GetStringAsync("/v1/sweeps/s1/events", Stop);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/judges", isDark: true);
        var page = visit.Page;
        var paid = page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Link, new() { Name = "clarity@local" }) });
        await Expect(paid).ToContainTextAsync("40");
        await Expect(paid).ToContainTextAsync("$0.0");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Agreement", Exact = true })).ToContainTextAsync("40 of 40 rows");
        await page.ShouldBeAccessibleAsync();
        await visit.PictureAsync("judges-1280-dark");
        await page.GetByRole(AriaRole.Link, new() { Name = "preference@local" }).ClickAsync();
        await Expect(page.Locator("main")).ToContainTextAsync("of 2 comparisons");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Quarantine preference@local" })).ToHaveAttributeAsync("aria-description", "Quarantine is for judges of routed answers, and no judge set judges them here.");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Cost", Exact = true })).ToContainTextAsync("local");
    }

    [Fact]
    public async Task What_bias_probes_found_is_shown_for_all_judges_and_for_one_the_newest_of_each()
    {
        await using var world = new SiloWorld(RoutedTraffic.Yaml);
        var silo = await world.StartAsync(open: true);
        await using (var store = await StoreLocation.OpenAsync(world.Options.Store, TimeProvider.System, world.Folder, static _ => { }, Stop))
        {
            var day = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
            await store.Checks.KeepAsync(new KeptCheck("a", "bias", day, "0.1.0", Probe("structure", "length", 0.4, 0.3, 0.5, isSure: true)), Stop);
            await store.Checks.KeepAsync(new KeptCheck("b", "bias", day.AddDays(1), "0.1.0", Probe("structure", "length", 0.125, 0.05, 0.2, isSure: true)), Stop);
            await store.Checks.KeepAsync(new KeptCheck("c", "bias", day, "0.1.0", Probe("readability", "authority<b>", -0.0001, -0.03, 0.02, isSure: false)), Stop);
            await store.Checks.KeepAsync(new KeptCheck("d", "of a later program", day, "9.0.0", "{}"), Stop);

            // What cannot be read hides nothing else.
            await store.Checks.KeepAsync(new KeptCheck("e", "bias", day.AddDays(2), "9.0.0", "{}"), Stop);
            await store.Checks.KeepAsync(new KeptCheck("f", "bias", day.AddDays(2), "9.0.0", """{"lines":[{"judge":"structure"}]}"""), Stop);
            await store.Checks.KeepAsync(new KeptCheck("g", "bias", day.AddDays(2), "9.0.0", """{"lines":"of another form"}"""), Stop);
        }

        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/judges");
        var card = visit.Page.GetByRole(AriaRole.Region, new() { Name = "Bias probes" });
        var rows = card.GetByRole(AriaRole.Row);
        await Expect(rows).ToHaveCountAsync(3);
        await Expect(rows.Nth(1)).ToContainTextAsync("authority<b>");
        await Expect(rows.Nth(2)).ToContainTextAsync("0.125 (0.050 to 0.200)");
        await Expect(rows.Nth(2)).ToContainTextAsync("both orders");
        await Expect(rows.Nth(2).GetByText("yes")).ToBeVisibleAsync();
        await visit.Page.ShouldBeAccessibleAsync();
        await visit.PictureAsync("probes-1280-light");

        await rows.Nth(2).GetByRole(AriaRole.Link).ClickAsync();
        await Expect(card).ToContainTextAsync("orchestrate meta bias --data FILE --judges structure");
        await Expect(rows).ToHaveCountAsync(2);
        await Expect(rows.Nth(1)).ToContainTextAsync("length");
        await visit.Page.SetViewportSizeAsync(360, 800);
        await visit.ShouldFitAsync();
    }

    private static string Probe(string judge, string bias, double shift, double lower, double upper, bool isSure) => JsonSerializer.Serialize(new
    {
        check = "bias",
        lines = new[]
        {
            new
            {
                judge, bias, against = "a neutral text", rows = 40, prompts = 20, unscored = 1, shift = new { value = shift, lower, upper }, flips = (object?)null, unit = "scale", p_corrected = 0.001, sure = isSure,
                mitigations = new[] { new { name = "both orders", helps = isSure }, new { name = "revision", helps = false } },
            },
        },
    });

    [Fact]
    public async Task Before_anything_was_judged_it_says_how_to_begin_and_on_a_phone_all_fits()
    {
        await using var world = new SiloWorld(RoutedTraffic.Yaml);
        var key = await world.KeyAsync(AccessRoles.Judge);
        var silo = await world.StartAsync();
        await using (var visit = await Visit.OpenAsync(browser, silo.Address, "#/judges", key, 360))
        {
            await Expect(visit.Page.Locator("main")).ToContainTextAsync("No judge has been asked anything yet.");
            await visit.ShouldFitAsync();
        }

        // Whoever may look and not act is told so, button by button.
        await RoutedTraffic.WriteAsync(world);
        await using (var reader = await Visit.OpenAsync(browser, silo.Address, "#/judges", await world.KeyAsync(AccessRoles.Read)))
        {
            var button = reader.Page.GetByRole(AriaRole.Button, new() { Name = "Quarantine structure" });
            await Expect(button).ToHaveAttributeAsync("aria-description", "This needs a key with the role operate; yours has read.", new() { Timeout = 15_000 });
            await Expect(button).ToHaveAttributeAsync("aria-disabled", "true");
        }

        await using var later = await Visit.OpenAsync(browser, silo.Address, "#/judges", key, 390, isDark: true);
        await Expect(later.Page.GetByRole(AriaRole.Link, new() { Name = "structure" })).ToBeVisibleAsync(new() { Timeout = 15_000 });
        await later.ShouldFitAsync();
        await later.Page.ShouldBeAccessibleAsync();
        await later.PictureAsync("judges-390-dark");
        await later.Page.GotoAsync("/#/judges/structure");
        await Expect(later.Page.Locator("main")).ToContainTextAsync("This needs a key with the role read; yours has judge.");
        await later.ShouldFitAsync();
        await later.Page.ShouldBeAccessibleAsync();
    }
}
