using Orchestration.Core.Sweeps;
using Orchestration.Simulation.Host;

namespace Orchestration.Simulation.InMemory;

/// <inheritdoc/>
internal sealed class InMemorySweepStore(InMemoryOwner silo) : ISweepStore
{
    public ValueTask<SweepRecord> CreateAsync(NewSweep sweep, CancellationToken cancellationToken)
    {
        RequireOwn(sweep.Owner);
        return silo.StepAsync(data => data.Sweeps.Add(sweep, data.Time.GetUtcNow()).ToRecord(), cancellationToken);
    }

    public async ValueTask AppendShardsAsync(string sweepId, IReadOnlyList<ShardData> shards, CancellationToken cancellationToken) =>
        await silo.StepAsync(
            data =>
            {
                var sweep = data.Sweeps.RequireRegistering(sweepId);
                for (var i = 0; i < shards.Count; i++)
                {
                    if (shards[i].Index != sweep.Shards.Count + i)
                        throw new ArgumentException($"Shards of sweep {sweepId} follow one another: expected index {sweep.Shards.Count + i}, got {shards[i].Index}.", nameof(shards));
                }

                sweep.Shards.AddRange(shards.Select(static shard => new SweepRows.Shard(shard)));
                return true;
            },
            cancellationToken).ConfigureAwait(false);

    public async ValueTask ReplaceShardAsync(string sweepId, ShardData shard, CancellationToken cancellationToken) =>
        await silo.StepAsync(
            data =>
            {
                data.Sweeps.RequireRegistering(sweepId);
                var row = data.Sweeps.FindShard(sweepId, shard.Index)
                    ?? throw new ArgumentException($"Sweep {sweepId} has no shard {shard.Index} to replace.", nameof(shard));
                return row.Data = shard;
            },
            cancellationToken).ConfigureAwait(false);

    public ValueTask<SweepRecord> SealAsync(string sweepId, SweepSeal seal, CancellationToken cancellationToken) => silo.StepAsync(
        data =>
        {
            var sweep = data.Sweeps.RequireRegistering(sweepId);
            var rows = sweep.Shards.Sum(static shard => (long)shard.Data.Rows);
            if (rows != seal.Rows) throw new ArgumentException($"Sweep {sweepId} is sealed with {seal.Rows} rows and its shards hold {rows}.", nameof(seal));
            var before = 0L;
            foreach (var shard in sweep.Shards)
            {
                shard.FirstRow = before;
                before += shard.Data.Rows;
            }

            (sweep.State, sweep.Definition, sweep.Rows, sweep.Rejected) = (SweepState.Running, seal.Definition, seal.Rows, seal.Rejected);
            return sweep.ToRecord();
        },
        cancellationToken);

    public ValueTask<int> DeleteUnsealedAsync(CancellationToken cancellationToken) => silo.StepAsync(
        data =>
        {
            var cutOff = data.Sweeps.All.Values.Where(sweep => sweep.State == SweepState.Registering && data.IsDead(sweep.Registrar)).ToList();
            foreach (var sweep in cutOff) data.Sweeps.All.Remove(sweep.Number);
            return cutOff.Count;
        },
        cancellationToken);

    public ValueTask<SweepRecord?> FindAsync(string sweepId, CancellationToken cancellationToken) =>
        silo.StepAsync(data => data.Sweeps.Find(sweepId)?.ToRecord(), cancellationToken);

    public ValueTask<IReadOnlyList<SweepRecord>> ListAsync(CancellationToken cancellationToken) =>
        silo.StepAsync<IReadOnlyList<SweepRecord>>(data => data.Sweeps.All.Values.Reverse().Select(static sweep => sweep.ToRecord()).ToList(), cancellationToken);

