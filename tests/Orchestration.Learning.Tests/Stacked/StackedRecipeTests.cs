using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Stacked;
using Orchestration.Learning.Selection;
using Orchestration.Learning.Tests.Models;
using Orchestration.Learning.Tests.Selection;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Stacked;

public sealed class StackedRecipeTests
{
    private static readonly FitOptions Options = new(3);

    [Fact]
    public void A_member_that_remembers_prompts_gets_no_weight_and_the_mean_is_kept()
    {
        // The judge's score names the prompt and prompts differ: with inner folds by row the memory would take the whole blend.
        var random = new Random(3);
        var (scores, targets, groups) = (new double[200], new double[200], new int[200]);
        for (var g = 0; g < 50; g++)
        {
            var level = random.NextDouble();
            for (var i = 4 * g; i < 4 * g + 4; i++) (scores[i], targets[i], groups[i]) = (g / 50.0, level + 0.1 * random.NextDouble(), g);
        }

        var model = Auto(new NearestRecipe()).Fit(new ScoreData(1, scores, targets, groups), Options);

        var choice = BlendChoice.Of(model)!;
        choice.Kept.ShouldBeFalse();
        choice.Members.ShouldHaveSingleItem().Key.ShouldBe("mean-fit");
        choice.Reason.ShouldStartWith("Mean-then-fit is kept");
    }

