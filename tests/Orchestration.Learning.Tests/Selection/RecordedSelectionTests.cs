using System.Text.Json;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Stacked;
using Orchestration.Learning.Selection;
using Orchestration.Learning.Tests.Models;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Selection;

/// <summary>On recorded judges and human scores, with few seeds; the benchmark <c>summeval</c> has all of them.</summary>
public sealed class RecordedSelectionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Scikit-learn's figures fill a missing score with its training mean; here the other judges say more, which moves the third digit.</summary>
    [Theory]
    [InlineData("coherence", 0.2875)]
    [InlineData("consistency", 0.3258)]
    [InlineData("fluency", 0.2065)]
    [InlineData("relevance", 0.3031)]
    [InlineData("overall", 0.4649)]
    public void Mean_then_fit_on_group_k_fold_is_scikit_learns(string dimension, double expected)
    {
        var data = Rows.SummEval(dimension);
        var names = File.ReadLines(PublicData.Require($"summeval/{dimension}.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("group").GetString()!).ToArray();
        var sorted = names.Distinct().Order(StringComparer.Ordinal).ToList();
        var folds = Folds.LikeGroupKFold([.. names.Select(n => sorted.IndexOf(n))], 5);

        var numbers = OutOfFold.Predict(new ScoreRows(data), [ModelRecipes.Create("mean-fit")], [folds], new FitOptions(1))[0][0];

        ScoreFigures.Of(data, numbers).R2.Value.ShouldBe(expected, 0.004);
    }

    [Fact]
    public void Auto_uses_the_blend_on_fluency_where_the_mean_is_poor()
    {
        var report = Run("fluency");

        report.Candidate.Scores!.R2.Value.ShouldBeGreaterThan(0.33);
        report.Candidate.Scores.R2.Value.ShouldBeGreaterThan(report.Models[0].Scores!.R2.Value + 0.1);
        BlendChoice.Of(report.Candidate.Model)!.Kept.ShouldBeTrue();
        report.Candidate.OverBaseline.Lower.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Auto_keeps_the_mean_on_relevance_where_nothing_beats_it()
    {
        var report = Run("relevance");

        report.Candidate.Scores!.R2.Value.ShouldBeGreaterThan(report.Models[0].Scores!.R2.Value - 0.005);
        BlendChoice.Of(report.Candidate.Model)!.Kept.ShouldBeFalse();
        report.Activation.Passed.ShouldBeFalse();
    }

    [Fact]
    public void Intervals_cover_nine_in_ten_with_all_judges_and_with_a_third_and_half_of_them_gone()
    {
        var report = IntervalStudy.Run(Rows.SummEval("overall"), ModelRecipes.Create("ridge"), new IntervalPlan(), Cancel);

        report.Tables.Select(t => t.Removed).ShouldBe([0, 1, 12, 18]);
        foreach (var table in report.Tables)
        {
            table.All.Coverage.Value.ShouldBeInRange(0.88, 0.94);
            table.LowestFifth.Coverage.Value.ShouldBeLessThan(table.All.Coverage.Value);
        }

        report.Tables[3].All.Width.Value.ShouldBeGreaterThan(report.Tables[0].All.Width.Value);
    }

    [Fact]
    public void Free_weights_win_llmbar_by_inverting_judges_and_are_refused_when_a_category_is_left_out()
    {
        var (data, categories, names) = LlmBar();
        var vote = ModelRecipes.Create("non-negative");
        var plan = new TrainingPlan
        {
            Recipes = [ModelRecipes.Create("mean-fit"), vote, ModelRecipes.Create("ridge", new RecipeOptions { Monotone = false })],
            Baseline = "mean-fit",
            Candidate = "ridge",
            Repeats = 2,
            MonotoneOf = r => ModelRecipes.Create(r.Name, new RecipeOptions { Monotone = true }),
        };

        var mixed = Trainer.Run(data, plan, Cancel);
        var held = Trainer.Run(data, plan with { Parts = categories, PartNames = names }, Cancel);
        var active = Trainer.Run(data, plan with { Parts = categories, PartNames = names, Active = new ActiveVersion(mixed.Models[1].Model, [.. data.Labels.Select(_ => true)], vote) }, Cancel);

        Accuracy(mixed, 2).ShouldBeGreaterThanOrEqualTo(0.89);
        Accuracy(mixed, 1).ShouldBeGreaterThanOrEqualTo(0.8723 - 0.01);
        mixed.Inversions.Inverted.Count.ShouldBeGreaterThan(5);
        mixed.Inversions.MonotoneCost!.Value.Lower.ShouldBeGreaterThan(0);
        Accuracy(held, 1).ShouldBeGreaterThanOrEqualTo(0.8723 - 0.015);
        Natural(held.Models[1]).ShouldBeGreaterThanOrEqualTo(0.96 - 0.015);
        Accuracy(held, 2).ShouldBeLessThan(0.83);
        Natural(held.Models[2]).ShouldBeLessThan(0.6);

        // Without an active version its own monotone fit speaks against it; with one, that.
        held.Activation.Passed.ShouldBeFalse(held.Activation.Sentence);
        held.Activation.Worse!.Part.ShouldEndWith("Natural");
        active.Activation.Passed.ShouldBeFalse(active.Activation.Sentence);
        active.Activation.Worse!.Than.ShouldBe("the active version");

        double Natural(TrainedModel model)
        {
            int[] rows = [.. Enumerable.Range(0, data.Rows).Where(i => names[categories[i]].EndsWith("Natural", StringComparison.Ordinal))];
            return PreferenceFigures.Of(data.Select(rows), [.. rows.Select(i => model.OutOfFold[0][i])]).HalfTieAccuracy.Value;
        }
    }

    private static double Accuracy(TrainingReport report, int model) => report.Models[model].Preferences!.HalfTieAccuracy.Value;

    private static TrainingReport Run(string dimension) => Trainer.Run(
        Rows.SummEval(dimension),
        new TrainingPlan { Recipes = [ModelRecipes.Create("mean-fit"), ModelRecipes.Create("auto")], Baseline = "mean-fit", Candidate = "auto", Repeats = 1, MaxThreads = 2 },
        Cancel);

    private static (PreferenceData Data, int[] Categories, string[] Names) LlmBar()
    {
        var (first, second, labels, categories) = (new List<double>(), new List<double>(), new List<double>(), new List<string>());
        var judges = 0;
        foreach (var line in File.ReadLines(PublicData.Require("llmbar/core.jsonl")))
        {
            using var row = JsonDocument.Parse(line);
            judges = 0;
            foreach (var judge in row.RootElement.GetProperty("verdicts").EnumerateObject())
            {
                var (a, b) = VerdictFeatures.Scores(VerdictFeatures.Mean(Verdict(judge.Value[0]), Verdict(judge.Value[1])));
                first.Add(a);
                second.Add(b);
                judges++;
            }

            labels.Add(row.RootElement.GetProperty("label").GetString() == "A>B" ? 1 : 0);
            categories.Add(row.RootElement.GetProperty("category").GetString()!);
        }

        string[] names = [.. categories.Distinct()];
        var data = new PreferenceData(judges, [.. first], [.. second], [.. labels], [.. Enumerable.Range(0, labels.Count)]);
        return (data, [.. categories.Select(c => Array.IndexOf(names, c))], names);
    }

    private static double Verdict(JsonElement verdict) => verdict.GetString() switch
    {
        "A>B" => 1,
        "B>A" => -1,
        "A=B" => 0,
        _ => double.NaN,
    };
}
