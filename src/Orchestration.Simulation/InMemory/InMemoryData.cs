using Orchestration.Core.MetaEvaluation.Kept;
using Orchestration.Simulation.Host;
using System.Globalization;

namespace Orchestration.Simulation.InMemory;

/// <summary>
/// The ports of the simulated host, in memory: one set of data that any number of owners open, as silos open a database. What an owner wrote outlives
/// it; an owner is killed with <see cref="InMemoryOwner.Kill"/>. Every call is one step under one lock, so what a run does depends only on the order
/// of calls.
/// </summary>
public sealed class InMemoryData
{
    private readonly HashSet<string> _living = new(StringComparer.Ordinal);
    private int _owners;

    /// <summary>Empty data.</summary>
    /// <param name="time">The clock of all owners.</param>
    public InMemoryData(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        Time = time;
    }

    internal TimeProvider Time { get; }

    /// <summary>A mistake made on purpose, for the tests of the simulated host.</summary>
    internal PlantedBug Planted { get; init; }

    internal Lock Gate { get; } = new();

    internal JudgmentRows Judgments { get; } = new();

    internal ClaimRows Claims { get; } = new();

    internal SweepRows Sweeps { get; } = new();

    internal SpendRows Spending { get; } = new();

    internal BatchRows Batches { get; } = new();

    internal Dictionary<string, KeptCheck> Checks { get; } = new(StringComparer.Ordinal);

    internal AggregatorRows Aggregators { get; } = new();

    internal SortedDictionary<string, InMemorySilo> Silos { get; } = new(StringComparer.Ordinal);

    internal QuotaRows Quotas { get; } = new();

    internal RoutingRows Routing { get; } = new();

    internal AccessRows Access { get; } = new();

    /// <summary>Opens the data as a new owner: <c>o1</c>, <c>o2</c>, …</summary>
    public InMemoryOwner Open()
    {
        lock (Gate)
        {
            var owner = string.Create(CultureInfo.InvariantCulture, $"o{++_owners}");
            _living.Add(owner);
            return new InMemoryOwner(this, owner);
        }
    }

    /// <summary>True where the owner, or the owner of the worker, has ended.</summary>
    internal bool IsDead(string owner) => !_living.Contains(owner.Split('/')[0]);

    /// <summary>
    /// Opens the data as a new owner whose calls are messages: one that was on its way when the owner died still arrives, as a database may still work on what a
    /// process asked before it died.
    /// </summary>
    internal InMemoryOwner OpenForMessages()
    {
        var owner = Open();
        owner.OutlivesItself = true;
        return owner;
    }

    internal void End(string owner)
    {
        lock (Gate) _living.Remove(owner);
    }
}
