using Orchestration.Core.Access;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Batches;
using Orchestration.Core.Cluster;
using Orchestration.Core.Judging;
using Orchestration.Core.MetaEvaluation.Kept;
using Orchestration.Core.Quotas;
using Orchestration.Core.Routing;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;
using Orchestration.Testing;

namespace Orchestration.Conformance;

/// <summary>One set of stored data, which any number of owners open.</summary>
public interface IStoreWorld : IAsyncDisposable
{
    /// <summary>The clock of all owners.</summary>
    ManualTime Time { get; }

    /// <summary>Opens the data as another owner, as another process would.</summary>
    ValueTask<IStoreOwner> OpenAsync(CancellationToken cancellationToken);
}

/// <summary>One owner's view. Disposing it ends the owner in order.</summary>
public interface IStoreOwner : IAsyncDisposable
{
    string Owner { get; }

    IJudgmentStore Judgments { get; }

    /// <summary>Null where the store keeps none.</summary>
    IJudgmentClaims? Claims { get; }

    ISweepStore Sweeps { get; }

    ISpendLedger Spending { get; }

    IBatchLog Batches { get; }

    IAggregatorCatalog Aggregators { get; }

    IQuotaAuthority Quotas { get; }

    IClusterDirectory Cluster { get; }

    IRouterLedger Routing { get; }

    IAccessDirectory Access { get; }

    /// <inheritdoc cref="Core.Stores.IStore.Checks"/>
    ICheckLog Checks { get; }

    /// <summary>Ends the owner as a killed process does: it gives nothing back.</summary>
    ValueTask KillAsync();
}
