namespace Orchestration.Simulation.Endpoint.Limits;

/// <summary>One quota a minute: a bucket of a sixtieth a second and the exact sum of the last 60 s. Times are a clock's timestamps. Not safe for concurrent use.</summary>
internal sealed class QuotaMeter
{
    private const double Slack = 1e-9;

    private readonly Queue<(long At, double Cost)> _window = new();
    private readonly double _quota;
    private readonly double _perTick;
    private readonly double _capacity;
    private readonly long _minute;
    private double _level;
    private double _sum;
    private long _last;
    private long _newest;

    public QuotaMeter(double quota, double capacity, long ticksPerSecond, long now)
    {
        _quota = quota;
        _capacity = capacity;
        _minute = 60 * ticksPerSecond;
        _perTick = quota / _minute;
        _level = capacity;
        _last = now;
    }

    public double Quota => _quota;

    /// <summary>What the last 60 s left of the quota.</summary>
    public double Remaining => _quota - _sum;

    /// <summary>In ticks: until nothing is left of the last 60 s.</summary>
    public long UntilFree(long now) => _window.Count == 0 ? 0 : _newest + _minute - now;

    /// <summary>In ticks: how long until a cost would pass; 0 for now. A cost above the quota never does: <see cref="long.MaxValue"/>.</summary>
    public long Wait(double cost, long now)
    {
        Advance(now);
        if (cost > _quota) return long.MaxValue;
        var needed = Math.Min(cost, _capacity) - Slack;
        var wait = _level >= needed ? 0 : Math.Max(1, (long)Math.Ceiling((needed - _level) / _perTick));
        var over = _sum + cost - _quota;
        if (over <= Slack) return wait;
        foreach (var (at, gone) in _window)
        {
            over -= gone;
            if (over <= Slack) return Math.Max(wait, at + _minute - now);
        }

        return wait;
    }

    public void Take(double cost, long now)
    {
        Advance(now);
        _level -= cost;
        _sum += cost;
        _newest = now;
        _window.Enqueue((now, cost));
    }

    private void Advance(long now)
    {
        if (now > _last)
        {
            _level = Math.Min(_capacity, _level + ((now - _last) * _perTick));
            _last = now;
        }

        while (_window.TryPeek(out var oldest) && now - oldest.At >= _minute)
        {
            _sum -= oldest.Cost;
            _window.Dequeue();
        }
    }
}
