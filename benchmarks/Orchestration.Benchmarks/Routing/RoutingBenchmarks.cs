using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Orchestration.Benchmarks.Learning;
using Orchestration.Benchmarks.Whole;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Models;
using Orchestration.Core.Routing.Offline;
using Orchestration.Core.Routing.Policies;
using Orchestration.Learning.Routing;
using Orchestration.Learning.Selection;

namespace Orchestration.Benchmarks.Routing;

/// <summary>How good routers are on the recorded public matrices beside the repository, and how long a decision takes.</summary>
internal static class RoutingBenchmarks
{
    private const int NineDraws = 20;
    private const int PairDraws = 1;

    /// <summary><c>auto</c> on nine models over 20 draws of folds and with whole tasks left out, and on two models against references refitted by scikit-learn on the same folds.</summary>
    public static async Task QualityAsync(string folder, Report report)
    {
        var nine = Read("nine-models-train.jsonl");
        var threads = Environment.ProcessorCount;
        var folded = RouteReport.Run(nine, new RouteEvaluation { Draws = NineDraws, Resamples = 200, Policies = ["auto", "skills", "nearest", "clusters", "ridge", "features"], MaxThreads = threads });
        var best = folded.Baseline("best_single").Quality.Value;
        Anchor(report, "nine models: best single", best, 0.621, 0.0015);
        Anchor(report, "nine models: table that is told the task", folded.Baseline("task_table").Quality.Value, 0.667, 0.0015);
        Anchor(report, "nine models: oracle", folded.Baseline("oracle").Quality.Value, 0.802, 0.0015);
        report.Figure("nine models: prompt length", folded.Baseline("prompt_length").Quality.Value, "");
        report.Figure("nine models: random", folded.Baseline("random").Quality.Value, "");
        foreach (var policy in folded.Policies.Skip(1)) report.Figure($"nine models, 20 draws, task not told: {policy.Name}", policy.Quality.Value, "");
        var auto = folded.Policies[0];
        report.Figure("nine models, 20 draws, task not told: auto", auto.Quality.Value, "", "≥ 0.660", auto.Quality.Value >= 0.660);
        report.Figure("its worst draw", auto.Draws.Min(), "");
        report.Figure("its standard error by prompt", auto.Quality.StandardError, "");
        report.Figure("prompts on which it abstains", 100 * auto.Abstained, "%");

        var left = RouteReport.Run(nine, new RouteEvaluation { LeaveOut = true, Policies = ["auto", "ridge"], MaxThreads = threads });
        report.Figure("whole tasks left out: auto over best single", left.Policies[0].OverBestSingle.Value, "", "≥ −0.005", left.Policies[0].OverBestSingle.Value >= -0.005);
        report.Figure("whole tasks left out: prompts on which it abstains", 100 * left.Policies[0].Abstained, "%");
        report.Text(string.Join('\n', folded.Meaning.Concat(left.Meaning.Select(static m => "tasks left out: " + m))) + "\nchosen, nine models: " + string.Join(", ", folded.Choices) + "\n" + folded.LastChoice);

        await PairAsync(folder, report, "mmlu.jsonl", "TF-IDF ridge", 0.652, 0.658);
        await PairAsync(folder, report, "gsm8k.jsonl", "kNN", 0.603, 0.603);
    }

    /// <summary>A decision for a 2,000-character prompt over nine experts, by rule: time and allocation.</summary>
    public static Task DecisionAsync(string folder, Report report)
    {
        var nine = Read("nine-models-train.jsonl");
        var model = RoutingTrainer.Train(nine, new RoutingTraining { MaxThreads = Environment.ProcessorCount });
        var text = string.Join(' ', nine.Prompts.Where(static (_, i) => i % 97 == 5));
        RoutingQuestion[] questions = [.. Enumerable.Range(0, 64).Select(q => new RoutingQuestion
        {
            Prompt = new RoutingPrompt(text.Substring(q * 230, 2000)), Offers = [.. nine.Experts.Select(static (e, m) => new ExpertOffer(e, 0.0001 * (m + 1)))],
        })];
        ExpertConfig[] experts = [.. nine.Experts.Select(static e => new ExpertConfig { Name = e, Deployment = e })];
        PolicyConfig[] policies =
        [
            new() { Name = "best (auto)", Rule = RoutingRule.Best }, new() { Name = "cheapest", Rule = RoutingRule.Cheapest, Threshold = 0.6 }, new() { Name = "net-value", Rule = RoutingRule.NetValue, Lambda = 50 },
            new() { Name = "nearest", Rule = RoutingRule.Nearest }, new() { Name = "clusters", Rule = RoutingRule.Clusters }, new() { Name = "skills", Rule = RoutingRule.Skills },
        ];
        foreach (var config in policies)
        {
            var policy = RoutingPolicies.Create(config, experts, model);
            var (micros, bytes) = Measure(policy, questions);
            report.Figure($"decision, 2,000 characters, nine experts: {config.Name}", micros, "µs", "≤ 50", micros <= 50);
            report.Figure($"{config.Name}: allocated", bytes, "bytes");
        }

        report.Text("median of 9 rounds of 6,400 decisions over 64 prompts, one thread");
        return Task.CompletedTask;
    }

