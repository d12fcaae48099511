using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Orchestration.Benchmarks.Whole;
using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Neural;

namespace Orchestration.Benchmarks.Learning;

/// <summary>
/// A network 10-64-1 on 8,000 rows against PyTorch in the same run: both on one thread, the same rows, batches of 32, 20 passes, Adam, the fastest
/// of equal numbers of repeats. Ours has the whole fit timed, with missing judges' regression and standardising; PyTorch gets standardised floats.
/// </summary>
internal static class NetworkBenchmark
{
    private const int Rows = 8000;
    private const int Judges = 10;
    private const int Hidden = 64;
    private const int Batch = 32;
    private const int Epochs = 20;
    private const double Rate = 0.001;
    private const int Seeds = 7;

    public static async Task RunAsync(string folder, Action<string, double, string, string, bool?> figure)
    {
        var data = Data();
        var peer = await PeerAsync(folder, data);
        var options = new MlpOptions { Hidden = Hidden, Members = 1, Batch = Batch, Epochs = Epochs, Patience = 0, LearningRate = Rate, WeightDecay = 0 };
        var recipe = new MlpRecipe(options);
        for (var warm = 0; warm < 5; warm++) recipe.Fit(data, new FitOptions(100));
        var (seconds, losses, model) = (new double[Seeds], new double[Seeds], recipe.Fit(data, new FitOptions(0)));
        var predictions = new double[Rows];
        for (var seed = 0; seed < Seeds; seed++)
        {
            seconds[seed] = Seconds(() => model = recipe.Fit(data, new FitOptions((ulong)seed)));
            model.Predict(data.Scores, predictions);
            losses[seed] = predictions.Zip(data.Targets, (p, t) => (p - t) * (p - t)).Average();
        }

        var speed = Rows / Enumerable.Range(0, 500).Min(_ => Seconds(() => model.Predict(data.Scores, predictions)));
        var row = data.Row(0).ToArray();
        var one = Enumerable.Range(0, 200).Min(_ => Seconds(() => Single(model, row))) / 1000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        Single(model, row);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        figure($"fit of a network {Judges}-{Hidden}-1, {Rows} rows, {Epochs} passes, batches of {Batch}", seconds.Min(), "s", "≤ 0.1", seconds.Min() <= 0.1);
        figure($"mean squared error on its rows, standardised, mean of {Seeds} seeds", losses.Average(), "", "", null);
        figure("inference, many rows, one core", speed / 1e6, "M rows/s", "≥ 7", speed >= 7e6);
        figure("inference, one row", one * 1e9, "ns", "< 500", one < 0.5e-6);
        figure("allocated by 1,000 single rows", allocated, "bytes", "0", allocated == 0);
        if (peer is not { } torch) return;

        double[] theirs = [.. torch.GetProperty("losses").EnumerateArray().Select(l => l.GetDouble())];
        var (fastest, throughput) = (torch.GetProperty("seconds").EnumerateArray().Min(s => s.GetDouble()), torch.GetProperty("rows_per_second").GetDouble());
        var error = Math.Sqrt((Variance(losses) + Variance(theirs)) / Seeds);
        figure($"PyTorch {torch.GetProperty("version").GetString()}: fit", fastest, "s", "", null);
        figure("PyTorch: mean squared error", theirs.Average(), "", "", null);
        figure("PyTorch: inference, many rows", throughput / 1e6, "M rows/s", "", null);
        figure("PyTorch: inference, one row", torch.GetProperty("one_row").GetDouble() * 1e9, "ns", "", null);
        figure("fit, times faster than PyTorch", fastest / seconds.Min(), "×", "≥ 8", fastest >= 8 * seconds.Min());
        figure("squared error less PyTorch's, in standard errors over seeds", (losses.Average() - theirs.Average()) / error, "", "≤ 2", losses.Average() <= theirs.Average() + 2 * error);
        figure("inference, times PyTorch's rows/s", speed / throughput, "×", "≥ 3", speed >= 3 * throughput);
    }

    private static void Single(IScoreModel model, double[] row)
    {
        for (var i = 0; i < 1000; i++) model.Predict(row);
    }

    private static double Variance(double[] values) => values.Sum(v => (v - values.Average()) * (v - values.Average())) / (values.Length - 1);

    private static double Seconds(Action action)
    {
        var start = TimeProvider.System.GetTimestamp();
        action();
        return TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Bent, partly interacting and noisy; targets of mean 0 and deviation 1.</summary>
    private static ScoreData Data()
    {
        var random = new Random(1);
        var (scores, targets) = (new double[Rows * Judges], new double[Rows]);
        for (var row = 0; row < Rows; row++)
        {
            for (var j = 0; j < Judges; j++)
            {
                scores[row * Judges + j] = random.NextDouble();
                targets[row] += Math.Sin((j + 1) * scores[row * Judges + j]);
            }

            targets[row] += 2 * scores[row * Judges] * scores[row * Judges + 1] + random.NextDouble();
        }

        var (mean, deviation) = (targets.Average(), Math.Sqrt(Variance(targets)));
        for (var row = 0; row < Rows; row++) targets[row] = (targets[row] - mean) / deviation;
        return new ScoreData(Judges, scores, targets, [.. Enumerable.Range(0, Rows)]);
    }

    /// <summary>What PyTorch measured, where the machine has it.</summary>
    private static async Task<JsonElement?> PeerAsync(string folder, ScoreData data)
    {
        var python = new[] { "/usr/bin/python3", "/usr/local/bin/python3" }.FirstOrDefault(File.Exists);
        if (python is null) return null;
        var inputs = new float[data.Scores.Length];
        for (var judge = 0; judge < Judges; judge++)
        {
            double[] column = [.. Enumerable.Range(0, Rows).Select(row => data.Scores[row * Judges + judge])];
            var (mean, deviation) = (column.Average(), Math.Sqrt(Variance(column)));
            for (var row = 0; row < Rows; row++) inputs[row * Judges + judge] = (float)((column[row] - mean) / deviation);
        }

        await File.WriteAllBytesAsync(Path.Combine(folder, "inputs.f32"), MemoryMarshal.AsBytes<float>(inputs).ToArray());
        await File.WriteAllBytesAsync(Path.Combine(folder, "targets.f32"), MemoryMarshal.AsBytes<float>(Array.ConvertAll(data.Targets, t => (float)t)).ToArray());
        var script = Path.Combine(Report.Root(), "benchmarks", "peers", "mlp_torch.py");
        string[] arguments = [script, folder, .. new double[] { Judges, Hidden, Batch, Epochs, Rate, Seeds }.Select(v => v.ToString("R", CultureInfo.InvariantCulture))];
        var start = new ProcessStartInfo(python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode == 0) return JsonDocument.Parse(await output).RootElement;
        await Console.Error.WriteLineAsync($"PyTorch did not run, ours is measured alone (apt-get install python3-torch): {(await error).TrimEnd().Split('\n')[^1]}");
        return null;
    }
}
