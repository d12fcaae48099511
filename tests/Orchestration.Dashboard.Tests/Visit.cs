using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Playwright;
using Orchestration.Silo.Hosting;
using Shouldly;

namespace Orchestration.Dashboard.Tests;

/// <summary>
/// Somebody's look at a silo's dashboard: a fresh browser profile with one page. Whatever a test is about, at its end the page must have asked nobody but the silo, broken no rule of its content security policy, and thrown
/// nothing.
/// </summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly IBrowserContext _context;
    private readonly Uri _silo;
    private readonly bool _isLossExpected;

    private Visit(IBrowserContext context, IPage page, Uri silo, bool isLossExpected) => (_context, Page, _silo, _isLossExpected) = (context, page, silo, isLossExpected);

    public IPage Page { get; }

    /// <summary>Opens the dashboard.</summary>
    /// <param name="browser">The browser.</param>
    /// <param name="silo">The silo.</param>
    /// <param name="path">Such as <c>#/sweeps</c>.</param>
    /// <param name="key">The key, as if it had been typed before; null for none.</param>
    /// <param name="width">Width of the window in pixels.</param>
    /// <param name="isDark">Whether the system is dark.</param>
    /// <param name="isLossExpected">True where the test itself makes requests fail.</param>
    public static async Task<Visit> OpenAsync(Browser browser, Uri silo, string path = "", string? key = null, int width = 1280, bool isDark = false, bool isLossExpected = false)
    {
        var context = await (await browser.GetAsync()).NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = silo.ToString(),
            ViewportSize = new ViewportSize { Width = width, Height = 860 },
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
            HasTouch = width < 500,
            TimezoneId = "UTC",
            Locale = "de-DE",
        });
        context.SetDefaultTimeout(20_000);
        var page = await context.NewPageAsync();
        var visit = new Visit(context, page, silo, isLossExpected);
        visit.Watch();
        if (key is not null) await page.AddInitScriptAsync($"sessionStorage.setItem('orchestration.key', {JsonSerializer.Serialize(key)})");
        await page.GotoAsync("/" + path);
        return visit;
    }

    /// <summary>Waits for an expression to be true. The browser's tools ask for it: inside the page the policy refuses to make code of text.</summary>
    public async Task UntilAsync(string expression)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!await Page.EvaluateAsync<bool>($"Boolean({expression})"))
        {
            TimeProvider.System.GetElapsedTime(begun).ShouldBeLessThan(TimeSpan.FromSeconds(20), expression);
            await Page.WaitForTimeoutAsync(50);
        }
    }

    /// <summary>A picture of the page as it is, where ORCHESTRATION_SCREENSHOTS names a folder for them.</summary>
    public async Task PictureAsync(string name, bool isWhole = true)
    {
        if (Environment.GetEnvironmentVariable("ORCHESTRATION_SCREENSHOTS") is not { Length: > 0 } folder) return;
        Directory.CreateDirectory(folder);
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), FullPage = isWhole, Animations = ScreenshotAnimations.Disabled });
    }

    /// <summary>The page is no wider than its window: what is wider scrolls in its own place.</summary>
    public async Task ShouldFitAsync() => (await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBeLessThanOrEqualTo(0, $"{Page.Url} is wider than the window");

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        _faults.ShouldBeEmpty();
    }

    private void Watch()
    {
        Page.PageError += (_, error) => _faults.Enqueue($"thrown: {error}");
        Page.Console += (_, message) =>
        {
            // A status that is no success is told by the browser itself; the page shows it.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)) _faults.Enqueue($"console: {message.Text}");
        };
        Page.Request += (_, request) =>
        {
            var url = new Uri(request.Url);
            if (url.Scheme is not ("blob" or "data") && url.Authority != _silo.Authority) _faults.Enqueue($"asked elsewhere: {request.Url}");
            if (url.Query.Contains("ok_", StringComparison.Ordinal)) _faults.Enqueue($"a key in an address: {request.Url}");
        };
        Page.Dialog += (_, dialog) => _faults.Enqueue($"a script of somebody else's ran: {dialog.Message}");
        if (!_isLossExpected) Page.Response += (_, response) =>
        {
            if (response.Status >= 500) _faults.Enqueue($"{response.Status} {response.Url}");
        };
    }
}
