namespace Orchestration.Core.Judging.Llm;

/// <summary>What a reply says: one value for each dimension (a comparison: 1, 0 or −1), or the reason why it cannot be read.</summary>
/// <param name="Values">The values, all finite and on their scales; null where there is a reason.</param>
/// <param name="Rationale">The model's own words around the values, where it gave any.</param>
/// <param name="Reason">One of <see cref="UnscoredReason"/>; null where there are values.</param>
internal readonly record struct ReadOutcome(double[]? Values, string? Rationale, string? Reason)
{
    /// <summary>True where a comparison's reply ended without any verdict at all, so that the model can be asked to go on.</summary>
    public bool CanContinue { get; init; }

    /// <summary>Criteria whose points were voided: their ids, a blank between them; null for none.</summary>
    public string? Voided { get; init; }

    /// <summary>A reply that was read.</summary>
    public static ReadOutcome Of(double[] values, ReadOnlySpan<char> rationale)
    {
        var words = rationale.Trim();
        return new ReadOutcome(values, words.IsEmpty ? null : words.ToString(), null);
    }

    /// <summary>No well-formed answer in the place where it belongs.</summary>
    public static ReadOutcome Unreadable { get; } = new(null, null, UnscoredReason.Unreadable);

    /// <summary>A well-formed answer outside the scale.</summary>
    public static ReadOutcome OffScale { get; } = new(null, null, UnscoredReason.OffScale);
}
