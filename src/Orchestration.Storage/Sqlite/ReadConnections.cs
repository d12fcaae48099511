using System.Collections.Concurrent;

namespace Orchestration.Storage.Sqlite;

/// <summary>A few connections for reading, opened when first needed. Each read sees one snapshot of the file.</summary>
internal sealed class ReadConnections : IAsyncDisposable
{
    private readonly string _path;
    private readonly SqliteStoreOptions _options;
    private readonly SemaphoreSlim _turns;
    private readonly ConcurrentBag<Connection> _idle = [];
    private bool _closed;

    public ReadConnections(string path, SqliteStoreOptions options)
    {
        _path = path;
        _options = options;
        _turns = new SemaphoreSlim(options.ReadConnections);
    }

    /// <summary>Runs a read inside a read transaction, off the caller's thread.</summary>
    public async Task<T> RunAsync<T>(Func<Connection, T> read, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SqliteStore));
            return await Task.Run(() => Run(read), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turns.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _closed = true;
        for (var i = 0; i < _options.ReadConnections; i++) await _turns.WaitAsync().ConfigureAwait(false);
        while (_idle.TryTake(out var connection)) connection.Dispose();
        _turns.Release(_options.ReadConnections);
    }

    private T Run<T>(Func<Connection, T> read)
    {
        if (!_idle.TryTake(out var connection))
        {
            connection = Connection.Open(_path, create: false, _options.BusyTimeout);
            connection.Execute("PRAGMA query_only = 1; PRAGMA cache_size = -8192");
        }

        try
        {
            connection.Run("BEGIN");
            var result = read(connection);
            connection.Run("COMMIT");
            _idle.Add(connection);
            return result;
        }
        catch (Exception failure)
        {
            // In whatever state it is: the next read opens another.
            connection.Dispose();
            if (failure is InvalidDataException) throw new SqliteFailureException(SQLitePCL.raw.SQLITE_CORRUPT, _path, failure.Message);
            throw;
        }
    }
}
