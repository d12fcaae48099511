namespace Orchestration.Testing;

/// <summary>A clock that stands still until a test moves it, with the timers of everything that waits by it.</summary>
public sealed class ManualTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly List<TimeSpan> _skipped = [];
    private readonly List<(Func<TimeSpan, bool> Wanted, TaskCompletionSource<TimeSpan> Found)> _waiting = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Waits up to this long are over at once: the clock jumps to their end, and they are noted in <see cref="Skipped"/>. Longer ones stay
    /// until <see cref="Advance"/>, and so do periodic ones. Default zero: none is skipped.
    /// </summary>
    public TimeSpan SkipUpTo { get; init; }

    /// <summary>The waits that were skipped, in the order in which they began.</summary>
    public IReadOnlyList<TimeSpan> Skipped
    {
        get { lock (_lock) return [.. _skipped]; }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _now;
    }

    public override long GetTimestamp()
    {
        lock (_lock) return _now.Ticks;
    }

    /// <summary>Moves the clock; timers that come due go off in their order, each at its own time.</summary>
    public void Advance(TimeSpan by) => MoveTo(GetUtcNow() + by);

    /// <summary>A barrier: completes when something waits, for as long as is wanted, and says how long from now.</summary>
    public Task<TimeSpan> WaitBegunAsync(Func<TimeSpan, bool> wanted)
    {
        lock (_lock)
        {
            foreach (var timer in _timers)
            {
                if (wanted(timer.Due - _now)) return Task.FromResult(timer.Due - _now);
            }

            var found = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((wanted, found));
            return found.Task;
        }
    }

    /// <summary>How many waits of a length, from now, are pending.</summary>
    public int Pending(Func<TimeSpan, bool> wanted)
    {
        lock (_lock) return _timers.Count(timer => wanted(timer.Due - _now));
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void MoveTo(DateTimeOffset end)
    {
        while (true)
        {
            ManualTimer? next = null;
            lock (_lock)
            {
                foreach (var timer in _timers)
                {
                    if (timer.Due <= end && (next is null || timer.Due < next.Due)) next = timer;
                }

                if (next is null)
                {
                    if (end > _now) _now = end;
                    return;
                }

                if (next.Due > _now) _now = next.Due;
                if (next.Period == Timeout.InfiniteTimeSpan) _timers.Remove(next);
                else next.Due += next.Period;
            }

            next.GoOff();
        }
    }

    private void Set(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            _timers.Remove(timer);
            if (dueTime == Timeout.InfiniteTimeSpan) return;
            (timer.Due, timer.Period) = (_now + dueTime, period);
            _timers.Add(timer);
            for (var i = _waiting.Count - 1; i >= 0; i--)
            {
                if (!_waiting[i].Wanted(dueTime)) continue;
                _waiting[i].Found.SetResult(dueTime);
                _waiting.RemoveAt(i);
            }

            if (dueTime > SkipUpTo || SkipUpTo == TimeSpan.Zero || period != Timeout.InfiniteTimeSpan) return;
            _skipped.Add(dueTime);
        }

        // Not on the caller's stack: he has not yet heard of the timer that he is making.
        ThreadPool.QueueUserWorkItem(static work => work.Clock.MoveTo(work.Due), (Clock: this, timer.Due), preferLocal: false);
    }

    private void Forget(ManualTimer timer)
    {
        lock (_lock) _timers.Remove(timer);
    }

    private sealed class ManualTimer(ManualTime clock, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public TimeSpan Period { get; set; }

        public void GoOff() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Set(this, dueTime, period == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : period);
            return true;
        }

        public void Dispose() => clock.Forget(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
