using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orchestration.Core.Routing.Features;

/// <summary>Features that nobody trained: a constant, the plain facts of a text, and its words in a few sums of random signs (Johnson–Lindenstrauss by hashing). For a policy that begins without a history.</summary>
public sealed class UntrainedFeatures : IPromptFeatures
{
    private const float MarkScale = 0.1f;
    private readonly TextScratch _scratch = new();
    private readonly int _sums;
    private readonly ulong _seed;

    /// <summary>Makes features of a width.</summary>
    /// <param name="width">How many numbers, 20 to 256: a constant, <see cref="PromptMarks.Count"/> facts and sums for the rest.</param>
    /// <param name="seed">Draws the signs.</param>
    public UntrainedFeatures(int width = 48, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, PromptMarks.Count + 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 256);
        (Dimension, _sums, _seed) = (width, width - PromptMarks.Count - 1, seed);
        var basis = string.Create(CultureInfo.InvariantCulture, $"untrained {HashedText.Revision}.{PromptMarks.Revision} {width} {seed}");
        Version = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(basis)));
    }

    /// <inheritdoc/>
    public string Version { get; }

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public void Fill(RoutingPrompt prompt, Span<float> features)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        features = features[..Dimension];
        features.Clear();
        features[0] = 1;
        PromptMarks.Measure(prompt.Text, features[1..]);
        for (var k = 1; k <= PromptMarks.Count; k++) features[k] *= MarkScale;
        var text = _scratch.Take();
        text.Read(prompt.Text);
        var sums = features[(PromptMarks.Count + 1)..];
        var squares = 0.0;
        foreach (var bucket in text.Touched)
        {
            var weight = 1 + Math.Log(text.Count(bucket));
            squares += weight * weight;
            var random = ((ulong)bucket + 1) * 0x9E3779B97F4A7C15 ^ _seed * 0xD1342543DE82EF95;
            random = (random ^ (random >> 29)) * 0xBF58476D1CE4E5B9;
            random ^= random >> 32;
            sums[(int)((random >> 8) % (ulong)_sums)] += (random & 1) == 0 ? (float)weight : -(float)weight;
        }

        _scratch.Return(text);
        if (squares > 0)
        {
            var norm = (float)(1 / Math.Sqrt(squares));
            foreach (ref var sum in sums) sum *= norm;
        }
    }
}