    public ValueTask<bool> TryChangeStateAsync(string sweepId, SweepState from, SweepState to, CancellationToken cancellationToken) => silo.StepAsync(
        data =>
        {
            if (data.Sweeps.Find(sweepId) is not { } sweep || sweep.State != from) return false;
            sweep.State = to;
            return true;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<ShardLease>> ClaimAsync(string sweepId, string owner, int most, TimeSpan lease, CancellationToken cancellationToken)
    {
        RequireOwn(owner);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        return silo.StepAsync<IReadOnlyList<ShardLease>>(
            data =>
            {
                List<ShardLease> claimed = [];
                if (data.Sweeps.Find(sweepId) is not { State: SweepState.Running } sweep) return claimed;
                var now = data.Time.GetUtcNow();
                foreach (var shard in sweep.Shards.Where(shard => shard.Result is null && !IsHeld(data, shard, now)).Take(most))
                {
                    (shard.Owner, shard.LeaseUntil) = (owner, now + lease);
                    claimed.Add(new ShardLease(sweepId, shard.Data.Index, ++shard.Epoch, owner));
                }

                return claimed;
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<ShardLease>> RenewAsync(IReadOnlyList<ShardLease> leases, TimeSpan lease, CancellationToken cancellationToken) =>
        silo.StepAsync<IReadOnlyList<ShardLease>>(
            data =>
            {
                var standing = leases.Where(held => Held(data, held, PlantedBug.RenewWithoutEpoch) is not null).ToList();
                foreach (var held in standing) Held(data, held, PlantedBug.RenewWithoutEpoch)!.LeaseUntil = data.Time.GetUtcNow() + lease;
                return standing;
            },
            cancellationToken);

    public async ValueTask ReleaseAsync(IReadOnlyList<ShardLease> leases, CancellationToken cancellationToken) => await silo.StepAsync(
        data =>
        {
            foreach (var lease in leases)
            {
                if (data.Sweeps.Held(lease) is { } shard) shard.Owner = null;
            }

            return true;
        },
        cancellationToken).ConfigureAwait(false);

    public ValueTask<bool> CheckpointAsync(ShardLease lease, ShardResult result, CancellationToken cancellationToken) => silo.StepAsync(
        data =>
        {
            if (Held(data, lease, PlantedBug.CheckpointWithoutEpoch) is not { } shard) return false;
            (shard.Result, shard.Owner) = (result, null);
            shard.Unscored.Clear();
            return true;
        },
        cancellationToken);

    public ValueTask<bool> RecordUnscoredAsync(ShardLease lease, IReadOnlyList<UnscoredOutcome> outcomes, CancellationToken cancellationToken) => silo.StepAsync(
        data =>
        {
            if (Held(data, lease, PlantedBug.RecordWithoutEpoch) is not { } shard) return false;
            foreach (var outcome in outcomes) shard.Unscored[(outcome.Row, outcome.Column)] = outcome.Reason;
            return true;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<UnscoredOutcome>> UnscoredAsync(string sweepId, int shard, CancellationToken cancellationToken) =>
        silo.StepAsync<IReadOnlyList<UnscoredOutcome>>(
            data => data.Sweeps.FindShard(sweepId, shard)?.Unscored.Select(static cell => new UnscoredOutcome(cell.Key.Row, cell.Key.Column, cell.Value)).ToList() ?? [],
            cancellationToken);

    public ValueTask<StoredShard?> ReadShardAsync(string sweepId, int shard, ShardParts parts, CancellationToken cancellationToken) => silo.StepAsync(
        data => data.Sweeps.FindShard(sweepId, shard) is not { } row
            ? null
            : new StoredShard(
                shard,
                row.FirstRow,
                row.Data.Rows,
                row.Result is not null,
                parts.HasFlag(ShardParts.Head) ? row.Data.Head : null,
                parts.HasFlag(ShardParts.Text) ? row.Data.Text : null,
                parts.HasFlag(ShardParts.Block) ? row.Result?.Block : null),
        cancellationToken);

    public ValueTask<IReadOnlyList<ShardWords>> ReadWordsAsync(string sweepId, int first, int count, CancellationToken cancellationToken) => silo.StepAsync<IReadOnlyList<ShardWords>>(
        data =>
        {
            List<ShardWords> shards = [];
            for (var shard = first; shard < first + count && data.Sweeps.FindShard(sweepId, shard) is { } row; shard++)
                shards.Add(new ShardWords(shard, row.FirstRow, row.Data.Rows, row.Result is not null, row.Data.Words));
            return shards;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<OpenSweep>> OpenAsync(CancellationToken cancellationToken) => silo.StepAsync<IReadOnlyList<OpenSweep>>(
        data =>
        {
            var now = data.Time.GetUtcNow();
            return
            [
                .. data.Sweeps.All.Values.Where(static sweep => sweep.State == SweepState.Running).OrderBy(static sweep => sweep.Number).Select(sweep => new OpenSweep(
                    sweep.Id, sweep.Priority, sweep.Shards.Count(static shard => shard.Result is null), sweep.Shards.Count(shard => shard.Result is null && IsHeld(data, shard, now))))
                    .Where(static open => open.Open > 0),
            ];
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<HeldShards>> HeldAsync(CancellationToken cancellationToken) => silo.StepAsync<IReadOnlyList<HeldShards>>(
        data =>
        {
            var now = data.Time.GetUtcNow();
            return
            [
                .. data.Sweeps.All.Values.SelectMany(sweep => sweep.Shards.Where(shard => shard.Result is null && IsHeld(data, shard, now)).Select(shard => (Owner: shard.Owner!.Split('/')[0], sweep.Id)))
                    .GroupBy(static held => held).Select(static group => new HeldShards(group.Key.Owner, group.Key.Id, group.Count()))
                    .OrderBy(static held => held.Owner, StringComparer.Ordinal).ThenBy(static held => held.SweepId, StringComparer.Ordinal),
            ];
        },
        cancellationToken);

    public ValueTask<SweepProgress> ProgressAsync(string sweepId, CancellationToken cancellationToken) => silo.StepAsync(
        data =>
        {
            var sweep = data.Sweeps.Require(sweepId);
            var done = sweep.Shards.Where(static shard => shard.Result is not null).ToList();
            return new SweepProgress(
                done.Count,
                sweep.Shards.Count,
                done.Sum(static shard => (long)shard.Data.Rows),
                sweep.Shards.Sum(static shard => (long)shard.Data.Rows),
                done.Sum(static shard => shard.Result!.Judgments),
                done.Sum(static shard => shard.Result!.Unscored),
                done.Sum(static shard => shard.Result!.FromStore));
        },
        cancellationToken);

    public async ValueTask AddTotalsAsync(string sweepId, SweepTotals totals, CancellationToken cancellationToken) => await silo.StepAsync(
        data => data.Sweeps.AddTotals(sweepId, totals),
        cancellationToken).ConfigureAwait(false);

    public ValueTask<int> ReopenUnscoredAsync(string sweepId, CancellationToken cancellationToken) => silo.StepAsync(
        data =>
        {
            var sweep = data.Sweeps.Require(sweepId);
            if (sweep.State is SweepState.Registering or SweepState.Cancelled) return 0;
            var reopened = sweep.Shards.Where(static shard => shard.Result is { Unscored: > 0 }).ToList();
            foreach (var shard in reopened) shard.Result = null;
            if (reopened.Count > 0) sweep.State = SweepState.Running;
            return reopened.Count;
        },
        cancellationToken);

    public ValueTask<bool> DeleteAsync(string sweepId, CancellationToken cancellationToken) => silo.StepAsync(
        data =>
        {
            if (data.Sweeps.Find(sweepId) is not { } sweep) return false;
            if (sweep.State == SweepState.Registering && !silo.IsOwn(sweep.Registrar) && !data.IsDead(sweep.Registrar)) return false;
            var now = data.Time.GetUtcNow();
            return !sweep.Shards.Exists(shard => IsHeld(data, shard, now)) && data.Sweeps.All.Remove(sweep.Number);
        },
        cancellationToken);

    /// <summary>The shard, where the lease still stands.</summary>
    private static SweepRows.Shard? Held(InMemoryData data, ShardLease lease, PlantedBug bug) =>
        data.Planted == bug && bug != PlantedBug.None ? data.Sweeps.FindShard(lease.SweepId, lease.Shard) : data.Sweeps.Held(lease);

    private static bool IsHeld(InMemoryData data, SweepRows.Shard shard, DateTimeOffset now) =>
        shard.Owner is { } holder && shard.LeaseUntil > now && !data.IsDead(holder);

    private void RequireOwn(string name)
    {
        if (!silo.IsOwn(name)) throw new ArgumentException($"The owner must be {silo.Owner} or a worker of it ({silo.Owner}/name); got {name}.", nameof(name));
    }
}
