using Orchestration.Learning.Explaining;
using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Additive;
using Orchestration.Learning.Tests.Models;
using Orchestration.Learning.Tests.Selection;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Explaining;

public sealed class JudgeCurvesTests
{
    [Fact]
    public void An_additive_models_curves_and_bands_are_its_own_and_a_judge_that_it_leaves_out_has_no_band_and_is_not_called_flat()
    {
        var data = Rows.Correlated(600, 5, 0.2, 400, static x => 2 * x[0] + Math.Sin(5 * x[1]), noise: 0.5);
        var model = (ICurveModel)ModelRecipes.Create("gam").Fit(data, default);
        var curves = JudgeCurves.Of(model, null, ExplainedRows.Of(data), new CurveOptions());

        var own = model.Curve(1, curves[1].At);
        curves[1].Value.ShouldBe(own.Part);
        curves[1].Lower.ShouldBe(own.Lower);
        curves[1].Source.ShouldBe(BandSource.Covariance);
        curves[0].Flat!.Value.IsFlat.ShouldBeFalse();
        var left = Enumerable.Range(0, 5).Where(j => model.Freedom[j] == 0).ToArray();
        left.ShouldNotBeEmpty();
        foreach (var j in left)
        {
            curves[j].InModel.ShouldBeFalse();
            curves[j].Source.ShouldBe(BandSource.None);
            curves[j].Flat.ShouldBeNull("a line without a band is no finding");
        }

        var simultaneous = JudgeCurves.Of(model, null, ExplainedRows.Of(data), new CurveOptions { Simultaneous = true, Seed = 3 });
        for (var i = 0; i < curves[1].At.Length; i++) simultaneous[1].Upper[i].ShouldBeGreaterThan(curves[1].Upper[i]);
        for (var i = 0; i < curves[0].At.Length; i++) simultaneous[0].Upper[i].ShouldBeGreaterThanOrEqualTo(curves[0].Upper[i], "of a straight line too, where both are the same but for the draws");
    }

    [Fact]
    public void Flat_is_said_of_the_range_of_the_data_alone_and_with_what_the_band_permits()
    {
        var data = new DataRange(0.2, 0.8, 9, 0);
        double[] at = [0, 0.2, 0.5, 0.8, 1];
        var curve = new JudgeCurve(0, at, [-3, 0, 0.1, 0, 5], [-4, -0.3, -0.1, -0.2, 4], [-2, 0.3, 0.3, 0.2, 6], BandSource.Covariance, true, data);

        curve.Flat.ShouldBe(new Flatness(true, 0.2, 0.8, 0.6));
        (curve with { Lower = [-4, 0.25, -0.1, -0.2, 4] }).Flat!.Value.IsFlat.ShouldBeFalse("no constant lies under 0.2 and over 0.25");
        (curve with { Lower = [-4, 0.15, -0.1, -0.2, 4] }).Flat!.Value.IsFlat.ShouldBeTrue("a constant need not be 0");
        (curve with { Source = BandSource.None }).Flat.ShouldBeNull();
        (curve with { Data = new DataRange(0.5, 0.5, 2, 0) }).Flat.ShouldBeNull();
    }

    [Fact]
    public void Bands_of_refits_are_as_wide_as_least_squares_says_and_wider_where_rows_of_a_prompt_belong_together()
    {
        var (independent, grouped) = (Sloped(0), Sloped(1.5));
        var recipe = ModelRecipes.Create("ridge");
        var options = new CurveOptions { Refits = 60, Seed = 5 };
        var plain = JudgeCurves.Of(recipe.Fit(independent, default), recipe, ExplainedRows.Of(independent), options)[0];
        plain.Source.ShouldBe(BandSource.Refits);

        // The judge is constant within a prompt: its slope's error is σ_prompt mean / (deviation √G); at the ends, half a range from the mean.
        double HalfWidth(JudgeCurve curve) => curve.Upper[^1] - curve.Value[^1];
        var expected = 2.0 * Math.Sqrt(1 / 8.0) * 0.5 / (Deviation(independent) * Math.Sqrt(60));
        HalfWidth(plain).ShouldBe(expected, 0.35 * expected);
        var shared = JudgeCurves.Of(recipe.Fit(grouped, default), recipe, ExplainedRows.Of(grouped), options)[0];
        var wider = expected * Math.Sqrt((1.5 * 1.5 + 1 / 8.0) * 8);
        HalfWidth(shared).ShouldBe(wider, 0.35 * wider);

        var threads = JudgeCurves.Of(recipe.Fit(grouped, default), recipe, ExplainedRows.Of(grouped), options with { MaxThreads = 3 })[0];
        threads.Upper.ShouldBe(shared.Upper);
        JudgeCurves.Of(recipe.Fit(grouped, default), recipe, ExplainedRows.Of(grouped), options with { Simultaneous = true })[0].Upper[^1].ShouldBeGreaterThanOrEqualTo(shared.Upper[^1]);
        JudgeCurves.Of(recipe.Fit(grouped, default), null, ExplainedRows.Of(grouped), options)[0].Source.ShouldBe(BandSource.None);
        Should.Throw<ArgumentException>(() => JudgeCurves.Of(recipe.Fit(grouped, default), recipe, ExplainedRows.Of(grouped), new CurveOptions { Refits = 3 }));
    }