    private static (double Micros, double Bytes) Measure(IRoutingPolicy policy, RoutingQuestion[] questions)
    {
        const int Repeats = 100;
        var rounds = new double[9];
        for (var warm = 0; warm < 200; warm++) policy.Choose(questions[warm % questions.Length]);
        var bytes = 0L;
        for (var round = 0; round < rounds.Length; round++)
        {
            var (before, allocated) = (TimeProvider.System.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
            for (var i = 0; i < Repeats; i++)
            {
                foreach (var question in questions) policy.Choose(question);
            }

            rounds[round] = TimeProvider.System.GetElapsedTime(before).TotalMicroseconds / (Repeats * questions.Length);
            bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / (Repeats * questions.Length);
        }

        Array.Sort(rounds);
        return (rounds[rounds.Length / 2], bytes);
    }

    private static async Task PairAsync(string folder, Report report, string file, string reference, double least, double most)
    {
        var matrix = Read(file);
        var name = Path.GetFileNameWithoutExtension(file);
        var options = new RouteEvaluation { Draws = PairDraws, Policies = ["auto", "ridge", "nearest"], MaxThreads = Environment.ProcessorCount };
        var ours = RouteReport.Run(matrix, options);
        var auto = ours.Policies[0];
        report.Figure($"{name}: random, APGR", ours.Baseline("random").Apgr.Value, "", "0.5", Math.Abs(ours.Baseline("random").Apgr.Value - 0.5) < 0.02);
        report.Figure($"{name}: random, spread of APGR", ours.RandomApgrSpread, "", "≤ 0.02", ours.RandomApgrSpread <= 0.02);
        report.Figure($"{name}: prompt length, APGR", ours.Baseline("prompt_length").Apgr.Value, "");
        report.Figure($"{name}: table that is told the group, APGR", ours.Baseline("task_table").Apgr.Value, "");
        foreach (var policy in ours.Policies) report.Figure($"{name}, {PairDraws} draw of folds: {policy.Name}, APGR", policy.Apgr.Value, "");
        report.Figure($"{name}: auto, CPT50", auto.Cpt50.Value, "");
        report.Figure($"{name}: auto, standard error of its APGR by prompt", auto.Apgr.StandardError, "");
        var strong = matrix.Quality.Where((_, i) => i % 2 == 1).Average() > matrix.Quality.Where((_, i) => i % 2 == 0).Average() ? 1 : 0;
        if (await ReferencesAsync(folder, file, matrix, strong) is not { } references)
        {
            report.Text("python3 with scikit-learn is not on this machine: no references.");
            return;
        }

        double[] weak = Column(matrix, 1 - strong), better = Column(matrix, strong);
        var bestReference = 0.0;
        foreach (var entry in references.RootElement.EnumerateObject())
        {
            var apgr = entry.Value.EnumerateArray().Average(draw => TwoModelCurve.Of([.. draw.EnumerateArray().Select(static v => v.GetDouble())], weak, better).Apgr);
            report.Figure($"{name}: reference {entry.Name}, same folds, APGR", apgr, "", entry.Name == reference ? $"{least.ToString(CultureInfo.InvariantCulture)}–{most.ToString(CultureInfo.InvariantCulture)}" : "");
            if (entry.Name.StartsWith(reference, StringComparison.Ordinal)) bestReference = Math.Max(bestReference, apgr);
        }

        report.Figure($"{name}: auto less the best {reference}", auto.Apgr.Value - bestReference, "", $"≥ −{auto.Apgr.StandardError.ToString("0.000", CultureInfo.InvariantCulture)} (one standard error)", auto.Apgr.Value >= bestReference - auto.Apgr.StandardError);
        report.Text(string.Join('\n', ours.Meaning) + "\nchosen: " + string.Join(", ", ours.Choices) + "\n" + ours.LastChoice);
    }

    private static async Task<JsonDocument?> ReferencesAsync(string folder, string file, RoutingMatrix matrix, int strong)
    {
        var (folds, scores) = (Path.Combine(folder, "folds.json"), Path.Combine(folder, "scores.json"));
        await File.WriteAllTextAsync(folds, JsonSerializer.Serialize(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["strong"] = matrix.Experts[strong],
            ["weak"] = matrix.Experts[1 - strong],
            ["folds"] = Enumerable.Range(0, PairDraws).Select(d => Folds.ByGroup(matrix.PromptOf, 5, (ulong)d).FoldOf).ToArray(),
        }));
        var script = Path.Combine(Report.Root(), "benchmarks", "peers", "routing_references.py");
        foreach (var python in new[] { "/usr/bin/python3", "python3" })
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(python, [script, Path.Combine(RecordedScores.Folder("routing"), file), folds, scores]));
                if (process is null) continue;
                await process.WaitForExitAsync();
                if (process.ExitCode == 0) return JsonDocument.Parse(await File.ReadAllTextAsync(scores));
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // Not this one.
            }
        }

        return null;
    }

    private static void Anchor(Report report, string what, double value, double expected, double tolerance) =>
        report.Figure(what, value, "", expected.ToString("0.000", CultureInfo.InvariantCulture), Math.Abs(value - expected) <= tolerance);

    private static double[] Column(RoutingMatrix matrix, int expert) => [.. matrix.Quality.Where((_, i) => i % 2 == expert)];

    private static RoutingMatrix Read(string file) =>
        RoutingMatrixReader.Read(new RowInput { Files = [Path.Combine(RecordedScores.Folder("routing"), file)] }, null, CancellationToken.None).Matrix;
}
