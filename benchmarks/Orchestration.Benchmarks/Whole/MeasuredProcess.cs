using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Orchestration.Benchmarks.Whole;

/// <summary>What one run of the command line took.</summary>
/// <param name="WallSeconds">From starting the process to its exit.</param>
/// <param name="CpuSeconds">Processor time, user and system, all threads.</param>
/// <param name="PeakMegabytes">Peak resident memory, in millions of bytes.</param>
/// <param name="Line">The object that <c>--json</c> ends with.</param>
internal sealed record MeasuredProcess(double WallSeconds, double CpuSeconds, double PeakMegabytes, JsonElement Line)
{
    /// <summary>Runs the Release build of the command line and measures it from outside.</summary>
    public static async Task<MeasuredProcess> RunAsync(string workingFolder, params string[] arguments)
    {
        var start = new ProcessStartInfo(Executable()) { WorkingDirectory = workingFolder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        var time = TimeProvider.System;
        var startedAt = time.GetTimestamp();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        double cpu = 0, peak = 0;
        var exited = process.WaitForExitAsync();
        // The kernel forgets a process's figures with the process: the last look before its exit counts, at most 10 ms too early.
        while (!exited.IsCompleted)
        {
            if (Read(process.Id) is { } now) (cpu, peak) = now;
            await Task.WhenAny(exited, Task.Delay(TimeSpan.FromMilliseconds(10), time));
        }

        var wall = time.GetElapsedTime(startedAt).TotalSeconds;
        var text = await output;
        if (process.ExitCode != 0) throw new InvalidOperationException($"Exit status {process.ExitCode}: {await error}{text}");
        var last = text.TrimEnd().Split('\n')[^1];
        return new MeasuredProcess(wall, cpu, peak, JsonDocument.Parse(last).RootElement);
    }

    /// <summary>Runs it for a time at most, then interrupts it.</summary>
    public static async Task RunForAsync(string workingFolder, TimeSpan time, params string[] arguments)
    {
        var start = new ProcessStartInfo(Executable()) { WorkingDirectory = workingFolder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        var exited = process.WaitForExitAsync();
        if (await Task.WhenAny(exited, Task.Delay(time, TimeProvider.System)) != exited)
        {
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }

        await exited;
        await output;
    }

    /// <summary>The Release build of the command line.</summary>
    public static string Executable()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "src", "Orchestration.Cli", "bin", "Release", "net10.0", "orchestrate");
            if (File.Exists(path)) return path;
        }

        throw new FileNotFoundException("Build src/Orchestration.Cli in Release first.");
    }

    private static (double Cpu, double Peak)? Read(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
            var peak = File.ReadLines($"/proc/{id}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            var kilobytes = double.Parse(peak.Split(':')[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            const double TicksPerSecond = 100;
            return (ticks / TicksPerSecond, kilobytes * 1024 / 1e6);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            return null; // Gone between two looks.
        }
    }
}
