using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Selection;

public sealed class InversionsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly ScoreData Data = TrainerTests.Grouped(40, 4, 5, s => s[0]);

    [Fact]
    public void The_effect_of_a_linear_judge_is_its_weight_and_the_negative_ones_are_named()
    {
        var report = Inversions.Find(new FixedModel(3, s => 2 * s[0] - 0.5 * s[1] - 0.7 * s[2]), Data);

        report.Effects[0].ShouldBe(2, 1e-9);
        report.Inverted.Select(i => i.Judge).ShouldBe([2, 1]);
        report.Inverted[0].Effect.ShouldBe(-0.7, 1e-9);
    }

    [Fact]
    public void Falling_somewhere_is_no_inversion_while_it_rises_on_average()
    {
        var report = Inversions.Find(new FixedModel(3, s => Math.Sin(4 * s[0]) + s[0] + s[1]), Data);

        report.Inverted.ShouldBeEmpty();
        Inversions.Find(new FixedModel(3, s => -Math.Floor(4 * s[0]) + s[1]), Data).Inverted.ShouldHaveSingleItem().Judge.ShouldBe(0);
    }

    [Fact]
    public void What_interacts_is_judged_by_its_average_over_the_rows()
    {
        Inversions.Find(new FixedModel(3, s => s[0] * (s[1] - 0.2)), Data).Inverted.ShouldBeEmpty();
        Inversions.Find(new FixedModel(3, s => s[0] * (s[1] - 0.8)), Data).Inverted.ShouldHaveSingleItem().Judge.ShouldBe(0);
    }

    [Fact]
    public void A_judge_with_one_score_or_none_has_no_effect_to_speak_of()
    {
        var scores = Data.Scores.Select((s, i) => i % 3 == 1 ? double.NaN : i % 3 == 2 ? 0.5 : s).ToArray();
        var report = Inversions.Find(new FixedModel(3, s => s[0] - s[2]), new ScoreData(3, scores, Data.Targets, Data.GroupOf));

        report.Effects[1].ShouldBe(double.NaN);
        report.Effects[2].ShouldBe(double.NaN);
        report.Inverted.ShouldBeEmpty();
    }

    [Fact]
    public void Comparisons_are_asked_on_both_answers()
    {
        var data = new PreferenceData(1, [0, 0.5, 1, 0.5], [1, 0.5, 0, 0.5], [1, 0, 0, 1], [0, 1, 2, 3]);

        Inversions.Find(new FixedModel(1, s => -s[0]), data).Inverted.ShouldHaveSingleItem().Effect.ShouldBe(-1, 1e-12);
    }

    [Fact]
    public void The_training_run_says_what_the_monotone_fit_would_cost()
    {
        // The truth itself falls with judge 2, so monotony costs something, and the report says how much.
        var data = TrainerTests.Grouped(60, 4, 6, s => 2 * s[0] - s[2]);
        var plan = new TrainingPlan
        {
            Recipes = [ModelRecipes.Create("mean-fit"), new TruthRecipe("free", [2, 0, -1])],
            Baseline = "mean-fit",
            Candidate = "free",
            MonotoneOf = _ => new TruthRecipe("free", [2, 0, 0]),
        };

        var report = Trainer.Run(data, plan, Cancel);

        report.Inversions.Inverted.ShouldHaveSingleItem().Judge.ShouldBe(2);
        report.Inversions.MonotoneRecipe.ShouldBe("free");
        report.Inversions.MonotoneCost!.Value.Lower.ShouldBeGreaterThan(0);
    }

    private sealed class TruthRecipe(string name, double[] weights) : IModelRecipe
    {
        public string Name => name;

        public bool IsMonotone => Array.TrueForAll(weights, w => w >= 0);

        public IScoreModel Fit(ScoreData data, FitOptions options) => new FixedModel(data.Judges, s => s.Zip(weights, (a, b) => a * b).Sum());

        public IScoreModel Fit(PreferenceData data, FitOptions options) => throw new NotSupportedException();
    }
}
