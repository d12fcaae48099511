using Orchestration.Core;

namespace Orchestration.Silo.Requests;

/// <summary>
/// Bounds how much of a kind of work is done at once. There is no queue: what does not fit is told to come again, which is the only queue that cannot grow
/// without bound. Safe for concurrent use.
/// </summary>
/// <param name="most">Units of work at once, at most.</param>
internal sealed class Bulkhead(int most)
{
    private int _taken;

    /// <summary>Units of work in hand.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Takes room, or none.</summary>
    /// <param name="units">How much; at most as much as there is when nothing else is in hand.</param>
    public bool TryTake(int units)
    {
        while (true)
        {
            var taken = Volatile.Read(ref _taken);
            if (taken + units > most && taken != 0) return false;
            if (Interlocked.CompareExchange(ref _taken, taken + units, taken) == taken) return true;
        }
    }

    /// <summary>Gives room back.</summary>
    public void Return(int units) => Interlocked.Add(ref _taken, -units);
}

/// <summary>There is no room for a request now: answered with 429 and <c>Retry-After</c>.</summary>
/// <param name="message">What is busy.</param>
/// <param name="wait">When to come again.</param>
internal sealed class BusyException(string message, TimeSpan wait) : OrchestrationException("busy", message)
{
    /// <summary>When to come again.</summary>
    public TimeSpan Wait => wait;
}
