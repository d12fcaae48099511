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
    /// <param name="payer">Who pays.</param>
    /// <param name="purpose">What for: only a label, for reports.</param>
    /// <param name="amountUsd">Upper bound in US dollars.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The reservation, or null where it would pass the cap.</returns>
    ValueTask<SpendReservation?> ReserveAsync(string payer, SpendPurpose purpose, decimal amountUsd, CancellationToken cancellationToken);

    /// <summary>Replaces a reservation by what its calls cost. Takes no cancellation: money spent is written down. Settling twice counts once.</summary>
    /// <param name="reservation">What was reserved.</param>
    /// <param name="calls">How many calls it was for; 0 or more.</param>
    /// <param name="settledUsd">What is known to have been charged.</param>
    /// <param name="unknownUsd">What may have been charged without anybody knowing: attempts whose usage never arrived. 0 where every attempt answered.</param>
    ValueTask SettleAsync(SpendReservation reservation, long calls, decimal settledUsd, decimal unknownUsd);

    /// <summary>Where a payer stands. Reservations of processes that are no more count as unknown.</summary>
    ValueTask<SpendStatus> StatusAsync(string payer, CancellationToken cancellationToken);

    /// <summary>What was spent, by payer and purpose, in ordinal order of payer, judge and deployment.</summary>
    /// <param name="payer">One payer; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<SpendEntry>> ListAsync(string? payer, CancellationToken cancellationToken);
}

/// <summary>The ledger's calls in short.</summary>
public static class SpendLedgerExtensions
{
    /// <summary>Reserves for no stated purpose.</summary>
    public static ValueTask<SpendReservation?> ReserveAsync(this ISpendLedger ledger, string payer, decimal amountUsd, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        return ledger.ReserveAsync(payer, SpendPurpose.None, amountUsd, cancellationToken);
    }

    /// <summary>Settles what was reserved for one call.</summary>
    public static ValueTask SettleAsync(this ISpendLedger ledger, SpendReservation reservation, decimal settledUsd, decimal unknownUsd)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        return ledger.SettleAsync(reservation, 1, settledUsd, unknownUsd);
    }
}

/// <summary>What money is spent for.</summary>
/// <param name="Judge">The judge's id; empty where no judge asks.</param>
/// <param name="Deployment">The deployment's name; empty where none is called.</param>
public readonly record struct SpendPurpose(string Judge, string Deployment)
{
    /// <summary>Nothing stated.</summary>
    public static SpendPurpose None => new("", "");
}

/// <summary>What one payer spent for one purpose, in US dollars.</summary>
/// <param name="Payer">Who paid.</param>
/// <param name="Purpose">What for.</param>
/// <param name="Calls">Calls settled, each with all its attempts.</param>
/// <param name="SettledUsd">Known to be spent.</param>
/// <param name="UnknownUsd">Charged at the reservation because usage never arrived, calls of processes that are no more among it.</param>
public sealed record SpendEntry(string Payer, SpendPurpose Purpose, long Calls, decimal SettledUsd, decimal UnknownUsd);

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
