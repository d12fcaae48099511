using Orchestration.Core.Spending;

namespace Orchestration.Silo.Gateway.Money;

/// <summary>
/// One payer's money for one purpose. Calls draw from a chunk that was reserved durably beforehand, so that most of them wait for no commit; what they do not use
/// goes back to it. A chunk is settled in the ledger when it is used up or some seconds old: killed before that, the whole of it is charged as unknown, which is
/// an upper bound of what was spent.
/// </summary>
internal sealed class BudgetLine(ISpendLedger ledger, string payer, SpendPurpose purpose, decimal? capUsd, TimeProvider time) : IDisposable
{
    /// <summary>After this the ledger is told what was spent.</summary>
    private static readonly TimeSpan OldestChunk = TimeSpan.FromSeconds(5);

    /// <summary>A chunk that lasts shorter than this was too small.</summary>
    private static readonly TimeSpan ShortestChunk = TimeSpan.FromSeconds(1);

    /// <summary>A chunk takes at most this share of a cap: what a killed process held is lost to the day.</summary>
    private const decimal MostOfCap = 0.02m;

    private const int MostGrowth = 1024;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _reserving = new(1);
    private readonly HashSet<Task> _settling = [];
    private BudgetChunk? _current;
    private int _growth = 8;
    private int _chunks;

    /// <summary>True where nothing is drawn from it and the ledger knows everything.</summary>
    public bool IsIdle
    {
        get { lock (_lock) return _chunks == 0 && _settling.Count == 0; }
    }

    /// <summary>Draws an amount; null where it does not fit under the cap.</summary>
    public ValueTask<BudgetDraw?> DrawAsync(decimal amountUsd, CancellationToken cancellationToken) =>
        TryDraw(amountUsd) is { } draw ? ValueTask.FromResult<BudgetDraw?>(draw) : ReserveAsync(amountUsd, cancellationToken);

    public void Settle(in BudgetDraw draw, int calls, decimal settledUsd, decimal unknownUsd)
    {
        lock (_lock)
        {
            var chunk = draw.Chunk;
            chunk.Calls += calls;
            chunk.SettledUsd += settledUsd;
            chunk.UnknownUsd += unknownUsd;
            chunk.Left += Math.Max(0, draw.AmountUsd - settledUsd - unknownUsd);
            chunk.Open--;
            if (chunk.IsRetired && chunk.Open == 0) Close(chunk);
        }
    }

    /// <summary>Tells the ledger of a chunk that is old, or of any.</summary>
    public void Retire(bool isOldOnly)
    {
        lock (_lock)
        {
            if (_current is not { } chunk || (isOldOnly && time.GetElapsedTime(chunk.OpenedAt) < OldestChunk)) return;
            Retire(chunk);
        }
    }

    /// <summary>Completes when the ledger knows all that was settled so far.</summary>
    public async Task FlushAsync()
    {
        while (true)
        {
            Task[] settling;
            lock (_lock) settling = [.. _settling];
            if (settling.Length == 0) return;
            await Task.WhenAll(settling);
        }
    }

    public void Dispose() => _reserving.Dispose();

    private BudgetDraw? TryDraw(decimal amountUsd)
    {
        lock (_lock)
        {
            if (_current is not { } chunk || chunk.Left < amountUsd || time.GetElapsedTime(chunk.OpenedAt) >= OldestChunk) return null;
            chunk.Left -= amountUsd;
            chunk.Open++;
            return new BudgetDraw(this, chunk, amountUsd);
        }
    }

    private async ValueTask<BudgetDraw?> ReserveAsync(decimal amountUsd, CancellationToken cancellationToken)
    {
        await _reserving.WaitAsync(cancellationToken);
        try
        {
            // Somebody who was before us may have brought enough.
            if (TryDraw(amountUsd) is { } draw) return draw;
            var size = NextSize(amountUsd);
            var reservation = await ledger.ReserveAsync(payer, purpose, size, cancellationToken);
            if (reservation is null)
            {
                // What lies unused here comes first; then exactly what is needed.
                Retire(isOldOnly: false);
                await FlushAsync();
                reservation = await ledger.ReserveAsync(payer, purpose, amountUsd, cancellationToken);
                if (reservation is null) return null;
            }

            var chunk = new BudgetChunk(reservation, time.GetTimestamp());
            lock (_lock)
            {
                if (_current is { } last) Retire(last);
                _current = chunk;
                _chunks++;
                chunk.Left -= amountUsd;
                chunk.Open++;
            }

            return new BudgetDraw(this, chunk, amountUsd);
        }
        finally
        {
            _reserving.Release();
        }
    }

    private decimal NextSize(decimal amountUsd)
    {
        lock (_lock)
        {
            if (_current is { } last) _growth = time.GetElapsedTime(last.OpenedAt) < ShortestChunk ? Math.Min(MostGrowth, _growth * 2) : Math.Max(8, _growth / 2);
        }

        var size = amountUsd * _growth;
        return capUsd is { } cap ? Math.Max(amountUsd, Math.Min(size, cap * MostOfCap)) : size;
    }

    private void Retire(BudgetChunk chunk)
    {
        if (_current == chunk) _current = null;
        if (chunk.IsRetired) return;
        chunk.IsRetired = true;
        if (chunk.Open == 0) Close(chunk);
    }

    private void Close(BudgetChunk chunk)
    {
        _chunks--;
        var settling = ledger.SettleAsync(chunk.Reservation, chunk.Calls, chunk.SettledUsd, chunk.UnknownUsd).AsTask();
        if (settling.IsCompletedSuccessfully) return;
        _settling.Add(settling);
        _ = settling.ContinueWith(
            ended =>
            {
                // Where the store failed the reservation stays as it is: charged in full. The failure is the store's to tell.
                _ = ended.Exception;
                lock (_lock) _settling.Remove(ended);
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
