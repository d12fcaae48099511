namespace Orchestration.Backends.Exchanges;

/// <summary>
/// Tells a call that the endpoint cannot take from a configuration that it takes no call with: three different calls rejected the same way with
/// hardly any accepted between them. A rare odd pair among thousands is its own fault and stops nobody.
/// </summary>
internal sealed class RejectionGuard
{
    private const int Limit = 3;
    private const int AcceptedBetween = 50;
    private const int MostWays = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Way> _ways = new(StringComparer.Ordinal);
    private long _accepted;

    /// <summary>A call was accepted.</summary>
    public void Accept() => Interlocked.Increment(ref _accepted);

    /// <summary>Counts a rejection.</summary>
    /// <param name="way">How it was rejected, alike for the same fault.</param>
    /// <param name="body">The call.</param>
    /// <returns>True where the configuration must be at fault.</returns>
    public bool Reject(string way, ReadOnlySpan<byte> body)
    {
        var hash = new HashCode();
        hash.AddBytes(body);
        lock (_lock)
        {
            var accepted = Interlocked.Read(ref _accepted);
            if (_ways.Count >= MostWays && !_ways.ContainsKey(way)) _ways.Clear();
            if (!_ways.TryGetValue(way, out var seen) || accepted - seen.Since > AcceptedBetween) _ways[way] = seen = new Way(accepted, []);
            seen.Calls.Add(hash.ToHashCode());
            return seen.Calls.Count >= Limit;
        }
    }

    private sealed record Way(long Since, HashSet<int> Calls);
}
