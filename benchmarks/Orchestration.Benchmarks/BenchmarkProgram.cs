using System.Globalization;
using BenchmarkDotNet.Running;
using Orchestration.Benchmarks.Whole;
using Orchestration.Benchmarks.Whole.Gateway;

namespace Orchestration.Benchmarks;

/// <summary>
/// <c>whole [NAME…]</c> measures whole processes (docs/benchmarks.md) and writes benchmarks/results; anything else goes to BenchmarkDotNet.
/// </summary>
internal static class BenchmarkProgram
{
    private static async Task<int> Main(string[] args)
    {
        if (args is ["child", "swap", var store]) return await ClusterBenchmarks.SwapChildAsync(store);
        if (args is ["child", "gateway-endpoint", var faults]) return await InstantEndpoint.RunAsync(double.Parse(faults, CultureInfo.InvariantCulture));
        if (args is ["child", .. var side]) return await QuotaBenchmarks.ChildAsync(side);
        if (args is ["whole", .. var names]) return await WholeProcessBenchmarks.RunAsync(names);
        BenchmarkSwitcher.FromAssembly(typeof(BenchmarkProgram).Assembly).Run(args);
        return 0;
    }
}
