using Orchestration.Learning.Intervals;
using Orchestration.Learning.Models;
using Orchestration.Learning.Robustness;
using Orchestration.Learning.Selection;
using Orchestration.Learning.Tests.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Robustness;

public sealed class FoldStudyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly IModelRecipe[] Recipes = [.. new[] { "mean", "mean-fit", "best-judge", "ridge", "gam" }.Select(n => ModelRecipes.Create(n))];

    [Fact]
    public void Unchanged_rows_get_the_very_numbers_and_figures_of_training()
    {
        var data = Grouped();
        var plan = new TrainingPlan { Recipes = Recipes, Baseline = "mean-fit", Candidate = "ridge", Folds = 4, Repeats = 2, Seed = 3 };

        var trained = Trainer.Run(data, plan, Token);
        var study = Study(data);
        var figures = study.Measure(study.Predict(data.Scores, Token));

        for (var m = 0; m < Recipes.Length; m++)
        {
            study.Predict(data.Scores, Token)[m].ShouldBe(trained.Models[m].OutOfFold);
            figures[m].R2.Value.ShouldBe(trained.Models[m].Scores!.R2.Value, 1e-14);
            figures[m].R2.Estimate.StandardError.ShouldBe(trained.Models[m].Scores!.R2.StandardError, 1e-14);
            figures[m].Spearman.Value.ShouldBe(trained.Models[m].Scores!.Spearman.Value, 1e-14);
            figures[m].Rmse.Value.ShouldBe(Math.Sqrt(trained.Models[m].Scores!.Mse.Value), 0.01);
        }
    }

    [Fact]
    public void Refitting_under_an_attack_of_strength_nothing_is_the_clean_run_to_the_bit()
    {
        var data = Grouped();
        var study = Study(data);
        var clean = study.Predict(data.Scores, Token);
        int[] order = JudgeAttacks.Order(data.Judges, 5);

        foreach (var attack in Enum.GetValues<JudgeAttack>())
        {
            var scores = JudgeAttacks.Apply(data.Scores, data.Judges, order.AsSpan(0, JudgeAttacks.Count(data.Judges, 0)), attack, 0.3, 5);
            var attacked = new ScoreData(data.Judges, scores, data.Targets, data.GroupOf);
            study.Refit((_, _, rows) => attacked.Select(rows), scores, Token).ShouldBe(clean);
        }

        foreach (var attack in Enum.GetValues<LabelAttack>())
        {
            var corrupted = LabelAttacks.Corrupt(data.Targets, attack, 0, 2, 0.2, 5);
            study.Refit((_, _, rows) => Poisoned(data, rows, corrupted, 0), data.Scores, Token).ShouldBe(clean);
            study.Refit((_, _, rows) => Poisoned(data, rows, corrupted, 0.5), data.Scores, Token).ShouldNotBe(clean, "the same at half of the labels is another run");
        }

        foreach (var shift in Enum.GetValues<Shift>().Where(s => !Shifts.IsOfAnswers(s))) Shifts.Scores(data.Scores, shift, 0).ShouldBe(data.Scores);
    }

    [Fact]
    public void No_number_depends_on_the_number_of_threads()
    {
        var data = Grouped();

        FoldStudy.Fit(data, Plan() with { MaxThreads = 2 }, Token).Predict(data.Scores, Token).ShouldBe(Study(data).Predict(data.Scores, Token));
    }

    [Fact]
    public void No_group_stands_on_both_sides_of_a_fold()
    {
        var data = Grouped();
        var seen = 0;
        Study(data).Refit((draw, fold, rows) =>
        {
            var held = Study(data).Draws[draw].HeldOut(fold).Select(i => data.GroupOf[i]).ToHashSet();
            rows.ShouldAllBe(i => !held.Contains(data.GroupOf[i]));
            seen++;
            return data.Select(rows);
        }, data.Scores, Token);

        seen.ShouldBe(8);
    }

    [Fact]
    public void A_cancelled_study_ends_between_fits()
    {
        var data = Grouped();
        using var source = new CancellationTokenSource();
        source.Cancel();

        Should.Throw<OperationCanceledException>(() => FoldStudy.Fit(data, Plan(), source.Token));
        Should.Throw<OperationCanceledException>(() => FoldStudy.Fit(data, Plan() with { MaxThreads = 2 }, source.Token));
    }

    [Fact]
    public void A_paired_difference_is_far_surer_than_the_figures_and_a_difference_to_itself_is_nothing()
    {
        var data = Grouped();
        var study = Study(data);
        var figures = study.Measure(study.Predict(data.Scores, Token));
        var difference = figures[4].R2.Minus(figures[3].R2).Estimate;

        difference.Value.ShouldBe(figures[4].R2.Value - figures[3].R2.Value, 1e-14);
        difference.StandardError.ShouldBeLessThan(figures[3].R2.Estimate.StandardError);
        figures[1].R2.Minus(figures[1].R2).Estimate.ShouldBe(new Estimate(0, 0, 0, 0));
    }

    [Fact]
    public void The_interval_over_draws_holds_the_chance_of_the_draw_too()
    {
        var groups = Enumerable.Range(0, 40).ToArray();
        double[] values = [.. groups.Select(g => g % 2 == 0 ? 1.0 : -1.0)];
        GroupedFigure Shifted(double by) => GroupedFigure.MeanOf([.. values.Select(v => v + by)], groups);

        var alike = GroupedFigure.OverDraws([Shifted(0), Shifted(0), Shifted(0)]);
        var apart = GroupedFigure.OverDraws([Shifted(-3), Shifted(0), Shifted(3)]);

        alike.StandardError.ShouldBe(Math.Sqrt(1.0 / 39), 1e-12, "the standard error of a mean of ±1 over 40 groups");
        apart.StandardError.ShouldBe(Math.Sqrt(1.0 / 39 + 9.0 / 3), 1e-12, "and the variance of the draws over their number");
        (apart.Upper - apart.Value).ShouldBeGreaterThan(4 * apart.StandardError, "three draws have two degrees of freedom");
        Shifted(0).Estimate.Upper.ShouldBe(2.0227 * Math.Sqrt(1.0 / 39), 1e-4, "Student's t with 39");
        Shifted(0).At(0.99).Upper.ShouldBe(2.7079 * Math.Sqrt(1.0 / 39), 1e-4);
    }

    [Fact]
    public void Rows_of_weight_nothing_do_not_count()
    {
        double[] targets = [1, 2, 3, 4, 100, -50];
        double[] numbers = [1.5, 2, 2.5, 4.5, 7, 9];
        int[] groups = [0, 0, 1, 1, 2, 2];

        var some = ModelFigures.Of([numbers], targets, groups, [1, 1, 1, 1, 0, 0]);
        var alone = ModelFigures.Of([[.. numbers.Take(4)]], [.. targets.Take(4)], [.. groups.Take(4)]);

        some.R2.Estimate.Value.ShouldBe(alone.R2.Estimate.Value, 1e-14);
        some.R2.Estimate.StandardError.ShouldBe(alone.R2.Estimate.StandardError, 1e-14);
        some.Bias.Value.ShouldBe(0.125, 1e-14);
        some.Spearman.Value.ShouldBe(alone.Spearman.Value, 1e-14);
    }

    private static StudyPlan Plan() => new() { Recipes = Recipes, Folds = 4, Repeats = 2, Seed = 3 };

    private static FoldStudy Study(ScoreData data) => FoldStudy.Fit(data, Plan(), Token);

    private static ScoreData Grouped()
    {
        var data = Rows.Correlated(200, 4, 0.5, 11, s => 2 * s[0] * s[0] + 0.3 * s[1], 0.2);
        return new ScoreData(4, data.Scores, data.Targets, [.. Enumerable.Range(0, 200).Select(i => i / 5)]);
    }

    private static ScoreData Poisoned(ScoreData data, int[] rows, double[] corrupted, double share)
    {
        var chosen = LabelAttacks.Choose(rows, share, 9);
        var some = data.Select(rows);
        return new ScoreData(some.Judges, some.Scores, [.. rows.Select((row, i) => chosen[i] ? corrupted[row] : some.Targets[i])], some.GroupOf);
    }
}
