namespace Orchestration.Simulation.Host;

/// <summary>
/// The time of a world and everything that is to happen in it, on one thread. What is ready is run one step at a time, the next one drawn by the seed; when nothing
/// is ready the clock jumps to the next alarm. So a seed gives one interleaving, and the same one every time.
/// </summary>
internal sealed class Timeline(Dice dice, Trace trace)
{
    private readonly List<(SimulatedProcess Process, Task Step)> _ready = [];
    private readonly PriorityQueue<Alarm, (long Due, long Number)> _alarms = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _numbers;
    private volatile string? _escape;

    /// <summary>The true time, in ticks of 100 ns since the world began.</summary>
    public long Now { get; private set; }

    /// <summary>Steps run so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Something ran on another thread: then the seed does not decide everything any more. Where it came back; null where nothing did.</summary>
    public string? Escape => _escape;

    /// <summary>A step of a process is ready. What belongs to a process that stands still waits; what belongs to a dead one is gone.</summary>
    public void Add(SimulatedProcess process, Task step)
    {
        // What a dead process left behind is woken once more by the collector's own thread, to be thrown away.
        if (process.State == ProcessState.Dead) return;
        if (Environment.CurrentManagedThreadId != _thread)
        {
            _escape = Environment.StackTrace;
            return;
        }

        switch (process.State)
        {
            case ProcessState.Runs:
                _ready.Add((process, step));
                break;
            case ProcessState.StandsStill:
                process.Held.Add(step);
                break;
        }
    }

    /// <summary>Something that the world does by itself.</summary>
    public Alarm After(TimeSpan wait, Action action) => Set(Now + wait.Ticks, action);

    public Alarm Set(long due, Action action)
    {
        var alarm = new Alarm(action);
        _alarms.Enqueue(alarm, (Math.Max(due, Now), _numbers++));
        return alarm;
    }

    /// <summary>No step of the process runs until it goes on or for ever.</summary>
    public void Stop(SimulatedProcess process)
    {
        for (var i = 0; i < _ready.Count;)
        {
            if (_ready[i].Process != process)
            {
                i++;
                continue;
            }

            if (process.State == ProcessState.StandsStill) process.Held.Add(_ready[i].Step);
            _ready.RemoveAt(i);
        }

        if (process.State == ProcessState.Dead) process.Held.Clear();
    }

    /// <summary>What waited while the process stood still is ready again.</summary>
    public void Resume(SimulatedProcess process)
    {
        foreach (var step in process.Held) _ready.Add((process, step));
        process.Held.Clear();
    }

    /// <summary>Runs until a condition holds; false where it does not by the limit, or where nothing is left that could happen.</summary>
    public bool RunUntil(Func<bool> done, TimeSpan limit)
    {
        var end = Now + limit.Ticks;
        while (!done())
        {
            if (_escape is not null) return false;
            if (_ready.Count > 0)
            {
                var drawn = dice.Below(_ready.Count);
                var (process, step) = _ready[drawn];
                _ready[drawn] = _ready[^1];
                _ready.RemoveAt(_ready.Count - 1);
                Steps++;
                trace.Step(Now, process.Number, drawn);
                process.Run(step);
                continue;
            }

            if (!_alarms.TryDequeue(out var alarm, out var at)) return false;
            if (alarm.Action is not { } action) continue;
            if (at.Due > end)
            {
                _alarms.Enqueue(alarm, at);
                Now = end;
                return done();
            }

            Now = at.Due;
            action();
        }

        return true;
    }

    internal sealed class Alarm(Action action)
    {
        public Action? Action { get; private set; } = action;

        public void Cancel() => Action = null;
    }
}
