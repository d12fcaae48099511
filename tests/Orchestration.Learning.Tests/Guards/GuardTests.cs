using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Guards;
using Orchestration.Learning.Tests.Models;
using Orchestration.Learning.Tests.Selection;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Guards;

public sealed class GuardTests
{
    private static readonly FixedModel Sum = new(2, s => 10 * s.Sum(v => double.IsNaN(v) ? 0 : v));

    [Theory]
    [InlineData(GuardKind.Veto, 0.2, 0.9, 1)]
    [InlineData(GuardKind.Veto, 0.3, 0.9, 12)]
    [InlineData(GuardKind.Veto, double.NaN, 0.9, 9)]
    [InlineData(GuardKind.Cap, 0.2, 0.9, 1)]
    [InlineData(GuardKind.Cap, 0.0, 0.05, 0.5)]
    [InlineData(GuardKind.Floor, 0.2, 0.9, 11)]
    [InlineData(GuardKind.Floor, 0.4, -1, 4)]
    [InlineData(GuardKind.Floor, double.NaN, 0.05, 0.5)]
    public void A_veto_sets_a_cap_lowers_and_a_floor_raises_and_a_missing_judge_does_nothing(GuardKind kind, double judge, double other, double expected)
    {
        var guard = kind == GuardKind.Floor ? new Guard(kind, 0, 0.3, 4) : new Guard(kind, 0, 0.3, 1);

        new GuardedModel(Sum, [guard]).Predict([judge, other < 0 ? 0 : other]).ShouldBe(expected, 1e-12);
    }

    [Fact]
    public void The_more_cautious_rule_has_the_last_word_whatever_the_order()
    {
        Guard[] guards = [new(GuardKind.Veto, 0, 0.5, 2), new(GuardKind.Floor, 1, 0.5, 9), new(GuardKind.Cap, 0, 0.6, 5), new(GuardKind.Veto, 0, 0.5, 1)];

        new GuardedModel(Sum, guards).Predict([0.1, 0.8]).ShouldBe(1);
        new GuardedModel(Sum, [.. guards.Reverse()]).Predict([0.1, 0.8]).ShouldBe(1);
        new GuardedModel(Sum, guards).Predict([0.55, 0.8]).ShouldBe(5);
        new GuardedModel(Sum, guards).Predict([0.0, 0.8]).ShouldBe(1);
    }

    [Fact]
    public void It_is_stored_and_read_back()
    {
        var data = TrainerTests.Grouped(20, 3, 1, s => s[0]);
        var model = new GuardedModel(ModelRecipes.Create("mean-fit").Fit(data, new FitOptions(1)), [new Guard(GuardKind.Cap, 1, 0.3, 0.4), new Guard(GuardKind.Veto, 2, 0.1, 0)]);

        var restored = ScoreModels.Restore(model.State).ShouldBeOfType<GuardedModel>();

        restored.Guards.ShouldBe(model.Guards);
        Rows.PredictAll(restored, data.Scores).ShouldBe(Rows.PredictAll(model, data.Scores));
        for (var i = 0; i < data.Rows; i++) model.Predict(data.Row(i)).ShouldBe(Rows.PredictAll(model, data.Scores)[i]);
    }

    [Fact]
    public void The_report_says_how_often_they_act_and_what_they_cost()
    {
        // Judge 0 says 0 on rows 0 and 1. Row 0 deserves it (target 0), row 1 does not (target 4); the numbers are 2 everywhere.
        var data = new ScoreData(2, [0, 0.5, 0, 0.5, 1, 0.5, double.NaN, 0.5], [0, 4, 2, 3], [0, 1, 2, 3]);
        double[] numbers = [2, 2, 2, 2];

        var report = GuardReport.Of([new Guard(GuardKind.Veto, 0, 0.5, 0), new Guard(GuardKind.Cap, 1, 0.9, 2)], data, [numbers, numbers]);

        report.Acted.ShouldBe(1);
        report.Changed.ShouldBe(0.5);
        var veto = report.Each.Single(e => e.Guard.Kind == GuardKind.Veto);
        veto.Acted.ShouldBe(0.5);
        veto.Missing.ShouldBe(0.25);
        veto.Cost.Mean.ShouldBe((-4 + 12) / 4.0);
        report.Each.Single(e => e.Guard.Kind == GuardKind.Cap).Cost.Mean.ShouldBe(0);
        report.Cost.Mean.ShouldBe(2);
        (report.With.Mse.Value - report.Without.Mse.Value).ShouldBe(2, 1e-12);
    }

    [Fact]
    public void Impossible_guards_are_refused()
    {
        Should.Throw<ArgumentException>(() => new GuardedModel(Sum, [new Guard(GuardKind.Cap, 2, 0.5, 0)])).Message.ShouldContain("judges 0 to 1");
        Should.Throw<ArgumentException>(() => new GuardedModel(Sum, [new Guard(GuardKind.Cap, 0, 5, 0)]));
        Should.Throw<ArgumentException>(() => new GuardedModel(Sum, [new Guard(GuardKind.Cap, 0, 0.5, double.NaN)]));
    }
}
