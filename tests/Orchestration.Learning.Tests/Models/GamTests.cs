using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Additive;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Models;

public sealed class GamTests
{
    [Fact]
    public void Penalties_and_curves_are_those_of_a_general_optimiser()
    {
        // scipy.optimize.minimize (BFGS, six starts) of the same restricted likelihood with the same prior, scipy's BSpline, numpy's solve.
        var data = ReferenceRows.Data;
        var design = SplineDesign.For(data.Scores, 3, 6);
        var equations = design.Sum(data, data.Scores, out var means, out _);
        var (blocks, judgeOf) = GamFit.BlocksOf(design);
        var fit = TermSelection.Fit(equations, blocks, judgeOf, GamFit.Widths, scaleKnown: false, null, remove: false, TestContext.Current.CancellationToken);
        var parts = GamFit.Parts(design, means, equations, fit, GamFit.Middle(equations, blocks, fit, null, 0), fit.Scale);

        fit.LogPenalties.ShouldBe([-2.58882983, -6.97563536, -2.96693654, -6.50808341, -1.332094, -6.45400787], 1e-3);
        fit.Scale.ShouldBe(0.007702459908671741, 1e-7);
        parts.Select(p => p!.Freedom).ShouldBe([3.997913480058071, 3.7569693749299886, 3.6449955995814656], 1e-4);
        var (value, error) = parts[0]!.At(0.2);
        value.ShouldBe(-0.13255459850481052, 1e-5);
        error.ShouldBe(0.01992595449966041, 1e-5);
        (data.Targets.Average() + parts[0]!.At(0.2).Value + parts[1]!.At(0.5).Value + parts[2]!.At(0.9).Value).ShouldBe(0.7829691818514664, 1e-5);
    }

    [Fact]
    public void A_curve_is_found_and_a_line_stays_a_line()
    {
        var data = Rows.Correlated(2000, 5, 0.3, 21, x => Math.Sin(5 * x[0]) + x[1], noise: 0.3);
        var model = (ICurveModel)ModelRecipes.Create("gam").Fit(data, default);

        model.Freedom[0].ShouldBeGreaterThan(3);
        model.Freedom[1].ShouldBeInRange(0.9, 2);
        model.Freedom.Skip(2).ShouldAllBe(f => f < 1.2);
        var curve = model.Curve(0, [0.2, 0.4, 0.6, 0.8]);
        for (var i = 1; i < 4; i++) (curve.Part[i] - curve.Part[0]).ShouldBe(Math.Sin(5 * curve.At[i]) - Math.Sin(1), 0.12);
        curve.IsFlat.ShouldBeFalse();
        var simultaneous = model.Curve(0, curve.At, simultaneous: 5);
        for (var i = 0; i < 4; i++) simultaneous.Upper[i].ShouldBeGreaterThan(curve.Upper[i]);
    }

    [Fact]
    public void Judges_that_say_nothing_are_left_out_as_a_rule_and_those_that_say_something_never()
    {
        var (silent, lost) = (0, 0);
        for (var set = 0; set < 10; set++)
        {
            var data = Rows.Correlated(600, 5, 0.2, (ulong)(400 + set), x => 2 * x[0] + Math.Sin(5 * x[1]), noise: 0.5);
            var model = (ICurveModel)ModelRecipes.Create("gam").Fit(data, default);
            silent += model.Freedom.Skip(2).Count(f => f == 0);
            lost += model.Freedom.Take(2).Count(f => f == 0);
        }

        lost.ShouldBe(0);
        silent.ShouldBeGreaterThan(10);
    }

    [Fact]
    public void Exchanging_judges_exchanges_their_contributions()
    {
        var data = Rows.Correlated(300, 4, 0.4, 22, x => x[0] * x[0] + Math.Sin(4 * x[1]) + 0.5 * x[2]);
        int[] order = [2, 0, 3, 1];
        double[] moved = [.. Enumerable.Range(0, 300).SelectMany(r => order.Select(j => data.Scores[r * 4 + j]))];
        var plain = (IAdditiveModel)ModelRecipes.Create("gam").Fit(data, default);
        var exchanged = (IAdditiveModel)ModelRecipes.Create("gam").Fit(new ScoreData(4, moved, data.Targets, data.GroupOf), default);
        var (a, b) = (new double[4], new double[4]);
        for (var row = 0; row < 50; row++)
        {
            plain.Contributions(data.Row(row), a);
            exchanged.Contributions(moved.AsSpan(row * 4, 4), b);
            for (var j = 0; j < 4; j++) b[j].ShouldBe(a[order[j]], 1e-4);
        }
    }

    [Fact]
    public void Judges_of_one_two_and_three_levels_and_gaps_all_take_part()
    {
        var random = new Random(23);
        var (scores, targets) = (new double[400 * 4], new double[400]);
        for (var row = 0; row < 400; row++)
        {
            (scores[row * 4], scores[row * 4 + 1], scores[row * 4 + 2], scores[row * 4 + 3]) = (0.5, random.Next(2), random.Next(3) / 2.0, random.Next(5) / 4.0);
            targets[row] = scores[row * 4 + 1] + Math.Pow(scores[row * 4 + 2] - 0.5, 2) * 8 + scores[row * 4 + 3] + 0.2 * Rows.Normal(random);
        }

        var model = (ICurveModel)ModelRecipes.Create("gam").Fit(new ScoreData(4, Rows.WithGaps(scores, 0.05, 1), targets, [.. Enumerable.Range(0, 400)]), default);

        model.Freedom[0].ShouldBe(0);
        model.Rise(1).ShouldBe(1, 0.1);
        Rows.R2(Rows.PredictAll(model, scores), targets).ShouldBeGreaterThan(0.9);
    }

