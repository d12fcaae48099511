namespace Orchestration.Core.Routing.Features;

/// <summary>Features of prompts whose embeddings were fetched beforehand: what looks at embeddings sees them, what reads words is as it was.</summary>
/// <param name="inner">The features.</param>
/// <param name="embeddings">Of all prompts that will be asked about.</param>
public sealed class EmbeddedFeatures(IPromptFeatures inner, PromptEmbeddings embeddings) : IPromptFeatures
{
    /// <inheritdoc/>
    public string Version => inner.Version;

    /// <inheritdoc/>
    public int Dimension => inner.Dimension;

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">The prompt was not embedded.</exception>
    public void Fill(RoutingPrompt prompt, Span<float> features) => inner.Fill(embeddings.On(prompt), features);
}

/// <summary>A policy asked about prompts whose embeddings were fetched beforehand.</summary>
/// <param name="policy">The policy.</param>
/// <param name="embeddings">Of all prompts that will be asked about.</param>
public sealed class EmbeddedPolicy(IRoutingPolicy policy, PromptEmbeddings embeddings) : IRoutingPolicy
{
    /// <inheritdoc/>
    public string Name => policy.Name;

    /// <inheritdoc/>
    public string Version => policy.Version;

    /// <inheritdoc/>
    public string FeaturesVersion => policy.FeaturesVersion;

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">The prompt was not embedded.</exception>
    public RoutingChoice Choose(RoutingQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        return policy.Choose(question with { Prompt = embeddings.On(question.Prompt) });
    }
}
