using System.Globalization;
using System.Text;
using Orchestration.Learning.Agreement;
using Orchestration.Learning.Intervals;

namespace Orchestration.Benchmarks.Whole;

/// <summary>Rankings of many comparisons as a whole process, and bounds of α in this one.</summary>
internal static class RankingBenchmark
{
    private const int Comparisons = 1_000_000;
    private const int Models = 100;

    public static async Task RunAsync(string folder, Report report)
    {
        var file = Path.Combine(folder, "comparisons.jsonl");
        await WriteAsync(file);
        var run = await MeasuredProcess.RunAsync(folder, "meta", "rank", "--rows", file, "--resamples", "200", "--json");
        report.Figure("1,000,000 comparisons of 100 models: read, ranked, 200 resamples of the prompts, whole process", run.WallSeconds, "s", "< 10", run.WallSeconds < 10);
        report.Figure("processor time", run.CpuSeconds, "s");
        report.Figure("peak resident memory", run.PeakMegabytes, "MB");
        foreach (var level in Enum.GetValues<MeasurementLevel>())
        {
            var seconds = Alpha(level);
            report.Figure(string.Create(CultureInfo.InvariantCulture, $"Krippendorff's α, {level.ToString().ToLowerInvariant()}, 1,000 × 100 ratings with 1,000 resamples"), seconds, "s", "< 2", seconds < 2);
        }
    }

    private static double Alpha(MeasurementLevel level)
    {
        var random = new Random(3);
        var values = new double[1000 * 100];
        for (var i = 0; i < values.Length; i++) values[i] = Math.Clamp(i / 100 % 5 + random.Next(-1, 2), 0, 4);
        var table = new RatingTable(100, values);
        var options = new BootstrapOptions { MaxThreads = Environment.ProcessorCount };
        var best = double.MaxValue;
        for (var run = 0; run < 3; run++)
        {
            var startedAt = TimeProvider.System.GetTimestamp();
            AgreementEstimates.Of(table, [new KrippendorffAlpha(table, level)], options);
            best = Math.Min(best, TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds);
        }

        return best;
    }

    private static async Task WriteAsync(string file)
    {
        var random = new Random(1);
        double[] strengths = [.. Enumerable.Range(0, Models).Select(_ => 3 * random.NextDouble())];
        await using var writer = new StreamWriter(file, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        for (var i = 0; i < Comparisons; i++)
        {
            var (a, b) = (random.Next(Models), random.Next(Models - 1));
            if (b >= a) b++;
            var label = random.Next(10) == 0 ? "A=B" : random.NextDouble() < 1 / (1 + Math.Exp(strengths[b] - strengths[a])) ? "A>B" : "B>A";
            await writer.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $$"""{"group":"p{{i / 3}}","model_a":"model-{{a}}","model_b":"model-{{b}}","label":"{{label}}"}"""));
        }
    }
}
