using Orchestration.Learning.Intervals;
using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;
using Orchestration.Learning.Tests.Selection;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Intervals;

public sealed class CrossConformalTests
{
    private static readonly ScoreData Data = Rows(40, 3, 1);

    [Theory]
    [InlineData(ResidualKind.Absolute, 0.9)]
    [InlineData(ResidualKind.Absolute, 0.6)]
    [InlineData(ResidualKind.Signed, 0.8)]
    public void The_ends_are_the_order_statistics_of_the_definition(ResidualKind kind, double level)
    {
        // One row a group, so every weight is 1: the smallest sum that ⌈(1 − α)(n + 1)⌉ do not pass, and its mirror image.
        var data = Rows(37, 1, 2);
        var (conformal, folds, models) = Fit(data, kind);
        double[] row = [0.3, 0.8, 0.1];
        var sums = Enumerable.Range(0, data.Rows).Select(i => (
            Centre: models[folds.FoldOf[i]].Predict(row),
            Residual: data.Targets[i] - models[folds.FoldOf[i]].Predict(data.Row(i)))).ToArray();
        var signed = kind == ResidualKind.Signed;
        var wanted = (int)Math.Ceiling((signed ? 1 - (1 - level) / 2 : level) * 38 - 1e-9);
        var up = sums.Select(s => s.Centre + (signed ? s.Residual : Math.Abs(s.Residual))).Order().ElementAt(wanted - 1);
        var down = sums.Select(s => s.Centre + (signed ? s.Residual : -Math.Abs(s.Residual))).OrderDescending().ElementAt(wanted - 1);

        var interval = conformal.Predict(row, level);

        interval.High.ShouldBe(up, 1e-12);
        interval.Low.ShouldBe(down, 1e-12);
        interval.Groups.ShouldBe(37);
        interval.Dropped.ShouldBeEmpty();
    }

    [Fact]
    public void Each_group_weighs_the_same_however_many_rows_it_has()
    {
        // One group in ten has all the large errors, in nine rows of its own: half of the rows, a tenth of the groups.
        var (scores, targets, groups) = (new List<double>(), new List<double>(), new List<int>());
        for (var g = 0; g < 60; g++)
        {
            for (var i = 0; i < (g % 10 == 0 ? 9 : 1); i++)
            {
                scores.Add(0.5);
                targets.Add(g % 10 == 0 ? i % 2 == 0 ? 9 : -9 : g % 2 == 0 ? 1 : -1);
                groups.Add(g);
            }
        }

        var data = new ScoreData(1, [.. scores], [.. targets], [.. groups]);
        var folds = Folds.ByGroup(data.GroupOf, 5, 1);
        var zero = new FixedModel(1, _ => 0);
        var conformal = CrossConformal.Of(data, folds, [zero, zero, zero, zero, zero]);

        conformal.Predict([0.5], 0.85).High.ShouldBe(1);
        conformal.Predict([0.5], 0.95).High.ShouldBe(9);
        conformal.Predict([0.5], 0.95).Low.ShouldBe(-9);
        conformal.Predict([0.5], 0.99).High.ShouldBe(double.PositiveInfinity);
        conformal.Predict([0.5], 0.99).Low.ShouldBe(double.NegativeInfinity);
    }

    [Fact]
    public void With_a_judge_missing_residuals_are_those_without_it()
    {
        var (conformal, folds, models) = Fit(Data, ResidualKind.Absolute);
        double[] row = [0.3, double.NaN, 0.6];
        var masked = Data.Scores.Select((s, i) => i % 3 == 1 ? double.NaN : s).ToArray();
        var (again, _, _) = (CrossConformal.Of(new ScoreData(3, masked, Data.Targets, Data.GroupOf), folds, models), 0, 0);

        var interval = conformal.Predict(row);

        interval.ShouldBe(again.Predict(row) with { Dropped = interval.Dropped });
        interval.Width.ShouldBeGreaterThan(conformal.Predict([0.3, 0.5, 0.6]).Width);
    }

