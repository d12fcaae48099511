using Microsoft.Playwright;
using Shouldly;

namespace Orchestration.Dashboard.Tests;

/// <summary>What holds for any page, whatever it shows.</summary>
internal static class Accessible
{
    /// <summary>The page breaks none of axe-core's rules as it is.</summary>
    public static async Task ShouldBeAccessibleAsync(this IPage page)
    {
        var faults = await Axe.FaultsAsync(page);
        faults.ShouldBeEmpty($"{page.Url}: {string.Join('\n', faults)}");
    }
}
