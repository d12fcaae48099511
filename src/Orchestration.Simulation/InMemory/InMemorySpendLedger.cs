using Orchestration.Core.Batches;
using Orchestration.Core.Spending;
using Orchestration.Simulation.Host;

namespace Orchestration.Simulation.InMemory;

/// <summary>Money as rows of memory.</summary>
internal sealed class SpendRows
{
    public Dictionary<string, Account> Accounts { get; } = new(StringComparer.Ordinal);

    public Dictionary<long, (SpendReservation Reservation, SpendPurpose Purpose, string Owner)> Open { get; } = [];

    public SortedDictionary<(string Payer, string Judge, string Deployment), SpendEntry> Entries { get; } = new(
        Comparer<(string Payer, string Judge, string Deployment)>.Create(static (a, b) =>
            string.CompareOrdinal(a.Payer, b.Payer) is var payer and not 0 ? payer
            : string.CompareOrdinal(a.Judge, b.Judge) is var judge and not 0 ? judge : string.CompareOrdinal(a.Deployment, b.Deployment)));

    public long Reservations { get; set; }

    public Account this[string payer] => Accounts.TryGetValue(payer, out var account) ? account : Accounts[payer] = new Account();

    public SpendReservation? Reserve(string payer, SpendPurpose purpose, decimal amountUsd, string owner, bool isCapped = true)
    {
        var account = this[payer];
        if (isCapped && account.Cap is { } cap && account.Settled + account.Unknown + account.Held + amountUsd > cap) return null;
        account.Held += amountUsd;
        var reservation = new SpendReservation(++Reservations, payer, amountUsd);
        Open.Add(reservation.Id, (reservation, purpose, owner));
        return reservation;
    }

    public bool Settle(long id, decimal settledUsd, decimal unknownUsd, IReadOnlyList<BatchShare>? byJudge = null, long calls = 1)
    {
        if (!Open.Remove(id, out var open)) return false;
        var account = this[open.Reservation.Payer];
        account.Held -= open.Reservation.AmountUsd;
        account.Settled += settledUsd;
        account.Unknown += unknownUsd;
        foreach (var share in byJudge ?? [new BatchShare(open.Purpose.Judge, calls, settledUsd, unknownUsd)])
        {
            var key = (open.Reservation.Payer, share.Judge, open.Purpose.Deployment);
            var entry = Entries.GetValueOrDefault(key) ?? new SpendEntry(open.Reservation.Payer, open.Purpose with { Judge = share.Judge }, 0, 0, 0);
            Entries[key] = entry with { Calls = entry.Calls + share.Calls, SettledUsd = entry.SettledUsd + share.SettledUsd, UnknownUsd = entry.UnknownUsd + share.UnknownUsd };
        }

        return true;
    }

    internal sealed class Account
    {
        public decimal? Cap { get; set; }

        public decimal Settled { get; set; }

        public decimal Unknown { get; set; }

        public decimal Held { get; set; }
    }
}

/// <inheritdoc/>
internal sealed class InMemorySpendLedger(InMemoryOwner owner) : ISpendLedger
{
    public async ValueTask SetCapAsync(string payer, decimal? capUsd, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(payer);
        if (capUsd is { } cap) ArgumentOutOfRangeException.ThrowIfNegative(cap, nameof(capUsd));
        await owner.StepAsync(data => data.Spending[payer].Cap = capUsd, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<SpendReservation?> ReserveAsync(string payer, SpendPurpose purpose, decimal amountUsd, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(payer);
        ArgumentOutOfRangeException.ThrowIfNegative(amountUsd);
        return await owner.StepAsync(
            data => data.Spending.Reserve(payer, purpose, amountUsd, owner.Owner, data.Planted != PlantedBug.CapIgnored),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask SettleAsync(SpendReservation reservation, long calls, decimal settledUsd, decimal unknownUsd)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        ArgumentOutOfRangeException.ThrowIfNegative(calls);
        ArgumentOutOfRangeException.ThrowIfNegative(settledUsd);
        ArgumentOutOfRangeException.ThrowIfNegative(unknownUsd);
        await owner.StepAsync(
            data =>
            {
                var isOpen = data.Spending.Settle(reservation.Id, settledUsd, data.Planted == PlantedBug.SettleWithoutUnknown ? 0 : unknownUsd, calls: calls);
                if (!isOpen && data.Planted == PlantedBug.SettleTwice) data.Spending[reservation.Payer].Settled += settledUsd;
                return isOpen;
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    public ValueTask<SpendStatus> StatusAsync(string payer, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(payer);
        return owner.StepAsync(
            data =>
            {
                var account = data.Spending[payer];
                var dead = data.Spending.Open.Values
                    .Where(open => string.Equals(open.Reservation.Payer, payer, StringComparison.Ordinal) && data.IsDead(open.Owner))
                    .Sum(static open => open.Reservation.AmountUsd);
                return new SpendStatus(account.Settled, account.Held - dead, account.Unknown + dead, account.Cap);
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<SpendEntry>> ListAsync(string? payer, CancellationToken cancellationToken) => owner.StepAsync<IReadOnlyList<SpendEntry>>(
        data =>
        {
            var entries = new SortedDictionary<(string Payer, string Judge, string Deployment), SpendEntry>(data.Spending.Entries, data.Spending.Entries.Comparer);
            foreach (var open in data.Spending.Open.Values.Where(open => data.IsDead(open.Owner)))
            {
                var key = (open.Reservation.Payer, open.Purpose.Judge, open.Purpose.Deployment);
                var entry = entries.GetValueOrDefault(key) ?? new SpendEntry(open.Reservation.Payer, open.Purpose, 0, 0, 0);
                entries[key] = entry with { UnknownUsd = entry.UnknownUsd + open.Reservation.AmountUsd };
            }

            return [.. entries.Values.Where(e => payer is null || e.Payer == payer)];
        },
        cancellationToken);
}
