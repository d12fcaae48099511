using Orchestration.Learning.Explaining;
using Orchestration.Learning.Models;
using Orchestration.Learning.Tests.Models;
using Orchestration.Learning.Tests.Selection;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Explaining;

public sealed class EffectTests
{
    private static readonly FixedModel Crossed = new(3, static x => (double.IsNaN(x[1]) ? x[0] : x[0] * x[1]) + (double.IsNaN(x[2]) ? 0 : Math.Sin(3 * x[2])));

    [Fact]
    public void Partial_dependence_is_the_mean_over_the_answers_with_the_score_replaced()
    {
        var data = Rows.Correlated(150, 3, 0.5, 1, static x => x[0]);
        var rows = ExplainedRows.Of(new ScoreData(3, Rows.WithGaps(data.Scores, 0.1, 2), data.Targets, data.GroupOf));

        var curve = Dependence.Average(Crossed, rows, 0, [0.2, 0.9]);

        var known = Enumerable.Range(0, 150).Where(i => !double.IsNaN(rows.Points[i * 3])).ToArray();
        known.Length.ShouldBeLessThan(150);
        foreach (var (x, value) in new[] { (0.2, curve[0]), (0.9, curve[1]) })
        {
            var mean = known.Average(i => Crossed.Predict([x, rows.Points[i * 3 + 1], rows.Points[i * 3 + 2]]) - Crossed.Predict(rows.Points.AsSpan(i * 3, 3)));
            value.ShouldBe(mean, 1e-12);
        }
    }

    [Fact]
    public void Of_a_model_that_adds_up_parts_dependence_and_accumulated_effect_are_both_the_part()
    {
        var data = Rows.Correlated(400, 3, 0.9, 3, static x => x[0]);
        var model = new FixedModel(3, static x => Math.Sin(4 * x[0]) + 3 * x[1] - x[2] * x[2]);
        var rows = ExplainedRows.Of(data);
        var effect = AccumulatedEffects.Of(model, rows, 0, 30);
        var curve = Dependence.Average(model, rows, 0, effect.At);

        effect.At.Length.ShouldBe(31);
        for (var i = 1; i < effect.At.Length; i++)
        {
            (effect.Value[i] - effect.Value[0]).ShouldBe(Math.Sin(4 * effect.At[i]) - Math.Sin(4 * effect.At[0]), 1e-12);
            (curve[i] - curve[0]).ShouldBe(effect.Value[i] - effect.Value[0], 1e-12);
        }

        // Centred at the answers: what is left is what straight lines between the ends miss.
        curve[10].ShouldBe(effect.Value[10], 0.003);
    }

    [Fact]
    public void Where_judges_go_together_an_accumulated_effect_stays_among_the_answers_there_are()
    {
        // f is the product, but both scores are always equal: near an answer x, f changes by x, and partial dependence by the mean of the other judge.
        double[] scores = [.. Enumerable.Range(0, 201).SelectMany(static i => new[] { i / 200.0, i / 200.0 })];
        var rows = ExplainedRows.Of(new ScoreData(2, scores, new double[201], [.. Enumerable.Range(0, 201)]));
        var product = new FixedModel(2, static x => x[0] * x[1]);

        var effect = AccumulatedEffects.Of(product, rows, 0, 100);
        (effect.Value[^1] - effect.Value[0]).ShouldBe(0.5, 0.01);
        (effect.Value[50] - effect.Value[0]).ShouldBe(0.125, 0.01);
        var curve = Dependence.Average(product, rows, 0, [0, 0.5, 1]);
        (curve[1] - curve[0]).ShouldBe(0.25, 0.001);
        (curve[2] - curve[0]).ShouldBe(0.5, 0.001);
    }

    [Fact]
    public void A_judge_of_few_scores_has_an_end_at_each_and_one_that_never_varies_no_effect()
    {
        double[] scores = [0, 0.3, 0.5, 0.3, 1, 0.3, 1, 0.3, double.NaN, 0.3];
        var rows = ExplainedRows.Of(new ScoreData(2, scores, new double[5], [0, 1, 2, 3, 4]));
        var model = new FixedModel(2, static x => x[0] * x[0]);

        var effect = AccumulatedEffects.Of(model, rows, 0);
        effect.At.ShouldBe([0, 0.5, 1]);
        (effect.Value[1] - effect.Value[0]).ShouldBe(0.25);
        (effect.Value[2] - effect.Value[1]).ShouldBe(0.75);
        ((effect.Value[0] + effect.Value[1] + 2 * effect.Value[2]) / 4).ShouldBe(0, 1e-12);
        AccumulatedEffects.Of(model, rows, 1).At.ShouldBeEmpty();
        Dependence.Grid(rows, 1).ShouldBe([0.3]);
        DataRange.Of(rows, 0).Missing.ShouldBe(1);
    }

    [Fact]
    public void What_two_judges_do_together_is_nothing_in_a_sum_and_the_product_in_a_product()
    {
        var rows = ExplainedRows.Of(Rows.Correlated(200, 3, 0.3, 4, static x => x[0]));
        double[] at = [0, 0.5, 1];

        Dependence.Together(new FixedModel(3, static x => Math.Exp(x[0]) + x[1]), rows, 0, 1, at, at).ShouldAllBe(static v => Math.Abs(v) < 1e-12);
        var both = Dependence.Together(new FixedModel(3, static x => 4 * x[0] * x[1] + x[2]), rows, 0, 1, at, at);

        // Second differences are those of the product; what is linear in each alone has gone.
        (both[8] - both[6] - both[2] + both[0]).ShouldBe(4, 1e-12);
        (both[4] - both[3] - both[1] + both[0]).ShouldBe(1, 1e-12);
    }

    [Fact]
    public void Comparisons_are_asked_at_both_answers()
    {
        var rows = ExplainedRows.Of(new PreferenceData(1, [1, 0.75], [0, 0.25], [1, 0], [0, 1]));

        rows.Points.ShouldBe([1, 0.75, 0, 0.25]);
        rows.PointGroups.ShouldBe([0, 1, 0, 1]);
        rows.Numbers(new FixedModel(1, static x => 2 * x[0] - 1)).ShouldBe([2, 1]);
        rows.Expected([0, 2])[1].ShouldBe(0.8807970779778823, 1e-15);
        Dependence.Average(new FixedModel(1, static x => 2 * x[0] - 1), rows, 0, [0.5]).ShouldBe([0], 1e-15);
    }
}