    [Fact]
    public void With_shuffled_targets_nothing_is_found_and_the_mean_is_kept()
    {
        var data = TrainerTests.Grouped(50, 4, 2, s => 2 * s[0]);
        var kept = 0;
        for (var seed = 0; seed < 6; seed++)
        {
            var targets = (double[])data.Targets.Clone();
            new Random(seed).Shuffle(targets);
            var shuffled = new ScoreData(3, data.Scores, targets, data.GroupOf);
            IModelRecipe[] recipes = [ModelRecipes.Create("mean-fit"), Auto(ModelRecipes.Create("best-judge"), new NearestRecipe())];

            var report = Trainer.Run(shuffled, new TrainingPlan { Recipes = recipes, Baseline = "mean-fit", Candidate = "auto", Repeats = 1 }, TestContext.Current.CancellationToken);

            kept += BlendChoice.Of(report.Candidate.Model)!.Kept ? 1 : 0;
            report.Candidate.Scores!.R2.Value.ShouldBeLessThan(0.05);
        }

        kept.ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public void What_surely_beats_the_mean_is_used_and_shrunk_towards_it()
    {
        var data = TrainerTests.Grouped(60, 4, 1, s => 3 * s[1]);

        var choice = BlendChoice.Of(Auto(ModelRecipes.Create("best-judge")).Fit(data, Options))!;

        choice.Kept.ShouldBeTrue();
        choice.Members.Select(m => m.Key).ShouldBe(["mean-fit", "best-judge"]);
        choice.Members[1].Value.ShouldBeInRange(0.9, 0.9999);
        choice.Members.Sum(m => m.Value).ShouldBe(1, 1e-12);
        choice.Reason.ShouldStartWith("The blend is used");
    }

    [Fact]
    public void The_outer_figure_is_out_of_fold_for_the_choice_too()
    {
        var data = TrainerTests.Grouped(40, 3, 4, s => s[0] + s[1]);
        var folds = Folds.ByGroup(data.GroupOf, 5, 0);
        var asked = new List<int>();
        var spy = new SpyRecipe(rows => { lock (asked) asked.Add(rows); });
        IModelRecipe[] recipes = [ModelRecipes.Create("mean-fit"), Auto(spy)];

        Trainer.Run(data, new TrainingPlan { Recipes = recipes, Baseline = "mean-fit", Candidate = "auto", Repeats = 1 }, TestContext.Current.CancellationToken);

        // Inside an outer training set of 96 rows inner fits see a fifth less; only the model for everything sees all 120.
        asked.Count(n => n == 120).ShouldBeLessThanOrEqualTo(1);
        asked.Where(n => n < 120).ShouldAllBe(n => n <= 96);
        folds.Training(0).Length.ShouldBe(96);
    }

    [Fact]
    public void Stacked_and_auto_learn_once_what_they_share()
    {
        var data = TrainerTests.Grouped(20, 3, 4, s => s[0]);
        var fits = 0;
        var spy = new SpyRecipe(_ => Interlocked.Increment(ref fits));
        IModelRecipe[] members = [ModelRecipes.Create("mean-fit"), spy];
        var options = new RecipeOptions();
        var alone = new StackedRecipe("auto", true, members, options);
        alone.Fit(data, Options);
        var once = fits;

        fits = 0;
        var shared = StackedRecipe.Sharing([new StackedRecipe("stacked", false, members, options), new StackedRecipe("auto", true, members, options)]);
        var models = shared.Select(r => r.Fit(data, Options)).ToArray();

        fits.ShouldBeLessThanOrEqualTo(once + 1);
        models[1].Predict(data.Row(0)).ShouldBe(alone.Fit(data, Options).Predict(data.Row(0)));
        StackedRecipe.Sharing([.. shared.Take(1), new StackedRecipe("auto", true, members, options with { Monotone = true })])[1].Fit(data, Options);
        fits.ShouldBeGreaterThan(once + 1);
    }

    [Fact]
    public void Comparisons_are_blended_in_log_odds()
    {
        var data = TrainerTests.Grouped(200, 1, 9, s => s[1]);
        var first = data.Scores;
        var second = TrainerTests.Grouped(200, 1, 10, s => s[1]).Scores;
        var random = new Random(1);
        double[] labels = [.. Enumerable.Range(0, 200).Select(i => first[3 * i + 1] - second[3 * i + 1] + 0.2 * (random.NextDouble() - 0.5) > 0 ? 1.0 : 0)];
        var comparisons = new PreferenceData(3, first, second, labels, data.GroupOf);

        var model = Auto(ModelRecipes.Create("best-judge")).Fit(comparisons, Options);

        BlendChoice.Of(model)!.Kept.ShouldBeTrue();
        model.Predict([0.5, 0.9, 0.5]).ShouldBeGreaterThan(model.Predict([0.9, 0.1, 0.9]));
    }

    [Fact]
    public void A_blend_of_additive_models_is_additive_and_others_are_not()
    {
        var data = TrainerTests.Grouped(60, 4, 1, s => 3 * s[1]);

        Auto(ModelRecipes.Create("best-judge")).Fit(data, Options).ShouldBeAssignableTo<IAdditiveModel>();
        new StackedRecipe("stacked", false, [ModelRecipes.Create("mean-fit"), new NearestRecipe()], new RecipeOptions())
            .Fit(TrainerTests.Grouped(60, 4, 1, s => s[1] > 0.5 ? 3 : 0), Options).ShouldNotBeAssignableTo<IAdditiveModel>();
    }

    [Fact]
    public void Threads_change_no_weight()
    {
        var data = TrainerTests.Grouped(40, 4, 1, s => 3 * s[1] + s[0]);

        var one = BlendChoice.Of(Auto(ModelRecipes.Create("best-judge")).Fit(data, Options))!;
        var four = BlendChoice.Of(Auto(ModelRecipes.Create("best-judge")).Fit(data, Options with { MaxThreads = 4 }))!;

        four.Members.ShouldBe(one.Members);
    }

    private static StackedRecipe Auto(params IModelRecipe[] others) => new("auto", true, [ModelRecipes.Create("mean-fit"), .. others], new RecipeOptions());

    private sealed class SpyRecipe(Action<int> fitted) : IModelRecipe
    {
        public string Name => "spy";

        public bool IsMonotone => false;

        public IScoreModel Fit(ScoreData data, FitOptions options)
        {
            fitted(data.Rows);
            return ModelRecipes.Create("best-judge").Fit(data, options);
        }

        public IScoreModel Fit(PreferenceData data, FitOptions options) => throw new NotSupportedException();
    }
}
