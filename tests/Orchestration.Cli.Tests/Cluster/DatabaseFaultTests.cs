using System.Diagnostics;
using Npgsql;
using Orchestration.Testing.Postgres;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Cluster;

/// <summary>A database that is restarted, crashes, loses connections, is slow or away; a silo whose disk is full. Silos wait and go on by themselves.</summary>
public sealed class DatabaseFaultTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("INT")]
    [InlineData("QUIT")]
    public async Task The_server_is_restarted_in_the_middle(string signal)
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var world = await ClusterWorld.CreateAsync(server, TimeSpan.FromMilliseconds(100));
        await world.RegisterAsync();
        world.Work("--until-idle");
        world.Work("--until-idle");
        for (var restart = 1; restart <= 2; restart++)
        {
            await world.Endpoint.RequestsReachedAsync(world.Undisturbed + (restart * 60));
            await server.StopAsync(signal);
            await Task.Delay(TimeSpan.FromMilliseconds(700), TimeProvider.System, Cancelled);
            await server.StartAsync();
        }

        // A restart takes longer than a lease may: then a shard that both believe theirs is bought by both.
        await world.CheckAsync(mostRepaid: 2 * 2 * ClusterWorld.MostClaims);
        foreach (var worker in world.Workers)
        {
            (await worker.ExitAsync()).ShouldBe(0, await worker.Error);
            (await worker.Error).ShouldContain("answers again");
        }
    }

    [Fact]
    public async Task All_connections_are_cut_again_and_again()
    {
        var server = await PostgresServer.SharedAsync();
        await using var world = await ClusterWorld.CreateAsync(latency: TimeSpan.FromMilliseconds(100));
        await world.RegisterAsync();
        world.Work("--until-idle");
        world.Work("--until-idle");
        var schema = world.Store[(world.Store.LastIndexOf('=') + 1)..];
        for (var cut = 1; cut <= 5; cut++)
        {
            await world.Endpoint.RequestsReachedAsync(world.Undisturbed + (cut * 40));
            await using var connection = new NpgsqlConnection(server.ConnectionString);
            await connection.OpenAsync(Cancelled);

            // Those of this schema alone: other tests share the server.
            await using var terminate = new NpgsqlCommand(
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity a
                WHERE application_name = 'orchestrate' AND pid <> pg_backend_pid() AND client_port IN (SELECT unnest($1::int[]))
                """,
                connection);
            terminate.Parameters.Add(new NpgsqlParameter { Value = await PortsAsync(world) });
            ((long)(await terminate.ExecuteScalarAsync(Cancelled))!).ShouldBeGreaterThan(0, schema);
        }

        await world.CheckAsync(mostRepaid: 5 * 2 * ClusterWorld.MostClaims);
        foreach (var worker in world.Workers) (await worker.ExitAsync()).ShouldBe(0, await worker.Error);
    }

    [Fact]
    public async Task A_slow_network_that_is_cut_too()
    {
        var server = await PostgresServer.SharedAsync();
        await using var link = new TcpLink(server.Port, TimeSpan.FromMilliseconds(15));
        await using var world = await ClusterWorld.CreateAsync(latency: TimeSpan.FromMilliseconds(100));
        await world.RegisterAsync();
        var slow = world.WorkThrough(link.Port, "--until-idle");
        var fast = world.Work("--until-idle");
        await world.Endpoint.RequestsReachedAsync(world.Undisturbed + 80);
        link.Cut();
        await world.CheckAsync(mostRepaid: 2 * ClusterWorld.MostClaims);
        (await slow.ExitAsync()).ShouldBe(0, await slow.Error);
        (await fast.ExitAsync()).ShouldBe(0, await fast.Error);
        (await slow.Error).ShouldContain("working on it");
    }

    [Fact]
    public async Task Killed_while_the_database_is_away_what_was_paid_for_is_delivered_by_the_next()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var world = await ClusterWorld.CreateAsync(server, TimeSpan.FromMilliseconds(300));
        await world.RegisterAsync();
        var spool = world.Cli.At("spool");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["ORCHESTRATE_SPOOL"] = spool };
        var first = world.Work(environment);
        await world.Endpoint.RequestsReachedAsync(world.Undisturbed + 20);
        await server.StopAsync("QUIT");

        // The calls in flight come in, and there is no database to take them: they are in the spool before the process is killed.
        await UntilAsync(() => new DirectoryInfo(spool).GetFiles().Any(static file => Records(file.FullName) > 0));
        await Task.Delay(TimeSpan.FromMilliseconds(600), TimeProvider.System, Cancelled);
        var kept = new DirectoryInfo(spool).GetFiles().Sum(static file => Records(file.FullName));
        first.Kill();
        await first.Exited;
        await server.StartAsync();

        var second = world.Work(environment, "--until-idle");
        await world.CheckAsync(mostRepaid: ClusterWorld.MostClaims);
        (await second.ExitAsync()).ShouldBe(0, await second.Error);
        (await second.Error).ShouldContain($"{kept} judgments that waited");
        new DirectoryInfo(spool).GetFiles().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_silo_whose_disk_is_full_starts_no_paid_call_and_another_does_the_work()
    {
        await using var world = await ClusterWorld.CreateAsync();
        await using var disk = await SmallDisk.MountAsync(world.Cli.At("small"));
        await world.RegisterAsync();
        var full = world.Work(new Dictionary<string, string>(StringComparer.Ordinal) { ["ORCHESTRATE_SPOOL"] = disk.Folder });
        await UntilAsync(() => full.ErrorSoFar.Contains("No paid call starts here", StringComparison.Ordinal));
        world.Endpoint.Statistics().Requests.ShouldBe(world.Undisturbed, "it asked nothing");
        world.Work("--until-idle");
        await world.CheckAsync(mostRepaid: 0);
        full.Signal("TERM");
        (await full.ExitAsync()).ShouldBe(0, await full.Error);
        (await full.Error).ShouldContain("left to other silos");
    }

    private static async Task<int[]> PortsAsync(ClusterWorld world)
    {
        // The ports on this machine that the silos' processes hold.
        List<int> ports = [];
        foreach (var worker in world.Workers)
        {
            var start = new ProcessStartInfo("/bin/bash", ["-c", $"ls -l /proc/{worker.Id}/fd 2>/dev/null | grep -o 'socket:\\[[0-9]*\\]' | tr -dc '0-9\\n'"]) { UseShellExecute = false, RedirectStandardOutput = true };
            using var list = Process.Start(start)!;
            var inodes = (await list.StandardOutput.ReadToEndAsync(Cancelled)).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
            foreach (var file in new[] { "/proc/net/tcp", "/proc/net/tcp6" }.Where(File.Exists))
            {
                foreach (var columns in (await File.ReadAllLinesAsync(file, Cancelled)).Skip(1).Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
                {
                    if (columns.Length > 9 && inodes.Contains(columns[9])) ports.Add(Convert.ToInt32(columns[1][(columns[1].IndexOf(':') + 1)..], 16));
                }
            }
        }

        return [.. ports];
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo()) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancelled);
    }

    /// <summary>Records in a spool that another process has open.</summary>
    private static int Records(string path)
    {
        // The lock is for those who ask for it; reading by another way passes it by.
        using var read = Process.Start(new ProcessStartInfo("/bin/cat", [path]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        using var copy = new MemoryStream();
        read.StandardOutput.BaseStream.CopyTo(copy);
        read.WaitForExit();
        var bytes = copy.ToArray();
        var count = 0;
        for (var at = 24; at + 12 < bytes.Length && BitConverter.ToInt32(bytes, at) is var length and > 0; at += 12 + length) count++;
        return count;
    }

    /// <summary>A disk with room for a few files and no more.</summary>
    private sealed class SmallDisk : IAsyncDisposable
    {
        public required string Folder { get; init; }

        public static async Task<SmallDisk> MountAsync(string folder)
        {
            Directory.CreateDirectory(folder);
            using var mount = Process.Start(new ProcessStartInfo("/bin/mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]) { UseShellExecute = false, RedirectStandardError = true })!;
            await mount.WaitForExitAsync(Cancelled);
            if (mount.ExitCode != 0) Assert.Skip("This user may not mount a small disk: what a silo does on a full one is not shown here.");
            return new SmallDisk { Folder = folder };
        }

        public async ValueTask DisposeAsync()
        {
            using var unmount = Process.Start("/bin/umount", [Folder]);
            await unmount.WaitForExitAsync();
        }
    }
}
