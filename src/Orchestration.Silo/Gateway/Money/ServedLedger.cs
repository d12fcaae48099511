using System.Collections.Concurrent;
using Orchestration.Core.Spending;

namespace Orchestration.Silo.Gateway.Money;

/// <summary>
/// The ledger as judges see it that are asked while a client waits: what they pay as the payer of a request is drawn from the same budgets as the experts' calls. All other payers
/// are the store's own.
/// </summary>
internal sealed class ServedLedger(ISpendLedger inner, Budgets budgets) : ISpendLedger
{
    /// <summary>What no payer of the store begins with.</summary>
    private const string Prefix = "served/";

    private readonly ConcurrentDictionary<string, IReadOnlyList<BudgetPayer>> _payers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, BudgetDraws> _open = new();
    private long _last;

    /// <summary>The payer under whose name judges of a key's requests are asked.</summary>
    public string PayerOf(string key, IReadOnlyList<BudgetPayer> payers)
    {
        var name = Prefix + key;
        _payers[name] = payers;
        return name;
    }

    public ValueTask SetCapAsync(string payer, decimal? capUsd, CancellationToken cancellationToken) => inner.SetCapAsync(payer, capUsd, cancellationToken);

    public async ValueTask<SpendReservation?> ReserveAsync(string payer, SpendPurpose purpose, decimal amountUsd, CancellationToken cancellationToken)
    {
        if (!_payers.TryGetValue(payer, out var payers)) return await inner.ReserveAsync(payer, purpose, amountUsd, cancellationToken);
        try
        {
            var draws = await budgets.DrawAsync(payers, purpose, amountUsd, cancellationToken);

            // Below zero, where the store has no ids.
            var id = Interlocked.Decrement(ref _last);
            _open[id] = draws;
            return new SpendReservation(id, payer, amountUsd);
        }
        catch (BudgetReachedException)
        {
            return null;
        }
    }

    public ValueTask SettleAsync(SpendReservation reservation, long calls, decimal settledUsd, decimal unknownUsd)
    {
        if (reservation.Id >= 0) return inner.SettleAsync(reservation, calls, settledUsd, unknownUsd);
        if (_open.TryRemove(reservation.Id, out var draws)) draws.Settle(settledUsd, unknownUsd);
        return ValueTask.CompletedTask;
    }

    /// <summary>Of a request's payer that there is nothing left: it is asked for after a refusal alone, and nobody who is waited for waits for money.</summary>
    public ValueTask<SpendStatus> StatusAsync(string payer, CancellationToken cancellationToken) =>
        _payers.ContainsKey(payer) ? ValueTask.FromResult(new SpendStatus(0, 0, 0, 0)) : inner.StatusAsync(payer, cancellationToken);

    public ValueTask<IReadOnlyList<SpendEntry>> ListAsync(string? payer, CancellationToken cancellationToken) => inner.ListAsync(payer, cancellationToken);
}
