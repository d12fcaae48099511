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
using Orchestration.Storage.Postgres.Access;
using Orchestration.Storage.Postgres.Aggregators;
using Orchestration.Storage.Postgres.Batches;
using Orchestration.Storage.Postgres.Checks;
using Orchestration.Storage.Postgres.Cluster;
using Orchestration.Storage.Postgres.Judgments;
using Orchestration.Storage.Postgres.Quotas;
using Orchestration.Storage.Postgres.Routing;
using Orchestration.Storage.Postgres.Spending;
using Orchestration.Storage.Postgres.Spool;
using Orchestration.Storage.Postgres.Sweeps;
using System.Globalization;

namespace Orchestration.Storage.Postgres;

/// <summary>
/// The ports of a cluster in one PostgreSQL schema, which any number of silos on any number of machines open at once. What a call has acknowledged survives a
/// kill of the silo and of the server. A call that meets a database which is away waits for it. Safe for concurrent use.
/// </summary>
public sealed class PostgresStore : IStore
{
    private const int JudgmentsPerCommit = 512;
    private const int StepsPerCommit = 256;

    private readonly Database _database;
    private readonly SiloPresence _silo;
    private readonly Announcements _announcements;
    private readonly JudgmentSpool? _spool;
    private readonly CancellationTokenSource _abandoned = new();
    private readonly GroupCommit<IReadOnlyList<StoredJudgment>, IReadOnlyList<IReadOnlyList<double>>> _judgments;
    private readonly GroupCommit<(ShardLease Lease, IReadOnlyList<UnscoredOutcome> Outcomes), bool> _outcomes;
    private readonly GroupCommit<SpendStep, bool> _spending;
    private readonly GroupCommit<ClaimStep, JudgmentClaim> _claims;
    private bool _isClosed;

    private PostgresStore(Database database, SiloPresence silo, JudgmentSpool? spool)
    {
        _database = database;
        _silo = silo;
        _spool = spool;
        _announcements = new Announcements(database);
        var lost = _abandoned.Token;
        _judgments = new(2, JudgmentsPerCommit, groups => PostgresJudgmentStore.CommitAsync(database, spool, groups, lost));
        var room = new ClaimedRoom(spool);
        _outcomes = new(1, StepsPerCommit, async groups => await database.RunAsync((connection, _, cancel) => ShardLeases.RecordAsync(connection, groups, cancel), lost).ConfigureAwait(false));
        _spending = new(1, StepsPerCommit, steps => PostgresSpendLedger.CommitAsync(database, silo.Number, steps, lost));
        _claims = new(1, StepsPerCommit, steps => PostgresJudgmentClaims.CommitAsync(database, silo, steps, lost));
        Judgments = new PostgresJudgmentStore(database, _judgments, room);
        Claims = new PostgresJudgmentClaims(silo, _claims, room);
        Sweeps = new PostgresSweepStore(database, silo, _outcomes);
        var ledger = new PostgresSpendLedger(database, silo, _spending);
        Spending = ledger;
        Batches = new PostgresBatchLog(database, silo, ledger);
        Aggregators = new PostgresAggregatorCatalog(database, silo, _announcements);
        Quotas = new PostgresQuotaAuthority(database);
        Cluster = new PostgresClusterDirectory(database, silo);
        Routing = new PostgresRouterLedger(database, silo);
        Access = new PostgresAccessDirectory(database, silo, _announcements);
        Checks = new PostgresCheckLog(database);
    }

    /// <inheritdoc/>
    public IJudgmentStore Judgments { get; }

    /// <inheritdoc/>
    public IJudgmentClaims? Claims { get; }

    /// <inheritdoc/>
    public ISweepStore Sweeps { get; }

    /// <inheritdoc/>
    public ISpendLedger Spending { get; }

    /// <inheritdoc/>
    public IBatchLog Batches { get; }

    /// <inheritdoc/>
    public IAggregatorCatalog Aggregators { get; }

