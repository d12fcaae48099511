using System.Diagnostics;
using System.Globalization;

namespace Orchestration.Storage.Tests.Sqlite;

/// <summary>Another process that has the same store open.</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;

    private PeerProcess(Process process, string owner)
    {
        _process = process;
        Owner = owner;
    }

    public string Owner { get; }

    public int Id => _process.Id;

    public static Task<PeerProcess> StartAsync(string role, string path, int foldEntries, params int[] numbers) =>
        StartAsync(role, path, foldEntries, hasLocks: true, numbers);

    /// <summary>A process on a file system that has no locks, as some network shares have none.</summary>
    public static Task<PeerProcess> StartWithoutLocksAsync(string path) => StartAsync("serve", path, 300, hasLocks: false, []);

    private static async Task<PeerProcess> StartAsync(string role, string path, int foldEntries, bool hasLocks, int[] numbers)
    {
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Orchestration.Storage.Peer.exe" : "Orchestration.Storage.Peer");
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in new[] { role, path, foldEntries.ToString(CultureInfo.InvariantCulture) }) start.ArgumentList.Add(argument);
        foreach (var number in numbers) start.ArgumentList.Add(number.ToString(CultureInfo.InvariantCulture));
        if (!hasLocks) start.Environment["DOTNET_SYSTEM_IO_DISABLEFILELOCKING"] = "1";
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        var opened = await process.StandardOutput.ReadLineAsync();
        if (opened?.StartsWith("open ", StringComparison.Ordinal) != true) throw new InvalidOperationException($"The other process said \"{opened}\".");
        return new PeerProcess(process, opened[5..]);
    }

    /// <summary>The next line that it says; null at its end.</summary>
    public Task<string?> HearAsync() => _process.StandardOutput.ReadLineAsync();

    /// <summary>Has a serving process do something.</summary>
    public async Task<string> AskAsync(string request)
    {
        await _process.StandardInput.WriteLineAsync(request);
        await _process.StandardInput.FlushAsync();
        return await HearAsync() ?? throw new InvalidOperationException($"The other process ended at \"{request}\".");
    }

    /// <summary>SIGKILL, and waits until the system has cleared up after it.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
