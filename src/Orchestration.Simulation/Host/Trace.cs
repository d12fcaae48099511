using System.Globalization;

namespace Orchestration.Simulation.Host;

/// <summary>What happened in a world: a hash of all of it, and the last events in words.</summary>
internal sealed class Trace(int kept)
{
    private readonly (long At, string Who, string What, long First, long Second)[] _last = new (long, string, string, long, long)[kept];
    private long _count;
    private ulong _hash = 0x9E3779B97F4A7C15;

    /// <summary>Tells this run from every other.</summary>
    public ulong Hash => _hash;

    public void Step(long now, int process, int drawn) => Fold(((ulong)now << 12) ^ ((ulong)process << 8) ^ (ulong)drawn);

    /// <summary>Keeps an event.</summary>
    /// <param name="now">The true time in ticks.</param>
    /// <param name="who">Whose it is.</param>
    /// <param name="what">What; a text that is the same in every run.</param>
    /// <param name="first">A number that belongs to it.</param>
    /// <param name="second">Another.</param>
    public void Note(long now, string who, string what, long first = 0, long second = 0)
    {
        _last[_count++ % _last.Length] = (now, who, what, first, second);
        Fold((ulong)now ^ Dice.Mix((ulong)what.Length) ^ ((ulong)first << 20) ^ (ulong)second);
    }

    /// <summary>The last events, oldest first.</summary>
    public IReadOnlyList<string> Last()
    {
        List<string> lines = [];
        for (var i = Math.Max(0, _count - _last.Length); i < _count; i++)
        {
            var (at, who, what, first, second) = _last[i % _last.Length];
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{at / (double)TimeSpan.TicksPerSecond,10:0.0000} s  {who,-8} {what} {first} {second}"));
        }

        return lines;
    }

    private void Fold(ulong value) => _hash = Dice.Mix(_hash ^ value) + 0x9E3779B97F4A7C15;
}
