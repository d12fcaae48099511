using System.Text.RegularExpressions;
using Npgsql;
using Orchestration.Cli.Tests.Cluster;
using Orchestration.Testing;
using Orchestration.Testing.Postgres;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Operations;

/// <summary>Old and new silos side by side: migrations only add, and silos that run do not mind what was added.</summary>
public sealed partial class UpgradeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_silo_that_works_goes_on_when_a_newer_program_has_added_to_every_table_and_the_results_are_the_same()
    {
        var server = await PostgresServer.SharedAsync();
        await using var world = await ClusterWorld.CreateAsync(server, TimeSpan.FromMilliseconds(40));
        await world.RegisterAsync();
        var old = world.Work();
        await Task.WhenAny(world.Endpoint.RequestsReachedAsync(world.Undisturbed + 40), old.Exited);

        // What a newer program's migration does: columns with a default and a table, under the number that follows.
        var schema = world.Store[(world.Store.IndexOf("schema=", StringComparison.Ordinal) + 7)..];
        await using (var connection = new NpgsqlConnection(server.ConnectionString))
        {
            await connection.OpenAsync(Cancel);
            await using var migrate = new NpgsqlCommand(
                $"""
                DO $$ DECLARE t text; BEGIN
                  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' LOOP EXECUTE format('ALTER TABLE {schema}.%I ADD COLUMN added_later int NOT NULL DEFAULT 7', t); END LOOP;
                  CREATE TABLE {schema}.made_later(id int);
                  INSERT INTO {schema}.store_version(number) SELECT max(number) + 1 FROM {schema}.store_version;
                END $$
                """, connection);

            // As a program's own migrations do: where the silo at work holds what they wait for, one of the two gives way and tries again.
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    await migrate.ExecuteNonQueryAsync(Cancel);
                    break;
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DeadlockDetected && attempt < 10)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
                }
            }
        }

        // The old silo does the rest by itself; a program of the old version that starts now says why it does not.
        using var late = new ProcessRun(world.Cli.Folder, ["sweep", "list", "--store", world.Store]);
        (await late.ExitAsync()).ShouldBe(2);
        (await late.Error).ShouldContain("was written by a newer program");
        await using (var connection = new NpgsqlConnection(server.ConnectionString))
        {
            await connection.OpenAsync(Cancel);
            await using var done = new NpgsqlCommand($"SELECT bool_and(done) FROM {schema}.shards", connection);
            while (await done.ExecuteScalarAsync(Cancel) is not true)
            {
                old.Exited.IsCompleted.ShouldBeFalse(old.ErrorSoFar);
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
            }

            // As the newer program, which knows the number, would see it.
            await using var number = new NpgsqlCommand($"DELETE FROM {schema}.store_version WHERE number = (SELECT max(number) FROM {schema}.store_version)", connection);
            await number.ExecuteNonQueryAsync(Cancel);
        }

        old.Signal("TERM");
        await old.Exited;
        await world.CheckAsync(mostRepaid: 0);
    }

    [Fact]
    public void No_migration_takes_away_or_renames_what_running_silos_use()
    {
        foreach (var file in new[] { "Postgres/Migrations.cs", "Sqlite/Schema.cs" })
        {
            var text = File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, "src", "Orchestration.Storage", file));
            Taking().Matches(text).Select(static m => m.Value).ShouldBeEmpty(file + ": a migration that takes something away stops silos of the version before; add beside it, and take it away a version later.");
        }
    }

    [GeneratedRegex(@"DROP (TABLE|COLUMN|FUNCTION)|RENAME (TO|COLUMN)|ALTER COLUMN \w+ (SET DATA )?TYPE|ADD COLUMN (?![^,;]*DEFAULT)[^,;]*NOT NULL", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Taking();
}
