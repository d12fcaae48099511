using Orchestration.Storage.Sqlite.Judgments;

namespace Orchestration.Storage.Sqlite;

/// <summary>
/// The one writer of an opened store: takes whatever callers have handed in, does it in one transaction, commits once, and tells them all.
/// While a commit reaches the disk the next one's operations gather, so the more callers there are, the fewer commits each of them costs.
/// </summary>
internal sealed class GroupCommitWriter
{
    /// <summary>Operations of one transaction at most, so that other processes get their turn.</summary>
    private const int MostOperations = 8192;

    /// <summary>A log as long as this, in pages (64 MiB), is moved into the file by the commit that made it so.</summary>
    private const int LogPages = 4096;

    /// <summary>How often a turn at the file is asked for while others write. The engine's own waiting grows to 100 ms and starves.</summary>
    private static readonly TimeSpan TurnPoll = TimeSpan.FromMilliseconds(3);

    private readonly Connection _connection;
    private readonly JournalWriter _journal;
    private readonly TimeSpan _busyTimeout;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private List<WriteOperation> _waiting = [];
    private bool _closing;
    private bool _abandoned;
    private bool _isDurable = true;

    public GroupCommitWriter(Connection connection, JournalWriter journal, SqliteStoreOptions options)
    {
        _connection = connection;
        _journal = journal;
        _busyTimeout = options.BusyTimeout;
        connection.Execute($"PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = {LogPages}; PRAGMA journal_size_limit = 134217728; PRAGMA cache_size = -32768");
        connection.SetBusyTimeout(TurnPoll);
        _thread = new Thread(Loop) { IsBackground = true, Name = "store writer" };
        _thread.Start();
    }

    /// <summary>Does the work in a transaction of many and completes when it is durable.</summary>
    /// <param name="work">Runs on the writer's thread; may run again if the commit that it shared failed.</param>
    /// <param name="cancellationToken">Takes the work back as long as it has not begun.</param>
    /// <param name="mayBeLost">See <see cref="WriteOperation.MayBeLost"/>.</param>
    public Task<T> RunAsync<T>(Func<Connection, T> work, CancellationToken cancellationToken, bool mayBeLost = false) =>
        RunAsync(new WriteFunction<T>(work, mayBeLost), cancellationToken);

    /// <inheritdoc cref="RunAsync{T}(Func{Connection, T}, CancellationToken, bool)"/>
    public Task<T> RunAsync<T>(WriteOperation<T> operation, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<T>(cancellationToken);
        operation.WithdrawOn(cancellationToken);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(SqliteStore));
            _waiting.Add(operation);
            if (_waiting.Count == 1) Monitor.Pulse(_gate);
        }

        return operation.Task;
    }

    /// <summary>Finishes what was handed in, then stops.</summary>
    public Task CloseAsync() => StopAsync(abandon: false);

    /// <summary>Stops as a killed process does, between two commits: what waits is never written.</summary>
    public Task AbandonAsync() => StopAsync(abandon: true);

    private Task StopAsync(bool abandon)
    {
        lock (_gate)
        {
            _closing = true;
            _abandoned |= abandon;
            Monitor.Pulse(_gate);
        }

        return Task.Run(_thread.Join);
    }

    private void Loop()
    {
        List<WriteOperation> taken = [];
        List<WriteOperation> batch = [];
        while (Take(ref taken))
        {
            for (var start = 0; start < taken.Count; start += MostOperations)
            {
                batch.Clear();
                batch.AddRange(taken.Skip(start).Take(MostOperations));
                Commit(batch);
                _journal.FoldIfLong(BeginTurn);
            }

            taken.Clear();
        }
    }

    /// <summary>Waits for operations; false at the end.</summary>
    private bool Take(ref List<WriteOperation> taken)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_closing) Monitor.Wait(_gate);
            (_waiting, taken) = (taken, _waiting);
            if (_abandoned)
            {
                foreach (var operation in taken) operation.Fail(new ObjectDisposedException(nameof(SqliteStore)));
                return false;
            }

            return taken.Count > 0;
        }
    }

    private void Commit(List<WriteOperation> batch)
    {
        if (batch.Count == 0) return;
        var failure = TryCommit(batch, out var refused);
        if (failure is null || batch.Count == 1 || failure is SqliteFailureException { ConcernsTheWholeFile: true })
        {
            Tell(batch, refused, failure);
            return;
        }

        // One of them may be what failed (a disk has no room for a large block and still some for a small one): each alone.
        List<WriteOperation> one = [null!];
        foreach (var operation in batch)
        {
            one[0] = operation;
            failure = TryCommit(one, out refused);
            Tell(one, refused, failure);
        }
    }

    private static void Tell(List<WriteOperation> batch, Dictionary<WriteOperation, Exception>? refused, Exception? failure)
    {
        foreach (var operation in batch)
        {
            if (failure is not null) operation.Fail(failure);
            else if (refused is not null && refused.TryGetValue(operation, out var own)) operation.Fail(own);
            else operation.Succeed();
        }
    }

    /// <summary>One transaction. Returns what undid the whole of it; <paramref name="refused"/> are operations that were undone alone.</summary>
    private Exception? TryCommit(List<WriteOperation> batch, out Dictionary<WriteOperation, Exception>? refused)
    {
        refused = null;
        try
        {
            SetDurable(!batch.TrueForAll(static operation => operation.MayBeLost));
            BeginTurn();

            // Only now are they held: whoever gave up while other processes had their turn is not written.
            batch.RemoveAll(static operation => !operation.TryBegin());
            _journal.Begin();
            foreach (var operation in batch)
            {
                if (!operation.NeedsSavepoint)
                {
                    operation.Execute(_connection);
                    continue;
                }

                var own = TryExecute(operation);
                if (own is not null) (refused ??= [])[operation] = own;
            }

            _journal.Flush();
            _connection.Run("COMMIT");
            _journal.Committed();
            return null;
        }
#pragma warning disable CA1031 // Whatever it is, the callers of this commit are told; the writer goes on for the others.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            TryRollback();
            return failure is InvalidDataException ? new SqliteFailureException(SQLitePCL.raw.SQLITE_CORRUPT, _connection.Path, failure.Message) : failure;
        }
    }

    private Exception? TryExecute(WriteOperation operation)
    {
        _connection.Run("SAVEPOINT operation");
        try
        {
            operation.Execute(_connection);
            _connection.Run("RELEASE operation");
            return null;
        }
        catch (Exception refusal) when (refusal is not SqliteFailureException)
        {
            _connection.Run("ROLLBACK TO operation");
            _connection.Run("RELEASE operation");
            return refusal;
        }
    }

    /// <summary>Begins a transaction that may write, waiting for other processes as long as the options say.</summary>
    private void BeginTurn()
    {
        // The engine itself waits one poll each time; its result decides how long altogether, no clock.
        for (var turns = (long)(_busyTimeout / TurnPoll) + 1; turns > 0; turns--)
        {
            if (_connection.TryBeginImmediate()) return;
        }

        throw _connection.Failure(SQLitePCL.raw.SQLITE_BUSY);
    }

    private void TryRollback()
    {
        try
        {
            _connection.RollbackIfNeeded();
        }
        catch (SqliteFailureException)
        {
            // The engine cannot even undo: nothing was committed, and the next transaction reports the same.
        }
    }

    /// <summary>
    /// Without waiting for the disk where every operation may be lost: a later durable commit makes these durable too, as the log is one sequence.
    /// </summary>
    private void SetDurable(bool durable)
    {
        if (durable == _isDurable) return;
        _connection.Run(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        _isDurable = durable;
    }
}
