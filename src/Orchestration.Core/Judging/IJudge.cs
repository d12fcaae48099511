using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging;

/// <summary>
/// The judge actor: its own rate limit, its cache (judgments by content address) and single-flight. Reached through <see cref="IActors"/>.
/// An instance is safe for concurrent use; a second owner of the same id does no harm, because judgments are immutable and the first writer wins.
/// </summary>
public interface IJudge
{
    /// <summary>What is fixed of this judge.</summary>
    JudgeDescriptor Descriptor { get; }

    /// <summary>
    /// How many requests of one item are usefully in flight at once: the concurrency of the judge's deployment. 0 for a judge that
    /// computes, which takes whole batches at a time instead.
    /// </summary>
    int Concurrency { get; }

    /// <summary>Scores pairs. A judge that compares directly refuses this with <see cref="NotSupportedException"/>.</summary>
    /// <param name="request">The pairs, with deadline and who pays.</param>
    /// <param name="cancellationToken">
    /// Stops before the next call is started; a call already sent is awaited, because its reply is paid for and belongs in the store.
    /// </param>
    ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken);

    /// <summary>
    /// Compares the two answers of each comparison in the order given, and in no other: the caller asks again with
    /// <see cref="Comparison.Swapped"/>. A judge that scores refuses this with <see cref="NotSupportedException"/>: the caller compares its scores.
    /// </summary>
    /// <inheritdoc cref="JudgeAsync" path="/param"/>
    ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken);
}

/// <summary>A batch for one judge. Immutable.</summary>
/// <typeparam name="T"><see cref="Pair"/> or <see cref="Comparison"/>.</typeparam>
public sealed record JudgeRequest<T>
{
    /// <summary>What is to be judged, in order.</summary>
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>Whose budget pays: a sweep's id, or null where nobody keeps a cap.</summary>
    public string? Payer { get; init; }

    /// <summary>When the answer is of no more use (served requests). Sweeps have none.</summary>
    public DateTimeOffset? Deadline { get; init; }
}

/// <summary>What a judge said of a batch. Immutable.</summary>
public sealed record JudgeReply
{
    /// <summary>Items × dimensions, item after item, in the order of the request and of the judge's dimensions.</summary>
    public required IReadOnlyList<Judgment> Judgments { get; init; }

    /// <summary>What making them took; judgments found in the store cost nothing here.</summary>
    public CallTotals Totals { get; init; } = CallTotals.None;

    /// <summary>How many of the items were answered from the store.</summary>
    public int FromStore { get; init; }
}

/// <summary>What calls took, added up.</summary>
/// <param name="Calls">Exchanges with the endpoint whose reply arrived whole, first attempts and repeated ones.</param>
/// <param name="Failures">Attempts that brought no reply: resets, timeouts, 429 and 5xx.</param>
/// <param name="Usage">Tokens as the endpoint counted them.</param>
/// <param name="CostUsd">US dollars at the deployment's configured prices; 0 where it has none.</param>
public readonly record struct CallTotals(long Calls, long Failures, TokenUsage Usage, decimal CostUsd)
{
    /// <summary>Nothing was called.</summary>
    public static CallTotals None => default;

    /// <summary>Calls made again because the outcome of an earlier one was lost, which may have been charged. Not stored with judgments.</summary>
    public long Repaid { get; init; }

    /// <summary>The sum of two.</summary>
    public static CallTotals operator +(CallTotals left, CallTotals right) =>
        new(left.Calls + right.Calls, left.Failures + right.Failures, left.Usage + right.Usage, left.CostUsd + right.CostUsd) { Repaid = left.Repaid + right.Repaid };
}

/// <summary>Tokens of one call or many.</summary>
/// <param name="Input">Prompt tokens, cached ones included.</param>
/// <param name="CachedInput">Prompt tokens that the provider served from its cache.</param>
/// <param name="Output">Completion tokens, reasoning included.</param>
/// <param name="Reasoning">Completion tokens spent on hidden reasoning.</param>
public readonly record struct TokenUsage(long Input, long CachedInput, long Output, long Reasoning)
{
    /// <summary>The sum of two.</summary>
    public static TokenUsage operator +(TokenUsage left, TokenUsage right) =>
        new(left.Input + right.Input, left.CachedInput + right.CachedInput, left.Output + right.Output, left.Reasoning + right.Reasoning);
}
