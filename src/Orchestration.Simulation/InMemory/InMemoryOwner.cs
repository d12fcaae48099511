using Orchestration.Core.Access;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Batches;
using Orchestration.Core.Cluster;
using Orchestration.Core.Judging;
using Orchestration.Core.MetaEvaluation.Kept;
using Orchestration.Core.Quotas;
using Orchestration.Core.Routing;
using Orchestration.Core.Spending;
using Orchestration.Core.Stores;
using Orchestration.Core.Sweeps;

namespace Orchestration.Simulation.InMemory;

/// <summary>One owner's view of <see cref="InMemoryData"/>: what a silo holds open. Safe for concurrent use.</summary>
public sealed class InMemoryOwner : IStore
{
    private readonly InMemoryData _data;

    internal InMemoryOwner(InMemoryData data, string owner)
    {
        _data = data;
        Owner = owner;
        Judgments = new InMemoryJudgmentStore(this);
        Claims = new InMemoryJudgmentClaims(this);
        Sweeps = new InMemorySweepStore(this);
        Spending = new InMemorySpendLedger(this);
        Batches = new InMemoryBatchLog(this);
        Aggregators = new InMemoryAggregatorCatalog(this);
        Quotas = new InMemoryQuotaAuthority(this);
        Cluster = new InMemoryClusterDirectory(this);
        Routing = new InMemoryRouterLedger(this);
        Access = new InMemoryAccessDirectory(this);
        Checks = new InMemoryCheckLog(this);
    }

    /// <summary>Its id, never used again.</summary>
    public string Owner { get; }

    /// <summary>Judgments by content address.</summary>
    public IJudgmentStore Judgments { get; }

    /// <summary>Who is about to buy which judgment.</summary>
    public IJudgmentClaims? Claims { get; }

    /// <summary>Sweeps, their data, shards, checkpoints and result blocks.</summary>
    public ISweepStore Sweeps { get; }

    /// <summary>Reservations and caps.</summary>
    public ISpendLedger Spending { get; }

    /// <summary>Batches that sweeps have at endpoints.</summary>
    public IBatchLog Batches { get; }

    /// <summary>Aggregator versions and which of them is active.</summary>
    public IAggregatorCatalog Aggregators { get; }

    /// <summary>Permits.</summary>
    public IQuotaAuthority Quotas { get; }

    /// <summary>The owners that told of themselves.</summary>
    public IClusterDirectory Cluster { get; }

    /// <summary>Routed traffic: routes, rewards, ratings, quarantines.</summary>
    public IRouterLedger Routing { get; }

    /// <summary>API keys and the audit log.</summary>
    public IAccessDirectory Access { get; }

    /// <summary>What checks of judges came to.</summary>
    public ICheckLog Checks { get; }

    /// <summary>
    /// Ends the owner as a crash of its silo does: its leases are free at once, its open reservations are unknown spend, and a call that it still makes
    /// throws <see cref="ObjectDisposedException"/>.
    /// </summary>
    public void Kill() => _data.End(Owner);

    /// <summary>Ends the owner. The data stays.</summary>
    public ValueTask DisposeAsync()
    {
        Kill();
        return ValueTask.CompletedTask;
    }

    /// <summary>True where what was on its way when the owner died is still done.</summary>
    internal bool OutlivesItself { get; set; }

    /// <summary>Does one step on the data.</summary>
    internal ValueTask<T> StepAsync<T>(Func<InMemoryData, T> step, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<T>(cancellationToken);
        lock (_data.Gate)
        {
            if (!OutlivesItself && _data.IsDead(Owner)) return ValueTask.FromException<T>(new ObjectDisposedException($"owner {Owner}"));
            try
            {
                return ValueTask.FromResult(step(_data));
            }
#pragma warning disable CA1031 // An asynchronous call's failure is in its task, whatever it is.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                return ValueTask.FromException<T>(failure);
            }
        }
    }

    internal bool IsOwn(string owner) => string.Equals(owner.Split('/')[0], Owner, StringComparison.Ordinal);
}
