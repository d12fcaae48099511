using Orchestration.Core;
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
using Orchestration.Storage.Sqlite.Access;
using Orchestration.Storage.Sqlite.Aggregators;
using Orchestration.Storage.Sqlite.Batches;
using Orchestration.Storage.Sqlite.Checks;
using Orchestration.Storage.Sqlite.Cluster;
using Orchestration.Storage.Sqlite.Judgments;
using Orchestration.Storage.Sqlite.Quotas;
using Orchestration.Storage.Sqlite.Routing;
using Orchestration.Storage.Sqlite.Spending;
using Orchestration.Storage.Sqlite.Sweeps;

namespace Orchestration.Storage.Sqlite;

/// <summary>
/// The ports of the embedded host in one SQLite file, which any number of processes on one machine may open at once. What a call has acknowledged
/// survives a kill and a loss of power. Safe for concurrent use.
/// </summary>
public sealed class SqliteStore : IStore
{
    private readonly Connection _connection;
    private readonly GroupCommitWriter _writer;
    private readonly ReadConnections _reads;
    private readonly OwnerLocks _owners;
    private bool _closed;

    private SqliteStore(Connection connection, OwnerLocks owners, SqliteStoreOptions options)
    {
        _connection = connection;
        _owners = owners;
        var cache = new JournalCache();
        var journal = new JournalWriter(connection, cache, options);
        _writer = new GroupCommitWriter(connection, journal, options);
        _reads = new ReadConnections(connection.Path, options);
        Judgments = new SqliteJudgmentStore(_writer, journal, cache, _reads);
        Sweeps = new SqliteSweepStore(_writer, _reads, owners, options.TimeProvider);
        var ledger = new SqliteSpendLedger(_writer, _reads, owners);
        Spending = ledger;
        Batches = new SqliteBatchLog(_writer, _reads, owners, ledger, options.TimeProvider);
        Aggregators = new SqliteAggregatorCatalog(_writer, _reads, options.TimeProvider);
        Quotas = new SqliteQuotaAuthority(_writer, _reads, options.TimeProvider);
        Cluster = new SqliteClusterDirectory(_writer, _reads, owners, options.TimeProvider);
        Routing = new SqliteRouterLedger(_writer, _reads, owners, options.TimeProvider);
        Access = new SqliteAccessDirectory(_writer, _reads, options.TimeProvider);
        Checks = new SqliteCheckLog(_writer, _reads);
    }

    /// <summary>Judgments by content address.</summary>
    public IJudgmentStore Judgments { get; }

    /// <summary>None: the processes of one machine may, at worst, buy a judgment twice that both ask for at the same moment.</summary>
    public IJudgmentClaims? Claims => null;

    /// <summary>Sweeps, their data, shards, checkpoints and result blocks.</summary>
    public ISweepStore Sweeps { get; }

    /// <summary>Reservations and caps.</summary>
    public ISpendLedger Spending { get; }

    /// <summary>Batches that sweeps have at endpoints.</summary>
    public IBatchLog Batches { get; }

    /// <summary>Aggregator versions and which of them is active.</summary>
    public IAggregatorCatalog Aggregators { get; }

    /// <summary>Permits of deployments and judges, shared by all processes that open the file.</summary>
    public IQuotaAuthority Quotas { get; }

    /// <summary>The processes that told of themselves.</summary>
    public IClusterDirectory Cluster { get; }

    /// <summary>Routed traffic: routes, rewards, ratings, quarantines.</summary>
    public IRouterLedger Routing { get; }

    /// <summary>API keys and the audit log.</summary>
    public IAccessDirectory Access { get; }

    /// <summary>What checks of judges came to.</summary>
    public ICheckLog Checks { get; }

    /// <summary>
    /// The id under which this opened store owns shards and reservations, never used again: <c>o1</c>, <c>o2</c>, …. Sweeps are created and shards
    /// claimed under it, or under a worker of it (<c>o1/name</c>).
    /// </summary>
    public string Owner => _owners.Owner;

    /// <summary>Opens a store, creating the file and its folder where there are none, and brings its tables up to date.</summary>
    /// <exception cref="OrchestrationException">
    /// The file is another program's, damaged, of a newer version, or cannot be opened or written (<see cref="ErrorCodes.Store"/>).
    /// </exception>
    public static async ValueTask<SqliteStore> OpenAsync(SqliteStoreOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return await Task.Run(() => Open(options), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finishes what was handed in, closes the file and ends this owner: its leases are free, its open reservations become unknown spend.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_closed) return;
        _closed = true;
        await _writer.CloseAsync().ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
    }

    /// <summary>Ends as a killed process does: what has not been committed is never written, nothing is given back.</summary>
    internal async ValueTask AbandonAsync()
    {
        if (_closed) return;
        _closed = true;
        await _writer.AbandonAsync().ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
    }

    private static SqliteStore Open(SqliteStoreOptions options)
    {
        var path = StorePath.Prepare(options.Path);
        var connection = Connection.Open(path, create: true, options.BusyTimeout);
        try
        {
            if (connection.IsReadOnly) throw new SqliteFailureException(SQLitePCL.raw.SQLITE_READONLY, path, "this user may only read it");
            Schema.Prepare(connection);
            if (options.MaxPages > 0) connection.Number(FormattableString.Invariant($"PRAGMA max_page_count = {options.MaxPages}"));
            return new SqliteStore(connection, OwnerLocks.Register(connection), options);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private async ValueTask CloseAsync()
    {
        await _reads.DisposeAsync().ConfigureAwait(false);
        _connection.Dispose();
        _owners.Dispose();
    }
}
