namespace Orchestration.Backends.Http;

/// <summary>
/// Tells a call that the endpoint cannot take from a configuration that it takes no call with: three different calls in a row rejected the same
/// way, and none ever accepted.
/// </summary>
internal sealed class RejectionGuard
{
    private const int Limit = 3;

    private readonly Lock _lock = new();
    private readonly HashSet<int> _calls = [];
    private volatile bool _accepted;
    private string? _way;

    /// <summary>A call was accepted: from now on a rejection is the call's own.</summary>
    public void Accept() => _accepted = true;

    /// <summary>Counts a rejection.</summary>
    /// <param name="way">How it was rejected, alike for the same fault.</param>
    /// <param name="body">The call.</param>
    /// <returns>True where the configuration must be at fault.</returns>
    public bool Reject(string way, ReadOnlySpan<byte> body)
    {
        if (_accepted) return false;
        var hash = new HashCode();
        hash.AddBytes(body);
        lock (_lock)
        {
            if (!string.Equals(_way, way, StringComparison.Ordinal)) _calls.Clear();
            _way = way;
            _calls.Add(hash.ToHashCode());
            return _calls.Count >= Limit && !_accepted;
        }
    }
}
