using System.Collections.Concurrent;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Leases;
using Orchestration.Core.Sweeps;
using Orchestration.Orleans.Contracts;
using Orleans;
using Orleans.Runtime;

namespace Orchestration.Orleans.Hosting;

/// <summary>The judges of a silo, each kept to the share of its limit that the judge's grain leased to this silo. Leases of judges in use are renewed; those of idle ones run out.</summary>
internal sealed class SiloJudges(SiloParts parts)
{
    private readonly ConcurrentDictionary<string, Lazy<IJudge>> _own = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<IJudge>> _leased = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, JudgePlaces> _places = new(StringComparer.Ordinal);
    private Cluster? _cluster;

    /// <summary>A judge as this silo makes it, without a lease: for its grain.</summary>
    /// <exception cref="Core.OrchestrationException">No judge has this id.</exception>
    public IJudge Own(string id) => _own.GetOrAdd(id, key => new Lazy<IJudge>(() => Make(key))).Value;

    /// <summary>A judge of this silo that keeps to its lease.</summary>
    public IJudge Leased(string id) => _leased.GetOrAdd(id, key => new Lazy<IJudge>(() => Leased(Own(key)))).Value;

    /// <summary>The judges of a stored sweep, as it fixed them. They share the places of their ids with those of other sweeps.</summary>
    public IReadOnlyList<IJudge> Rebuild(SweepRecord sweep) => [.. parts.FromCatalog(catalog => catalog.Rebuild(sweep)).Select(Leased)];

    /// <summary>The places at a judge; null where this silo has none.</summary>
    public JudgePlaces? PlacesAt(string id) => _places.GetValueOrDefault(id);

    /// <summary>From now on shares are leased.</summary>
    /// <param name="grains">The cluster.</param>
    /// <param name="holder">This silo's name in leases.</param>
    public void Join(IGrainFactory grains, string holder)
    {
        Volatile.Write(ref _cluster, new Cluster(grains, holder));
        foreach (var id in _places.Keys) _ = AskAsync(id);
    }

    /// <summary>Renews the leases of judges in use at a third of their length, until cancelled.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        var lease = parts.Options.JudgeLease;
        using var timer = new PeriodicTimer(lease / 3, parts.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                await Task.WhenAll(_places.Where(places => places.Value.Idle < lease).Select(places => AskAsync(places.Key)));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo leaves.
        }
    }

    /// <summary>Gives all shares back.</summary>
    public async Task LeaveAsync()
    {
        if (Interlocked.Exchange(ref _cluster, null) is not { } cluster) return;
        foreach (var id in _places.Keys) await TryAsync(() => cluster.Grains.GetGrain<IJudgeGrain>(id).ReleaseAsync(cluster.Holder));
    }

    private IJudge Leased(IJudge judge)
    {
        // What computes is not limited and needs no lease.
        if (judge.Concurrency == 0) return judge;
        var isNew = false;
        var places = _places.GetOrAdd(judge.Descriptor.Id, _ =>
        {
            isNew = true;
            return new JudgePlaces(parts.Time);
        });
        if (isNew) _ = AskAsync(judge.Descriptor.Id);
        return new LeasedJudge(judge, places);
    }

    private Task AskAsync(string id)
    {
        if (Volatile.Read(ref _cluster) is not { } cluster) return Task.CompletedTask;
        return Task.Run(() => TryAsync(async () =>
        {
            var askedAt = parts.Time.GetTimestamp();
            var lease = await cluster.Grains.GetGrain<IJudgeGrain>(id).LeaseAsync(cluster.Holder);
            _places[id].Renew(lease, askedAt);
        }));
    }

    /// <summary>Without an answer the lease runs out, and one request at a time is made until there is one again.</summary>
    private static async Task TryAsync(Func<Task> ask)
    {
        try
        {
            await ask();
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or ObjectDisposedException or Core.OrchestrationException)
        {
            // Asked again at the next renewal.
        }
    }

    private IJudge Make(string id)
    {
        if (parts.Options.Judges.FirstOrDefault(judge => judge.Descriptor.Id == id) is { } given) return given;
        var resolved = parts.FromCatalog(catalog => catalog.Resolve([id]));
        return resolved.Judges is [var judge] ? judge
            : throw new Core.OrchestrationException(Core.ErrorCodes.Usage, $"'{id}' names {resolved.Judges.Count} judges; name one: a code judge, RUBRIC@DEPLOYMENT, a reward deployment or a panel.");
    }

    private sealed record Cluster(IGrainFactory Grains, string Holder);
}
