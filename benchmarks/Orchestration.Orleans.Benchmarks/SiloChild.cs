using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orchestration.Orleans.Hosting;
using Orleans;

namespace Orchestration.Orleans.Benchmarks;

/// <summary>A silo in a process of its own, which calls grains when it is told to.</summary>
internal sealed class SiloChild : IAsyncDisposable
{
    private readonly Process _process;

    private SiloChild(Process process) => _process = process;

    public static OrleansOptions Options(string folder, int number) => new()
    {
        Store = Path.Combine(folder, "store.db"),
        Clustering = OrleansClustering.Localhost,
        SiloPort = 21111 + number,
        GatewayPort = 32000 + number,
        PrimaryPort = number == 0 ? null : 21111,
        Slots = 0,
        Judges = [.. RecordedJudge.Ten, RecordedJudge.Hot],
    };

    /// <summary>The process: joins, then runs a line of standard input after another: a call and seconds.</summary>
    public static async Task<int> RunAsync(string folder, int number)
    {
        await using var silo = await OrleansSilo.StartAsync(Options(folder, number), CancellationToken.None);
        var caller = new Caller(silo.Services.GetRequiredService<IGrainFactory>(), "");
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var words = line.Split(' ');
            var rate = await caller.RunAsync(Enum.Parse<Call>(words[0]), TimeSpan.FromSeconds(double.Parse(words[1], CultureInfo.InvariantCulture)));
            Console.WriteLine(rate.ToString("R", CultureInfo.InvariantCulture));
        }

        return 0;
    }

    public static async Task<SiloChild> StartAsync(string folder, int number)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in new[] { "silo", folder, number.ToString(CultureInfo.InvariantCulture) }) start.ArgumentList.Add(argument);
        var child = new SiloChild(Process.Start(start)!);
        if (await child._process.StandardOutput.ReadLineAsync() != "ready") throw new InvalidOperationException("The silo did not start.");
        return child;
    }

    /// <summary>Has it call, and returns calls answered a second.</summary>
    public async Task<double> CallAsync(Call call, TimeSpan time)
    {
        await _process.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{call} {time.TotalSeconds}"));
        await _process.StandardInput.FlushAsync();
        return double.Parse((await _process.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
