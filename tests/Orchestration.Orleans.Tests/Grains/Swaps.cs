using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Versions;

namespace Orchestration.Orleans.Tests.Grains;

/// <summary>An aggregator of two versions to swap.</summary>
internal static class Swaps
{
    public const string Name = "swap";

    /// <summary>A pair with scores of both judges.</summary>
    public static AggregatorRequest Request { get; } = new()
    {
        Columns = new AggregatorColumns([new AggregatorColumn("a", null, null), new AggregatorColumn("b", null, null)], default),
        Scores = new[] { 0.25, 0.75 },
        Pairs = new[] { new Hash128(1, 2) },
    };

    /// <summary>Trains them, and returns their ids.</summary>
    public static async Task<string[]> TrainAsync(string rows, Func<string[], Task> run, IAggregatorCatalog catalog)
    {
        var random = new Random(8);
        await File.WriteAllLinesAsync(rows, Enumerable.Range(0, 400).Select(i =>
        {
            var (a, b) = (random.NextDouble(), random.NextDouble());
            return string.Create(CultureInfo.InvariantCulture, $"{{\"id\":\"r{i}\",\"group\":\"g{i / 4}\",\"target\":{a + (b / 2)},\"scores\":{{\"a\":{a},\"b\":{b}}}}}");
        }));
        foreach (var model in new[] { "mean-fit", "ridge" })
            await run(["train", "--scores", rows, "--target", "target", "--scale", "*=0..1", "--name", Name, "--model", model, "--no-activate"]);
        return [.. (await catalog.ListAsync(Name, CancellationToken.None)).Select(static head => head.Id)];
    }
}
