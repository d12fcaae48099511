using System.Runtime.InteropServices;
using System.Text;
using SQLitePCL;

namespace Orchestration.Storage.Sqlite;

/// <summary>
/// One connection with its prepared statements, straight on the engine's own functions: the hot paths here take a few microseconds, of which a
/// general driver's layers would be half. Used by one thread at a time.
/// </summary>
internal sealed class Connection : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);

    static Connection() => EngineLibrary.Prepare();

    private Connection(sqlite3 handle, string path)
    {
        _handle = handle;
        Path = path;
    }

    public string Path { get; }

    /// <summary>True inside a transaction.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>True where the operating system lets this user only read the file.</summary>
    public bool IsReadOnly => raw.sqlite3_db_readonly(_handle, "main") == 1;

    public long LastInsertedId => raw.sqlite3_last_insert_rowid(_handle);

    public int Changes => raw.sqlite3_changes(_handle);

    /// <summary>Opens, creating the file where asked.</summary>
    public static Connection Open(string path, bool create, TimeSpan busyTimeout)
    {
        var flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX | (create ? raw.SQLITE_OPEN_CREATE : 0);
        var result = raw.sqlite3_open_v2(path, out var handle, flags, null);
        if (result != raw.SQLITE_OK)
        {
            var detail = raw.sqlite3_errstr(result).utf8_to_string();
            handle?.Dispose();
            throw new SqliteFailureException(result, path, detail);
        }

        raw.sqlite3_extended_result_codes(handle, 1);
        var connection = new Connection(handle, path);
        connection.SetBusyTimeout(busyTimeout);
        return connection;
    }

    public void SetBusyTimeout(TimeSpan timeout) => raw.sqlite3_busy_timeout(_handle, (int)timeout.TotalMilliseconds);

    /// <summary>Runs statements that return nothing and are not worth keeping.</summary>
    public void Execute(string sql)
    {
        var rest = Encoding.UTF8.GetBytes(sql + "\0").AsSpan();
        while (rest.Length > 1)
        {
            Check(raw.sqlite3_prepare_v2(_handle, rest, out var statement, out var tail));
            rest = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(tail), tail.Length);
            if (statement is null || statement.IsInvalid) continue;
            using (statement)
            {
                int result;
                do result = raw.sqlite3_step(statement);
                while (result == raw.SQLITE_ROW);
                if (result != raw.SQLITE_DONE) throw Failure(result);
            }
        }
    }

    /// <summary>The statement, prepared once per connection. Dispose what is returned to have it ready for its next use.</summary>
    public Statement Use(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            Check(raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle));
            statement = new Statement(this, handle);
            _statements.Add(sql, statement);
        }

        return statement;
    }

    /// <summary>Runs a statement without results.</summary>
    public void Run(string sql)
    {
        using var statement = Use(sql);
        statement.Step();
    }

    /// <summary>Begins a transaction that may write; false where another process has its turn for longer than the busy timeout.</summary>
    public bool TryBeginImmediate()
    {
        using var statement = Use("BEGIN IMMEDIATE");
        return statement.StepUnlessBusy();
    }

    /// <summary>The one number that a statement returns; null for no row or NULL.</summary>
    public long? Number(string sql)
    {
        using var statement = Use(sql);
        return statement.Step() && !statement.IsNull(0) ? statement.Int64(0) : null;
    }

    /// <summary>Ends a transaction without its changes; the engine may have done so already.</summary>
    public void RollbackIfNeeded()
    {
        if (InTransaction) Execute("ROLLBACK");
    }

    public SqliteFailureException Failure(int result) => new(result, Path, raw.sqlite3_errmsg(_handle).utf8_to_string());

    public void Dispose()
    {
        foreach (var statement in _statements.Values) statement.Finish();
        _statements.Clear();
        _handle.Dispose();
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK) throw Failure(result);
    }
}
