namespace Orchestration.Simulation.Endpoint;

/// <summary>
/// Decides which request meets which fault from (seed, content, attempt of that content), and from nothing else: neither the clock nor the
/// order in which requests arrive changes it.
/// </summary>
internal sealed class FaultPlan
{
    private readonly ulong _seed;
    private readonly IReadOnlyList<ScriptedFault> _firstAttempts;
    private readonly (ScriptedFault Fault, double UpTo)[] _lasting;
    private readonly (ScriptedFault Fault, double UpTo)[] _passing;

    public FaultPlan(ulong seed, IReadOnlyList<ScriptedFault> firstAttempts, IReadOnlyDictionary<ScriptedFault, double> shares)
    {
        _seed = seed;
        _firstAttempts = firstAttempts;
        _lasting = Cumulate(shares, IsLasting);
        _passing = Cumulate(shares, fault => !IsLasting(fault));
    }

    /// <summary>True where some request will meet a fault, so that attempts have to be counted.</summary>
    public bool IsActive => _firstAttempts.Count > 0 || _lasting.Length > 0 || _passing.Length > 0;

    /// <param name="content">Hash of the request's content.</param>
    /// <param name="attempt">Which time this content is asked for, from 1.</param>
    public ScriptedFault Decide(ulong content, int attempt)
    {
        if (attempt <= _firstAttempts.Count) return _firstAttempts[attempt - 1];
        var hash = ContentHash.Combine(content, _seed);
        var lasting = Pick(_lasting, ContentHash.Unit(ContentHash.Combine(hash, 0)));
        return lasting != ScriptedFault.None ? lasting : Pick(_passing, ContentHash.Unit(ContentHash.Combine(hash, (ulong)attempt)));
    }

    /// <summary>True for faults that lie in the content: asking again changes nothing.</summary>
    public static bool IsLasting(ScriptedFault fault) => fault >= ScriptedFault.ContentFilter;

    private static ScriptedFault Pick((ScriptedFault Fault, double UpTo)[] table, double unit)
    {
        foreach (var (fault, upTo) in table)
        {
            if (unit < upTo) return fault;
        }

        return ScriptedFault.None;
    }

    private static (ScriptedFault, double)[] Cumulate(IReadOnlyDictionary<ScriptedFault, double> shares, Func<ScriptedFault, bool> belongs)
    {
        var result = new List<(ScriptedFault, double)>();
        var sum = 0.0;
        foreach (var (fault, share) in shares.OrderBy(entry => entry.Key))
        {
            if (fault == ScriptedFault.None || !belongs(fault) || share <= 0) continue;
            sum += share;
            result.Add((fault, sum));
        }

        if (sum > 1 + 1e-9) throw new ArgumentOutOfRangeException(nameof(shares), sum, "The shares of faults add up to more than 1.");
        return [.. result];
    }
}
