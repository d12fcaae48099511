namespace Orchestration.Core.Access;

/// <summary>
/// What one key uses at one silo: requests in flight, and requests in any 60 s, counted in seconds so that never more than the limit pass in 60 s, whenever
/// they begin. Safe for concurrent use.
/// </summary>
/// <param name="time">Counts the seconds.</param>
public sealed class KeyMeter(TimeProvider time)
{
    // The current second and the 60 before it: a second's requests count until the whole of it is more than 60 s old.
    private const int Seconds = 61;

    private readonly Lock _gate = new();
    private readonly int[] _bySecond = new int[Seconds];
    private readonly long _startedAt = time.GetTimestamp();
    private long _second;
    private int _inWindow;
    private int _inFlight;

    /// <summary>Requests in flight.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Counts a request, unless it would pass a limit.</summary>
    /// <param name="limits">The key's.</param>
    /// <param name="wait">How long until the next may come, where the answer is false.</param>
    /// <returns>False where it would pass a limit; otherwise <see cref="End"/> is to be called when the request ends.</returns>
    public bool TryBegin(KeyLimits limits, out TimeSpan wait)
    {
        ArgumentNullException.ThrowIfNull(limits);
        wait = TimeSpan.Zero;
        if (limits.RequestsPerMinute is null && limits.Concurrent is null)
        {
            Interlocked.Increment(ref _inFlight);
            return true;
        }

        lock (_gate)
        {
            MoveOn();
            if (limits.Concurrent is { } most && _inFlight >= most)
            {
                wait = TimeSpan.FromSeconds(1);
                return false;
            }

            if (limits.RequestsPerMinute is { } requests)
            {
                if (_inWindow >= requests)
                {
                    wait = UntilRoom(requests);
                    return false;
                }

                _bySecond[(int)(_second % Seconds)]++;
                _inWindow++;
            }

            Interlocked.Increment(ref _inFlight);
            return true;
        }
    }

    /// <summary>A request ended.</summary>
    public void End() => Interlocked.Decrement(ref _inFlight);

    private void MoveOn()
    {
        var now = (long)time.GetElapsedTime(_startedAt).TotalSeconds;
        if (now - _second >= Seconds)
        {
            Array.Clear(_bySecond);
            _inWindow = 0;
            _second = now;
        }

        while (_second < now)
        {
            _second++;
            ref var oldest = ref _bySecond[(int)(_second % Seconds)];
            _inWindow -= oldest;
            oldest = 0;
        }
    }

    private TimeSpan UntilRoom(int requests)
    {
        var over = _inWindow - requests + 1;
        var into = time.GetElapsedTime(_startedAt) - TimeSpan.FromSeconds(_second);
        for (var ahead = 1; ahead <= Seconds; ahead++)
        {
            over -= _bySecond[(int)((_second + ahead) % Seconds)];
            if (over <= 0) return TimeSpan.FromSeconds(ahead) - into;
        }

        return TimeSpan.FromSeconds(Seconds) - into;
    }
}
