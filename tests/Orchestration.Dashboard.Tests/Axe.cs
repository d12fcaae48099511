using System.Diagnostics;
using System.Text.Json;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace Orchestration.Dashboard.Tests;

/// <summary>The rules of axe-core (npm), run inside the page. Skipped where npm cannot have it, but not in CI.</summary>
internal static class Axe
{
    private const string Version = "4.14.1";

    private static readonly Lazy<Task<string?>> Source = new(InstallAsync);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>The page breaks no rule of WCAG 2.2 A and AA, nor of good practice.</summary>
    public static async Task ShouldBeAccessibleAsync(this IPage page)
    {
        if (await Source.Value is not { } source)
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") throw new InvalidOperationException($"npm could not install axe-core@{Version}.");
            Assert.Skip($"axe-core@{Version} cannot be installed by npm here.");
            return;
        }

        await page.EvaluateAsync(source);
        var found = await page.EvaluateAsync<string>("async () => JSON.stringify((await axe.run(document, {resultTypes: ['violations']})).violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 4).map(n => n.html.slice(0, 200) + ' — ' + n.failureSummary)})))");
        var violations = JsonElement.Parse(found).EnumerateArray().Select(static v => v.ToString()).ToArray();
        violations.ShouldBeEmpty($"{page.Url}: {string.Join('\n', violations)}");
    }

    private static async Task<string?> InstallAsync()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"orchestrate-axe-core-{Version}");
        var file = Path.Combine(folder, "node_modules", "axe-core", "axe.min.js");
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(folder);
            var start = new ProcessStartInfo("npm") { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var argument in (string[])["install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", $"axe-core@{Version}"]) start.ArgumentList.Add(argument);
            try
            {
                using var process = Process.Start(start)!;
                await Task.WhenAll(process.StandardOutput.ReadToEndAsync(Stop), process.StandardError.ReadToEndAsync(Stop));
                await process.WaitForExitAsync(Stop);
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return null;
            }
        }

        return File.Exists(file) ? await File.ReadAllTextAsync(file, Stop) : null;
    }
}
