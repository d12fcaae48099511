namespace Orchestration.Core.Judging.Deployments;

/// <summary>One endpoint (or a pool of endpoints of one model) that turns texts into vectors. Implementations own transport, retries and the concurrency cap; they are safe for concurrent use.</summary>
public interface IEmbeddingDeployment
{
    /// <summary>Name in the configuration.</summary>
    string Name { get; }

    /// <summary>The model, as configured: part of an embedding's address.</summary>
    ModelIdentity Model { get; }

    /// <summary>Prices, or null where none are configured: then no cap can be kept.</summary>
    TokenPrices? Prices { get; }

    /// <summary>Calls in flight at once, at most.</summary>
    int Concurrency { get; }

    /// <summary>How often one call is sent at most, first attempt included: a reservation covers each of them.</summary>
    int MaxAttempts { get; }

    /// <summary>Embeds texts in one call, retrying what is worth retrying. A failure of this one call is a value (<see cref="EmbeddingReply.Failure"/>).</summary>
    /// <param name="texts">At least one, none of them empty.</param>
    /// <param name="origin">On whose behalf.</param>
    /// <param name="cancellationToken">As for <see cref="IChatDeployment.CompleteAsync"/>: an attempt already sent is awaited.</param>
    /// <exception cref="OrchestrationException">Every call would fail the same way (<see cref="ErrorCodes.Deployment"/>).</exception>
    ValueTask<EmbeddingReply> EmbedAsync(IReadOnlyList<string> texts, CallOrigin origin, CancellationToken cancellationToken);
}

/// <summary>What came back from a call for embeddings.</summary>
public sealed record EmbeddingReply
{
    /// <summary>One vector a text, in the order of the texts, all of one length and finite; empty where the call failed.</summary>
    public IReadOnlyList<float[]> Vectors { get; init; } = [];

    /// <summary>The model that answered, as the endpoint names it.</summary>
    public string? ServedModel { get; init; }

    /// <summary>Why there are none: one of <see cref="UnscoredReason"/>; null where there are.</summary>
    public string? Failure { get; init; }

    /// <summary>What the endpoint said of a failure, shortened, without secrets.</summary>
    public string? FailureDetail { get; init; }

    /// <summary>What all attempts of this call took.</summary>
    public CallTotals Totals { get; init; }

    /// <summary>As <see cref="ChatReply.UnknownAttempts"/>.</summary>
    public int UnknownAttempts { get; init; }
}
