using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using Orchestration.Core;

namespace Orchestration.Storage.Postgres;

/// <summary>
/// The way to the database. A call that meets a database which is away (restarting, unreachable, its connection cut) is made again until it answers or
/// patience ends; so every body is written to be run again after a commit whose answer was lost.
/// </summary>
internal sealed class Database : IAsyncDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    /// <summary>How long a transaction may wait for its client: many times a round trip, and well below a lease.</summary>
    private const string MostIdleMilliseconds = "5000";

    private readonly NpgsqlDataSource _source;
    private readonly PostgresStoreOptions _options;
    private int _isAway;

    public Database(PostgresStoreOptions options)
    {
        _options = options;
        var connection = new NpgsqlConnectionStringBuilder(options.Address.Connection.ConnectionString)
        {
            SearchPath = options.Address.Schema,
            MaxPoolSize = options.Connections,
            MaxAutoPrepare = 60,
            AutoPrepareMinUsages = 2,
            ApplicationName = "orchestrate",
            IncludeErrorDetail = false,
        };

        // A silo that stands still in the middle of a transaction holds its locks; the server ends it, and the silo begins again when it goes on.
        connection.Options = (connection.Options + " -c idle_in_transaction_session_timeout=" + MostIdleMilliseconds).Trim();
        Schema = options.Address.Schema;
        var source = new NpgsqlDataSourceBuilder(connection.ConnectionString);
        if (options.Address.Identity is not null && options.Password is { } password)
            source.UsePasswordProvider(static _ => throw new NotSupportedException("Connections of a store are opened asynchronously."), (_, cancel) => password(cancel));
        _source = source.Build();
    }

    public string Schema { get; }

    public string Display => _options.Address.Display;

    /// <summary>What a statement is given as its clock: null for the database's own.</summary>
    public long? Now => _options.Clock?.GetUtcNow().UtcTicks;

    /// <summary>A connection of its own, not retried: for who listens or holds locks of a session.</summary>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => _source.OpenConnectionAsync(cancellationToken);

    /// <summary>Runs a body on a connection, again where the database was away.</summary>
    /// <param name="body">The connection, and which attempt it is, from 0.</param>
    /// <param name="cancellationToken">Gives up: before a statement, or while waiting for the database.</param>
    /// <param name="onAway">Told which attempt found the database away, before waiting for it.</param>
    public async ValueTask<T> RunAsync<T>(Func<NpgsqlConnection, int, CancellationToken, Task<T>> body, CancellationToken cancellationToken, Action<int>? onAway = null)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                T result;
                await using (var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false))
                    result = await body(connection, attempt, cancellationToken).ConfigureAwait(false);
                if (Interlocked.Exchange(ref _isAway, 0) != 0) _options.OnNote?.Invoke($"{Display} answers again");
                return result;
            }
            catch (Exception failure) when (IsPassing(failure))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (TimeProvider.System.GetElapsedTime(startedAt) >= _options.Patience) throw Passwordless(failure) ?? Away(failure);
                if (!IsConflict(failure) && attempt > 0 && Interlocked.Exchange(ref _isAway, 1) == 0)
                    _options.OnNote?.Invoke($"{Display} does not answer ({Reason(failure)}): waiting for it, nothing is lost");
                if (!IsConflict(failure)) onAway?.Invoke(attempt);
                await WaitAsync(attempt, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException failure)
            {
                throw Explain(failure);
            }
            catch (NpgsqlException failure) when (failure is not PostgresException)
            {
                throw Passwordless(failure) ?? Away(failure);
            }
        }
    }

    /// <summary>Runs a body in one transaction.</summary>
    public ValueTask<T> TransactAsync<T>(Func<NpgsqlConnection, int, CancellationToken, Task<T>> body, CancellationToken cancellationToken, bool mayBeLost = false) => RunAsync(
        async (connection, attempt, cancel) =>
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            if (mayBeLost) await connection.RunAsync("SET LOCAL synchronous_commit = off", cancel).ConfigureAwait(false);
            var result = await body(connection, attempt, cancel).ConfigureAwait(false);

            // Once a commit began it is awaited.
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            return result;
        },
        cancellationToken);

    /// <summary>A first look at a database: a wrong name, password or address is told at once rather than waited for.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (PostgresException failure) when (IsPassing(failure) && attempt < 20)
            {
                // It is starting, stopping, or all its connections are taken for a moment.
                await WaitAsync(attempt, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException failure)
            {
                throw Explain(failure);
            }
            catch (NpgsqlException failure) when (failure.InnerException is OrchestrationException)
            {
                throw Passwordless(failure)!;
            }
            catch (NpgsqlException failure) when (failure.InnerException is null)
            {
                // Nothing below Npgsql failed: something answers, and the two do not agree on a password or on TLS.
                throw new OrchestrationException(
                    ErrorCodes.Store, $"{Display} answers, but no connection came about ({failure.Message.TrimEnd('.')}). Check user and password (in the address, or PGUSER and PGPASSWORD) and sslmode.", failure);
            }
            catch (Exception failure) when (failure is NpgsqlException or TimeoutException or SocketException or ArgumentException)
            {
                throw new OrchestrationException(
                    ErrorCodes.Store, $"No database answers at {Display} ({Reason(failure)}). See that it runs and can be reached from here, and that host and port are right.", failure);
            }
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>True where the same statement may succeed a moment later.</summary>
    public static bool IsPassing(Exception failure) => failure switch
    {
        PostgresException e => IsConflict(e) || e.SqlState is "57P01" or "57P02" or "57P03" or "53300" or "57014" or "25006" or "25P03" || e.SqlState.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException e => e.IsTransient || e.InnerException is OrchestrationException or IOException or SocketException or TimeoutException or ObjectDisposedException,
        IOException or SocketException or TimeoutException => true,
        InvalidOperationException e => e.Source == "Npgsql" && e is not ObjectDisposedException,
        _ => false,
    };

    /// <summary>No token could be had in place of a password: what was said of that, with the database's name; null where that is not why.</summary>
    private OrchestrationException? Passwordless(Exception failure) =>
        failure is NpgsqlException { InnerException: OrchestrationException inner } ? new OrchestrationException(inner.Code, $"{Display}: {inner.Message}", failure) : null;

    private static bool IsConflict(Exception failure) => failure is PostgresException { SqlState: "40001" or "40P01" };

    private static string Reason(Exception failure) => failure switch
    {
        PostgresException e => e.MessageText,
        { InnerException: { } inner } => inner.Message,
        _ => failure.Message,
    };

    // Spread by the clock's last digits, so that silos do not come back all at once.
    private static Task WaitAsync(int attempt, CancellationToken cancellationToken)
    {
        var wait = TimeSpan.FromTicks(Math.Min(FirstWait.Ticks << Math.Min(attempt, 10), LongestWait.Ticks));
        return Task.Delay(wait * (0.5 + TimeProvider.System.GetTimestamp() % 1000 / 2000.0), TimeProvider.System, cancellationToken);
    }

    private OrchestrationException Away(Exception failure) => new(
        ErrorCodes.Store,
        string.Create(CultureInfo.InvariantCulture, $"{Display} has not answered for {_options.Patience.TotalMinutes:0.#} minutes ({Reason(failure)}). What was acknowledged is there; give the same command again when the database is back."),
        failure);

    private OrchestrationException Explain(PostgresException failure) => new(
        ErrorCodes.Store,
        failure.SqlState switch
        {
            "28P01" or "28000" when _options.Address.Identity is { } identity =>
                $"{Display} refuses the token of this identity ({identity.Name}) for the user '{_options.Address.Connection.Username}'. The user is the name of the identity's role in the database; an administrator makes it with pgaadauth_create_principal.",
            "28P01" or "28000" => $"{Display} refuses this user or password. Check the address, PGUSER and PGPASSWORD.",
            "3D000" => $"{Display}: there is no such database. Make it ('createdb {_options.Address.Connection.Database}'), or name another.",
            "42501" => $"{Display}: this user may not do that ({failure.MessageText}). Grant it the right to create in the database, or name a schema that it owns (?schema=NAME).",
            "53100" => $"{Display}: the database's disk is full ({failure.MessageText}). Nothing that was acknowledged is lost; make room and give the same command again.",
            _ => $"{Display}: {failure.MessageText} (SQLSTATE {failure.SqlState}).",
        },
        failure);
}
