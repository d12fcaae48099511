namespace Orchestration.Core.Routing.Drift;

/// <summary>When observations were made, in bounded memory: every so-many-th is kept, and every other of those goes when there are too many.</summary>
internal sealed class ObservedTimes
{
    private const int Most = 512;
    private readonly List<DateTimeOffset> _times = [];
    private long _every = 1;
    private long _count;

    public void Add(DateTimeOffset at)
    {
        if (_count++ % _every != 0) return;
        _times.Add(at);
        if (_times.Count < Most) return;
        for (var i = 0; i < Most / 2; i++) _times[i] = _times[2 * i];
        _times.RemoveRange(Most / 2, Most - Most / 2);
        _every *= 2;
    }

    /// <summary>The time of an observation, or of the last one before it that is kept.</summary>
    public DateTimeOffset Of(long number) => _times[(int)Math.Clamp(number / _every, 0, _times.Count - 1)];
}
