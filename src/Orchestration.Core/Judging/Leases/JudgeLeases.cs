namespace Orchestration.Core.Judging.Leases;

/// <summary>What a holder may do until its lease ends.</summary>
/// <param name="Share">Requests of the judge that it may have in flight at once; 0 where the judge computes and nothing is limited.</param>
/// <param name="For">How long, counted by the holder from before it asked.</param>
public readonly record struct JudgeLease(int Share, TimeSpan For);

/// <summary>
/// Shares a judge's limit among the processes that host it. Once each has renewed, they hold the limit together, or one each where there are more of them than that; until then whoever has just come
/// holds one beside it. A holder that does not renew loses its share when its lease runs out. Safe for concurrent use.
/// </summary>
public sealed class JudgeLeases
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Held> _held = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly TimeSpan _lease;

    /// <summary>Creates it.</summary>
    /// <param name="limit">Requests in flight at once, of all holders together; 0 where the judge computes and nothing is limited.</param>
    /// <param name="lease">How long a share stands without being renewed; more than 0.</param>
    /// <param name="time">Measures it.</param>
    public JudgeLeases(int limit, TimeSpan lease, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(time);
        Limit = limit;
        _lease = lease;
        _time = time;
    }

    /// <summary>Requests in flight at once, of all holders together.</summary>
    public int Limit { get; }

    /// <summary>
    /// Leases a share, or renews it. A fair one, as far as the others have given theirs back: who held more than is fair does so with its next renewal. Never less than one.
    /// </summary>
    public JudgeLease Grant(string holder)
    {
        ArgumentException.ThrowIfNullOrEmpty(holder);
        if (Limit == 0) return new JudgeLease(0, _lease);
        lock (_lock)
        {
            DropLapsed();
            _held.TryGetValue(holder, out var before);
            _held[holder] = new Held(before.Share, _time.GetTimestamp());
            var free = Limit - _held.Where(other => other.Key != holder).Sum(static other => other.Value.Share);
            var share = Math.Max(1, Math.Min(Fair(holder), free));
            _held[holder] = new Held(share, _time.GetTimestamp());
            return new JudgeLease(share, _lease);
        }
    }

    /// <summary>Gives a share back; of a holder that has none, nothing happens.</summary>
    public void Release(string holder)
    {
        lock (_lock) _held.Remove(holder);
    }

    /// <summary>The shares that stand, by holder in ordinal order.</summary>
    public IReadOnlyList<(string Holder, int Share)> Holders()
    {
        lock (_lock)
        {
            DropLapsed();
            return [.. _held.OrderBy(static held => held.Key, StringComparer.Ordinal).Select(static held => (held.Key, held.Value.Share))];
        }
    }

    /// <summary>
    /// Takes over shares that another owner of this judge granted: they stand for a whole lease from now, so that who holds them never holds more than is written down here.
    /// </summary>
    public void Adopt(IEnumerable<(string Holder, int Share)> holders)
    {
        ArgumentNullException.ThrowIfNull(holders);
        if (Limit == 0) return;
        lock (_lock)
        {
            foreach (var (holder, share) in holders) _held.TryAdd(holder, new Held(share, _time.GetTimestamp()));
        }
    }

    /// <summary>An equal part of the limit; what is left over goes to the first in ordinal order.</summary>
    private int Fair(string holder)
    {
        var rank = _held.Keys.Count(other => string.CompareOrdinal(other, holder) < 0);
        return (Limit / _held.Count) + (rank < Limit % _held.Count ? 1 : 0);
    }

    private void DropLapsed()
    {
        foreach (var lapsed in _held.Where(held => _time.GetElapsedTime(held.Value.At) > _lease).Select(static held => held.Key).ToArray()) _held.Remove(lapsed);
    }

    private readonly record struct Held(int Share, long At);
}
