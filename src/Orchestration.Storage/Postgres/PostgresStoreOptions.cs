using Orchestration.Core;

namespace Orchestration.Storage.Postgres;

/// <summary>How a PostgreSQL store is opened.</summary>
public sealed record PostgresStoreOptions
{
    /// <summary>Where it is.</summary>
    public required PostgresAddress Address { get; init; }

    /// <summary>
    /// How long a silo that has lost its connection still counts as alive; 0 to 5 minutes, default 3 s. A killed silo's shards are free after it; one
    /// whose connections were merely cut has come back by then.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a call waits for a database that does not answer before it fails; 0 to 1 day, default 10 minutes.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Connections at most, beside the one that shows that the silo is alive; 2–200, default 12.</summary>
    public int Connections { get; init; } = 12;

    /// <summary>
    /// Folder of the spool, which keeps judgments that were paid for while the database is away; null for none: then they wait in memory. A file in it that a process
    /// left behind is delivered by the next one that opens the same store.
    /// </summary>
    public string? SpoolFolder { get; init; }

    /// <summary>Size of the spool in bytes, laid out when the first paid call starts; 64 KiB–4 GiB, default 16 MiB. A call in flight takes room for 8 KiB.</summary>
    public long SpoolBytes { get; init; } = 16 << 20;

    /// <summary>Gives the password of each new connection, for an address with <see cref="PostgresAddress.Identity"/>; null where the address needs none.</summary>
    public Func<CancellationToken, ValueTask<string>>? Password { get; init; }

    /// <summary>Told once when the database stops answering, and once when it answers again; from any thread.</summary>
    public Action<string>? OnNote { get; init; }

    /// <summary>Replaces the database's clock, for tests that pass over time.</summary>
    internal TimeProvider? Clock { get; init; }

    /// <exception cref="OrchestrationException">An option is out of its range.</exception>
    internal void Validate()
    {
        if (Address.Identity is not null && Password is null) throw new OrchestrationException(ErrorCodes.Configuration, "The store's address names an identity, and this program gives no tokens for stores. Use a password.");
        if (Grace < TimeSpan.Zero || Grace > TimeSpan.FromMinutes(5)) throw Wrong($"Grace is {Grace} and must be between 0 and 5 minutes.");
        if (Patience < TimeSpan.Zero || Patience > TimeSpan.FromDays(1)) throw Wrong($"Patience is {Patience} and must be between 0 and 1 day.");
        if (SpoolBytes is < 64 << 10 or > 4L << 30) throw Wrong($"SpoolBytes is {SpoolBytes} and must be between 64 KiB and 4 GiB.");
        if (Connections is < 2 or > 200) throw Wrong($"Connections is {Connections} and must be between 2 and 200.");
    }

    private static OrchestrationException Wrong(FormattableString what) =>
        new(ErrorCodes.Configuration, "The store's option " + FormattableString.Invariant(what));
}
