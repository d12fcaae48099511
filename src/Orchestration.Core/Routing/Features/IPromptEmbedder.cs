using System.Globalization;

namespace Orchestration.Core.Routing.Features;

/// <summary>Fetches embeddings of prompts from a deployment, within its quota, with its retries and its prices.</summary>
public interface IPromptEmbedder
{
    /// <summary>Embeds texts, in their order.</summary>
    /// <param name="texts">At least one.</param>
    /// <param name="cancellationToken">Gives up; whoever has a deadline cancels at it.</param>
    /// <returns>One vector a text, all of one length.</returns>
    /// <exception cref="OrchestrationException">The deployment refuses, or what it sends is no embedding (<see cref="ErrorCodes.Deployment"/>).</exception>
    ValueTask<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken);
}

/// <summary>Embeddings at serving time: a bounded wait, after which the policy abstains.</summary>
public static class PromptEmbedding
{
    /// <summary>How long a decision waits for its embedding unless told otherwise.</summary>
    public static readonly TimeSpan DefaultWait = TimeSpan.FromMilliseconds(300);

    /// <summary>The prompt with its embedding where the policy looks at one and it arrives in time; the prompt as it is otherwise.</summary>
    /// <param name="policy">Who will be asked.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="embedderOf">The embedder for a policy's need; null where there is none.</param>
    /// <param name="wait">How long at most.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the request itself.</param>
    public static ValueTask<RoutingPrompt> AddAsync(
        IRoutingPolicy policy, RoutingPrompt prompt, Func<EmbeddingNeed, IPromptEmbedder?> embedderOf, TimeSpan wait, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(embedderOf);
        return policy is IEmbeddedPolicy { Embedding: { } need } && prompt.Embedding.IsEmpty && embedderOf(need) is { } embedder
            ? FetchAsync(embedder, need, prompt, wait, time, cancellationToken)
            : ValueTask.FromResult(prompt);
    }

    private static async ValueTask<RoutingPrompt> FetchAsync(IPromptEmbedder embedder, EmbeddingNeed need, RoutingPrompt prompt, TimeSpan wait, TimeProvider time, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(prompt.Text)) return prompt with { EmbeddingProblem = "the prompt has no text" };
        using var deadline = new CancellationTokenSource(wait, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var vectors = await embedder.EmbedAsync([EmbeddingText.Cut(prompt.Text)], both.Token);
            return vectors[0].Length == need.Dimensions
                ? prompt with { Embedding = vectors[0] }
                : prompt with { EmbeddingProblem = string.Create(CultureInfo.InvariantCulture, $"it has {vectors[0].Length} numbers, not the {need.Dimensions} that were trained on") };
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return prompt with { EmbeddingProblem = string.Create(CultureInfo.InvariantCulture, $"none within {wait.TotalMilliseconds:0} ms") };
        }
        catch (OrchestrationException e)
        {
            // The endpoint is down or busy: the request is answered all the same, by the default expert.
            return prompt with { EmbeddingProblem = e.Message };
        }
    }
}
