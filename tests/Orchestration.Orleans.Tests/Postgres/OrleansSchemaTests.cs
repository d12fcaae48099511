using System.Globalization;
using Npgsql;
using Orchestration.Orleans.Postgres;
using Orchestration.Storage.Postgres;
using Orchestration.Testing.Postgres;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Postgres;

/// <summary>The members' table on a real PostgreSQL server.</summary>
public sealed class OrleansSchemaTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silent_active_members_are_taken_out_and_nobody_who_joins_or_writes()
    {
        var server = await PostgresServer.SharedAsync();
        var connection = await OrleansSchema.EnsureAsync(PostgresAddress.Parse(server.Address(string.Create(CultureInfo.InvariantCulture, $"bury_{Environment.ProcessId}"))), Stop);
        await using var source = NpgsqlDataSource.Create(connection);

        // Ports tell them apart: joining (2), active (3) and alive, active and silent.
        await ExecuteAsync("""
            INSERT INTO OrleansMembershipVersionTable (DeploymentId) VALUES ('c');
            INSERT INTO OrleansMembershipTable (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
            SELECT 'c', '10.0.0.1', port, 1, 's', 'h', status, 1, now() - interval '1 day', now() - silence
            FROM (VALUES (1, 2, interval '1 hour'), (2, 3, interval '0'), (3, 3, interval '1 hour')) AS members (port, status, silence)
            """);
        await OrleansSchema.BuryAsync(connection, "c", TimeSpan.FromMinutes(30), Stop);
        await using var command = source.CreateCommand("SELECT string_agg(Status::text, ' ' ORDER BY Port) FROM OrleansMembershipTable");
        (await command.ExecuteScalarAsync(Stop)).ShouldBe("2 3 6");

        async Task ExecuteAsync(string sql)
        {
            await using var insert = source.CreateCommand(sql);
            await insert.ExecuteNonQueryAsync(Stop);
        }
    }
}
