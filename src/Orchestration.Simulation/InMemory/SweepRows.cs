using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Sweeps;

namespace Orchestration.Simulation.InMemory;

/// <summary>Sweeps as rows of memory.</summary>
internal sealed class SweepRows
{
    private int _last;

    public SortedDictionary<int, Sweep> All { get; } = [];

    public Sweep Add(NewSweep sweep, DateTimeOffset now)
    {
        var row = new Sweep(++_last, sweep, now);
        All.Add(_last, row);
        return row;
    }

    public Sweep? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return id.StartsWith('s') && int.TryParse(id.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? All.GetValueOrDefault(number)
            : null;
    }

    public Sweep Require(string id) => Find(id) ?? throw new OrchestrationException(ErrorCodes.NotFound, $"There is no sweep {id} in this store.");

    public SweepTotals AddTotals(string id, SweepTotals totals)
    {
        var sweep = Require(id);
        return sweep.Totals = sweep.Totals.Plus(totals);
    }

    public Sweep RequireRegistering(string id)
    {
        var sweep = Require(id);
        return sweep.State == SweepState.Registering
            ? sweep
            : throw new InvalidOperationException($"Sweep {id} is {sweep.State}: its data is only written while it is registering.");
    }

    public Shard? FindShard(string id, int index) => Find(id) is { } sweep && index >= 0 && index < sweep.Shards.Count ? sweep.Shards[index] : null;

    /// <summary>The shard, where the lease still stands.</summary>
    public Shard? Held(ShardLease lease) =>
        FindShard(lease.SweepId, lease.Shard) is { Result: null } shard && shard.Epoch == lease.Epoch && string.Equals(shard.Owner, lease.Owner, StringComparison.Ordinal)
            ? shard
            : null;

    internal sealed class Sweep(int number, NewSweep registered, DateTimeOffset createdAt)
    {
        public int Number { get; } = number;

        public string Id { get; } = string.Create(CultureInfo.InvariantCulture, $"s{number}");

        public int Priority { get; } = registered.Priority;

        public string Registrar { get; } = registered.Owner;

        public SweepState State { get; set; } = SweepState.Registering;

        public string Definition { get; set; } = registered.Definition;

        public long Rows { get; set; }

        public long Rejected { get; set; }

        public SweepTotals Totals { get; set; } = SweepTotals.None;

        public List<Shard> Shards { get; } = [];

        public SweepRecord ToRecord() => new()
        {
            Id = Id,
            State = State,
            Definition = Definition,
            Fingerprint = registered.Fingerprint,
            OutputFolder = registered.OutputFolder,
            CreatedAt = createdAt,
            Rows = Rows,
            Rejected = Rejected,
            Shards = Shards.Count,
            Priority = Priority,
            Totals = Totals,
        };
    }

    internal sealed class Shard(ShardData data)
    {
        public ShardData Data { get; set; } = data;

        public long FirstRow { get; set; }

        public long Epoch { get; set; }

        public string? Owner { get; set; }

        public DateTimeOffset LeaseUntil { get; set; }

        public ShardResult? Result { get; set; }

        public SortedDictionary<(int Row, int Column), string> Unscored { get; } = [];
    }
}
