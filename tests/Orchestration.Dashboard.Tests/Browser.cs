using Microsoft.Playwright;
using Orchestration.Dashboard.Tests;
using Xunit;

[assembly: AssemblyFixture(typeof(Browser))]

namespace Orchestration.Dashboard.Tests;

/// <summary>
/// One Chromium of the system's, started when a test first asks for it. Nothing is downloaded: where there is none the tests are skipped with a message, and with CI=true they fail, unless it was said that none can be
/// installed (ORCHESTRATION_NO_BROWSER holds why).
/// </summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly SemaphoreSlim _turn = new(1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>The browser; skips the test where there is none.</summary>
    public async Task<IBrowser> GetAsync()
    {
        await _turn.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_browser is { IsConnected: true }) return _browser;
            var named = Environment.GetEnvironmentVariable("CHROMIUM");
            var path = named ?? Usual.FirstOrDefault(File.Exists);
            if (path is null)
            {
                var why = Environment.GetEnvironmentVariable("ORCHESTRATION_NO_BROWSER");
                if (Environment.GetEnvironmentVariable("CI") == "true" && string.IsNullOrEmpty(why)) throw new InvalidOperationException("There is no Chromium for the dashboard's tests. Install Debian's chromium, or name one in CHROMIUM.");
                Assert.Skip($"There is no Chromium here{(string.IsNullOrEmpty(why) ? "" : $" ({why})")}: install Debian's chromium, or name one in CHROMIUM.");
            }

            _playwright ??= await Playwright.CreateAsync();
            _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = path, Args = ["--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"] });
            return _browser;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        _turn.Dispose();
    }
}
