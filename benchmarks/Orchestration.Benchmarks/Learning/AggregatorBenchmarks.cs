using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Orchestration.Benchmarks.Whole;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Stacked;
using Orchestration.Learning.Selection;

namespace Orchestration.Benchmarks.Learning;

/// <summary>How good learned aggregators are on the recorded public data beside the repository: figures, not times.</summary>
internal static class AggregatorBenchmarks
{
    private const int Seeds = 20;

    private static readonly string[] Dimensions = ["coherence", "consistency", "fluency", "relevance", "overall"];

    /// <summary>
    /// <c>auto</c> over 20 draws of grouped folds against references that a script refits on the same folds, where Python with scikit-learn is there.
    /// </summary>
    public static async Task SummEvalAsync(string folder, Report report)
    {
        var references = await ReferencesAsync(Path.Combine(folder, "references.json"));
        var sentences = new List<string>();
        if (references is null) sentences.Add("python3 with scikit-learn is not on this machine: no references.");
        foreach (var dimension in Dimensions)
        {
            var data = RecordedScores.SummEval(dimension);
            var plan = new TrainingPlan
            {
                Recipes = [ModelRecipes.Create(ModelRecipes.MeanFit), ModelRecipes.Create(ModelRecipes.Auto)],
                Baseline = ModelRecipes.MeanFit,
                Candidate = ModelRecipes.Auto,
                Repeats = Seeds,
                MaxThreads = Environment.ProcessorCount,
            };
            var trained = Trainer.Run(data, plan);
            var mean = trained.Models[0].Scores!.R2.Value;
            var auto = trained.Candidate.Scores!.R2;
            report.Figure($"{dimension}: mean-then-fit, R²", mean, "");
            report.Figure($"{dimension}: auto, R²", auto.Value, "", "≥ mean-then-fit − 0.005", auto.Value >= mean - 0.005);
            report.Figure($"{dimension}: its standard error by prompt", auto.StandardError, "");
            if (references is not null) Against(report, dimension, data, trained.Candidate, references.RootElement.GetProperty(dimension));
            sentences.Add($"{dimension}: {BlendChoice.Of(trained.Candidate.Model)!.Reason} {trained.Activation.Sentence}");
        }

        report.Text(string.Join('\n', sentences));
    }

    /// <summary>LLMBar's comparisons, folds mixed and with a category left out: what inverting judges buys and what it costs.</summary>
    public static Task LlmBarAsync(string folder, Report report)
    {
        var (data, categories, names) = RecordedScores.LlmBar();
        var free = new RecipeOptions { Monotone = false };
        var plan = new TrainingPlan
        {
            Recipes = [ModelRecipes.Create(ModelRecipes.MeanFit), ModelRecipes.Create("best-judge"), ModelRecipes.Create("non-negative"), ModelRecipes.Create("ridge", free)],
            Baseline = ModelRecipes.MeanFit,
            Candidate = "ridge",
            Repeats = Seeds,
            MonotoneOf = r => ModelRecipes.Create(r.Name, new RecipeOptions { Monotone = true }),
            MaxThreads = Environment.ProcessorCount,
        };
        var best = Enumerable.Range(0, data.Judges).Max(j => Single(data, j, _ => true));
        var natural = Array.FindIndex(names, n => n.EndsWith("Natural", StringComparison.Ordinal));
        report.Figure("best single judge, ties half", best, "", "0.8723", Math.Abs(best - 0.8723) < 5e-5);

        var mixed = Trainer.Run(data, plan);
        report.Figure("mixed folds: free weights", Accuracy(mixed, "ridge"), "", "≥ 0.89", Accuracy(mixed, "ridge") >= 0.89);
        report.Figure("mixed folds: non-negative weights", Accuracy(mixed, "non-negative"), "", "≥ best single − 0.01", Accuracy(mixed, "non-negative") >= best - 0.01);
        report.Figure("judges that the free model inverts", mixed.Inversions.Inverted.Count, $"of {data.Judges}");
        report.Figure("log loss that monotony would cost there", mixed.Inversions.MonotoneCost?.Mean ?? 0, "");

        var everywhere = Enumerable.Repeat(true, data.Rows).ToArray();
        var vote = ModelRecipes.Create("non-negative");
        var held = Trainer.Run(data, plan with { Parts = categories, PartNames = names, Active = new ActiveVersion(vote.Fit(data, new FitOptions(1)), everywhere, vote) });
        var bestNatural = Single(data, Enumerable.Range(0, data.Judges).MaxBy(j => Single(data, j, _ => true)), i => categories[i] == natural);
        var onNatural = OnPart(data, held.Models.Single(m => m.Name == "non-negative"), i => categories[i] == natural);
        report.Figure("category left out: non-negative weights", Accuracy(held, "non-negative"), "", "≥ best single − 0.015", Accuracy(held, "non-negative") >= best - 0.015);
        report.Figure("category left out, on Natural: non-negative weights", onNatural, "", $"≥ {bestNatural.ToString("0.00", CultureInfo.InvariantCulture)} − 0.015", onNatural >= bestNatural - 0.015);
        report.Figure("category left out: free weights", Accuracy(held, "ridge"), "");
        report.Figure("category left out, on Natural: free weights", OnPart(data, held.Candidate, i => categories[i] == natural), "");
        report.Figure("the free model may become active there (0: refused)", held.Activation.Passed ? 1 : 0, "", "0", !held.Activation.Passed);
        report.Text(held.Activation.Sentence);
        return Task.CompletedTask;
    }

