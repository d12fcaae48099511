using Orchestration.Core.Spending;

namespace Orchestration.Silo.Gateway.Money;

/// <summary>A reservation of the ledger from which many calls draw. Changed under its line's lock alone.</summary>
internal sealed class BudgetChunk(SpendReservation reservation, long openedAt)
{
    public SpendReservation Reservation { get; } = reservation;

    public long OpenedAt { get; } = openedAt;

    /// <summary>Not drawn, or given back.</summary>
    public decimal Left { get; set; } = reservation.AmountUsd;

    /// <summary>Calls that were settled.</summary>
    public long Calls { get; set; }

    public decimal SettledUsd { get; set; }

    public decimal UnknownUsd { get; set; }

    /// <summary>Draws that are not settled.</summary>
    public int Open { get; set; }

    /// <summary>True where nobody draws from it any more: it is settled with its last draw.</summary>
    public bool IsRetired { get; set; }
}

/// <summary>An amount drawn for one call, an upper bound.</summary>
internal readonly record struct BudgetDraw(BudgetLine Line, BudgetChunk Chunk, decimal AmountUsd)
{
    /// <summary>Says what the call came to, once, or that there was none; the rest goes back.</summary>
    public void Settle(int calls, decimal settledUsd, decimal unknownUsd) => Line.Settle(this, calls, settledUsd, unknownUsd);
}
