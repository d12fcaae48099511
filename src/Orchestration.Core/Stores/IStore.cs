using Orchestration.Core.Access;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Cluster;
using Orchestration.Core.Batches;
using Orchestration.Core.Judging;
using Orchestration.Core.MetaEvaluation.Kept;
using Orchestration.Core.Quotas;
using Orchestration.Core.Routing;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Stores;

/// <summary>Everything durable of a host, behind its ports. No other code knows which implementation it is. Disposing it ends this owner in order.</summary>
public interface IStore : IAsyncDisposable
{
    /// <summary>
    /// The id under which this opened store owns shards and reservations, never used again: <c>o1</c>, <c>o2</c>, …. Sweeps are created and shards
    /// claimed under it, or under a worker of it (<c>o1/name</c>).
    /// </summary>
    string Owner { get; }

    /// <summary>Judgments by content address.</summary>
    IJudgmentStore Judgments { get; }

    /// <summary>Who is about to buy which judgment; null where the store does not keep it, and two processes may buy the same one at the same time.</summary>
    IJudgmentClaims? Claims { get; }

    /// <summary>Sweeps, their data, shards, checkpoints and result blocks.</summary>
    ISweepStore Sweeps { get; }

    /// <summary>Reservations and caps.</summary>
    ISpendLedger Spending { get; }

    /// <summary>Batches that sweeps have at endpoints.</summary>
    IBatchLog Batches { get; }

    /// <summary>Aggregator versions and which of them is active.</summary>
    IAggregatorCatalog Aggregators { get; }

    /// <summary>Permits of deployments and judges, shared by all processes that open the store.</summary>
    IQuotaAuthority Quotas { get; }

    /// <summary>The silos that have the store open.</summary>
    IClusterDirectory Cluster { get; }

    /// <summary>Routed traffic: routes, rewards, ratings, quarantines.</summary>
    IRouterLedger Routing { get; }

    /// <summary>API keys and the audit log.</summary>
    IAccessDirectory Access { get; }

    /// <summary>What checks of judges came to.</summary>
    ICheckLog Checks { get; }
}
