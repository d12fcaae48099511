using Orchestration.Conformance;
using Orchestration.Core.Judging;
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
        new Opened(await SqliteStore.OpenAsync(Options, cancellationToken));

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private sealed class Opened(SqliteStore store) : IStoreOwner
    {
        public string Owner { get; } = store.Owner;

        public IJudgmentStore Judgments => store.Judgments;

        public ISweepStore Sweeps => store.Sweeps;

        public ISpendLedger Spending => store.Spending;

        public ValueTask KillAsync() => store.AbandonAsync();

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }
}
