using System.Diagnostics;
using System.Globalization;

namespace Orchestration.Benchmarks.Whole.Gateway;

/// <summary>A process that serves while something is measured.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _draining;

    private Server(Process process, string ready, Task draining) => (_process, Ready, _draining) = (process, ready, draining);

    /// <summary>The first line that it wrote, or the one that was waited for.</summary>
    public string Ready { get; }

    /// <summary>The address in the line that was waited for.</summary>
    public Uri Address => new(Ready[Ready.IndexOf("http", StringComparison.Ordinal)..].Split(' ')[0]);

    /// <summary>Resident memory, millions of bytes.</summary>
    public double Megabytes => Memory("VmRSS:");

    /// <summary>The most that it ever was, millions of bytes.</summary>
    public double PeakMegabytes => Memory("VmHWM:");

    /// <summary>Starts it and waits for a line.</summary>
    /// <param name="folder">Working folder.</param>
    /// <param name="ready">What the line contains.</param>
    /// <param name="environment">Further variables.</param>
    /// <param name="command">Program and arguments.</param>
    public static async Task<Server> StartAsync(string folder, string ready, IReadOnlyDictionary<string, string>? environment, params string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in command[1..]) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal)) start.Environment[name] = value;
        var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains(ready, StringComparison.Ordinal)) return new Server(process, line, Task.WhenAll(process.StandardOutput.ReadToEndAsync(), error));
        }

        throw new InvalidOperationException($"{string.Join(' ', command)} ended: {await error}");
    }

    private double Memory(string name)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024 / 1e6;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        await _draining;
        _process.Dispose();
    }
}
