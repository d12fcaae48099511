using Orchestration.Core.Batches;

namespace Orchestration.Core.Configuration;

/// <summary>Reads <c>batch</c> of a deployment.</summary>
internal static class BatchReader
{
    public static BatchOptions Read(ConfigurationSection deployment)
    {
        var result = new BatchOptions();
        if (deployment.Section("batch", "Write '{price-factor: 0.5, poll-seconds: 30}'.") is not { } section) return result;
        result = result with
        {
            PriceFactor = section.Number("price-factor", 0, 1, "a share of the price of single calls") is { } factor ? (decimal)factor : result.PriceFactor,
            MaxRequests = section.Integer("max-requests", 1, 50_000, "calls in a file") ?? result.MaxRequests,
            MaxBytes = section.Integer("max-megabytes", 1, 200, "megabytes of a file") * 1_000_000L ?? result.MaxBytes,
            MaxOpen = section.Integer("max-open", 1, 1000, "batches at the endpoint at once") ?? result.MaxOpen,
            Poll = section.Number("poll-seconds", 0.01, 3600, "a number of seconds") is { } poll ? TimeSpan.FromSeconds(poll) : result.Poll,
            ListedWithin = section.Number("listed-within-seconds", 0, 3600, "a number of seconds") is { } listed ? TimeSpan.FromSeconds(listed) : result.ListedWithin,
            Path = section.Text("path") ?? result.Path,
        };
        section.RefuseUnknown();
        return result;
    }
}