    [Fact]
    public void A_rare_pattern_uses_a_wider_one_and_says_so()
    {
        // The third judge scored five groups only: nothing can be said about intervals with it.
        var scores = Data.Scores.Select((s, i) => i % 3 == 2 && Data.GroupOf[i / 3] >= 5 ? double.NaN : s).ToArray();
        var (conformal, _, _) = Fit(new ScoreData(3, scores, Data.Targets, Data.GroupOf), ResidualKind.Absolute);

        var interval = conformal.Predict([0.2, 0.5, 0.9]);

        interval.Dropped.ShouldBe([2]);
        interval.Groups.ShouldBe(40);
        interval.ShouldBe(conformal.Predict([0.2, 0.5, double.NaN]) with { Dropped = interval.Dropped });
        conformal.Predict([0.2, 0.5, double.NaN]).Dropped.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(ResidualKind.Absolute)]
    [InlineData(ResidualKind.Scaled)]
    [InlineData(ResidualKind.Signed)]
    public void It_is_stored_and_read_back_to_the_bit(ResidualKind kind)
    {
        var (conformal, _, _) = Fit(Data, kind);

        var restored = CrossConformal.Restore(conformal.State);

        for (var i = 0; i < Data.Rows; i++)
        {
            double[] row = [.. Data.Row(i)];
            if (i % 4 == 0) row[i % 3] = double.NaN;
            var (a, b) = (conformal.Predict(row), restored.Predict(row));
            (b.Low, b.High, b.Groups).ShouldBe((a.Low, a.High, a.Groups));
        }

        Should.Throw<ArgumentException>(() => CrossConformal.Restore(conformal.State with { Tensors = [] })).Message.ShouldContain("is missing");
    }

    [Fact]
    public void Scaled_residuals_are_wider_where_errors_are_larger()
    {
        var random = new Random(8);
        var (scores, targets, groups) = (new double[900], new double[900], new int[900]);
        for (var i = 0; i < 900; i++)
        {
            (scores[i], groups[i]) = (random.NextDouble(), i / 3);
            targets[i] = 4 * scores[i] + (0.1 + scores[i]) * (random.NextDouble() - 0.5);
        }

        var data = new ScoreData(1, scores, targets, groups);
        var folds = Folds.ByGroup(groups, 5, 1);
        IScoreModel[] models = [.. Enumerable.Range(0, 5).Select(k => ModelRecipes.Create("mean-fit").Fit(data.Select(folds.Training(k)), new FitOptions(1)))];

        var scaled = CrossConformal.Of(data, folds, models, ResidualKind.Scaled);
        var plain = CrossConformal.Of(data, folds, models);

        (scaled.Predict([0.9]).Width / scaled.Predict([0.1]).Width).ShouldBeGreaterThan(2.5);
        (plain.Predict([0.9]).Width / plain.Predict([0.1]).Width).ShouldBe(1, 0.05);
    }

    [Fact]
    public void Folds_by_row_are_refused()
    {
        var folds = Folds.Random(Data.Rows, 5, 1);

        Should.Throw<ArgumentException>(() => CrossConformal.Of(Data, folds, [.. Enumerable.Repeat(new FixedModel(3, _ => 0), 5)])).Message.ShouldContain("whole groups");
    }

    [Fact]
    public void On_new_groups_coverage_is_near_its_level_with_and_without_judges_and_threads_change_nothing()
    {
        var data = Rows(120, 4, 5);
        var recipe = ModelRecipes.Create("mean-fit");
        var plan = new IntervalPlan { CategoryOf = [.. data.GroupOf.Select(g => g % 2)], Removed = [0, 1] };

        var report = IntervalStudy.Run(data, recipe, plan, TestContext.Current.CancellationToken);
        var threads = IntervalStudy.Run(data, recipe, plan with { MaxThreads = 3 }, TestContext.Current.CancellationToken);

        report.Guaranteed.ShouldBe(0.8, 1e-12);
        foreach (var table in report.Tables)
        {
            table.All.Coverage.Value.ShouldBeInRange(0.87, 0.94);
            table.Categories.Count.ShouldBe(2);
            table.Unbounded.ShouldBe(0);
            table.LowestFifth.Rows.ShouldBe(96);
        }

        report.Tables[1].All.Width.Value.ShouldBeGreaterThan(report.Tables[0].All.Width.Value);
        report.Sentence.ShouldContain("guarantees 0.8");
        threads.Sentence.ShouldBe(report.Sentence);
        threads.Tables.Select(t => t.All).ShouldBe(report.Tables.Select(t => t.All));
    }

    private static (CrossConformal Conformal, Folds Folds, IScoreModel[] Models) Fit(ScoreData data, ResidualKind kind)
    {
        var folds = Folds.ByGroup(data.GroupOf, 5, 3);
        IScoreModel[] models = [.. Enumerable.Range(0, 5).Select(k => ModelRecipes.Create("mean-fit").Fit(data.Select(folds.Training(k)), new FitOptions(1)))];
        return (CrossConformal.Of(data, folds, models, kind), folds, models);
    }

    private static ScoreData Rows(int groups, int size, int seed) => TrainerTests.Grouped(groups, size, seed, s => s[0] + s[1] + s[2]);
}
