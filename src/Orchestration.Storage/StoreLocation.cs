using Orchestration.Core;
using Orchestration.Core.Stores;
using Orchestration.Storage.Postgres;
using Orchestration.Storage.Sqlite;

namespace Orchestration.Storage;

/// <summary>Where a store is: a SQLite file, or the address of a PostgreSQL database.</summary>
public static class StoreLocation
{
    /// <summary>True where any number of machines can open it.</summary>
    public static bool IsShared(string location) => PostgresAddress.IsOne(location);

    /// <summary>Opens a store.</summary>
    /// <param name="location">A file's path, or <c>postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME</c>.</param>
    /// <param name="time">Dates what a file stores; a database has a clock of its own.</param>
    /// <param name="spoolFolder">Folder on this machine for what was paid for and waits for a database that is away; null keeps it in memory.</param>
    /// <param name="onNote">Told when a database stops answering and when it answers again; from any thread.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">It cannot be opened (<see cref="ErrorCodes.Store"/>, <see cref="ErrorCodes.Configuration"/>).</exception>
    public static ValueTask<IStore> OpenAsync(string location, TimeProvider time, string? spoolFolder, Action<string>? onNote, CancellationToken cancellationToken) =>
        OpenAsync(location, time, spoolFolder, onNote, null, cancellationToken);

    /// <summary>Opens a store whose address may name an identity.</summary>
    /// <param name="location">A file's path, or <c>postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME</c>, or <c>postgres://USER@HOST/DATABASE?identity=managed</c>.</param>
    /// <param name="time">Dates what a file stores; a database has a clock of its own.</param>
    /// <param name="spoolFolder">Folder on this machine for what was paid for and waits for a database that is away; null keeps it in memory.</param>
    /// <param name="onNote">Told when a database stops answering and when it answers again; from any thread.</param>
    /// <param name="passwords">Gives the password of each new connection of an identity; null where no address may name one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">It cannot be opened (<see cref="ErrorCodes.Store"/>, <see cref="ErrorCodes.Configuration"/>).</exception>
    public static async ValueTask<IStore> OpenAsync(
        string location, TimeProvider time, string? spoolFolder, Action<string>? onNote, Func<StoreIdentity, Func<CancellationToken, ValueTask<string>>>? passwords, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(location);
        ArgumentNullException.ThrowIfNull(time);
        if (PostgresAddress.IsOne(location))
        {
            var address = PostgresAddress.Parse(location);
            var password = address.Identity is { } identity ? passwords?.Invoke(identity) : null;
            return await PostgresStore.OpenAsync(new PostgresStoreOptions { Address = address, SpoolFolder = spoolFolder, OnNote = onNote, Password = password }, cancellationToken).ConfigureAwait(false);
        }

        if (location.Contains("://", StringComparison.Ordinal))
            throw new OrchestrationException(ErrorCodes.Configuration, $"--store takes a file, or postgres://USER:PASSWORD@HOST:PORT/DATABASE; {location[..location.IndexOf("://", StringComparison.Ordinal)]}:// is neither.");
        if (location.StartsWith("Host=", StringComparison.OrdinalIgnoreCase) || location.StartsWith("Server=", StringComparison.OrdinalIgnoreCase))
            throw new OrchestrationException(ErrorCodes.Configuration, "--store takes a file, or postgres://USER:PASSWORD@HOST:PORT/DATABASE; this is a connection string in another form, and would be a file's name.");
        return await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = location, TimeProvider = time }, cancellationToken).ConfigureAwait(false);
    }
}
