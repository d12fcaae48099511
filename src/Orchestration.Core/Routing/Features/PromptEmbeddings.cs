using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Core.Routing.Features;

/// <summary>The embeddings of a history's prompts, by one deployment. Immutable by agreement: vectors are not copied.</summary>
public sealed class PromptEmbeddings
{
    private readonly IReadOnlyDictionary<string, float[]> _vectors;

    /// <summary>Takes vectors.</summary>
    /// <param name="deployment">Who made them.</param>
    /// <param name="model">Its model.</param>
    /// <param name="vectors">By the text that was embedded (<see cref="EmbeddingText.Cut"/>); at least one, all of one length.</param>
    /// <exception cref="OrchestrationException">There are none, or they differ in length (<see cref="ErrorCodes.Deployment"/>).</exception>
    public PromptEmbeddings(string deployment, ModelIdentity model, IReadOnlyDictionary<string, float[]> vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        if (vectors.Count == 0) throw new OrchestrationException(ErrorCodes.Deployment, $"Deployment '{deployment}' gave no embeddings.");
        _vectors = vectors;
        Need = new EmbeddingNeed(deployment, EmbeddingNeed.TextOf(model), vectors.Values.First().Length);
        if (vectors.Values.FirstOrDefault(v => v.Length != Need.Dimensions) is { } odd) Need.Check("The history", odd.Length);
    }

    /// <summary>Who made them, with which model, and how long they are.</summary>
    public EmbeddingNeed Need { get; }

    /// <summary>The vector of a prompt.</summary>
    /// <param name="prompt">Its text, whole.</param>
    /// <exception cref="KeyNotFoundException">It was not embedded.</exception>
    public float[] Of(string prompt) => _vectors[EmbeddingText.Cut(prompt)];

    /// <summary>A prompt with its vector.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <exception cref="KeyNotFoundException">It was not embedded.</exception>
    public RoutingPrompt On(RoutingPrompt prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return prompt with { Embedding = Of(prompt.Text) };
    }

    /// <summary>The vectors of prompts, in their order.</summary>
    /// <param name="prompts">Their texts, whole.</param>
    public IReadOnlyList<float[]> Of(IReadOnlyList<string> prompts)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        return [.. prompts.Select(Of)];
    }
}
