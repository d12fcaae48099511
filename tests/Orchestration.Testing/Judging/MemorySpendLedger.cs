using Orchestration.Core.Spending;

namespace Orchestration.Testing.Judging;

/// <summary>A spend ledger in memory. Fails the test that settles a reservation above its amount.</summary>
public sealed class MemorySpendLedger : ISpendLedger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (decimal Settled, decimal Unknown, decimal? Cap)> _payers = [];
    private readonly Dictionary<long, (SpendReservation Reservation, SpendPurpose Purpose)> _open = [];
    private readonly Dictionary<(string Payer, SpendPurpose Purpose), SpendEntry> _entries = [];
    private long _next;

    /// <summary>How often something was reserved with success.</summary>
    public int Reservations { get; private set; }

    /// <summary>How often a reservation was refused.</summary>
    public int Refusals { get; private set; }

    /// <summary>The most that stood settled, reserved and unknown together.</summary>
    public decimal MostUsd { get; private set; }

    public ValueTask SetCapAsync(string payer, decimal? capUsd, CancellationToken cancellationToken)
    {
        lock (_lock) _payers[payer] = _payers.GetValueOrDefault(payer) with { Cap = capUsd };
        return ValueTask.CompletedTask;
    }

    public ValueTask<SpendReservation?> ReserveAsync(string payer, SpendPurpose purpose, decimal amountUsd, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            var total = Total(payer) + amountUsd;
            if (_payers.GetValueOrDefault(payer).Cap is { } cap && total > cap)
            {
                Refusals++;
                return ValueTask.FromResult<SpendReservation?>(null);
            }

            MostUsd = Math.Max(MostUsd, total);
            Reservations++;
            var reservation = new SpendReservation(++_next, payer, amountUsd);
            _open[reservation.Id] = (reservation, purpose);
            return ValueTask.FromResult<SpendReservation?>(reservation);
        }
    }

    public ValueTask SettleAsync(SpendReservation reservation, long calls, decimal settledUsd, decimal unknownUsd)
    {
        lock (_lock)
        {
            if (!_open.Remove(reservation.Id, out var open)) return ValueTask.CompletedTask;
            if (settledUsd + unknownUsd > reservation.AmountUsd)
                throw new InvalidOperationException($"{settledUsd} settled and {unknownUsd} unknown of a reservation of {reservation.AmountUsd}.");
            var payer = _payers.GetValueOrDefault(reservation.Payer);
            var entry = _entries.GetValueOrDefault((reservation.Payer, open.Purpose)) ?? new SpendEntry(reservation.Payer, open.Purpose, 0, 0, 0);
            _entries[(reservation.Payer, open.Purpose)] = entry with { Calls = entry.Calls + calls, SettledUsd = entry.SettledUsd + settledUsd, UnknownUsd = entry.UnknownUsd + unknownUsd };
            _payers[reservation.Payer] = payer with { Settled = payer.Settled + settledUsd, Unknown = payer.Unknown + unknownUsd };
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<SpendStatus> StatusAsync(string payer, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var known = _payers.GetValueOrDefault(payer);
            return ValueTask.FromResult(new SpendStatus(known.Settled, Total(payer) - known.Settled - known.Unknown, known.Unknown, known.Cap));
        }
    }

    public ValueTask<IReadOnlyList<SpendEntry>> ListAsync(string? payer, CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult<IReadOnlyList<SpendEntry>>([.. _entries.Values.Where(e => payer is null || e.Payer == payer)]);
    }

    private decimal Total(string payer)
    {
        var known = _payers.GetValueOrDefault(payer);
        return known.Settled + known.Unknown + _open.Values.Where(r => r.Reservation.Payer == payer).Sum(r => r.Reservation.AmountUsd);
    }
}
