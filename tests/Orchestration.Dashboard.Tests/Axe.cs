using System.Diagnostics;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;

namespace Orchestration.Dashboard.Tests;

/// <summary>The npm package <c>axe-core</c>, run in the page by the browser's own tools. Skipped where npm cannot be had, but not in CI.</summary>
internal static class Axe
{
    private const string Version = "4.14.1";

    private static readonly Lazy<Task<string>> Source = new(InstallAsync);

    /// <summary>What is wrong with the page as it is, by the rules of WCAG 2.2 A and AA and good practice; empty where nothing is.</summary>
    public static async Task<IReadOnlyList<string>> FaultsAsync(IPage page)
    {
        await page.EvaluateAsync($"() => {{ {await Source.Value}\n }}");
        var found = JsonElement.Parse(await page.EvaluateAsync<string>(
            "async () => JSON.stringify((await axe.run(document, {resultTypes: ['violations']})).violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => n.target.join(' ') + ' ' + n.any.map(a => a.message).join('; '))})))"));
        return [.. found.EnumerateArray().Select(static v => $"{v.GetProperty("id").GetString()}: {v.GetProperty("help").GetString()}: {string.Join(" | ", v.GetProperty("nodes").EnumerateArray().Take(3).Select(static n => n.GetString()))}")];
    }

    /// <summary>Installed once for each version.</summary>
    private static async Task<string> InstallAsync()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"orchestrate-axe-core-{Version}");
        var file = Path.Combine(folder, "node_modules", "axe-core", "axe.min.js");
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(folder);
            await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), """{"private":true}""");
            var problem = await RunAsync(folder);
            if (problem is not null)
            {
                if (Environment.GetEnvironmentVariable("CI") == "true") throw new InvalidOperationException($"npm could not install axe-core@{Version}: {problem}");
                Assert.Skip($"axe-core@{Version} cannot be installed by npm here: {problem.Split('\n')[0]}");
            }
        }

        return await File.ReadAllTextAsync(file);
    }

    private static async Task<string?> RunAsync(string folder)
    {
        var start = new ProcessStartInfo("npm") { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "install", "--no-audit", "--no-fund", "--ignore-scripts", $"axe-core@{Version}" }) start.ArgumentList.Add(argument);
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            await output;
            return process.ExitCode == 0 ? null : error;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }
}
