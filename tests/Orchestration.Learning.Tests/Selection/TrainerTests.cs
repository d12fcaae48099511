using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;
using Orchestration.Learning.Tests.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Selection;

public sealed class TrainerTests
{
    /// <summary>Judge 1 is three times as good as the others; the mean wastes it. Groups have an effect of their own.</summary>
    private static readonly ScoreData Data = Grouped(60, 4, 1, judges => 3 * judges[1] + 0.3 * judges[0]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_recipe_is_measured_on_the_same_folds_and_the_candidate_passes()
    {
        var report = Trainer.Run(Data, Plan("mean-fit", "best-judge"), Cancel);

        report.Models.Select(m => m.Name).ShouldBe(["mean-fit", "best-judge"]);
        report.GroupedFolds.ShouldBeTrue();
        report.Draws.Count.ShouldBe(5);
        report.FoldModels.Count.ShouldBe(5);
        report.Activation.Passed.ShouldBeTrue(report.Activation.Sentence);
        report.Candidate.Name.ShouldBe("best-judge");
        report.Candidate.Scores!.R2.Value.ShouldBeGreaterThan(report.Models[0].Scores!.R2.Value);
        report.Models[0].OverBaseline.Mean.ShouldBe(0);
        report.Notes.ShouldBeEmpty();

        // Out of fold by hand, for the third draw.
        var folds = Folds.ByGroup(Data.GroupOf, 5, 9);
        var row = folds.HeldOut(2)[0];
        var fitted = ModelRecipes.Create("best-judge").Fit(Data.Select(folds.Training(2)), new FitOptions(1));
        report.Candidate.OutOfFold[2][row].ShouldBe(fitted.Predict(Data.Row(row)));
        report.Candidate.Scores.ShouldBe(ScoreFigures.Of(Data, report.Candidate.OutOfFold));
        report.Candidate.OverBaseline.Mean.ShouldBe(report.Models[0].Scores!.Mse.Value - report.Candidate.Scores.Mse.Value, 1e-12);
    }

    [Fact]
    public void Threads_change_no_number()
    {
        var one = Trainer.Run(Data, Plan("mean-fit", "best-judge"), Cancel);
        var four = Trainer.Run(Data, Plan("mean-fit", "best-judge") with { MaxThreads = 4 }, Cancel);

        for (var r = 0; r < 5; r++) four.Candidate.OutOfFold[r].ShouldBe(one.Candidate.OutOfFold[r]);
        four.Activation.ShouldBe(one.Activation);
        four.FoldModels.Select(m => m.Predict([0.1, 0.4, 0.2])).ShouldBe(one.FoldModels.Select(m => m.Predict([0.1, 0.4, 0.2])));
    }

    [Fact]
    public void A_model_that_remembers_prompts_gains_only_where_folds_are_drawn_row_by_row()
    {
        // The first judge's score names the prompt, and prompts differ in their targets: what is remembered of a prompt is worth much on its other rows.
        var random = new Random(3);
        var (scores, targets, groups) = (new double[400], new double[400], new int[400]);
        for (var g = 0; g < 50; g++)
        {
            var level = random.NextDouble();
            for (var i = 4 * g; i < 4 * g + 4; i++) (scores[i], targets[i], groups[i]) = (g / 50.0, level + 0.1 * random.NextDouble(), g);
        }

        var data = new ScoreData(1, scores[..200], targets[..200], groups[..200]);
        IModelRecipe[] recipes = [ModelRecipes.Create("mean-fit"), new NearestRecipe()];
        var plan = new TrainingPlan { Recipes = recipes, Baseline = "mean-fit", Candidate = "nearest" };

        var grouped = Trainer.Run(data, plan, Cancel);
        var random2 = Trainer.Run(data, plan with { RandomFolds = true }, Cancel);

        grouped.Activation.Passed.ShouldBeFalse(grouped.Activation.Sentence);
        grouped.Candidate.Scores!.R2.Value.ShouldBeLessThan(0.05);
        random2.Candidate.Scores!.R2.Value.ShouldBeGreaterThan(0.8);
        random2.GroupedFolds.ShouldBeFalse();
        random2.Notes.ShouldContain(n => n.Contains("row by row", StringComparison.Ordinal));
    }

    [Fact]
    public void An_active_version_is_compared_with_on_groups_it_has_not_seen()
    {
        var better = new FixedModel(3, s => 3 * s[1] + 0.3 * s[0] + 0.25);
        var seen = Data.GroupOf.Select(g => g < 25).ToArray();

        var report = Trainer.Run(Data, Plan("mean-fit", "best-judge") with { Active = new ActiveVersion(better, seen, null) }, Cancel);

        report.Activation.OverActive!.Value.Groups.ShouldBe(35);
        report.Activation.ActiveRefitted.ShouldBeFalse();
        report.Activation.Outcome.ShouldBe(ActivationOutcome.WorseThanActive);
        report.Activation.Sentence.ShouldContain("on rows it was not trained on");
    }

    [Fact]
    public void With_few_unseen_groups_the_active_versions_recipe_is_refitted_on_the_same_folds()
    {
        // One row in the training data makes its whole group seen.
        var seen = Data.GroupOf.Select((g, i) => g < 40 && i % 4 == 0).ToArray();
        var active = new ActiveVersion(new FixedModel(3, _ => 0), seen, ModelRecipes.Create("best-judge"));

        var report = Trainer.Run(Data, Plan("mean-fit", "best-judge") with { Active = active }, Cancel);

        report.Activation.ActiveRefitted.ShouldBeTrue();
        report.Activation.OverActive!.Value.Mean.ShouldBe(0);
        report.Activation.OverActive!.Value.Groups.ShouldBe(60);
        report.Activation.Passed.ShouldBeTrue();
        report.Models.Count.ShouldBe(2);

        var unknown = Trainer.Run(Data, Plan("mean-fit", "best-judge") with { Active = active with { Recipe = null } }, Cancel);
        unknown.Activation.OverActive.ShouldBeNull();
        unknown.Notes.ShouldHaveSingleItem().ShouldContain("not compared");
    }

    [Fact]
    public void Parts_are_held_out_whole()
    {
        var parts = Data.GroupOf.Select(g => g % 3).ToArray();

        var report = Trainer.Run(Data, Plan("mean-fit", "best-judge") with { Parts = parts }, Cancel);

        report.Draws.ShouldHaveSingleItem().FoldOf.ShouldBe(parts);
        report.Activation.Passed.ShouldBeTrue();
        report.Activation.Sentence.ShouldContain("parts held out whole");
    }

    [Fact]
    public void Plans_that_contradict_themselves_are_refused()
    {
        Should.Throw<ArgumentException>(() => Trainer.Run(Data, Plan("mean-fit", "best-judge") with { Candidate = "gam" }, Cancel)).Message.ShouldContain("gam");
        Should.Throw<ArgumentException>(() => Trainer.Run(Data, Plan("mean-fit", "mean-fit"), Cancel));
        Should.Throw<ArgumentException>(() => Trainer.Run(Data.Select([0, 1]), Plan("mean-fit", "best-judge"), Cancel)).Message.ShouldContain("two groups");
    }

    internal static TrainingPlan Plan(params string[] names) => new()
    {
        Recipes = [.. names.Select(n => ModelRecipes.Create(n))],
        Baseline = "mean-fit",
        Candidate = names[^1],
        Seed = 7,
    };

    internal static ScoreData Grouped(int groups, int size, int seed, Func<double[], double> truth)
    {
        var random = new Random(seed);
        var (scores, targets, groupOf) = (new List<double>(), new List<double>(), new List<int>());
        for (var g = 0; g < groups; g++)
        {
            var level = 0.3 * random.NextDouble();
            for (var i = 0; i < size; i++)
            {
                double[] row = [random.NextDouble(), random.NextDouble(), random.NextDouble()];
                scores.AddRange(row);
                targets.Add(truth(row) + level + 0.2 * random.NextDouble());
                groupOf.Add(g);
            }
        }

        return new ScoreData(3, [.. scores], [.. targets], [.. groupOf]);
    }
}
