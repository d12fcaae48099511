using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Orchestration.Cli.Tests.Cluster;
using Orchestration.Testing;
using Orchestration.Testing.Postgres;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Operations;

/// <summary>A sweep that was stopped in the middle goes on from a back-up and comes to what an undisturbed one comes to.</summary>
public sealed class BackupTests
{
    [Fact]
    public async Task On_PostgreSQL_a_dump_taken_while_silos_work_restores_into_an_empty_database_and_the_sweep_goes_on()
    {
        var server = await PostgresServer.SharedAsync();
        await using var world = await ClusterWorld.CreateAsync(server, TimeSpan.FromMilliseconds(60));
        await world.RegisterAsync();
        var worker = world.Work();
        await Task.WhenAny(world.Endpoint.RequestsReachedAsync(world.Undisturbed + 60), worker.Exited);
        var dump = world.Cli.At("backup.dump");

        // The silo works on: a dump is one moment of the database.
        await RunAsync(server.Program("pg_dump"), "--format=custom", $"--port={server.Port}", "--host=127.0.0.1", "--username=orchestrate", "--schema=" + Schema(world.Store), "--file=" + dump, "postgres");
        worker.Kill();
        await worker.Exited;

        // The machine burns down; another database takes the dump.
        var database = string.Create(CultureInfo.InvariantCulture, $"restored_{Environment.ProcessId}");
        await ExecuteAsync(server, $"CREATE DATABASE {database}");
        await RunAsync(server.Program("pg_restore"), $"--port={server.Port}", "--host=127.0.0.1", "--username=orchestrate", "--dbname=" + database, "--exit-on-error", dump);
        var restored = world.Store.Replace("/postgres?", $"/{database}?", StringComparison.Ordinal);

        (await world.Cli.RunAsync(["sweep", "resume", "s1", "--store", restored, "--config", world.Cli.At("orchestration.yaml")])).ShouldBe(0, world.Cli.Error);
        (await world.Cli.RunAsync(["sweep", "export", "s1", "--out", world.Cli.At("from-backup"), "--store", restored])).ShouldBe(0, world.Cli.Error);
        (await File.ReadAllBytesAsync(Path.Combine(world.Cli.At("from-backup"), "results.jsonl"), TestContext.Current.CancellationToken))
            .ShouldBe(await File.ReadAllBytesAsync(Path.Combine(world.Cli.At("plain"), "results.jsonl"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task On_SQLite_a_copy_by_vacuum_into_while_it_is_in_use_goes_on()
    {
        using var cli = new CliRun();
        await using var endpoint = await Simulation.ScriptedEndpoint.StartAsync(new Simulation.ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(40) }, cancellationToken: TestContext.Current.CancellationToken);
        cli.Write("orchestration.yaml", Endpoint.EndpointCommand.Configuration(endpoint.ChatEndpoint).Replace("{concurrency: 64}", "{concurrency: 4}", StringComparison.Ordinal).Split('\n'));
        var pairs = Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl");
        string[] sweep = ["sweep", "run", "--pairs", pairs, "--judges", "clarity@local", "readability", "--rows-per-shard", "8", "--config", cli.At("orchestration.yaml")];
        (await cli.RunAsync([.. sweep, "--store", cli.At("whole.db"), "--out", cli.At("whole")])).ShouldBe(0, cli.Error);

        var before = endpoint.Statistics().Requests;
        using var process = new ProcessRun(cli.Folder, [.. sweep, "--store", cli.At("store.db"), "--out", cli.At("cut")]);
        await Task.WhenAny(endpoint.RequestsReachedAsync(before + 60), process.Exited);
        await RunAsync("/usr/bin/env", "python3", "-c", $"import sqlite3; sqlite3.connect('{cli.At("store.db")}').execute(\"VACUUM INTO '{cli.At("backup.db")}'\")");
        process.Kill();
        await process.Exited;

        (await cli.RunAsync(["sweep", "resume", "s1", "--store", cli.At("backup.db"), "--config", cli.At("orchestration.yaml")])).ShouldBe(0, cli.Error);
        (await cli.RunAsync(["sweep", "export", "s1", "--out", cli.At("from-backup"), "--store", cli.At("backup.db")])).ShouldBe(0, cli.Error);
        (await File.ReadAllBytesAsync(Path.Combine(cli.At("from-backup"), "results.jsonl"), TestContext.Current.CancellationToken))
            .ShouldBe(await File.ReadAllBytesAsync(Path.Combine(cli.At("whole"), "results.jsonl"), TestContext.Current.CancellationToken));
    }

    private static string Schema(string store) => store[(store.IndexOf("schema=", StringComparison.Ordinal) + 7)..];

    private static async Task ExecuteAsync(PostgresServer server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0, error);
    }
}
