using System.Globalization;
using Npgsql;
using Orchestration.Core;

namespace Orchestration.Storage.Postgres;

/// <summary>
/// Shows the others that this silo is alive: a row of its own, seen every second, and a lock that the server drops with the connection, however the
/// process ends. A connection that was cut is made anew under the same number.
/// </summary>
internal sealed class SiloPresence : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly Database _database;
    private readonly CancellationTokenSource _stop = new();
    private NpgsqlConnection? _connection;
    private long _tokens;
    private Task _beating = Task.CompletedTask;

    private SiloPresence(Database database, int number, TimeSpan grace)
    {
        _database = database;
        Number = number;
        Grace = grace.Ticks;
        Owner = string.Create(CultureInfo.InvariantCulture, $"o{number}");
    }

    /// <summary>The silo's number, never used again.</summary>
    public int Number { get; }

    /// <summary>The id under which it owns things: <c>o</c> and its number.</summary>
    public string Owner { get; }

    /// <summary>How long a silo without its lock counts as alive, in ticks.</summary>
    public long Grace { get; }

    public static async Task<SiloPresence> RegisterAsync(Database database, TimeSpan grace, CancellationToken cancellationToken)
    {
        var number = await database.RunAsync(
            async (connection, _, cancel) => await connection.Command(
                "INSERT INTO silos(host, process, version, started_at, seen_at) VALUES ($1, $2, $3, clock_ticks($4::bigint), clock_ticks($4::bigint)) RETURNING number",
                Environment.MachineName, Environment.ProcessId, typeof(SiloPresence).Assembly.GetName().Version?.ToString() ?? "", database.Now).ScalarAsync<int>(cancel).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        var presence = new SiloPresence(database, number, grace);
        try
        {
            presence._connection = await presence.LockAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (Database.IsPassing(failure))
        {
            // The database went away just now: the first beat that finds it takes the lock.
        }

        presence._beating = Task.Run(presence.BeatAsync, CancellationToken.None);
        return presence;
    }

    /// <summary>A number that no other silo and no other call of this one gets: what is written under it is found again where the answer was lost.</summary>
    public long NextToken() => ((long)Number << 32) | (uint)Interlocked.Increment(ref _tokens);

    /// <summary>True for this silo and workers of it (<c>o7/name</c>).</summary>
    public bool IsOwn(string owner) => NumberOf(owner) == Number;

    /// <summary>The number of an owner's silo; −1 for a text that names none.</summary>
    public static int NumberOf(string owner)
    {
        var name = owner.AsSpan();
        if (name.IndexOf('/') is var slash and >= 0) name = name[..slash];
        return name.Length > 1 && name[0] == 'o' && int.TryParse(name[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
    }

    /// <summary>An owner that is not this silo's would be taken for dead, and its shards for free.</summary>
    public void RequireOwn(string owner)
    {
        if (!IsOwn(owner))
            throw new ArgumentException($"The owner must be the one under which this store is open, {Owner}, or a worker of it ({Owner}/name); got {owner}.", nameof(owner));
    }

    /// <summary>Ends the silo: its leases are free at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        if (_connection is null) return;
        try
        {
            await _connection.Command("UPDATE silos SET ended_at = clock_ticks($2::bigint) WHERE number = $1", Number, _database.Now).ExecuteAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failure) when (Database.IsPassing(failure))
        {
            // The database is away; the lock is free, and that says it too.
        }

        await CloseAsync().ConfigureAwait(false);
    }

    /// <summary>Ends as a killed process does: the connection breaks, nothing is said.</summary>
    public async ValueTask AbandonAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _beating.ConfigureAwait(false);
    }

    private async Task<NpgsqlConnection> LockAsync(CancellationToken cancellationToken)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await connection.Command("SELECT pg_advisory_lock(silo_key(), $1)", Number).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(Beat, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    _connection ??= await LockAsync(_stop.Token).ConfigureAwait(false);
                    await _connection.Command("UPDATE silos SET seen_at = clock_ticks($2::bigint) WHERE number = $1", Number, _database.Now).ExecuteAsync(_stop.Token).ConfigureAwait(false);
                }
                catch (Exception failure) when (failure is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException or InvalidOperationException or OrchestrationException)
                {
                    // Tried again at the next beat; until then the others have the grace to wait for it.
                    await CloseAsync().ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The silo ends.
        }
    }

    /// <summary>Closes the session itself, not only its loan from the pool: the lock belongs to it.</summary>
    private async Task CloseAsync()
    {
        if (_connection is not { } connection) return;
        _connection = null;
        try
        {
            await connection.Command("SELECT pg_advisory_unlock_all()").ExecuteAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException or InvalidOperationException)
        {
            // The session is gone, and the lock with it.
        }

        await connection.DisposeAsync().ConfigureAwait(false);
    }
}
