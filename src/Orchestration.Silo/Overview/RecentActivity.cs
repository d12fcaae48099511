using Orchestration.Core;
using Orchestration.Silo.Hosting;

namespace Orchestration.Silo.Overview;

/// <summary>
/// What the whole store was doing over the last hour: the ledger's and the router's sums, looked at every half minute and kept in memory, because they have no times in them. Figures per hour are differences of two looks.
/// Safe for concurrent use.
/// </summary>
/// <param name="state">The silo.</param>
internal sealed class RecentActivity(SiloState state)
{
    /// <summary>How often sums are looked at.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromSeconds(30);

    private const int Most = 121;

    private readonly Lock _lock = new();
    private readonly List<Look> _looks = [];

    /// <summary>The looks of the last hour, oldest first.</summary>
    public IReadOnlyList<Look> Looks
    {
        get { lock (_lock) return [.. _looks]; }
    }

    /// <summary>Looks every half minute until told to stop.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(Pace, state.Options.Time);
            do
            {
                try
                {
                    var look = await TakeAsync(cancellationToken);
                    lock (_lock)
                    {
                        _looks.Add(look);
                        if (_looks.Count > Most) _looks.RemoveAt(0);
                    }
                }
                catch (OrchestrationException e) when (e.Code == ErrorCodes.Store)
                {
                    // Whoever needs the store says so; there is a gap in the hour.
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo ends.
        }
    }

    /// <summary>Looks now.</summary>
    public async Task<Look> TakeAsync(CancellationToken cancellationToken)
    {
        var now = state.Options.Time.GetUtcNow();
        var spent = new Dictionary<string, decimal>(StringComparer.Ordinal);
        var calls = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var entry in await state.Store.Spending.ListAsync(null, cancellationToken))
        {
            // A routed call of a key is on the key's account and on the router's; one without a key is on the router's alone.
            if (entry.Purpose.Deployment.Length == 0 || (!state.Options.IsOpen && entry.Payer.StartsWith(Gateway.Gateway.RouterPayer, StringComparison.Ordinal))) continue;
            spent[entry.Purpose.Deployment] = spent.GetValueOrDefault(entry.Purpose.Deployment) + entry.SettledUsd + entry.UnknownUsd;
            calls[entry.Purpose.Deployment] = calls.GetValueOrDefault(entry.Purpose.Deployment) + entry.Calls;
        }

        var totals = await state.Store.Routing.TotalsAsync(DateOnly.FromDateTime(now.UtcDateTime).AddDays(-1), cancellationToken);
        return new Look(now, spent, calls, totals.Sum(static t => t.Routes), totals.Sum(static t => t.Failed), totals.Sum(static t => t.CostUsd), DateOnly.FromDateTime(now.UtcDateTime));
    }
}

/// <summary>Sums at one moment.</summary>
/// <param name="At">When.</param>
/// <param name="SpentUsd">By deployment, since the beginning.</param>
/// <param name="Calls">By deployment, since the beginning.</param>
/// <param name="Routes">Routed since the beginning of yesterday.</param>
/// <param name="Failed">Of these, without an answer.</param>
/// <param name="RoutesUsd">What they cost.</param>
/// <param name="Day">Today: routes of two looks on different days are not compared.</param>
internal sealed record Look(
    DateTimeOffset At, IReadOnlyDictionary<string, decimal> SpentUsd, IReadOnlyDictionary<string, long> Calls, long Routes, long Failed, decimal RoutesUsd, DateOnly Day);
