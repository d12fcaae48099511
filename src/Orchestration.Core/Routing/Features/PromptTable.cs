namespace Orchestration.Core.Routing.Features;

/// <summary>Prompts as counts of hashed words and plain facts, or as embeddings and plain facts: what features are learned from. Made once for many fits. Immutable by agreement.</summary>
internal sealed class PromptTable
{
    private PromptTable(int rows, int[] starts, int[] buckets, float[] counts, float[] marks, float[] embeddings, EmbeddingNeed? need)
    {
        (Rows, Starts, Buckets, Counts, Marks, Embeddings, Embedding) = (rows, starts, buckets, counts, marks, embeddings, need);
        Dimensions = rows == 0 ? 0 : embeddings.Length / rows;
    }

    public int Rows { get; }

    /// <summary>Rows + 1 places in <see cref="Buckets"/>.</summary>
    public int[] Starts { get; }

    public int[] Buckets { get; }

    /// <summary>1 + ln of how often each bucket comes.</summary>
    public float[] Counts { get; }

    /// <summary>Rows × <see cref="PromptMarks.Count"/>.</summary>
    public float[] Marks { get; }

    /// <summary>Rows × <see cref="Dimensions"/>, each of length 1; empty where words are hashed.</summary>
    public float[] Embeddings { get; }

    public int Dimensions { get; }

    /// <summary>Which embeddings; null where words are hashed.</summary>
    public EmbeddingNeed? Embedding { get; }

    /// <summary>Columns of a row before it is projected: words or dimensions, then facts.</summary>
    public int Columns => (Embedding is null ? HashedText.Buckets : Dimensions) + PromptMarks.Count;

    /// <summary>Hashes prompts.</summary>
    public static PromptTable Hashed(IReadOnlyList<string> prompts)
    {
        var text = new HashedText();
        var (starts, buckets, counts) = (new int[prompts.Count + 1], new List<int>(), new List<float>());
        for (var i = 0; i < prompts.Count; i++)
        {
            text.Read(prompts[i]);
            foreach (var bucket in text.Touched)
            {
                buckets.Add(bucket);
                counts.Add(PromptScale.Damped(text.Count(bucket)));
            }

            starts[i + 1] = buckets.Count;
        }

        return new PromptTable(prompts.Count, starts, [.. buckets], [.. counts], MarksOf(prompts), [], null);
    }

    /// <summary>Embeddings where there are some, hashed words otherwise.</summary>
    public static PromptTable Of(IReadOnlyList<string> prompts, PromptEmbeddings? embeddings) => embeddings is null ? Hashed(prompts) : Embedded(prompts, embeddings);

    /// <summary>Takes embeddings of prompts by a deployment.</summary>
    /// <exception cref="OrchestrationException">Vectors of different lengths, of length 0, or not finite (<see cref="ErrorCodes.Deployment"/>).</exception>
    public static PromptTable Embedded(IReadOnlyList<string> prompts, PromptEmbeddings embeddings)
    {
        var (vectors, deployment) = (embeddings.Of(prompts), embeddings.Need.Deployment);
        var dimensions = vectors[0].Length;
        var all = new float[vectors.Count * dimensions];
        for (var i = 0; i < vectors.Count; i++)
        {
            if (vectors[i].Length != dimensions || !TryNormalise(vectors[i], all.AsSpan(i * dimensions, dimensions)))
                throw new OrchestrationException(ErrorCodes.Deployment, $"Deployment '{deployment}' gave an embedding that is none: {vectors[i].Length} numbers, where the first has {dimensions}, or all of them zero or not finite.");
        }

        return new PromptTable(prompts.Count, new int[prompts.Count + 1], [], [], MarksOf(prompts), all, embeddings.Need);
    }

    /// <summary>A vector at length 1; false where it has no direction.</summary>
    public static bool TryNormalise(ReadOnlySpan<float> vector, Span<float> result)
    {
        var squares = 0.0;
        foreach (var value in vector) squares += (double)value * value;
        if (!(squares > 0) || !double.IsFinite(squares)) return false;
        var factor = (float)(1 / Math.Sqrt(squares));
        for (var k = 0; k < vector.Length; k++) result[k] = vector[k] * factor;
        return true;
    }

    private static float[] MarksOf(IReadOnlyList<string> prompts)
    {
        var marks = new float[prompts.Count * PromptMarks.Count];
        for (var i = 0; i < prompts.Count; i++) PromptMarks.Measure(prompts[i], marks.AsSpan(i * PromptMarks.Count, PromptMarks.Count));
        return marks;
    }
}
