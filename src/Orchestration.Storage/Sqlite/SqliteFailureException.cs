using Orchestration.Core;
using SQLitePCL;

namespace Orchestration.Storage.Sqlite;

/// <summary>What the database engine refused, in words that name the file and the cure.</summary>
internal sealed class SqliteFailureException : OrchestrationException
{
    public SqliteFailureException(int result, string path, string detail)
        : base(ErrorCodes.Store, Describe(result, path, detail))
    {
        Result = result & 0xff;
    }

    /// <summary>The primary result code.</summary>
    public int Result { get; }

    /// <summary>True where every other operation of the same moment would fail for the same reason.</summary>
    public bool ConcernsTheWholeFile =>
        Result is raw.SQLITE_BUSY or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN;

    private static string Describe(int result, string path, string detail)
    {
        const int SharedMemoryCannotGrow = raw.SQLITE_IOERR | (19 << 8);
        if (result == SharedMemoryCannotGrow) result = raw.SQLITE_FULL;
        return (result & 0xff) switch
        {
            raw.SQLITE_FULL =>
                $"The disk of {path} is full: what was being written was not stored, everything stored before is intact. Free some space there and run again.",
            raw.SQLITE_NOTADB =>
                $"{path} is not a store: it is no SQLite database. Name another file with --store, or move this one away.",
            raw.SQLITE_CORRUPT =>
                $"{path} is damaged ({detail}). Put a backup in its place, or save what can be read with `sqlite3 {path} .recover`; without either, move it away and a rerun makes everything again.",
            raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH =>
                $"{path} cannot be written ({detail}). Give this user the right to write the file and its folder, or name another place with --store.",
            raw.SQLITE_CANTOPEN =>
                $"{path} cannot be opened ({detail}). Check that its folder can be written by this user and that the disk takes new files.",
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED =>
                $"{path} was being written by other processes for longer than the store waits. Run fewer processes on it, or wait until the long one is done.",
            raw.SQLITE_TOOBIG =>
                $"One value is too big for {path}: a blob or text can have 1,000,000,000 bytes. Use smaller shards or shorter texts.",
            raw.SQLITE_IOERR =>
                $"Reading or writing {path} failed ({detail}, code {result}). Check the disk that it lies on; everything stored before is intact once the disk is.",
            _ => $"{path}: the database engine reports \"{detail}\" (code {result}).",
        };
    }
}
