namespace Orchestration.Core.Aggregation.Serving;

/// <summary>
/// Keeps the aggregators of a process up to date: looks at the change feed when the store announces something and several times a second, so that a swap made anywhere on the store takes effect within
/// one. Run by the host for as long as it serves.
/// </summary>
public sealed class AggregatorFeed
{
    /// <summary>How often the feed is looked at.</summary>
    public static readonly TimeSpan DefaultPoll = TimeSpan.FromMilliseconds(250);

    private readonly IAggregatorCatalog _catalog;
    private readonly Func<IReadOnlyCollection<Aggregator>> _hosted;
    private readonly TimeSpan _poll;
    private readonly Action<OrchestrationException>? _onFault;

    /// <summary>Creates it.</summary>
    /// <param name="catalog">Where settings live.</param>
    /// <param name="hosted">The aggregators of this process.</param>
    /// <param name="poll">How often; null for <see cref="DefaultPoll"/>.</param>
    /// <param name="onFault">Told of a change that could not be put into effect; what was in effect stays, and it is tried again at the next look.</param>
    public AggregatorFeed(
        IAggregatorCatalog catalog, Func<IReadOnlyCollection<Aggregator>> hosted, TimeSpan? poll = null, Action<OrchestrationException>? onFault = null)
    {
        _catalog = catalog;
        _hosted = hosted;
        _poll = poll ?? DefaultPoll;
        _onFault = onFault;
    }

    /// <summary>Looks until cancelled, then writes what is left of live comparisons.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long seen = 0;
        try
        {
            while (true)
            {
                try
                {
                    seen = await LookAsync(seen, cancellationToken);
                }
                catch (OrchestrationException fault)
                {
                    _onFault?.Invoke(fault);
                }

                await _catalog.WaitAsync(_poll, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            foreach (var aggregator in _hosted()) await aggregator.FlushAsync(CancellationToken.None);
        }
    }

    /// <summary>Looks once. Returns where to go on from; a change that failed is looked at again.</summary>
    public async ValueTask<long> LookAsync(long after, CancellationToken cancellationToken)
    {
        var changes = await _catalog.ChangesAsync(after, cancellationToken);
        foreach (var aggregator in _hosted())
        {
            if (changes.Names.Contains(aggregator.Name, StringComparer.Ordinal)) await aggregator.RefreshAsync(cancellationToken);
            await aggregator.FlushAsync(cancellationToken);
        }

        return changes.Through;
    }
}