    [Fact]
    public void A_monotone_curve_is_flat_where_the_free_one_falls()
    {
        var data = Rows.Correlated(800, 3, 0.2, 24, x => -2 * x[0] + 3 * x[1]);
        var free = (ICurveModel)ModelRecipes.Create("gam").Fit(data, default);
        var monotone = (ICurveModel)ModelRecipes.Create("gam", new RecipeOptions { Monotone = true }).Fit(data, default);

        free.Rise(0).ShouldBeLessThan(-1.5);
        monotone.Rise(0).ShouldBe(0, 1e-12);
        monotone.Rise(1).ShouldBeGreaterThan(2);
    }

    [Theory]
    [InlineData("ridge")]
    [InlineData("gam")]
    public void Without_some_judges_it_decays_gracefully_and_beats_filling_with_the_mean(string name)
    {
        var data = Rows.Correlated(1500, 9, 0.6, 25, x => x.Take(6).Sum() + x[0] * x[0], noise: 0.3);
        var model = ModelRecipes.Create(name).Fit(data.Select([.. Enumerable.Range(0, 1000)]), default);
        var test = data.Select([.. Enumerable.Range(1000, 500)]);
        var means = Enumerable.Range(0, 9).Select(j => Enumerable.Range(0, 1000).Average(r => data.Scores[r * 9 + j])).ToArray();
        var before = Rows.R2(Rows.PredictAll(model, test.Scores), test.Targets);
        foreach (var (missing, loss) in new[] { (1, 0.03), (3, 0.08), (4, 0.12) })
        {
            var random = new Random(missing);
            var (gapped, filled) = (test.Scores.ToArray(), test.Scores.ToArray());
            for (var row = 0; row < test.Rows; row++)
            {
                int[] order = [.. Enumerable.Range(0, 9)];
                random.Shuffle(order);
                foreach (var j in order.Take(missing)) (gapped[row * 9 + j], filled[row * 9 + j]) = (double.NaN, means[j]);
            }

            var ours = Rows.R2(Rows.PredictAll(model, gapped), test.Targets);
            ours.ShouldBeGreaterThan(before - loss, $"{missing} missing");
            ours.ShouldBeGreaterThan(Rows.R2(Rows.PredictAll(model, filled), test.Targets) + loss / 6, $"{missing} missing");
        }
    }

    /// <summary>The figures of the references for the same family, less what another draw of folds moves them by.</summary>
    [Theory]
    [InlineData("ridge", "coherence", 0.301)]
    [InlineData("ridge", "consistency", 0.380)]
    [InlineData("ridge", "fluency", 0.350)]
    [InlineData("ridge", "relevance", 0.303)]
    [InlineData("ridge", "overall", 0.567)]
    [InlineData("gam", "coherence", 0.333)]
    [InlineData("gam", "consistency", 0.392)]
    [InlineData("gam", "fluency", 0.327)]
    [InlineData("gam", "relevance", 0.295)]
    [InlineData("gam", "overall", 0.502)]
    public void On_recorded_data_it_is_no_worse_than_its_references(string name, string dimension, double reference)
    {
        var data = Rows.SummEval(dimension);
        var seeds = data.Judges > 20 ? 1 : 3;
        Enumerable.Range(0, seeds).Average(s => Rows.GroupedR2(data, ModelRecipes.Create(name), s)).ShouldBeGreaterThan(reference - 0.008);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.7)]
    public void Pointwise_bands_hold_nineteen_times_in_twenty_with_and_without_a_prompt_effect(double effect)
    {
        double[] at = [.. Enumerable.Range(0, 21).Select(i => 0.1 + 0.04 * i)];
        var (held, all) = (0, 0);
        for (var set = 0; set < 200; set++)
        {
            var random = new Random(1000 + set);
            var (scores, targets, groups) = (new double[840 * 4], new double[840], new int[840]);
            for (var prompt = 0; prompt < 70; prompt++)
            {
                var shared = effect * Rows.Normal(random);
                double[] level = [.. Enumerable.Range(0, 4).Select(_ => random.NextDouble())];
                for (var answer = 0; answer < 12; answer++)
                {
                    var row = prompt * 12 + answer;
                    for (var j = 0; j < 4; j++) scores[row * 4 + j] = 0.5 * level[j] + 0.5 * random.NextDouble();
                    targets[row] = Truth(0, scores[row * 4]) + Truth(1, scores[row * 4 + 1]) + Truth(2, scores[row * 4 + 2]) + Truth(3, scores[row * 4 + 3]) + shared + Rows.Normal(random);
                    groups[row] = prompt;
                }
            }

            var model = (ICurveModel)ModelRecipes.Create("gam").Fit(new ScoreData(4, scores, targets, groups), default);
            for (var j = 0; j < 4; j++)
            {
                var curve = model.Curve(j, at);
                var centre = Enumerable.Range(0, 840).Average(r => Truth(j, scores[r * 4 + j]));
                for (var i = 0; i < at.Length; i++)
                {
                    var truth = Truth(j, at[i]) - centre;
                    held += curve.Lower[i] <= truth && truth <= curve.Upper[i] ? 1 : 0;
                    all++;
                }
            }
        }

        ((double)held / all).ShouldBeInRange(0.90, 0.97);

        static double Truth(int judge, double x) => judge switch
        {
            0 => 2 * x,
            1 => Math.Sin(5 * x),
            2 => 2 * x * x,
            _ => 1.5 / (1 + Math.Exp(-12 * (x - 0.5))),
        };
    }
}
