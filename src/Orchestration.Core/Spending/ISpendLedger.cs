namespace Orchestration.Core.Spending;

/// <summary>
/// The money of a store, shared by all its processes. A reservation (an upper bound) is written before a call and settled after it; one that is
/// never settled because its process died stays charged and is shown as unknown. So
/// settled ≤ the endpoint's own total ≤ settled + unknown ≤ cap.
/// </summary>
public interface ISpendLedger
{
    /// <summary>Sets a payer's cap in US dollars; null for none. Raising it lets a stopped sweep go on.</summary>
    ValueTask SetCapAsync(string payer, decimal? capUsd, CancellationToken cancellationToken);

    /// <summary>Reserves an amount durably, unless it would pass the payer's cap. Concurrent calls share a commit.</summary>
    /// <returns>The reservation, or null where it would pass the cap.</returns>
    ValueTask<SpendReservation?> ReserveAsync(string payer, decimal amountUsd, CancellationToken cancellationToken);

    /// <summary>Replaces a reservation by what the call cost. Takes no cancellation: money spent is written down. Settling twice counts once.</summary>
    /// <param name="reservation">What was reserved.</param>
    /// <param name="settledUsd">What is known to have been charged.</param>
    /// <param name="unknownUsd">What may have been charged without anybody knowing: attempts whose usage never arrived. 0 where every attempt answered.</param>
    ValueTask SettleAsync(SpendReservation reservation, decimal settledUsd, decimal unknownUsd);

    /// <summary>Where a payer stands. Reservations of processes that are no more count as unknown.</summary>
    ValueTask<SpendStatus> StatusAsync(string payer, CancellationToken cancellationToken);
}

/// <summary>An amount held for one call.</summary>
/// <param name="Id">Identity in the ledger.</param>
/// <param name="Payer">Who pays: a sweep's id.</param>
/// <param name="AmountUsd">Upper bound in US dollars.</param>
public sealed record SpendReservation(long Id, string Payer, decimal AmountUsd);

/// <summary>Where a payer stands, in US dollars.</summary>
/// <param name="SettledUsd">Known to be spent.</param>
/// <param name="ReservedUsd">Held for calls in flight of living processes.</param>
/// <param name="UnknownUsd">Charged at the reservation because usage never arrived.</param>
/// <param name="CapUsd">The cap; null for none.</param>
public sealed record SpendStatus(decimal SettledUsd, decimal ReservedUsd, decimal UnknownUsd, decimal? CapUsd);