    [Theory]
    [InlineData("trees")]
    [InlineData("mlp")]
    [InlineData("mean-fit")]
    [InlineData("best-judge")]
    public void Every_kind_of_model_has_curves_with_bands_with_judges_missing_or_not(string name)
    {
        var data = Rows.Correlated(120, 3, 0.4, 6, static x => 3 * x[0], noise: 0.2);
        var rows = new ScoreData(3, Rows.WithGaps(data.Scores, 0.1, 3), data.Targets, [.. Enumerable.Range(0, 120).Select(static i => i / 3)]);
        var recipe = ModelRecipes.Create(name);

        var curves = JudgeCurves.Of(recipe.Fit(rows, default), recipe, ExplainedRows.Of(rows), new CurveOptions { Refits = 10, Seed = 1 });

        curves.Count.ShouldBe(3);
        (curves[0].Value[^1] - curves[0].Value[0]).ShouldBeGreaterThan(0.3);
        curves[0].Source.ShouldBe(BandSource.Refits);
        for (var i = 0; i < curves[0].At.Length; i++) curves[0].Lower[i].ShouldBeLessThanOrEqualTo(curves[0].Upper[i]);
    }

    [Fact]
    public void Concurvity_is_nothing_for_judges_on_their_own_and_everything_for_a_copy_or_a_sum()
    {
        var random = new Random(7);
        var scores = new double[1500 * 5];
        for (var row = 0; row < 1500; row++)
        {
            var (a, b) = (random.NextDouble(), random.NextDouble());
            (scores[row * 5], scores[row * 5 + 1], scores[row * 5 + 2], scores[row * 5 + 3], scores[row * 5 + 4]) = (a, b, (a * a + b) / 2, random.NextDouble(), 0.5);
        }

        var rows = ExplainedRows.Of(new ScoreData(5, scores, new double[1500], [.. Enumerable.Range(0, 1500)]));
        var model = new FixedModel(5, static x => x[0] + x[1] + x[2] + Math.Sin(6 * x[3]));
        var shares = Concurvity.Of(rows, JudgeCurves.Of(model, null, rows, new CurveOptions()));

        shares[2].ShouldBeGreaterThan(0.999);
        shares[3].ShouldBeLessThan(0.03);
        shares[0].ShouldBeGreaterThan(0.6, "it can be had from the sum and the other");
        shares[4].ShouldBe(double.NaN);
    }

    [Fact]
    public void With_straight_curves_of_normal_judges_concurvity_is_the_squared_multiple_correlation()
    {
        var rows = ExplainedRows.Of(Rows.Correlated(4000, 3, 0.5, 8, static x => x[0]));
        var shares = Concurvity.Of(rows, JudgeCurves.Of(new FixedModel(3, static x => x[0] + x[1] + x[2]), null, rows, new CurveOptions()));

        var r = JudgeCorrelation.Of(rows).Matrix;
        double Squared(int a, int b, int c) => (r[3 * a + b] * r[3 * a + b] + r[3 * a + c] * r[3 * a + c] - 2 * r[3 * a + b] * r[3 * a + c] * r[3 * b + c]) / (1 - r[3 * b + c] * r[3 * b + c]);
        shares[0].ShouldBe(Squared(0, 1, 2), 0.006);
        shares[1].ShouldBe(Squared(1, 0, 2), 0.006);
        shares[2].ShouldBe(Squared(2, 0, 1), 0.006);
    }

    private static double Deviation(ScoreData data) => Math.Sqrt(data.Scores.Average(static x => x * x) - Math.Pow(data.Scores.Average(), 2));

    /// <summary>60 prompts of 8 rows whose judge says the same within a prompt, noise 1, and what rows of a prompt share.</summary>
    private static ScoreData Sloped(double shared)
    {
        var random = new Random(11);
        var (scores, targets, groups) = (new double[480], new double[480], new int[480]);
        for (var prompt = 0; prompt < 60; prompt++)
        {
            var effect = shared * Rows.Normal(random);
            for (var row = prompt * 8; row < prompt * 8 + 8; row++)
                (scores[row], targets[row], groups[row]) = (prompt / 59.0, 6 * prompt / 59.0 + effect + Rows.Normal(random), prompt);
        }

        return new ScoreData(1, scores, targets, groups);
    }
}
