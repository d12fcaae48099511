using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Spending;

namespace Orchestration.Core.Judging.Purchases;

/// <summary>What came of asking for one address: values or a reason, never both.</summary>
internal sealed record Purchase
{
    /// <summary>One value per dimension, as the store holds them; null where there is a reason.</summary>
    public IReadOnlyList<double>? Values { get; init; }

    /// <summary>Why there are no values.</summary>
    public string? Reason { get; init; }

    /// <summary>The words of the judgment just bought; null where it was stored already. What the store holds is another's where he was first.</summary>
    public string? Rationale { get; init; }

    /// <summary>What buying took.</summary>
    public CallTotals Totals { get; init; }

    /// <summary>True where the values cost nothing now: they were stored, or somebody else was buying them.</summary>
    public bool IsFromStore { get; init; }

    /// <summary>True where the outcome comes from the deadline of who asked, so that it is none for others who wait for the same address.</summary>
    public bool IsLate { get; init; }
}

/// <summary>What a seller made of one address.</summary>
/// <param name="Values">One value per dimension, finite; null where there is a reason.</param>
/// <param name="Reason">One of <see cref="UnscoredReason"/>; null where there are values.</param>
/// <param name="Detail">What else was said; its totals are what all calls took.</param>
/// <param name="IsLate">See <see cref="Purchase"/>.</param>
internal readonly record struct Sale(double[]? Values, string? Reason, JudgmentDetail Detail, bool IsLate = false)
{
    /// <summary>
    /// The settlement of the last call, under way; null where everything is settled. It is awaited with the storing of the judgment, so that
    /// both can be in one commit: what is lost by a kill is what was said and not yet written.
    /// </summary>
    public Task? Settling { get; init; }
}

/// <summary>Makes the calls behind one address.</summary>
internal interface ISeller
{
    /// <summary>The deployment that is called.</summary>
    string Deployment { get; }

    /// <summary>Calls that the deployment takes at once.</summary>
    int Concurrency { get; }

    /// <summary>Asks as often as it takes.</summary>
    /// <param name="terms">Reserves and settles each call, and knows when it is too late for one.</param>
    /// <param name="cancellationToken">Stops before the next call.</param>
    ValueTask<Sale> SellAsync(PurchaseTerms terms, CancellationToken cancellationToken);
}

/// <summary>On whose account and until when calls are made.</summary>
internal sealed class PurchaseTerms(SpendGate? gate, string? payer, DateTimeOffset? deadline, TimeProvider time)
{
    /// <summary>Who pays; null where nobody keeps account.</summary>
    public string? Payer => payer;

    /// <summary>True where no further call is worth starting.</summary>
    public bool IsLate => deadline is { } end && time.GetUtcNow() >= end;

    /// <summary>True where calls have to be reserved: somebody pays and there is a ledger.</summary>
    public bool KeepsAccount => gate is not null && payer is not null;

    /// <summary>On whose behalf a judge's calls are made.</summary>
    public CallOrigin OriginOf(string judgeId) => new(payer ?? "", judgeId);

    /// <summary>Reserves the upper bound of a call; null where nobody keeps account or no price is known.</summary>
    /// <exception cref="SpendCapReachedException">It does not fit under the payer's cap.</exception>
    public async ValueTask<SpendReservation?> ReserveAsync(SpendPurpose purpose, decimal? boundUsd, CancellationToken cancellationToken) =>
        gate is not null && payer is not null && boundUsd is { } bound ? await gate.ReserveAsync(payer, purpose, bound, cancellationToken) : null;

    /// <summary>Settles it.</summary>
    public ValueTask SettleAsync(SpendReservation? reservation, decimal settledUsd, decimal unknownUsd) =>
        reservation is null ? ValueTask.CompletedTask : gate!.SettleAsync(reservation, settledUsd, unknownUsd);
}
