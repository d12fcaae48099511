using Orchestration.Conformance;
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
using Orchestration.Storage.Sqlite;
using Orchestration.Testing;

namespace Orchestration.Storage.Tests.Sqlite;

/// <summary>A store's file in a folder of its own, removed afterwards.</summary>
public sealed class SqliteWorld : IStoreWorld
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orchestration-store-");

    public ManualTime Time { get; } = new();

    public string FilePath => Path.Combine(_folder.FullName, "store.db");

    internal SqliteStoreOptions Options => new() { Path = FilePath, TimeProvider = Time, FoldEntries = FoldEntries };

    /// <summary>Judgments after which the journal is folded.</summary>
    internal int FoldEntries { get; init; } = 32_768;

    public async ValueTask<IStoreOwner> OpenAsync(CancellationToken cancellationToken) =>
        new Opened(await SqliteStore.OpenAsync(Options, cancellationToken), isAlwaysFolded: FoldEntries == 1);

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private sealed class Opened(SqliteStore store, bool isAlwaysFolded) : IStoreOwner
    {
        public string Owner { get; } = store.Owner;

        public IJudgmentStore Judgments { get; } = isAlwaysFolded ? new FoldedJudgments(store) : store.Judgments;

        public IJudgmentClaims? Claims => store.Claims;

        public ISweepStore Sweeps => store.Sweeps;

        public ISpendLedger Spending => store.Spending;

        public IBatchLog Batches => store.Batches;

        public IAggregatorCatalog Aggregators => store.Aggregators;

        public IQuotaAuthority Quotas => store.Quotas;

        public IClusterDirectory Cluster => store.Cluster;

        public IRouterLedger Routing => store.Routing;

        public IAccessDirectory Access => store.Access;

        public ICheckLog Checks => store.Checks;

        public ValueTask KillAsync() => store.AbandonAsync();

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }

    /// <summary>Callers are told before the journal is folded; these are told after.</summary>
    private sealed class FoldedJudgments(SqliteStore store) : IJudgmentStore
    {
        public ValueTask<IReadOnlyList<IReadOnlyList<double>?>> GetAsync(IReadOnlyList<JudgmentAddress> addresses, CancellationToken cancellationToken) =>
            store.Judgments.GetAsync(addresses, cancellationToken);

        public ValueTask<StoredJudgment?> FindAsync(JudgmentAddress address, CancellationToken cancellationToken) =>
            store.Judgments.FindAsync(address, cancellationToken);

        public async ValueTask<IReadOnlyList<IReadOnlyList<double>>> PutAsync(IReadOnlyList<StoredJudgment> judgments, CancellationToken cancellationToken)
        {
            var held = await store.Judgments.PutAsync(judgments, cancellationToken);

            // The writer's next commit comes after the fold.
            await store.Sweeps.DeleteUnsealedAsync(cancellationToken);
            return held;
        }

        public ValueTask<long> CountAsync(CancellationToken cancellationToken) => store.Judgments.CountAsync(cancellationToken);
    }
}
