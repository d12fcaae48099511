using System.Collections.Concurrent;
using System.Globalization;
using Orchestration.Core.Spending;

namespace Orchestration.Silo.Gateway.Money;

/// <summary>Who pays for a request, and how much a day at most.</summary>
/// <param name="Name">The payer without its date: <c>router</c>, <c>key:ID</c>.</param>
/// <param name="UsdPerDay">US dollars a day (UTC); null for no cap.</param>
internal readonly record struct BudgetPayer(string Name, decimal? UsdPerDay)
{
    /// <summary>The payer of a key.</summary>
    /// <param name="id">The key's id.</param>
    /// <param name="usdPerDay">Its budget a day.</param>
    public static BudgetPayer OfKey(string id, decimal? usdPerDay) => new("key:" + id, usdPerDay);
}

/// <summary>
/// The budgets of served requests: each call draws its upper bound from every payer's day before it is sent and settles after it. The ledger of the store has the caps, so that
/// they hold for all silos together. A day ends at midnight, UTC; a call belongs to the day on which it was drawn.
/// </summary>
internal sealed class Budgets(ISpendLedger ledger, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Account, bool> _former = new();
    private readonly SemaphoreSlim _opening = new(1);

    /// <summary>Draws from all payers, or from none.</summary>
    /// <param name="payers">Who pays; each pays the whole.</param>
    /// <param name="purpose">What for.</param>
    /// <param name="amountUsd">Upper bound of the call.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BudgetReachedException">It does not fit under the cap of one of them.</exception>
    public async ValueTask<BudgetDraws> DrawAsync(IReadOnlyList<BudgetPayer> payers, SpendPurpose purpose, decimal amountUsd, CancellationToken cancellationToken)
    {
        var draws = new BudgetDraws();
        try
        {
            for (var i = 0; i < payers.Count; i++)
            {
                var account = await AccountAsync(payers[i], cancellationToken);
                if (await account.Line(purpose).DrawAsync(amountUsd, cancellationToken) is not { } draw) throw new BudgetReachedException(payers[i], amountUsd, UntilTomorrow());
                draws.Add(draw);
            }
        }
        catch
        {
            draws.GiveBack();
            throw;
        }

        return draws;
    }

    /// <summary>The payer of today, as the ledger calls him.</summary>
    public string Today(string payer) => $"{payer}:{time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}";

    /// <summary>The payer of today as the ledger calls him, with his cap in force: for calls that are reserved one by one.</summary>
    /// <param name="payer">Who pays.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<string> PayerAsync(BudgetPayer payer, CancellationToken cancellationToken) => (await AccountAsync(payer, cancellationToken)).Payer;

    /// <summary>Tells the ledger of what has not changed for some seconds, and forgets days that are over.</summary>
    public void Tend()
    {
        var today = Day();
        foreach (var (name, account) in _accounts)
        {
            account.Retire(isOldOnly: account.Day == today);
            if (account.Day != today && account.IsIdle) _accounts.TryRemove(KeyValuePair.Create(name, account));
        }

        foreach (var account in _former.Keys)
        {
            if (account.IsIdle) _former.TryRemove(account, out _);
        }
    }

    /// <summary>Tells the ledger everything.</summary>
    public async Task FlushAsync()
    {
        foreach (var account in _accounts.Values.Concat(_former.Keys))
        {
            account.Retire(isOldOnly: false);
            await account.FlushAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await FlushAsync();
        _opening.Dispose();
    }

    private ValueTask<Account> AccountAsync(in BudgetPayer payer, CancellationToken cancellationToken) =>
        _accounts.TryGetValue(payer.Name, out var account) && account.Day == Day() && account.CapUsd == payer.UsdPerDay
            ? ValueTask.FromResult(account)
            : OpenAsync(payer, cancellationToken);

    private async ValueTask<Account> OpenAsync(BudgetPayer payer, CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            var day = Day();
            _accounts.TryGetValue(payer.Name, out var last);
            if (last is not null && last.Day == day && last.CapUsd == payer.UsdPerDay) return last;
            if (last is not null)
            {
                last.Retire(isOldOnly: false);
                _former[last] = true;
            }

            var name = Today(payer.Name);
            if (payer.UsdPerDay is not null || last?.Day == day) await ledger.SetCapAsync(name, payer.UsdPerDay, cancellationToken);
            var account = new Account(ledger, name, day, payer.UsdPerDay, time);
            _accounts[payer.Name] = account;
            return account;
        }
        finally
        {
            _opening.Release();
        }
    }

    private int Day() => (int)(time.GetUtcNow().UtcTicks / TimeSpan.TicksPerDay);

    private TimeSpan UntilTomorrow() => TimeSpan.FromDays(1) - time.GetUtcNow().UtcDateTime.TimeOfDay;

    /// <summary>One payer's day.</summary>
    private sealed class Account(ISpendLedger ledger, string payer, int day, decimal? capUsd, TimeProvider time)
    {
        private readonly ConcurrentDictionary<SpendPurpose, BudgetLine> _lines = new();

        public int Day => day;

        public string Payer => payer;

        public decimal? CapUsd => capUsd;

        public bool IsIdle => _lines.Values.All(static line => line.IsIdle);

        public BudgetLine Line(SpendPurpose purpose) =>
            _lines.TryGetValue(purpose, out var line) ? line : _lines.GetOrAdd(purpose, key => new BudgetLine(ledger, payer, key, capUsd, time));

        public void Retire(bool isOldOnly)
        {
            foreach (var line in _lines.Values) line.Retire(isOldOnly);
        }

        public async Task FlushAsync()
        {
            foreach (var line in _lines.Values) await line.FlushAsync();
        }
    }
}

/// <summary>What one call drew from its payers. Settled once.</summary>
internal sealed class BudgetDraws
{
    private BudgetDraw? _first;
    private BudgetDraw? _second;
    private int _isSettled;

    public void Add(in BudgetDraw draw)
    {
        if (_first is null) _first = draw;
        else if (_second is null) _second = draw;
        else throw new InvalidOperationException("A call has at most two payers.");
    }

    /// <summary>Says what the call came to.</summary>
    public void Settle(decimal settledUsd, decimal unknownUsd) => Settle(1, settledUsd, unknownUsd);

    /// <summary>No call is made.</summary>
    public void GiveBack() => Settle(0, 0, 0);

    private void Settle(int calls, decimal settledUsd, decimal unknownUsd)
    {
        if (Interlocked.Exchange(ref _isSettled, 1) != 0) return;
        _first?.Settle(calls, settledUsd, unknownUsd);
        _second?.Settle(calls, settledUsd, unknownUsd);
    }
}

/// <summary>A call does not fit under a day's budget any more.</summary>
internal sealed class BudgetReachedException(BudgetPayer payer, decimal amountUsd, TimeSpan untilTomorrow)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"The call may cost {amountUsd:0.######} USD, which no longer fits under today's budget of '{payer.Name}' ({payer.UsdPerDay:0.######} USD)."))
{
    public BudgetPayer Payer { get; } = payer;

    public decimal AmountUsd { get; } = amountUsd;

    public TimeSpan RetryAfter { get; } = untilTomorrow;
}
