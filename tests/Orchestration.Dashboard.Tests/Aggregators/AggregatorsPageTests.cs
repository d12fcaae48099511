using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;
using Orchestration.Cli;
using Orchestration.Core.Access;
using Orchestration.Dashboard.Tests.Routing;
using Orchestration.Silo.Tests;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Orchestration.Dashboard.Tests.Aggregators;

/// <summary>The aggregators' page: versions side by side, swapping and rolling back, shadow and canary.</summary>
public sealed class AggregatorsPageTests(Browser browser) : IAsyncDisposable
{
    private readonly SiloWorld _world = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_version_is_activated_by_its_test_and_rolled_back_and_a_second_page_at_another_silo_sees_both()
    {
        var (first, second) = (await TrainAsync("gam", "a"), await TrainAsync("ridge", "a"));
        var one = await _world.StartAsync(open: true);
        var two = await _world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, one.Address, "#/aggregators");
        var page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "quality" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Roll back…" })).ToHaveAttributeAsync("aria-disabled", "true");
        await using var other = await Visit.OpenAsync(browser, two.Address, "#/aggregators/quality");

        await page.GetByRole(AriaRole.Button, new() { Name = $"Activate {first}" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByRole(AriaRole.Row, new() { Name = "active" })).ToContainTextAsync($"none{first}");
        await page.ShouldBeAccessibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Activate" }).ClickAsync();
        await Expect(page.Locator(".done")).ToContainTextAsync($"{first} is active.Recorded:", new() { Timeout = 60_000 });
        await Expect(page.Locator(".done")).ToContainTextAsync("open activated quality");
        await Expect(Now(other.Page)).ToContainTextAsync(first);

        await page.GetByRole(AriaRole.Button, new() { Name = $"Activate {second}" }).ClickAsync();
        await page.GetByLabel("Overrule the test").CheckAsync();
        await page.GetByLabel("Reason").FillAsync("to compare");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Activate" }).ClickAsync();
        await Expect(Now(page)).ToContainTextAsync($"Active{second}");
        await Expect(Now(other.Page)).ToContainTextAsync($"Active{second}");

        await page.GetByRole(AriaRole.Button, new() { Name = "Roll back…" }).ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Row, new() { Name = "active" })).ToContainTextAsync($"{second}{first}");
        await dialog.GetByLabel("Reason").FillAsync("seen enough");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Roll back" }).ClickAsync();
        await Expect(Now(page)).ToContainTextAsync($"Active{first}");
        await Expect(Now(other.Page)).ToContainTextAsync($"Active{first}");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Activations and refusals" }).First).ToContainTextAsync("seen enough");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Audit log" }).First).ToContainTextAsync("aggregator.rollback");
        await page.ShouldBeAccessibleAsync();
        await visit.PictureAsync("aggregator-1280-light");
    }

    [Fact]
    public async Task A_refusal_stays_in_the_dialog_with_its_reason_and_is_on_record()
    {
        var none = await TrainAsync("ridge", "a", isNoise: true);
        var silo = await _world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/aggregators/quality");
        var page = visit.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = $"Activate {none}" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Activate" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Refused, and recorded:", new() { Timeout = 60_000 });
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = $"Activate {none}" })).ToBeFocusedAsync();
        await Expect(Now(page)).ToContainTextAsync("Activenone");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Activations and refusals" }).First).ToContainTextAsync("refused");
    }

    [Fact]
    public async Task Shadow_and_canary_begin_and_end_and_show_how_they_differ_on_live_rows()
    {
        var (first, second) = (await TrainAsync("gam", "readability"), await TrainAsync("ridge", "readability"));
        var silo = await _world.StartAsync(open: true);
        using var client = SiloWorld.Client(silo);
        await SendAsync(client, HttpMethod.Post, "activate", $$"""{"version":"{{first}}","force":true,"reason":"r"}""");
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/aggregators/quality");
        var page = visit.Page;
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = $"Shadow {first}" })).ToHaveAttributeAsync("aria-description", "It is active: it cannot run beside itself.");
        await page.GetByRole(AriaRole.Button, new() { Name = $"Shadow {second}" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Begin the shadow" }).ClickAsync();
        await Expect(Now(page)).ToContainTextAsync($"Shadow{second}");
        await page.GetByRole(AriaRole.Button, new() { Name = $"Canary {second}" }).ClickAsync();
        await page.GetByLabel("Share of the pairs").FillAsync("12.5");
        await page.Keyboard.PressAsync("Enter");
        await Expect(Now(page)).ToContainTextAsync("12.5% of the pairs");

        // Rows that both score: shown as soon as the silo has written them down.
        var pairs = string.Join(',', Enumerable.Range(0, 50).Select(static i => $$"""{"prompt":"p{{i}}","answer":"{{string.Concat(Enumerable.Repeat("Some words of an answer. ", 1 + (i % 9)))}}"}"""));
        var isCompared = false;
        for (var began = TimeProvider.System.GetTimestamp(); !isCompared && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(40);)
        {
            (await client.PostAsync("/v1/judge", SiloWorld.Json($$"""{"pairs":[{{pairs}}],"judges":["readability","structure","repetition"],"aggregator":"quality"}"""), Stop)).EnsureSuccessStatusCode();
            isCompared = JsonElement.Parse(await client.GetStringAsync("/v1/aggregators/quality", Stop)).GetProperty("comparisons").GetArrayLength() > 0;
        }

        isCompared.ShouldBeTrue();
        var beside = page.GetByRole(AriaRole.Region, new() { Name = "Beside the active version" }).First;
        await Expect(beside.GetByRole(AriaRole.Row, new() { Name = second })).ToContainTextAsync(first);
        await page.ShouldBeAccessibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "End the canary" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "End the canary" }).ClickAsync();
        await Expect(Now(page)).ToContainTextAsync("Canarynone");
    }

    [Theory]
    [InlineData(1280, true)]
    [InlineData(390, false)]
    public async Task Versions_stand_side_by_side_with_curves_calibration_and_importance(int width, bool isDark)
    {
        var (first, second) = (await TrainAsync("gam", "a"), await TrainAsync("ridge", "a"));
        var silo = await _world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/aggregators/quality", width: width, isDark: isDark);
        var page = visit.Page;
        await page.GetByLabel($"Compare {first}").CheckAsync();
        await page.GetByLabel($"Compare {second}").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Compare 2 versions" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("2 versions of quality");
        var sides = page.GetByRole(AriaRole.Region, new() { Name = "What they are" });
        await Expect(sides.GetByRole(AriaRole.Row, new() { Name = "Recipe" })).ToContainTextAsync("gamridge");
        await Expect(sides.GetByRole(AriaRole.Row, new() { Name = "Gain over" })).ToContainTextAsync("surely above");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "On the folds of their training" })).ToContainTextAsync("mean-fit");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Figures" }).First).ToContainTextAsync("out of fold on its training rows", new() { Timeout = 90_000 });
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Figures" }).First).ToContainTextAsync("95% by prompt");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Figures" }).First).ToContainTextAsync("is worse than gam");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Importance" }).First.GetByRole(AriaRole.Row)).ToHaveCountAsync(4);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Calibration" }).Locator("canvas")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Curve of" }).Locator("canvas")).ToHaveCountAsync(3);

        // The numbers of a curve are there for those who do not see it, bands included.
        var curve = page.GetByRole(AriaRole.Region, new() { Name = "Curve of a" });
        await curve.GetByText("Numbers").ClickAsync();
        await Expect(curve.GetByRole(AriaRole.Row).Nth(2)).ToContainTextAsync(" to ");
        await page.ShouldBeAccessibleAsync();
        await curve.GetByText("Numbers").ClickAsync();
        await visit.ShouldFitAsync();
        await visit.PictureAsync($"compare-{width}-{(isDark ? "dark" : "light")}");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Importance" }).ScrollIntoViewIfNeededAsync();
        await page.EvaluateAsync("scrollBy(0, 900)");
        await visit.PictureAsync($"compare-view-{width}-{(isDark ? "dark" : "light")}", isWhole: false);
    }

    [Fact]
    public async Task Rows_that_are_gone_are_told_with_the_cure_and_what_is_known_is_shown_all_the_same()
    {
        var version = await TrainAsync("ridge", RoutedTraffic.Attack);
        foreach (var file in Directory.GetFiles(_world.Folder, "*.jsonl")) File.Delete(file);
        var key = await _world.KeyAsync(AccessRoles.Judge);
        var silo = await _world.StartAsync();
        await using var visit = await Visit.OpenAsync(browser, silo.Address, $"#/aggregators/quality/compare/{version}", key);
        var page = visit.Page;
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Name a data set of the configuration");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "What they are" })).ToContainTextAsync(RoutedTraffic.Attack);
        (await page.Locator("main img, main script").CountAsync()).ShouldBe(0);
        await page.GotoAsync("/#/aggregators/quality");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = $"Activate {version}" })).ToHaveAttributeAsync("aria-description", "This needs a key with the role operate; yours has judge.");
        await page.GetByRole(AriaRole.Button, new() { Name = $"Activate {version}" }).FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await page.GotoAsync("/#/aggregators/nobody");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("There is no aggregator 'nobody'");
    }

    [Fact]
    public async Task Without_versions_it_says_how_to_learn_one_and_on_a_phone_all_fits()
    {
        var silo = await _world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/aggregators", width: 360, isDark: true);
        var page = visit.Page;
        await Expect(page.Locator("main")).ToContainTextAsync("orchestrate train");
        await visit.ShouldFitAsync();
        await page.ShouldBeAccessibleAsync();
        await TrainAsync("gam", "a");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "quality" })).ToBeVisibleAsync(new() { Timeout = 15_000 });
        await page.GetByRole(AriaRole.Link, new() { Name = "quality" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("quality");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Versions" }).First).ToContainTextAsync("gam");
        await visit.ShouldFitAsync();
        await page.ShouldBeAccessibleAsync();
        await visit.PictureAsync("aggregator-360-dark");
    }

    private static ILocator Now(IPage page) => page.GetByRole(AriaRole.Region, new() { Name = "Now", Exact = true });

    private static async Task SendAsync(HttpClient client, HttpMethod method, string what, string body)
    {
        using var request = new HttpRequestMessage(method, $"/v1/aggregators/quality/{what}") { Content = SiloWorld.Json(body) };
        (await client.SendAsync(request, Stop)).EnsureSuccessStatusCode();
    }

    /// <summary>Learns a version from 240 rows in which the target follows one judge of three, crookedly; the first digits of its id.</summary>
    private async Task<string> TrainAsync(string model, string judge, bool isNoise = false)
    {
        var file = Path.Combine(_world.Folder, "rows.jsonl");
        var (other, third) = judge == "readability" ? ("structure", "repetition") : ("b", "c");
        var draw = new Random(7);
        await File.WriteAllLinesAsync(file, Enumerable.Range(0, 240).Select(i =>
        {
            var (a, b, c) = (draw.NextDouble(), draw.NextDouble(), draw.NextDouble());
            var target = isNoise ? Math.Abs(Math.Sin((a + b + c) * 1e7)) : (a * a) + (0.3 * b) + (0.1 * draw.NextDouble());
            return string.Create(CultureInfo.InvariantCulture, $$"""{"id":"{{i}}","group":"g{{i}}","category":"{{(i % 2 == 0 ? "even" : "odd")}}","scores":{"{{judge}}":{{a}},"{{other}}":{{b}},"{{third}}":{{c}}},"target":{{target}}}""");
        }), Stop);
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var status = await CommandLine.RunAsync(
            ["train", "--scores", file, "--target", "target", "--name", "quality", "--model", model, "--no-activate", "--store", _world.Options.Store, "--json"],
            new CliContext { Out = output, Error = error, StandardInput = Stream.Null });
        status.ShouldBeOneOf(0, 1);
        return JsonElement.Parse(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).GetProperty("version").GetString()?[..12] ?? throw new InvalidOperationException(error.ToString());
    }
}
