using System.Globalization;
using SQLitePCL;

namespace Orchestration.Storage.Sqlite;

/// <summary>A prepared statement, kept by its connection. Parameters count from 1, columns from 0.</summary>
internal sealed class Statement : IDisposable
{
    private readonly Connection _connection;
    private readonly sqlite3_stmt _handle;

    public Statement(Connection connection, sqlite3_stmt handle)
    {
        _connection = connection;
        _handle = handle;
    }

    public Statement Bind(int parameter, long value) => Bound(raw.sqlite3_bind_int64(_handle, parameter, value));

    public Statement Bind(int parameter, double value) => Bound(raw.sqlite3_bind_double(_handle, parameter, value));

    public Statement Bind(int parameter, string? value) =>
        Bound(value is null ? raw.sqlite3_bind_null(_handle, parameter) : raw.sqlite3_bind_text(_handle, parameter, value));

    public Statement Bind(int parameter, decimal? value) => Bind(parameter, value?.ToString(CultureInfo.InvariantCulture));

    public Statement Bind(int parameter, ReadOnlySpan<byte> value) =>
        Bound(value.IsEmpty ? raw.sqlite3_bind_zeroblob(_handle, parameter, 0) : raw.sqlite3_bind_blob(_handle, parameter, value));

    /// <summary>Moves to the next row; false when there is none.</summary>
    public bool Step()
    {
        var result = raw.sqlite3_step(_handle);
        return result switch
        {
            raw.SQLITE_ROW => true,
            raw.SQLITE_DONE => false,
            _ => throw _connection.Failure(result),
        };
    }

    /// <summary>Runs it; false where another process holds what it needs.</summary>
    public bool StepUnlessBusy()
    {
        var result = raw.sqlite3_step(_handle);
        if ((result & 0xff) == raw.SQLITE_BUSY) return false;
        return result == raw.SQLITE_DONE ? true : throw _connection.Failure(result);
    }

    /// <summary>Runs it for its effect and makes it ready again, for use in a loop.</summary>
    public void RunOnce()
    {
        try
        {
            Step();
        }
        finally
        {
            raw.sqlite3_reset(_handle);
        }
    }

    /// <summary>Makes it ready to run again with other parameters.</summary>
    public void Reset() => raw.sqlite3_reset(_handle);

    public bool IsNull(int column) => raw.sqlite3_column_type(_handle, column) == raw.SQLITE_NULL;

    public long Int64(int column) => raw.sqlite3_column_int64(_handle, column);

    public int Int32(int column) => raw.sqlite3_column_int(_handle, column);

    public double Double(int column) => raw.sqlite3_column_double(_handle, column);

    public string Text(int column) => raw.sqlite3_column_text(_handle, column).utf8_to_string();

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    public decimal Decimal(int column) => decimal.Parse(Text(column), NumberStyles.Number, CultureInfo.InvariantCulture);

    /// <summary>The bytes in the engine's own memory, valid until the next step or reset.</summary>
    public byte[]? BytesOrNull(int column) => IsNull(column) ? null : Bytes(column).ToArray();

    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_handle, column);

    /// <summary>Gives it back to its connection.</summary>
    public void Dispose()
    {
        raw.sqlite3_reset(_handle);
        raw.sqlite3_clear_bindings(_handle);
    }

    /// <summary>The end of it, with its connection.</summary>
    public void Finish() => _handle.Dispose();

    private Statement Bound(int result) => result == raw.SQLITE_OK ? this : throw _connection.Failure(result);
}
