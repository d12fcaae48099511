namespace Orchestration.Simulation.Host;

internal enum ProcessState
{
    Runs,
    StandsStill,
    Dead,
}

/// <summary>
/// One process of a world: a scheduler whose steps the timeline draws, and a clock of its own. Killed, no code of it runs any more; stopped, its steps wait while
/// the world goes on.
/// </summary>
internal sealed class SimulatedProcess : TaskScheduler
{
    private readonly Timeline _timeline;

    public SimulatedProcess(Timeline timeline, int number, string name, TimeSpan ahead, double drift)
    {
        _timeline = timeline;
        Number = number;
        Name = name;
        Clock = new SimulatedClock(timeline, this, ahead, drift);
    }

    public int Number { get; }

    public string Name { get; }

    public SimulatedClock Clock { get; }

    public ProcessState State { get; private set; }

    /// <summary>How often it was stopped.</summary>
    public int Stops { get; private set; }

    /// <summary>Steps that became ready while it stood still.</summary>
    public List<Task> Held { get; } = [];

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Starts its main function.</summary>
    public Task Start(Func<Task> main) => Task.Factory.StartNew(main, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>Has it do something as a step of its own.</summary>
    public void Post(Action action) => new Task(action).Start(this);

    public void Run(Task step) => TryExecuteTask(step);

    public void Kill()
    {
        State = ProcessState.Dead;
        _timeline.Stop(this);
    }

    public void StandStill()
    {
        if (State != ProcessState.Runs) return;
        State = ProcessState.StandsStill;
        Stops++;
        _timeline.Stop(this);
    }

    public void GoOn()
    {
        if (State != ProcessState.StandsStill) return;
        State = ProcessState.Runs;
        _timeline.Resume(this);
    }

    protected override void QueueTask(Task task) => _timeline.Add(this, task);

    // Every continuation is a step of its own: something else may come between.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => Held;
}

/// <summary>The clock of one process: ahead of the true time or behind it, and running a little fast or slow.</summary>
internal sealed class SimulatedClock(Timeline timeline, SimulatedProcess process, TimeSpan ahead, double drift) : TimeProvider
{
    private static readonly DateTimeOffset Began = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Own(timeline.Now);

    public override DateTimeOffset GetUtcNow() => Began.AddTicks(Own(timeline.Now) + ahead.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private long Own(long ticks) => ticks + (long)(ticks * drift);

    private void Set(Timer timer, TimeSpan wait)
    {
        var ticks = (long)Math.Ceiling(wait.Ticks / (1 + drift));
        timer.Alarm = timeline.Set(timeline.Now + ticks, timer.Ring);
    }

    private sealed class Timer(SimulatedClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public Timeline.Alarm? Alarm { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Alarm?.Cancel();
            Alarm = null;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan) clock.Set(this, dueTime);
            return true;
        }

        public void Ring() => clock.GoOff(this, () =>
        {
            if (_period > TimeSpan.Zero) clock.Set(this, _period);
            callback(state);
        });

        public void Dispose()
        {
            Alarm?.Cancel();
            Alarm = null;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private void GoOff(Timer timer, Action callback)
    {
        timer.Alarm = null;
        if (process.State != ProcessState.Dead) process.Post(callback);
    }
}
