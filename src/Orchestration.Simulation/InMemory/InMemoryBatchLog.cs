using Orchestration.Core.Batches;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;

namespace Orchestration.Simulation.InMemory;

/// <summary>Batches as rows of memory.</summary>
internal sealed class BatchRows
{
    public SortedDictionary<long, OpenBatch> Open { get; } = [];

    public Dictionary<string, string> Holds { get; } = new(StringComparer.Ordinal);

    public long Last { get; set; }
}

/// <inheritdoc/>
internal sealed class InMemoryBatchLog(InMemoryOwner owner) : IBatchLog
{
    public ValueTask<bool> TryHoldAsync(string sweepId, CancellationToken cancellationToken) => owner.StepAsync(
        data =>
        {
            if (data.Batches.Holds.TryGetValue(sweepId, out var holder) && !owner.IsOwn(holder) && !data.IsDead(holder)) return false;
            data.Batches.Holds[sweepId] = owner.Owner;
            return true;
        },
        cancellationToken);

    public async ValueTask ReleaseAsync(string sweepId) => await owner.StepAsync(
        data => data.Batches.Holds.TryGetValue(sweepId, out var holder) && owner.IsOwn(holder) && data.Batches.Holds.Remove(sweepId),
        CancellationToken.None).ConfigureAwait(false);

    public ValueTask<OpenBatch?> IntendAsync(NewBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return owner.StepAsync<OpenBatch?>(
            data =>
            {
                long? reservation = null;
                if (batch.BoundUsd is { } bound)
                {
                    if (data.Spending.Reserve(batch.SweepId, new SpendPurpose("", batch.Deployment), bound, owner.Owner) is not { } reserved) return null;
                    reservation = reserved.Id;
                }

                var open = new OpenBatch(++data.Batches.Last, batch, reservation, null, data.Time.GetUtcNow());
                data.Batches.Open.Add(open.Id, open);
                return open;
            },
            cancellationToken);
    }

    public async ValueTask MadeAsync(long id, string remoteId)
    {
        ArgumentException.ThrowIfNullOrEmpty(remoteId);
        await owner.StepAsync(
            data =>
            {
                if (!data.Batches.Open.TryGetValue(id, out var open)) return false;
                data.Batches.Open[id] = open with { RemoteId = remoteId };
                return true;
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    public ValueTask<bool> FinishAsync(OpenBatch batch, SweepTotals totals, decimal unknownUsd, IReadOnlyList<BatchShare>? byJudge = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(totals);
        ArgumentOutOfRangeException.ThrowIfNegative(unknownUsd);
        return owner.StepAsync(
            data =>
            {
                if (!data.Batches.Open.Remove(batch.Id)) return false;
                if (batch.ReservationId is { } reservation) data.Spending.Settle(reservation, totals.CostUsd, unknownUsd, byJudge);
                data.Sweeps.AddTotals(batch.Batch.SweepId, totals);
                return true;
            },
            CancellationToken.None);
    }

    public ValueTask<IReadOnlyList<OpenBatch>> OpenAsync(string sweepId, CancellationToken cancellationToken) => owner.StepAsync<IReadOnlyList<OpenBatch>>(
        data => [.. data.Batches.Open.Values.Where(open => string.Equals(open.Batch.SweepId, sweepId, StringComparison.Ordinal))],
        cancellationToken);
}
