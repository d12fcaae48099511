using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Orchestration.Core.Routing.Features;

/// <summary>
/// A prompt's words (or its embedding) and plain facts, projected onto what mattered in the judged history: how much it looks like each task, and how far each expert's quality lies from its mean.
/// </summary>
internal sealed class TrainedFeatures : IPromptFeatures
{
    private readonly TextScratch _scratch = new();
    private readonly PromptScale _scale;
    private readonly float[] _projection;
    private readonly int[] _rowOf;
    private readonly int _dimensions;

    /// <summary>Takes a projection.</summary>
    /// <param name="scale">Weights of words and facts.</param>
    /// <param name="projection">Columns × width; rows of columns that were never seen are zero.</param>
    /// <param name="width">Numbers of a prompt.</param>
    /// <param name="need">Which embedding; null for hashed words.</param>
    public TrainedFeatures(PromptScale scale, ReadOnlySpan<float> projection, int width, EmbeddingNeed? need)
    {
        (_scale, Width, _dimensions, Embedding) = (scale, width, need?.Dimensions ?? 0, need);
        var columns = (need is null ? HashedText.Buckets : _dimensions) + PromptMarks.Count;
        if (projection.Length != (long)columns * width) throw new ArgumentException($"The projection should have {columns} × {width} numbers.", nameof(projection));

        // Only the rows that say something are kept: those of a small history fit the processor's cache.
        _rowOf = new int[columns];
        var kept = new List<float>();
        for (var c = 0; c < columns; c++)
        {
            var row = projection.Slice(c * width, width);
            _rowOf[c] = row.ContainsAnyExcept(0f) ? kept.Count : -1;
            if (_rowOf[c] >= 0) kept.AddRange(row);
        }

        _projection = [.. kept];
        Version = VersionOf();
    }

    /// <inheritdoc/>
    public string Version { get; }

    /// <inheritdoc/>
    public int Dimension => Width;

    public int Width { get; }

    /// <summary>The embedding of the prompt that it needs; null where it needs none.</summary>
    public EmbeddingNeed? Embedding { get; }

    /// <summary>Fills in the numbers: zeros where a prompt lacks the embedding that it needs.</summary>
    public void Fill(RoutingPrompt prompt, Span<float> features)
    {
        if (!TryMeasure(prompt, features)) features[..Width].Clear();
    }

    /// <summary>Fills in the numbers. False where it needs an embedding and the prompt has none of its size: nothing is written then.</summary>
    public bool TryMeasure(RoutingPrompt prompt, Span<float> features)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        features = features[..Width];
        if (Embedding is not null)
        {
            if (prompt.Embedding.Length != _dimensions) return false;
            Span<float> vector = _dimensions <= 4096 ? stackalloc float[_dimensions] : new float[_dimensions];
            if (!PromptTable.TryNormalise(prompt.Embedding.Span, vector)) return false;
            features.Clear();
            for (var d = 0; d < _dimensions; d++) Add(d, vector[d], features);
        }
        else
        {
            features.Clear();
            Words(prompt.Text, features);
        }

        Span<float> marks = stackalloc float[PromptMarks.Count];
        PromptMarks.Measure(prompt.Text, marks);
        var first = _rowOf.Length - PromptMarks.Count;
        for (var m = 0; m < marks.Length; m++) Add(first + m, _scale.Mark(m, marks[m]), features);
        return true;
    }

    /// <summary>Weights of words and facts.</summary>
    public PromptScale Scale => _scale;

    /// <summary>Dimensions of the embedding; 0 for hashed words.</summary>
    public int Dimensions => _dimensions;

    /// <summary>The columns that say something, rising, and their rows of the projection: columns × width.</summary>
    public (double[] Columns, double[] Projection) Kept() =>
        ([.. Enumerable.Range(0, _rowOf.Length).Where(c => _rowOf[c] >= 0).Select(static c => (double)c)], [.. _projection.Select(static v => (double)v)]);

    private void Words(ReadOnlySpan<char> text, Span<float> features)
    {
        var words = _scratch.Take();
        words.Read(text);
        var squares = 0f;
        foreach (var bucket in words.Touched)
        {
            var weight = PromptScale.Damped(words.Count(bucket)) * _scale.Idf[bucket];
            squares += weight * weight;
            Add(bucket, weight, features);
        }

        _scratch.Return(words);
        if (!(squares > 0)) return;
        var norm = 1 / MathF.Sqrt(squares);
        foreach (ref var feature in features) feature *= norm;
    }

    private void Add(int column, float weight, Span<float> features)
    {
        if (_rowOf[column] < 0) return;
        var row = _projection.AsSpan(_rowOf[column], Width);
        var wide = new Vector<float>(weight);
        var wideRow = MemoryMarshal.Cast<float, Vector<float>>(row);
        var wideFeatures = MemoryMarshal.Cast<float, Vector<float>>(features);
        for (var i = 0; i < wideRow.Length; i++) wideFeatures[i] += wide * wideRow[i];
        for (var k = wideRow.Length * Vector<float>.Count; k < row.Length; k++) features[k] += weight * row[k];
    }

    private string VersionOf()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"trained {HashedText.Revision}.{PromptMarks.Revision} {Width} {_dimensions} {Embedding?.Deployment}{(Embedding is { Model.Length: > 0 } need ? " " + need.Model : "")}")));
        hash.AppendData(MemoryMarshal.AsBytes<float>(_scale.Idf));
        hash.AppendData(MemoryMarshal.AsBytes<float>(_scale.MarkMeans));
        hash.AppendData(MemoryMarshal.AsBytes<float>(_scale.MarkScales));
        hash.AppendData(MemoryMarshal.AsBytes<int>(_rowOf));
        hash.AppendData(MemoryMarshal.AsBytes<float>(_projection));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
