using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Orchestration.Testing;

namespace Orchestration.Orleans.Tests.Processes;

/// <summary>The program that silos run.</summary>
/// <param name="Project">Its project.</param>
/// <param name="Assembly">Its name.</param>
internal sealed record SiloProgram(string Project, string Assembly)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>A silo as a process of its own, to be told to stop and killed.</summary>
internal sealed class SiloProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SiloProcess(string folder, (int Silo, int Gateway) ports, string[] arguments, SiloProgram? program = null)
    {
        Ports = ports;
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["DOTNET_TieredPGO"] = "0";
        program ??= new SiloProgram("Orchestration.Orleans", "orchestrate-orleans");
        foreach (var (name, value) in program.Environment) start.Environment[name] = value;
        start.ArgumentList.Add(Path.Combine(PublicData.RepositoryRoot, "src", program.Project, "bin", "Release", "net10.0", program.Assembly + ".dll"));
        start.ArgumentList.Add("silo");
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Exited = _process.WaitForExitAsync();
    }

    /// <summary>Completes when it is a member of its cluster; fails where it ends before.</summary>
    public Task Joined => JoinedAsync();

    public Task Exited { get; }

    public (int Silo, int Gateway) Ports { get; }

    /// <summary>What it has said so far.</summary>
    public string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    /// <summary>Ports that nobody listens at, for a silo.</summary>
    public static (int Silo, int Gateway) FreePorts()
    {
        using TcpListener first = new(IPAddress.Loopback, 0), second = new(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }

    public void Kill() => _process.Kill();

    /// <summary>Tells it to stop, and waits until it has.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private async Task JoinedAsync()
    {
        if (await Task.WhenAny(_joined.Task, Exited) == Exited) throw new InvalidOperationException("The silo ended before it had joined: " + Said);
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        lock (_said) _said.Append(line).Append('\n');
        if (line.Contains("has joined the cluster", StringComparison.Ordinal)) _joined.TrySetResult();
    }
}
