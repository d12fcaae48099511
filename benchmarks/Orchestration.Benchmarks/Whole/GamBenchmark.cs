using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Orchestration.Learning.Models;

namespace Orchestration.Benchmarks.Whole;

/// <summary>The additive model on 8,000 rows of ten judges beside scikit-learn, the same rows in one run.</summary>
internal static class GamBenchmark
{
    private const int Rows = 8_000;
    private const int Judges = 10;

    /// <summary>What was measured.</summary>
    /// <param name="Fit">Seconds of the best of nine fits after warming up.</param>
    /// <param name="RowsPerSecond">Of the best of nine passes over all rows, one thread.</param>
    /// <param name="OneRow">Microseconds of one row alone.</param>
    /// <param name="AllocatedBytes">By 10,000 single rows.</param>
    /// <param name="R2">On the training rows.</param>
    /// <param name="Peer">scikit-learn's, null where it is not installed.</param>
    public sealed record Result(double Fit, double RowsPerSecond, double OneRow, long AllocatedBytes, double R2, JsonElement? Peer);

    public static async Task<Result> RunAsync(string folder, string script)
    {
        var data = Make();
        var recipe = ModelRecipes.Create("gam");
        var model = recipe.Fit(data, new FitOptions(1));
        for (var i = 0; i < 10; i++) model = recipe.Fit(data, new FitOptions(1));
        var fit = Best(9, () => model = recipe.Fit(data, new FitOptions(1)));
        var predictions = new double[Rows];
        for (var i = 0; i < 200; i++) model.Predict(data.Scores, predictions);
        var pass = Best(9, () =>
        {
            for (var i = 0; i < 20; i++) model.Predict(data.Scores, predictions);
        }) / 20;
        // Long enough for the compiler to have made its last version of the code for single rows.
        for (var i = 0; i < 3_000_000; i++) model.Predict(data.Row(i % Rows));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var one = Best(9, () =>
        {
            for (var row = 0; row < Rows; row++) predictions[row] = model.Predict(data.Row(row));
        }) / Rows;
        for (var row = 0; row < 10_000; row++) model.Predict(data.Row(row % Rows));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var mean = data.Targets.Average();
        var r2 = 1 - predictions.Zip(data.Targets, (p, t) => (p - t) * (p - t)).Sum() / data.Targets.Sum(t => (t - mean) * (t - mean));
        return new Result(fit, Rows / pass, one * 1e6, allocated, r2, await PeerAsync(data, folder, script));
    }

    private static ScoreData Make()
    {
        var random = new Random(1);
        var (scores, targets) = (new double[Rows * Judges], new double[Rows]);
        for (var row = 0; row < Rows; row++)
        {
            var common = random.NextDouble();
            for (var j = 0; j < Judges; j++) scores[row * Judges + j] = (common + random.NextDouble()) / 2;
            var x = scores.AsSpan(row * Judges, Judges);
            targets[row] = 2 * x[0] + Math.Sin(6 * x[1]) + 3 * x[2] * x[2] + 1 / (1 + Math.Exp(-20 * (x[3] - 0.5))) + x[4] + 0.5 * random.NextDouble();
        }

        return new ScoreData(Judges, scores, targets, [.. Enumerable.Range(0, Rows)]);
    }

    private static double Best(int times, Action run)
    {
        var best = double.PositiveInfinity;
        for (var i = 0; i < times; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            run();
            best = Math.Min(best, TimeProvider.System.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private static async Task<JsonElement?> PeerAsync(ScoreData data, string folder, string script)
    {
        var file = Path.Combine(folder, "rows.csv");
        await File.WriteAllLinesAsync(file, Enumerable.Range(0, Rows).Select(r =>
            string.Join(',', data.Row(r).ToArray().Append(data.Targets[r]).Select(v => v.ToString("R", CultureInfo.InvariantCulture)))));
        var start = new ProcessStartInfo("/usr/bin/python3", [script, file]) { RedirectStandardOutput = true, UseShellExecute = false };
        if (!File.Exists(start.FileName)) return null;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? JsonDocument.Parse(output).RootElement : null;
    }
}
