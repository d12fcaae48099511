using Orchestration.Core.Sweeps;

namespace Orchestration.Simulation.Host;

/// <summary>The sweeps of a store behind a <see cref="Courier"/>.</summary>
internal sealed class CarriedSweeps(Courier courier, ISweepStore inner, WorldChecks checks) : ISweepStore
{
    public ValueTask<SweepRecord> CreateAsync(NewSweep sweep, CancellationToken cancellationToken) =>
        courier.SendAsync("sweeps: create", Repetition.IsKnown, () => inner.CreateAsync(sweep, CancellationToken.None), cancellationToken);

    public ValueTask AppendShardsAsync(string sweepId, IReadOnlyList<ShardData> shards, CancellationToken cancellationToken) =>
        courier.SendAsync("sweeps: append", Repetition.IsKnown, () => inner.AppendShardsAsync(sweepId, shards, CancellationToken.None), cancellationToken);

    public ValueTask ReplaceShardAsync(string sweepId, ShardData shard, CancellationToken cancellationToken) =>
        courier.SendAsync("sweeps: replace", Repetition.IsKnown, () => inner.ReplaceShardAsync(sweepId, shard, CancellationToken.None), cancellationToken);

    public ValueTask<SweepRecord> SealAsync(string sweepId, SweepSeal seal, CancellationToken cancellationToken) =>
        courier.SendAsync("sweeps: seal", Repetition.IsKnown, () => inner.SealAsync(sweepId, seal, CancellationToken.None), cancellationToken);

    public ValueTask<int> DeleteUnsealedAsync(CancellationToken cancellationToken) =>
        courier.SendAsync("sweeps: delete unsealed", Repetition.IsKnown, () => inner.DeleteUnsealedAsync(CancellationToken.None), cancellationToken);

    public ValueTask<SweepRecord?> FindAsync(string sweepId, CancellationToken cancellationToken) =>
        courier.SendAsync("sweeps: find", Repetition.IsDoneAgain, () => inner.FindAsync(sweepId, CancellationToken.None), cancellationToken);

    public ValueTask<IReadOnlyList<SweepRecord>> ListAsync(CancellationToken cancellationToken) =>
        courier.SendAsync("sweeps: list", Repetition.IsDoneAgain, () => inner.ListAsync(CancellationToken.None), cancellationToken);

    public ValueTask<bool> TryChangeStateAsync(string sweepId, SweepState from, SweepState to, CancellationToken cancellationToken) =>
        courier.SendAsync($"sweeps: {from} to {to}", Repetition.IsKnown, () => inner.TryChangeStateAsync(sweepId, from, to, CancellationToken.None), cancellationToken);

    public ValueTask<IReadOnlyList<ShardLease>> ClaimAsync(string sweepId, string owner, int most, TimeSpan lease, CancellationToken cancellationToken) => courier.SendAsync(
        "shards: claim",
        Repetition.IsKnown,
        async () =>
        {
            var claimed = await inner.ClaimAsync(sweepId, owner, most, lease, CancellationToken.None);
            foreach (var one in claimed) checks.Claimed(one);
            return claimed;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<ShardLease>> RenewAsync(IReadOnlyList<ShardLease> leases, TimeSpan lease, CancellationToken cancellationToken) => courier.SendAsync(
        "shards: renew",
        Repetition.MayComeLate,
        async () =>
        {
            var standing = await inner.RenewAsync(leases, lease, CancellationToken.None);
            foreach (var one in standing) checks.WrittenUnder(one, "renewed");
            return standing;
        },
        cancellationToken);

    public ValueTask ReleaseAsync(IReadOnlyList<ShardLease> leases, CancellationToken cancellationToken) =>
        courier.SendAsync("shards: release", Repetition.MayComeLate, () => inner.ReleaseAsync(leases, CancellationToken.None), cancellationToken);

    public ValueTask<bool> CheckpointAsync(ShardLease lease, ShardResult result, CancellationToken cancellationToken)
    {
        var isKnown = false;
        return courier.SendAsync(
            "shards: checkpoint",
            Repetition.MayComeLate,
            async () =>
            {
                var committed = await inner.CheckpointAsync(lease, result, CancellationToken.None);
                if (committed) checks.Committed(lease, result);

                // A store knows its own commit again where the first answer was lost.
                return isKnown |= committed;
            },
            cancellationToken);
    }

    public ValueTask<bool> RecordUnscoredAsync(ShardLease lease, IReadOnlyList<UnscoredOutcome> outcomes, CancellationToken cancellationToken) => courier.SendAsync(
        "shards: record",
        Repetition.MayComeLate,
        async () =>
        {
            var recorded = await inner.RecordUnscoredAsync(lease, outcomes, CancellationToken.None);
            if (recorded) checks.WrittenUnder(lease, "recorded");
            return recorded;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<UnscoredOutcome>> UnscoredAsync(string sweepId, int shard, CancellationToken cancellationToken) =>
        courier.SendAsync("shards: unscored", Repetition.IsDoneAgain, () => inner.UnscoredAsync(sweepId, shard, CancellationToken.None), cancellationToken);

    public ValueTask<StoredShard?> ReadShardAsync(string sweepId, int shard, ShardParts parts, CancellationToken cancellationToken) =>
        courier.SendAsync("shards: read", Repetition.IsDoneAgain, () => inner.ReadShardAsync(sweepId, shard, parts, CancellationToken.None), cancellationToken);

    public ValueTask<IReadOnlyList<ShardWords>> ReadWordsAsync(string sweepId, int first, int count, CancellationToken cancellationToken) =>
        courier.SendAsync("shards: words", Repetition.IsDoneAgain, () => inner.ReadWordsAsync(sweepId, first, count, CancellationToken.None), cancellationToken);

    public ValueTask<SweepProgress> ProgressAsync(string sweepId, CancellationToken cancellationToken) =>
        courier.SendAsync("sweeps: progress", Repetition.IsDoneAgain, () => inner.ProgressAsync(sweepId, CancellationToken.None), cancellationToken);

    public ValueTask<IReadOnlyList<OpenSweep>> OpenAsync(CancellationToken cancellationToken) =>
        courier.SendAsync("sweeps: open", Repetition.IsDoneAgain, () => inner.OpenAsync(CancellationToken.None), cancellationToken);

    public ValueTask<IReadOnlyList<HeldShards>> HeldAsync(CancellationToken cancellationToken) =>
        courier.SendAsync("shards: held", Repetition.IsDoneAgain, () => inner.HeldAsync(CancellationToken.None), cancellationToken);

    public ValueTask AddTotalsAsync(string sweepId, SweepTotals totals, CancellationToken cancellationToken) =>
        courier.SendAsync("sweeps: totals", Repetition.IsKnown, () => inner.AddTotalsAsync(sweepId, totals, CancellationToken.None), cancellationToken);

    public ValueTask<int> ReopenUnscoredAsync(string sweepId, CancellationToken cancellationToken) =>
        courier.SendAsync("sweeps: reopen", Repetition.IsKnown, () => inner.ReopenUnscoredAsync(sweepId, CancellationToken.None), cancellationToken);

    public ValueTask<bool> DeleteAsync(string sweepId, CancellationToken cancellationToken) =>
        courier.SendAsync("sweeps: delete", Repetition.IsKnown, () => inner.DeleteAsync(sweepId, CancellationToken.None), cancellationToken);
}
