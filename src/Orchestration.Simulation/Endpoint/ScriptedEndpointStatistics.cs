using Orchestration.Core.Judging;

namespace Orchestration.Simulation;

/// <summary>What an endpoint has seen so far: the truth that callers' own books are compared with.</summary>
public sealed record ScriptedEndpointStatistics
{
    /// <summary>Requests for completions, rewards and embeddings that arrived whole.</summary>
    public required long Requests { get; init; }

    /// <summary>Usable replies (status 200, a whole completion or reward) that were handed to the connection whole.</summary>
    public required long Delivered { get; init; }

    /// <summary>Requests that <see cref="ScriptedEndpointOptions.Limits"/> let through; 0 where neither limits nor arrivals are kept.</summary>
    public required long Accepted { get; init; }

    /// <summary>Requests answered 429 for a limit; scripted faults are not among them.</summary>
    public required long Limited { get; init; }

    /// <summary>Requests that came while the endpoint was down and could still be reached; they count nowhere else.</summary>
    public required long TurnedAway { get; init; }

    /// <summary>Requests that met a fault, by fault.</summary>
    public required IReadOnlyDictionary<ScriptedFault, long> Faults { get; init; }

    /// <summary>Requests for embeddings that no limit and no key kept out; they are among <see cref="Requests"/>.</summary>
    public required long EmbeddingCalls { get; init; }

    /// <summary>Texts that they had.</summary>
    public required long EmbeddedTexts { get; init; }

    /// <summary>Batches made.</summary>
    public required long Batches { get; init; }

    /// <summary>Lines of batches that were worked on; they are not among <see cref="Requests"/> and <see cref="Delivered"/>.</summary>
    public required long BatchLines { get; init; }

    /// <summary>Tokens charged for lines of batches; not among <see cref="Usage"/>.</summary>
    public required TokenUsage BatchUsage { get; init; }

    /// <summary>Tokens charged: of every request that was worked on, delivered or not.</summary>
    public required TokenUsage Usage { get; init; }

    /// <summary>Requests charged.</summary>
    public required long Charged { get; init; }

    /// <summary>US dollars charged at the endpoint's prices, batches at theirs included.</summary>
    public required decimal CostUsd { get; init; }

    /// <summary>Of these, dollars for usable replies that were handed to the connection whole; batches are not among them.</summary>
    public required decimal DeliveredCostUsd { get; init; }

    /// <summary>Most requests in work at once.</summary>
    public required int MaxConcurrent { get; init; }

    /// <summary>Different contents asked for; 0 where contents are not tracked.</summary>
    public required long Contents { get; init; }

    /// <summary>Replies delivered for a content that had been delivered before, by a call or by a batch; 0 where contents are not tracked.</summary>
    public required long RepeatedDeliveries { get; init; }

    /// <summary>When the first request arrived; null before.</summary>
    public required DateTimeOffset? FirstRequestAt { get; init; }

    /// <summary>When the last reply was handed over; null before.</summary>
    public required DateTimeOffset? LastReplyAt { get; init; }

    /// <summary>Time between the two, by a clock that never jumps; zero before.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Requests in the first, second, … second after the first request; the last day of them.</summary>
    public required IReadOnlyList<int> RequestsBySecond { get; init; }
}
