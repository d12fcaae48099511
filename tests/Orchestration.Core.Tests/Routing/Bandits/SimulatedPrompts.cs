using System.Globalization;
using Orchestration.Core.Routing;

namespace Orchestration.Core.Tests.Routing.Bandits;

/// <summary>
/// Prompts whose features and every expert's true quality are known: prompt number n has features drawn from n, and expert k answers it well with a chance that is
/// linear in them.
/// </summary>
internal sealed class SimulatedPrompts(int experts, int dimension, int seed) : IPromptFeatures
{
    private readonly double[][] _slopes = [.. Enumerable.Range(0, experts).Select(k => Slopes(new Random(seed * 1000 + k), dimension))];

    public string Version => "5157".PadLeft(64, '0');

    public int Dimension => dimension;

    public IReadOnlyList<string> Experts { get; } = [.. Enumerable.Range(0, experts).Select(static k => $"expert-{k}")];

    public static RoutingPrompt Prompt(int number) => new(number.ToString(CultureInfo.InvariantCulture));

    public void Fill(RoutingPrompt prompt, Span<float> features)
    {
        var random = new Random(int.Parse(prompt.Text, CultureInfo.InvariantCulture) * 7919 + seed);
        var squares = 0.0;
        foreach (ref var feature in features)
        {
            feature = (float)(random.NextDouble() - 0.5);
            squares += feature * feature;
        }

        foreach (ref var feature in features) feature /= (float)Math.Sqrt(Math.Max(squares, 1e-9));
    }

    public float[] Features(int number)
    {
        var features = new float[dimension];
        Fill(Prompt(number), features);
        return features;
    }

    /// <summary>True quality of every expert on a prompt.</summary>
    public double[] Truth(int number)
    {
        var features = Features(number);
        return [.. _slopes.Select(s => Math.Clamp(s[^1] + features.Select((f, i) => f * s[i]).Sum(), 0, 1))];
    }

    private static double[] Slopes(Random random, int dimension) => [.. Enumerable.Range(0, dimension).Select(_ => 0.9 * (random.NextDouble() - 0.5)), 0.45 + 0.15 * random.NextDouble()];
}
