using Orchestration.Core;

namespace Orchestration.Storage.Sqlite;

/// <summary>How a store file is opened.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The file; created, with its folder, where there is none. Beside it stand <c>-wal</c>, <c>-shm</c> and the folder <c>-owners</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Dates sweeps and leases. Default: the system's clock. All processes of one file must share a clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How long a commit waits for other processes that are writing before it fails; 1 ms to 1 hour, default 1 minute.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Connections that read at the same time; 1–64, default 4. Each holds up to 8 MiB of pages.</summary>
    public int ReadConnections { get; init; } = 4;

    /// <summary>Judgments in the journal beyond which it is folded; default 32,768. Bounds what each process holds of it in memory.</summary>
    internal int FoldEntries { get; init; } = 32_768;

    /// <summary>Bytes of the journal beyond which it is folded; default 16 MiB.</summary>
    internal long FoldBytes { get; init; } = 16L << 20;

    /// <summary>A limit to the file's size in pages, to see what a full disk does; 0 for none.</summary>
    internal int MaxPages { get; init; }

    /// <exception cref="OrchestrationException">An option is out of its range.</exception>
    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Path)) throw Wrong($"Path is empty: name the store's file.");
        if (BusyTimeout < TimeSpan.FromMilliseconds(1) || BusyTimeout > TimeSpan.FromHours(1))
            throw Wrong($"BusyTimeout is {BusyTimeout.TotalMilliseconds:R} ms and must be between 1 ms and 1 hour.");
        if (ReadConnections is < 1 or > 64) throw Wrong($"ReadConnections is {ReadConnections} and must be between 1 and 64.");
    }

    private static OrchestrationException Wrong(FormattableString what) =>
        new(ErrorCodes.Configuration, "The store's option " + FormattableString.Invariant(what));
}