    /// <summary>Coverage and width of CV+ intervals on held-out prompts, complete and with judges removed.</summary>
    public static Task IntervalsAsync(string folder, Report report)
    {
        var data = RecordedScores.SummEval("overall", out var sources);
        var sentences = new List<string>();
        foreach (var residual in Enum.GetValues<ResidualKind>())
        {
            var plan = new IntervalPlan { Repeats = 5, CategoryOf = sources, Residual = residual, MaxThreads = Environment.ProcessorCount };
            var study = IntervalStudy.Run(data, ModelRecipes.Create("ridge"), plan);
            foreach (var table in study.Tables)
            {
                var name = $"{residual.ToString().ToLowerInvariant()}, {table.Removed} of {data.Judges} judges removed";
                report.Figure($"{name}: coverage at 90%", table.All.Coverage.Value, "", "0.88–0.93", table.All.Coverage.Value is >= 0.88 and <= 0.93);
                report.Figure($"{name}: width", table.All.Width.Value, "");
                report.Figure($"{name}: coverage of the lowest fifth", table.LowestFifth.Coverage.Value, "");
                report.Figure($"{name}: coverage of the highest fifth", table.HighestFifth.Coverage.Value, "");
                foreach (var (category, c) in table.Categories.Select((f, c) => (f, c))) report.Figure($"{name}: coverage in source {c} ({category.Rows} rows)", category.Coverage.Value, "");
            }

            sentences.Add($"{residual.ToString().ToLowerInvariant()}: {study.Sentence}");
        }

        report.Text(string.Join('\n', sentences));
        return Task.CompletedTask;
    }

    private static void Against(Report report, string dimension, ScoreData data, TrainedModel auto, JsonElement references)
    {
        var (best, name) = references.EnumerateObject().Select(r => (R2: r.Value.GetProperty("r2").EnumerateArray().Average(v => v.GetDouble()), r.Name)).Max();
        double[] theirs = [.. references.GetProperty(name).GetProperty("mse").EnumerateArray().Select(v => v.GetDouble())];
        double[][] ours = [.. auto.OutOfFold.Select(numbers => numbers.Select((n, i) => (data.Targets[i] - n) * (data.Targets[i] - n)).ToArray())];
        var mean = data.Targets.Average();
        var error = ActivationTest.Gain(ours, [theirs], data.GroupOf).StandardError / data.Targets.Average(t => (t - mean) * (t - mean));
        var slack = Math.Max(0.01, error);
        foreach (var reference in references.EnumerateObject())
            report.Figure($"{dimension}: reference {reference.Name}, R²", reference.Value.GetProperty("r2").EnumerateArray().Average(v => v.GetDouble()), "");
        report.Figure(
            $"{dimension}: auto less the best reference ({name})", auto.Scores!.R2.Value - best, "", $"≥ −{slack.ToString("0.000", CultureInfo.InvariantCulture)}", auto.Scores.R2.Value >= best - slack);
    }

    private static async Task<JsonDocument?> ReferencesAsync(string path)
    {
        var script = Path.Combine(Report.Root(), "benchmarks", "peers", "summeval_references.py");
        foreach (var python in new[] { "/usr/bin/python3", "python3" })
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(python, [script, RecordedScores.Folder("summeval"), Seeds.ToString(CultureInfo.InvariantCulture), path]));
                if (process is null) continue;
                await process.WaitForExitAsync();
                if (process.ExitCode == 0) return JsonDocument.Parse(await File.ReadAllTextAsync(path));
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // Not this one.
            }
        }

        return null;
    }

    private static double Accuracy(TrainingReport report, string name) => report.Models.Single(m => m.Name == name).Preferences!.HalfTieAccuracy.Value;

    private static double OnPart(PreferenceData data, TrainedModel model, Func<int, bool> wanted)
    {
        int[] rows = [.. Enumerable.Range(0, data.Rows).Where(wanted)];
        return PreferenceFigures.Of(data.Select(rows), [.. model.OutOfFold.Select(n => rows.Select(i => n[i]).ToArray())]).HalfTieAccuracy.Value;
    }

    private static double Single(PreferenceData data, int judge, Func<int, bool> wanted)
    {
        int[] rows = [.. Enumerable.Range(0, data.Rows).Where(wanted)];
        double[] differences = [.. rows.Select(i => data.First[i * data.Judges + judge] - data.Second[i * data.Judges + judge]).Select(d => double.IsNaN(d) ? 0 : d)];
        return PreferenceFigures.Of(data.Select(rows), differences).HalfTieAccuracy.Value;
    }
}