    /// <inheritdoc/>
    public IQuotaAuthority Quotas { get; }

    /// <inheritdoc/>
    public IClusterDirectory Cluster { get; }

    /// <summary>Routed traffic: routes, rewards, ratings, quarantines.</summary>
    public IRouterLedger Routing { get; }

    /// <inheritdoc/>
    public IAccessDirectory Access { get; }

    /// <inheritdoc/>
    public ICheckLog Checks { get; }

    /// <inheritdoc/>
    public string Owner => _silo.Owner;

    /// <summary>Opens a store, making its schema where there is none, and brings its tables up to date.</summary>
    /// <exception cref="OrchestrationException">
    /// No database answers, it refuses this user, or its tables are of a newer version (<see cref="ErrorCodes.Store"/>); an option is out of range (<see cref="ErrorCodes.Configuration"/>).
    /// </exception>
    public static async ValueTask<PostgresStore> OpenAsync(PostgresStoreOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var database = new Database(options);
        try
        {
            await database.ConnectAsync(cancellationToken).ConfigureAwait(false);
            await Migrations.RunAsync(database, cancellationToken).ConfigureAwait(false);
            var silo = await SiloPresence.RegisterAsync(database, options.Grace, cancellationToken).ConfigureAwait(false);
            if (options.SpoolFolder is null) return new PostgresStore(database, silo, null);
            var id = await database.RunAsync(static (connection, _, cancel) => connection.Command("SELECT id FROM store").ScalarAsync<Guid>(cancel), cancellationToken).ConfigureAwait(false);
            await DeliverAsync(database, options, id, cancellationToken).ConfigureAwait(false);
            return new PostgresStore(database, silo, new JudgmentSpool(options.SpoolFolder, silo.Owner, id, options.SpoolBytes, options.OnNote));
        }
        catch
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Finishes what was handed in, and ends this silo: its leases are free, its open reservations become unknown spend.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isClosed) return;
        _isClosed = true;
        await CloseWritersAsync().ConfigureAwait(false);
        await _announcements.DisposeAsync().ConfigureAwait(false);
        await _silo.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
        _spool?.Dispose();
        _abandoned.Dispose();
    }

    /// <summary>Ends as a killed process does: what has not been committed is never written, nothing is given back.</summary>
    internal async ValueTask AbandonAsync()
    {
        if (_isClosed) return;
        _isClosed = true;
        _judgments.Abandon();
        _outcomes.Abandon();
        _spending.Abandon();
        _claims.Abandon();
        await _abandoned.CancelAsync().ConfigureAwait(false);
        await CloseWritersAsync().ConfigureAwait(false);
        await _announcements.DisposeAsync().ConfigureAwait(false);
        await _silo.AbandonAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
        _spool?.Dispose();
        _abandoned.Dispose();
    }

    /// <summary>Delivers what processes that are no more left in the spool. Judgments only: nothing else of theirs counts any more.</summary>
    private static async Task DeliverAsync(Database database, PostgresStoreOptions options, Guid store, CancellationToken cancellationToken)
    {
        foreach (var (path, judgments) in JudgmentSpool.LeftBehind(options.SpoolFolder!, store))
        {
            foreach (var some in judgments.Chunk(JudgmentsPerCommit))
                await PostgresJudgmentStore.CommitAsync(database, null, [some], cancellationToken).ConfigureAwait(false);
            if (judgments.Count > 0) options.OnNote?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{judgments.Count:N0} judgments that waited in {path} are stored"));
            File.Delete(path);
        }
    }

    private async Task CloseWritersAsync()
    {
        await _judgments.DisposeAsync().ConfigureAwait(false);
        await _outcomes.DisposeAsync().ConfigureAwait(false);
        await _spending.DisposeAsync().ConfigureAwait(false);
        await _claims.DisposeAsync().ConfigureAwait(false);
    }
}
