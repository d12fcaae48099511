using System.Collections.Concurrent;

namespace Orchestration.Core.Aggregation.Serving;

/// <summary>
/// The aggregator actor. Predictions read one reference to an immutable snapshot and take no lock; a swap replaces that reference. A batch in flight
/// ends under the snapshot that it began with.
/// </summary>
public sealed class Aggregator : IAggregator
{
    private readonly IAggregatorCatalog _catalog;
    private readonly ConcurrentDictionary<string, LoadedVersion> _loaded = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Active, string Other), ComparisonTally> _tallies = [];
    private AggregatorSnapshot? _current;

    /// <summary>Creates it; nothing is read before the first use.</summary>
    public Aggregator(string name, IAggregatorCatalog catalog)
    {
        Name = name;
        _catalog = catalog;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The epoch of the setting in effect; −1 before the first use.</summary>
    public long Epoch => Volatile.Read(ref _current)?.Setting.Epoch ?? -1;

    /// <inheritdoc/>
    public async ValueTask<AggregatorReply> PredictAsync(AggregatorRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Version is { } pinned) return Alone(await LoadAsync(pinned, cancellationToken), request);
        if (Volatile.Read(ref _current) is null) await RefreshAsync(cancellationToken);
        return Predict(Volatile.Read(ref _current)!, request);
    }

    /// <summary>
    /// Reads the setting and puts it into effect, unless a newer one is already. Where it cannot be read or a version of it not be made, what was in effect stays.
    /// </summary>
    public async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        var setting = await _catalog.SettingAsync(Name, cancellationToken);
        if (Volatile.Read(ref _current) is { } known && known.Setting.Epoch >= setting.Epoch) return;
        var next = new AggregatorSnapshot(
            setting,
            await FindAsync(setting.Active, cancellationToken),
            await FindAsync(setting.Shadow, cancellationToken),
            await FindAsync(setting.Canary, cancellationToken));
        while (true)
        {
            var before = Volatile.Read(ref _current);
            if (before is not null && before.Setting.Epoch >= setting.Epoch) return;
            if (Interlocked.CompareExchange(ref _current, next, before) == before) return;
        }
    }

    /// <summary>Writes what has been learned of shadow and canary since the last time.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        foreach (var tally in _tallies.Values)
        {
            if (tally.Take() is not { } part) continue;
            try
            {
                await _catalog.AddComparisonAsync(Name, part, cancellationToken);
            }
            catch
            {
                tally.Add(part);
                throw;
            }
        }
    }

    private static AggregatorReply Refuse(string reason) => new() { Refusal = reason };

    private static AggregatorReply Alone(LoadedVersion version, AggregatorRequest request)
    {
        var binding = version.Bind(request.Columns);
        return binding.Refusal is { } refusal ? Refuse(refusal) : version.Score(binding, request);
    }

    private AggregatorReply Predict(AggregatorSnapshot snapshot, AggregatorRequest request)
    {
        if (snapshot.Active is not { } active)
            return Refuse($"No version of the aggregator '{Name}' is active. Train one with 'orchestrate train --name {Name}', or activate one that there is with 'orchestrate aggregator activate'.");
        var reply = Alone(active, request);
        if (reply.Refusal is not null) return reply;
        if (snapshot.Shadow is { } shadow && Alone(shadow, request) is { Refusal: null } beside)
            Tally(active, shadow).Add(active.Id, reply.Scores, shadow.Id, beside.Scores, []);
        return snapshot.Canary is { } canary && !request.Pairs.IsEmpty ? WithCanary(snapshot, active, canary, reply, request) : reply;
    }

    private AggregatorReply WithCanary(AggregatorSnapshot snapshot, LoadedVersion active, LoadedVersion canary, AggregatorReply reply, AggregatorRequest request)
    {
        var rows = new bool[reply.Scores.Length];
        var any = false;
        for (var row = 0; row < rows.Length; row++) any |= rows[row] = snapshot.IsCanary(request.Pairs.Span[row]);

        // Where the canary will not score these columns everything goes to the active version.
        if (!any || Alone(canary, request) is not { Refusal: null } tried) return reply;
        Tally(active, canary).Add(active.Id, reply.Scores, canary.Id, tried.Scores, rows);
        var versionOf = new byte[rows.Length];
        for (var row = 0; row < rows.Length; row++)
        {
            if (!rows[row]) continue;
            versionOf[row] = 1;
            reply.Scores[row] = tried.Scores[row];
            reply.Coverage[row] = tried.Coverage[row];
            if (reply.Lower.Length == 0) continue;
            reply.Lower[row] = tried.Lower.Length == 0 ? double.NaN : tried.Lower[row];
            reply.Upper[row] = tried.Upper.Length == 0 ? double.NaN : tried.Upper[row];
        }

        return reply with { Versions = [active.Id, canary.Id], VersionOf = versionOf };
    }

    private ComparisonTally Tally(LoadedVersion active, LoadedVersion other) => _tallies.GetOrAdd((active.Id, other.Id), static _ => new ComparisonTally());

    private async ValueTask<LoadedVersion?> FindAsync(string? id, CancellationToken cancellationToken) =>
        id is null ? null : await LoadAsync(id, cancellationToken);

    private async ValueTask<LoadedVersion> LoadAsync(string id, CancellationToken cancellationToken)
    {
        if (_loaded.TryGetValue(id, out var known)) return known;
        var stored = await _catalog.FindAsync(id, Name, cancellationToken)
            ?? throw new OrchestrationException(ErrorCodes.NotFound, $"The aggregator '{Name}' has no version {Versions.AggregatorVersion.Short(id)} in this store. Import it, or name one of 'orchestrate aggregator list {Name}'.");
        return _loaded.GetOrAdd(id, LoadedVersion.Load(stored));
    }
}
