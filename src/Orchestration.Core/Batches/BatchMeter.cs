using Orchestration.Core.Judging;

namespace Orchestration.Core.Batches;

/// <summary>What batch mode is doing, for whoever shows it. Safe for concurrent use.</summary>
public sealed class BatchMeter
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, (int Requests, long Done)> _open = [];
    private CallTotals _totals;
    private long _planned;
    private long _scored;
    private long _left;
    private string? _problem;

    /// <summary>Calls put into files so far.</summary>
    public long Planned => Interlocked.Read(ref _planned);

    /// <summary>Judgments that batches brought.</summary>
    public long Scored => Interlocked.Read(ref _scored);

    /// <summary>Lines that brought no judgment: single calls will be made for them.</summary>
    public long LeftToCalls => Interlocked.Read(ref _left);

    /// <summary>Batches at the endpoints.</summary>
    public int Open
    {
        get { lock (_lock) return _open.Count; }
    }

    /// <summary>Lines in them.</summary>
    public long OpenRequests
    {
        get { lock (_lock) return _open.Values.Sum(static batch => (long)batch.Requests); }
    }

    /// <summary>Of these, done as far as the endpoints say.</summary>
    public long OpenDone
    {
        get { lock (_lock) return _open.Values.Sum(static batch => batch.Done); }
    }

    /// <summary>What batches took, those of this process's collecting.</summary>
    public CallTotals Totals
    {
        get { lock (_lock) return _totals; }
    }

    /// <summary>Why the last look at an endpoint brought nothing; null where it did.</summary>
    public string? Problem => Volatile.Read(ref _problem);

    internal void SetProblem(string? problem) => Volatile.Write(ref _problem, problem);

    internal void AddPlanned() => Interlocked.Increment(ref _planned);

    internal void Seen(long batch, int requests, long done)
    {
        lock (_lock) _open[batch] = (requests, done);
    }

    internal void Ended(long batch, long scored, long left, in CallTotals totals)
    {
        Interlocked.Add(ref _scored, scored);
        Interlocked.Add(ref _left, left);
        lock (_lock)
        {
            _open.Remove(batch);
            _totals += totals;
        }
    }
}
