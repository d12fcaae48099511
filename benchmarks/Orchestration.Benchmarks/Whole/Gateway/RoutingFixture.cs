using System.Globalization;
using System.Text;
using Orchestration.Core.Routing.Models;

namespace Orchestration.Benchmarks.Whole.Gateway;

/// <summary>What the measured gateway is configured with: nine experts at one endpoint, a policy whose routing model was trained on a made-up history of nine topics, a budget, the ledger.</summary>
internal static class RoutingFixture
{
    private const int Experts = 9;
    private const int Rows = 1800;

    private static readonly string[] Topics = ["sea salt water river lake", "prime number proof integer", "python function list loop", "heart blood doctor dose", "contract court law clause", "rhyme poem verse night", "stock price market bond", "recipe oven flour butter", "planet orbit star light"];

    public static async Task WriteAsync(string folder, string endpoint)
    {
        var text = new StringBuilder("deployments:\n");
        for (var e = 0; e < Experts; e++)
            text.Append(CultureInfo.InvariantCulture, $"  d{e}: {{endpoint: \"{endpoint}\", model: m{e}, prices: {{input: {e + 1}, output: {4 * (e + 1)}}}, limits: {{concurrency: 256}}}}\n");
        text.Append("experts:\n");
        for (var e = 0; e < Experts; e++) text.Append(CultureInfo.InvariantCulture, $"  e{e}: {{deployment: d{e}}}\n");
        text.Append("router:\n  default: e0\n  usd-per-day: 100000\n  policies:\n    auto: {rule: cheapest, model: routing.bin, threshold: 0.6}\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "orchestration.yaml"), text.ToString());
        await RoutingModelFile.SaveAsync(RoutingTrainer.Train(History(), new RoutingTraining { Seed = 1, Kind = "ridge" }), Path.Combine(folder, "routing.bin"), CancellationToken.None);
    }

    /// <summary>Each expert is good at two topics of nine.</summary>
    private static RoutingMatrix History()
    {
        ulong state = 1;
        var (ids, prompts, groups, quality) = (new List<string>(), new List<string>(), new List<string>(), new double[Rows * Experts]);
        for (var row = 0; row < Rows; row++)
        {
            var topic = row % Topics.Length;
            var words = Topics[topic].Split(' ');
            ids.Add(row.ToString(CultureInfo.InvariantCulture));
            groups.Add(topic.ToString(CultureInfo.InvariantCulture));
            prompts.Add(string.Join(' ', Enumerable.Range(0, 20).Select(_ => words[(int)(Next(ref state) * words.Length)])) + $" number {row}");
            for (var e = 0; e < Experts; e++) quality[(row * Experts) + e] = Math.Clamp((e == topic || e == (topic + 3) % Experts ? 0.8 : 0.4) + (0.2 * (Next(ref state) - 0.5)), 0, 1);
        }

        return new RoutingMatrix([.. Enumerable.Range(0, Experts).Select(static e => string.Create(CultureInfo.InvariantCulture, $"e{e}"))], ids, prompts, groups, quality);
    }

    private static double Next(ref ulong state)
    {
        state = (state * 6364136223846793005) + 1442695040888963407;
        return (state >> 11) * (1.0 / (1UL << 53));
    }
}
