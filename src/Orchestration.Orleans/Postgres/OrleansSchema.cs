using Npgsql;
using Orchestration.Core;
using Orchestration.Storage.Postgres;

namespace Orchestration.Orleans.Postgres;

/// <summary>Where Orleans keeps its members, grain state and reminders on PostgreSQL: beside a store's schema, in one of its own.</summary>
internal static class OrleansSchema
{
    /// <summary>What Npgsql is called in ADO.NET.</summary>
    public const string Invariant = "Npgsql";

    // Any number that nobody else on the database uses; the schema's own hash is added to it.
    private const int LockClass = 0x4f524c;

    /// <summary>The schema beside a store's.</summary>
    public static string NameOf(PostgresAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        const int Longest = 63;
        const string Suffix = "_orleans";
        return address.Schema.Length + Suffix.Length <= Longest ? address.Schema + Suffix : address.Schema[..(Longest - Suffix.Length)] + Suffix;
    }

    /// <summary>Makes tables and queries where they are missing, under an advisory lock however many silos start at once, and says how to connect to them.</summary>
    /// <exception cref="OrchestrationException">The database cannot be reached or changed (<see cref="ErrorCodes.Store"/>).</exception>
    public static async Task<string> EnsureAsync(PostgresAddress address, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        var schema = NameOf(address);
        var connectionString = address.ConnectionString(schema, "orchestrate-orleans");
        try
        {
            await using var source = NpgsqlDataSource.Create(connectionString);
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using (var begin = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({LockClass}, hashtext($1))", connection, transaction))
            {
                begin.Parameters.Add(new NpgsqlParameter { Value = schema });
                await begin.ExecuteNonQueryAsync(cancellationToken);
            }

            await ExecuteAsync($"CREATE SCHEMA IF NOT EXISTS \"{schema}\"");
            await ExecuteAsync(OrleansQueries.Tables);
            await using (var batch = new NpgsqlBatch(connection, transaction))
            {
                foreach (var (key, text) in OrleansQueries.All)
                {
                    var command = new NpgsqlBatchCommand("INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ($1, $2) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText WHERE OrleansQuery.QueryText <> excluded.QueryText");
                    command.Parameters.Add(new NpgsqlParameter { Value = key });
                    command.Parameters.Add(new NpgsqlParameter { Value = text });
                    batch.BatchCommands.Add(command);
                }

                await batch.ExecuteNonQueryAsync(cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
            return connectionString;

            async Task ExecuteAsync(string sql)
            {
                await using var command = new NpgsqlCommand(sql, connection, transaction);
                await command.ExecuteNonQueryAsync(cancellationToken);
            }
        }
        catch (NpgsqlException e)
        {
            throw new OrchestrationException(ErrorCodes.Store, $"The tables of Orleans cannot be made in schema {schema} of {address.Display}: {e.Message} The user needs to be allowed to create a schema there.", e);
        }
    }

    /// <summary>Marks members of a cluster as dead that have not written for this long that they are alive. Both times are the server's.</summary>
    public static async Task BuryAsync(string connectionString, string cluster, TimeSpan silence, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(OrleansQueries.Bury);
        command.Parameters.Add(new NpgsqlParameter { Value = cluster });
        command.Parameters.Add(new NpgsqlParameter { Value = silence });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
