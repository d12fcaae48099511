using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Orchestration.Testing.Postgres;

/// <summary>
/// A real PostgreSQL server of its own, on loopback, in a folder of its own, as an unprivileged user; it ends with the process that began it, however that ends.
/// Without PostgreSQL on the machine a test is skipped, in continuous integration (<c>CI=true</c>) it fails.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly SemaphoreSlim SharedGate = new(1, 1);
    private static PostgresServer? _shared;

    private readonly string _binaries;
    private readonly DirectoryInfo _folder;
    private readonly bool _isDurable;
    private Process? _process;

    private PostgresServer(string binaries, DirectoryInfo folder, int port, bool isDurable)
    {
        _binaries = binaries;
        _folder = folder;
        Port = port;
        _isDurable = isDurable;
    }

    /// <summary>The port on loopback.</summary>
    public int Port { get; }

    /// <summary>The address of a store in a schema of this server.</summary>
    public string Address(string schema) => string.Create(CultureInfo.InvariantCulture, $"postgres://orchestrate@127.0.0.1:{Port}/postgres?schema={schema}");

    /// <summary>What Npgsql calls the address.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=orchestrate;Database=postgres;Pooling=false");

    /// <summary>The programs of this server: <c>pg_dump</c>, <c>pg_restore</c>, <c>psql</c>.</summary>
    public string Program(string name) => Path.Combine(_binaries, name);

    /// <summary>From the next reload on a role signs in with a password, sent as it is: as Azure's servers ask for a token. Others are let in without.</summary>
    public async Task AskForPasswordAsync(string role)
    {
        var file = Path.Combine(Data, "pg_hba.conf");
        await File.WriteAllTextAsync(file, $"host all {role} 127.0.0.1/32 password\n" + await File.ReadAllTextAsync(file));
    }

    /// <summary>The server that the tests of one process share, which none of them restarts.</summary>
    public static async Task<PostgresServer> SharedAsync()
    {
        await SharedGate.WaitAsync();
        try
        {
            return _shared ??= await StartNewAsync();
        }
        finally
        {
            SharedGate.Release();
        }
    }

    /// <summary>A server of the caller's own.</summary>
    /// <param name="isDurable">Whether commits wait for the disk; tests of anything but speed need not.</param>
    public static async Task<PostgresServer> StartNewAsync(bool isDurable = false)
    {
        if (FindBinaries() is not { } binaries)
        {
            const string Missing = "PostgreSQL is not installed: what happens on a real server is not shown here. The cure on Debian: apt-get install postgresql.";
            if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase)) Assert.Fail(Missing);
            Assert.Skip(Missing);
            throw new InvalidOperationException(Missing);
        }

        var server = new PostgresServer(binaries, Directory.CreateTempSubdirectory("orchestration-postgres-"), FreePort(), isDurable);
        await server.InitializeAsync();
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts it where it is stopped.</summary>
    public async Task StartAsync()
    {
        // The shell waits for the end of its input, which comes when this process ends in whatever way, and then stops the server.
        var options = string.Create(
            CultureInfo.InvariantCulture,
            $"-p {Port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=300 -c shared_buffers=256MB -c fsync={(_isDurable ? "on" : "off")} -c max_wal_size=2GB -c log_min_messages=fatal -c log_checkpoints=off");
        _process = Run($"exec 3<&0; \"{_binaries}/postgres\" -D \"{Data}\" {options} >>\"{_folder.FullName}/log\" 2>&1 3<&- & pid=$!; (read -r _ <&3; kill -INT $pid) >/dev/null 2>&1 & exec 3<&-; wait $pid");
        for (var attempt = 0; attempt < 600; attempt++)
        {
            if (_process.HasExited) Assert.Fail("The server did not start: " + await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "log")));
            if (await AnswersAsync()) return;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        Assert.Fail("The server does not answer.");
    }

    /// <summary>Stops it: <c>INT</c> in order, connections are cut; <c>QUIT</c> and <c>KILL</c> as a crash, and the next start recovers.</summary>
    public async Task StopAsync(string signal = "INT")
    {
        if (_process is not { } process) return;
        _process = null;
        var pid = (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0];
        using (var kill = Process.Start("/bin/kill", [$"-{signal}", pid])) await kill.WaitForExitAsync();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A file of the server's last moment; the system empties its temporary folder.
        }
    }

    /// <summary>Processor time of the server so far, all its processes, those that have ended included.</summary>
    public TimeSpan ProcessorTime()
    {
        const double TicksPerSecond = 100;
        var postmaster = File.ReadLines(Path.Combine(Data, "postmaster.pid")).First();
        var ticks = 0.0;
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(static folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            try
            {
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                var isServer = Path.GetFileName(folder) == postmaster;
                if (!isServer && fields[1] != postmaster) continue;

                // User and system; of the server itself also what its ended processes took.
                for (var field = 11; field < (isServer ? 15 : 13); field++) ticks += double.Parse(fields[field], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // A process that ended while it was looked at.
            }
        }

        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    private string Data => Path.Combine(_folder.FullName, "data");

    private static string? FindBinaries()
    {
        if (OperatingSystem.IsWindows()) return null;
        var roots = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(static d => Path.Combine(d, "bin")) : [];
        return roots.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')).FirstOrDefault(static folder => folder.Length > 0 && File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            using var own = Process.Start("/bin/chown", ["nobody", _folder.FullName]);
            await own.WaitForExitAsync();
        }

        using var initdb = Run($"\"{_binaries}/initdb\" -D \"{Data}\" -U orchestrate -A trust -E UTF8 --no-locale --no-sync >\"{_folder.FullName}/log\" 2>&1");
        await initdb.WaitForExitAsync();
        if (initdb.ExitCode != 0) Assert.Fail("No database could be made: " + await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "log")));
    }

    /// <summary>Runs a shell, as somebody who may run a server: the server refuses an administrator.</summary>
    private static Process Run(string script)
    {
        List<string> arguments = Environment.IsPrivilegedProcess ? ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "/bin/bash", "-c", script] : ["-c", script];
        var info = new ProcessStartInfo(Environment.IsPrivilegedProcess ? "/usr/bin/setpriv" : "/bin/bash", arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        return Process.Start(info)!;
    }

    private async Task<bool> AnswersAsync()
    {
        using var check = Process.Start(new ProcessStartInfo(Path.Combine(_binaries, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture)]))!;
        await check.WaitForExitAsync();
        return check.ExitCode == 0;
    }
}
