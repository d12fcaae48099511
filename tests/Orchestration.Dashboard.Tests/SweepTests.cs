using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using Orchestration.Core.Access;
using Orchestration.Silo.Tests;
using Orchestration.Simulation;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Orchestration.Dashboard.Tests;

/// <summary>Sweeps on the dashboard, over a scripted endpoint that is asked over real HTTP.</summary>
public sealed class SweepTests(Browser browser)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sweep_is_measured_started_paused_resumed_followed_to_its_end_and_looked_into()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromMilliseconds(60));
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint, "data-sets:\n  mine: {pairs: [./rows.jsonl]}\n").Replace("{concurrency: 64}", "{concurrency: 16, requests-per-minute: 60000}", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(world.Folder, "rows.jsonl"), Rows(1200));
        var silo = await world.StartAsync(open: true);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/sweeps");
        var page = visit.Page;
        await Expect(page.GetByText("No sweep yet.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "New sweep" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Estimate cost" }).ClickAsync();
        await Expect(page.GetByText("Name at least one judge.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "quick" }).CheckAsync();
        await page.GetByLabel("Cap in US dollars").FillAsync("5");
        await page.GetByRole(AriaRole.Button, new() { Name = "Estimate cost" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Calls and cost by judge" })).ToContainTextAsync("1,200");
        endpoint.Statistics().Requests.ShouldBe(0, "measuring calls nothing");
        await visit.PictureAsync("sweep-new");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start the sweep" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("1200 rows by quick".Replace("1200", "1,200", StringComparison.Ordinal));
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Sweep s1");

        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Expect(page.Locator(".head .chip")).ToHaveTextAsync("paused");
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Expect(page.Locator(".head .chip")).ToHaveTextAsync("running");
        await visit.UntilAsync("document.querySelector('progress')?.value > 0.2");
        await visit.PictureAsync("sweep-running");
        await Expect(page.Locator(".head .chip")).ToHaveTextAsync("completed", new() { Timeout = 30_000 });
        await Expect(page.GetByText("100% · 1,200 of 1,200 rows")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Judgments without a score by reason" })).ToContainTextAsync("unreadable");
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Judges of this sweep" })).ToContainTextAsync("scripted-judge");
        await visit.ShouldFitAsync();
        await visit.PictureAsync("sweep-done");

        await page.GetByRole(AriaRole.Link, new() { Name = "Look at the rows" }).ClickAsync();
        await Expect(page.Locator("table.pairs tbody tr")).ToHaveCountAsync(50);
        await visit.PictureAsync("rows");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show more" }).ClickAsync();
        await Expect(page.Locator("table.pairs tbody tr")).ToHaveCountAsync(100);
        await page.GetByLabel("Text").FillAsync("IS 777 AND");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("table.pairs tbody tr")).ToHaveCountAsync(1);
        await Expect(page.GetByText("1 row of 1,200.")).ToBeVisibleAsync();
        page.Url.ShouldEndWith("pairs?q=IS+777+AND");
        await page.GetByRole(AriaRole.Link, new() { Name = "r777" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("r777");
        var said = page.Locator("article.judgment").Filter(new() { HasText = "clarity" });
        await Expect(said.Locator("blockquote")).ToContainTextAsync("It says what it says");
        await Expect(said).ToContainTextAsync("tokens in");
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "What each judge adds" })).ToContainTextAsync("structure");
        await visit.PictureAsync("row");

        // The parts are those of the score: what stands there adds up.
        var aggregate = JsonElement.Parse(await page.EvaluateAsync<string>("fetch('/v1/sweeps/s1/pairs/' + location.hash.split('/').pop()).then(r => r.text())")).GetProperty("aggregate");
        aggregate.GetProperty("parts").EnumerateArray().Sum(static p => p.GetProperty("part").GetDouble()).ShouldBe(aggregate.GetProperty("score").GetDouble(), 1e-12);

        await page.GotoAsync("/#/sweeps/s1/pairs?unscored=unreadable");
        await Expect(page.Locator("table.pairs tbody tr").First).ToContainTextAsync("unreadable");
        await Expect(page.Locator("#main").GetByRole(AriaRole.Status).First).ToContainTextAsync(string.Create(CultureInfo.InvariantCulture, $"{Enumerable.Range(0, 1200).Count(static i => i % 40 == 7)} row"));
    }

    [Fact]
    public async Task A_sweep_is_cancelled_only_when_that_is_confirmed()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromSeconds(2));
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint).Replace("{concurrency: 64}", "{concurrency: 2}", StringComparison.Ordinal));
        var silo = await world.StartAsync(open: true);
        await StartAsync(silo.Address, Rows(300));
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/sweeps/s1");
        var page = visit.Page;
        var cancel = page.GetByRole(AriaRole.Button, new() { Name = "Cancel sweep" });
        await cancel.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("cannot be resumed");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Keep it" })).ToBeFocusedAsync();
        await visit.PictureAsync("cancel", isWhole: false);
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(cancel).ToBeFocusedAsync();
        await Expect(page.Locator(".head .chip")).ToHaveTextAsync("running");
        await cancel.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel for good" }).ClickAsync();
        await Expect(page.Locator(".head .chip")).ToHaveTextAsync("cancelled");
        await Expect(cancel).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_key_that_may_only_read_sees_sweeps_and_is_told_why_it_changes_none()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromSeconds(2));
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint).Replace("{concurrency: 64}", "{concurrency: 2}", StringComparison.Ordinal));
        var judge = await world.KeyAsync(AccessRoles.Judge);
        var read = await world.KeyAsync(AccessRoles.Read);
        var silo = await world.StartAsync();
        await StartAsync(silo.Address, Rows(300), judge);
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/sweeps/s1", read);
        var page = visit.Page;
        var pause = page.GetByRole(AriaRole.Button, new() { Name = "Pause" });
        await Expect(pause).ToHaveAttributeAsync("aria-disabled", "true");
        await Expect(pause).ToHaveAttributeAsync("aria-description", "This needs a key with the role judge; yours has read.");
        await pause.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel sweep" }).DispatchEventAsync("click");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(page.Locator(".head .chip")).ToHaveTextAsync("running");
        await page.GotoAsync("/#/sweeps");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "New sweep" })).ToHaveAttributeAsync("aria-disabled", "true");
        await page.GotoAsync("/#/sweeps/new");
        await Expect(page.GetByText("This needs a key with the role judge; yours has read.").First).ToBeVisibleAsync();

        // The server says no by itself, whatever a page offers.
        using var client = SiloWorld.Client(silo, read);
        (await client.PostAsync("/v1/sweeps/s1/cancel", null, Stop)).StatusCode.ShouldBe(System.Net.HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Progress_goes_on_after_the_connection_was_lost()
    {
        await using var endpoint = await EndpointAsync(TimeSpan.FromMilliseconds(40));
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint).Replace("{concurrency: 64}", "{concurrency: 4}", StringComparison.Ordinal));
        var silo = await world.StartAsync(open: true);
        await StartAsync(silo.Address, Rows(768));
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/sweeps/s1", isLossExpected: true);
        var page = visit.Page;
        await visit.UntilAsync("document.querySelector('progress')?.value > 0");
        await page.Context.SetOfflineAsync(true);
        await Expect(page.Locator("#connection")).ToContainTextAsync("The silo does not answer", new() { Timeout = 10_000 });
        await Expect(page.GetByText("of 768 rows")).ToBeVisibleAsync();
        await visit.PictureAsync("lost", isWhole: false);
        await page.Context.SetOfflineAsync(false);
        await Expect(page.Locator("#connection")).ToBeHiddenAsync();
        await Expect(page.Locator(".head .chip")).ToHaveTextAsync("completed", new() { Timeout = 30_000 });
        await Expect(page.GetByText("100% · 768 of 768 rows")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_models_and_data_say_is_never_more_than_text()
    {
        const string Evil = "<img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>";
        await using var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions { Respond = static _ => new ScriptedReply { Text = JsonSerializer.Serialize(new { rationale = Evil + " javascript:alert(4)", score = 4 }) } }, cancellationToken: Stop);
        await using var world = new SiloWorld(SiloWorld.Configuration(endpoint));
        var silo = await world.StartAsync(open: true);
        var row = JsonSerializer.Serialize(new { id = Evil, prompt = "Prompt " + Evil, answer = "Answer " + Evil, category = "cat " + Evil, source = "source " + Evil });
        await StartAsync(silo.Address, row + "\n" + Rows(3));
        await using var visit = await Visit.OpenAsync(browser, silo.Address, "#/sweeps/s1");
        var page = visit.Page;
        await Expect(page.Locator(".head .chip")).ToHaveTextAsync("completed", new() { Timeout = 20_000 });
        foreach (var address in new[] { "/#/sweeps/s1", "/#/sweeps/s1/pairs", "/#/sweeps/s1/pairs?category=" + Uri.EscapeDataString("cat " + Evil), "/#/sweeps/s1/pairs/0.0", "/#/sweeps/" + Uri.EscapeDataString(Evil), "/#/" + Uri.EscapeDataString(Evil), "/#/overview" })
        {
            await page.GotoAsync(address);
            await page.WaitForLoadStateAsync(LoadState.NetworkIdle, new() { Timeout = 2000 }).ContinueWith(static t => t.Exception, TaskScheduler.Default);
            (await page.Locator("main img, main script, svg[onload]").CountAsync()).ShouldBe(0, address);
        }

        await page.GotoAsync("/#/sweeps/s1/pairs/0.0");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(Evil);
        await Expect(page.Locator("blockquote")).ToContainTextAsync("onerror=alert(1)");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Prompt" })).ToContainTextAsync("<script>alert(2)</script>");
    }

    internal static string Rows(int count) => string.Concat(Enumerable.Range(0, count).Select(static i => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"id":"r{{i}}","prompt":"What is {{i}} and why?","answer":"It is the number {{i}}, which follows {{i - 1}}. {{(i % 3 == 0 ? "Numbers follow one another, each by one more than the one before it, and so they go on without end." : "")}}","category":"{{(i % 4 == 0 ? "history" : i % 4 == 1 ? "science" : "mathematics")}}"}""") + "\n"));

    internal static Task<ScriptedEndpoint> EndpointAsync(TimeSpan? latency = null) => ScriptedEndpoint.StartAsync(
        new ScriptedEndpointOptions
        {
            Latency = latency ?? TimeSpan.FromMilliseconds(1),
            Prices = new Core.Judging.Deployments.TokenPrices(0.40m, 0.10m, 1.60m, 1.60m),
            Respond = static call =>
            {
                // Each row's own number decides, so that every run says the same.
                var at = call.User.IndexOf("What is ", StringComparison.Ordinal);
                var number = at < 0 ? 0 : int.Parse(new string([.. call.User.Skip(at + 8).TakeWhile(char.IsAsciiDigit)]), CultureInfo.InvariantCulture);
                return number % 40 == 7
                    ? new ScriptedReply { Text = "I would rather not say." }
                    : new ScriptedReply { Text = JsonSerializer.Serialize(new { rationale = "It says what it says, plainly enough for a reader in a hurry.", score = number % 5 }) };
            },
        },
        cancellationToken: Stop);

    internal static async Task StartAsync(Uri silo, string rows, string? key = null, string judges = "quick")
    {
        using var client = new HttpClient { BaseAddress = silo };
        if (key is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        using var response = await client.PostAsync("/v1/sweeps?judges=" + judges, new StringContent(rows, Encoding.UTF8, "application/x-ndjson"), Stop);
        response.EnsureSuccessStatusCode();
    }
}
