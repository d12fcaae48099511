using System.Collections.Concurrent;

namespace Orchestration.Core.Routing.Deciding;

/// <summary>The routes decided last, as many as fit: those under way, and those that have not reached the ledger yet. Bounded; the oldest makes room.</summary>
internal sealed class RecentRoutes(int capacity = RecentRoutes.DefaultCapacity)
{
    public const int DefaultCapacity = 16_384;

    private readonly ConcurrentDictionary<Hash128, RouteRecord> _byId = new(Environment.ProcessorCount, capacity);
    private readonly Hash128[] _ring = new Hash128[capacity];
    private long _next;

    public void Decided(Hash128 id, RouteDecision decision)
    {
        var place = (int)((ulong)(Interlocked.Increment(ref _next) - 1) % (ulong)capacity);

        // Two that meet at one place are a whole ring apart; whichever loses stays until the ring comes by once more.
        var before = _ring[place];
        _ring[place] = id;
        if (before != default) _byId.TryRemove(before, out _);
        _byId[id] = new RouteRecord { Decision = decision };
    }

    public void Completed(Hash128 id, RouteRecord route)
    {
        if (_byId.TryGetValue(id, out var known)) _byId.TryUpdate(id, route, known);
    }

    public RouteRecord? Find(Hash128 id) => _byId.GetValueOrDefault(id);

    public bool Remove(Hash128 id) => _byId.TryRemove(id, out _);
}
