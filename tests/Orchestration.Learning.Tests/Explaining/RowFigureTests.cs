using Orchestration.Learning.Explaining;
using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;
using Orchestration.Learning.Tests.Models;
using Orchestration.Learning.Tests.Selection;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Explaining;

public sealed class RowFigureTests
{
    [Fact]
    public void A_judge_that_the_model_does_not_look_at_is_worth_exactly_nothing_and_one_that_is_everything_twice_its_variance()
    {
        // f = y = the judge, the same within a prompt: exchanged at random, its squared error is twice the variance between prompts.
        double[] level = [.. Enumerable.Range(0, 40).Select(static g => (g * 7 % 40) / 40.0)];
        double[] scores = [.. Enumerable.Range(0, 160).SelectMany(i => new[] { level[i / 4], (i % 4) / 4.0 })];
        var data = new ScoreData(2, scores, [.. Enumerable.Range(0, 160).Select(i => level[i / 4])], [.. Enumerable.Range(0, 160).Select(static i => i / 4)]);
        var numbers = RowNumbers.Of(new FixedModel(2, static x => x[0]), ExplainedRows.Of(data), heldOut: true);

        var importance = PermutationImportance.Of(numbers, 200, 1, cancellationToken: TestContext.Current.CancellationToken);

        importance[1].ShouldBe(new JudgeImportance(1, 0, 0, 0));
        var variance = level.Average(static x => x * x) - Math.Pow(level.Average(), 2);
        importance[0].Loss.ShouldBe(2 * variance, 0.1 * variance);
        importance[0].Low.ShouldBeInRange(0.8 * variance, 2 * variance);
        importance[0].High.ShouldBeInRange(2 * variance, 3.2 * variance);
        PermutationImportance.Of(numbers, 200, 1, 2, TestContext.Current.CancellationToken).ShouldBe(importance);
    }

    [Fact]
    public void Whole_prompts_change_places_and_every_prompt_gives_once()
    {
        double[] scores = [.. Enumerable.Range(0, 120).SelectMany(static i => new[] { i / 3 / 40.0, i / 3 / 40.0 })];
        var data = new ScoreData(2, scores, new double[120], [.. Enumerable.Range(0, 120).Select(static i => i / 3)]);
        var asked = new List<double[]>();
        var recording = new FixedModel(2, x =>
        {
            asked.Add(x);
            return x[0];
        });

        PermutationImportance.Of(RowNumbers.Of(recording, ExplainedRows.Of(data), true), 3, 1, cancellationToken: TestContext.Current.CancellationToken);

        // The rows as they are, then three exchanges of the first judge: the second still says which prompt a row is of.
        for (var exchange = 1; exchange <= 3; exchange++)
        {
            var rows = asked.Skip(120 * exchange).Take(120).ToArray();
            var given = rows.GroupBy(static x => x[1]).Select(static g => g.Select(static x => x[0]).Distinct().Single()).ToArray();
            given.Order().ShouldBe(Enumerable.Range(0, 40).Select(static g => g / 40.0));
            given.ShouldNotBe(Enumerable.Range(0, 40).Select(static g => g / 40.0));
        }
    }

    [Fact]
    public void Comparisons_lose_log_loss_without_the_judge_that_is_right()
    {
        var random = new Random(5);
        double[] verdict = [.. Enumerable.Range(0, 300).Select(_ => random.Next(2) * 1.0)];
        double[] noise = [.. Enumerable.Range(0, 300).Select(_ => random.Next(2) * 1.0)];
        double[] first = [.. verdict.SelectMany((v, i) => new[] { v, noise[i] })];
        var data = new PreferenceData(2, first, [.. first.Select(static s => 1 - s)], verdict, [.. Enumerable.Range(0, 300).Select(static i => i / 3)]);
        var rows = ExplainedRows.Of(data);

        var importance = PermutationImportance.Of(RowNumbers.Of(new FixedModel(2, static x => 2 * x[0]), rows, true), 50, 1, cancellationToken: TestContext.Current.CancellationToken);

        importance[1].Loss.ShouldBe(0);

        // Wrong half of the time: −ln σ(−2) instead of −ln σ(2), a difference of 2.
        importance[0].Loss.ShouldBe(1, 0.05);
    }

    [Fact]
    public void Numbers_out_of_fold_are_those_of_training_and_none_knows_its_prompt()
    {
        var data = Rows.Correlated(120, 3, 0.3, 12, static x => x[0] + x[1]);
        var grouped = new ScoreData(3, data.Scores, data.Targets, [.. Enumerable.Range(0, 120).Select(static i => i / 4)]);
        var recipe = ModelRecipes.Create("ridge");
        var numbers = RowNumbers.Refitted(recipe, ExplainedRows.Of(grouped), 5, new FitOptions(9));
        var trained = Trainer.Run(grouped, new TrainingPlan { Recipes = [ModelRecipes.Create("mean-fit"), recipe], Baseline = "mean-fit", Candidate = "ridge", Folds = 5, Repeats = 1, Seed = 9 }, TestContext.Current.CancellationToken);

        numbers.Numbers().ShouldBe([.. trained.Candidate.OutOfFold[0]]);
        numbers.AreHeldOut.ShouldBeTrue();

        // The nearest training row would be the row itself: out of fold it never is.
        var nearest = RowNumbers.Refitted(new NearestRecipe(), ExplainedRows.Of(grouped), 5, default);
        nearest.Numbers().Zip(grouped.Targets).Count(static p => p.First == p.Second).ShouldBe(0);
    }

    [Fact]
    public void A_mean_by_group_has_the_interval_of_its_groups()
    {
        var rows = ExplainedRows.Of(new ScoreData(1, [0, 0, 0, 0, 0], [1, 1, 3, 3, 9], [0, 0, 1, 1, 2]));

        var mean = GroupedMean.Of(rows, rows.Observed, [0, 1, 2, 3]);

        // Two groups with means 1 and 3: standard error 1, Student's t of one degree of freedom 12.706.
        mean.Value.ShouldBe(2);
        (mean.High - 2).ShouldBe(12.706204736, 1e-6);
        (2 - mean.Low).ShouldBe(12.706204736, 1e-6);
        (mean.Rows, mean.Groups).ShouldBe((4, 2));
        GroupedMean.Of(rows, rows.Observed, [4]).Low.ShouldBe(double.NaN);
        GroupedMean.Of(rows, rows.Observed, []).Value.ShouldBe(double.NaN);
    }

    [Fact]
    public void A_calibration_curve_holds_every_row_once_and_never_parts_equal_numbers()
    {
        var random = new Random(3);
        double[] numbers = [.. Enumerable.Range(0, 300).Select(_ => Math.Round(random.NextDouble() * 6))];
        double[] targets = [.. numbers.Select(n => n + 0.5 + 0.2 * Rows.Normal(random))];
        var rows = ExplainedRows.Of(new ScoreData(1, new double[300], targets, [.. Enumerable.Range(0, 300).Select(static i => i / 3)]));

        var curve = Calibration.Of(rows, numbers);

        curve.Sum(static b => b.Observed.Rows).ShouldBe(300);
        curve.Count.ShouldBeLessThanOrEqualTo(7);
        curve.Select(static b => b.Expected).ShouldBe(curve.Select(static b => b.Expected).Order());
        foreach (var bin in curve)
        {
            bin.Observed.Value.ShouldBe(bin.Expected + 0.5, 0.12);
            bin.Observed.Low.ShouldBeGreaterThan(bin.Expected, "half a point too low is seen");
        }

        Calibration.Of(rows, new double[300]).Count.ShouldBe(1);
        Calibration.Of(rows, [.. Enumerable.Range(0, 300).Select(static i => (double)i)]).Select(static b => b.Observed.Rows).ShouldAllBe(static n => n == 30);
    }

    [Fact]
    public void Effective_channels_are_one_for_copies_all_for_strangers_and_what_the_eigenvalues_say_between()
    {
        var random = new Random(2);
        double[] scores = [.. Enumerable.Range(0, 4000).SelectMany(_ => new[] { random.NextDouble(), random.NextDouble(), random.NextDouble() })];
        JudgeCorrelation.Of(scores, 3).EffectiveChannels.ShouldBe(3, 0.01);
        JudgeCorrelation.Of([.. scores.Where((_, i) => i % 3 == 0).SelectMany(static s => new[] { s, 1 - s, 0.7 })], 3).ShouldSatisfyAllConditions(
            static c => c.EffectiveChannels.ShouldBe(1, 1e-9), static c => c.Varying.ShouldBe(2), static c => c.Matrix[1].ShouldBe(-1, 1e-12), static c => c.Matrix[8].ShouldBe(double.NaN));

        // Correlation 0.6: eigenvalues 1.6 and 0.4.
        var pair = JudgeCorrelation.Of([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 1, 1], 2);
        pair.Matrix[1].ShouldBe(0.6, 1e-12);
        pair.EffectiveChannels.ShouldBe(Math.Exp(-0.8 * Math.Log(0.8) - 0.2 * Math.Log(0.2)), 1e-12);
    }

    [Theory]
    [InlineData("coherence", 6.052034715040813)]
    [InlineData("overall", 13.547516017231585)]
    public void On_recorded_judges_effective_channels_are_numpys(string dimension, double channels) =>
        JudgeCorrelation.Of(ExplainedRows.Of(Rows.SummEval(dimension))).EffectiveChannels.ShouldBe(channels, 1e-9);

    [Fact]
    public void Contributions_by_sampling_are_shapleys_and_sum_exactly()
    {
        var rows = ExplainedRows.Of(Rows.Correlated(60, 3, 0.2, 14, static x => x[0]));
        var model = new FixedModel(3, static x => x[0] * x[1] + x[2] * x[2] * x[2]);
        var contribution = PairContributions.Of(model, rows, 7, 1);

        contribution.Exact.ShouldBeFalse();
        (contribution.Base + contribution.Judges.Sum()).ShouldBe(contribution.Number, 1e-12);
        var answer = rows.Points.AsSpan(21, 3).ToArray();
        for (var j = 0; j < 3; j++) contribution.Judges[j].ShouldBe(Shapley(model, rows, answer, j), 0.03);
    }

    [Fact]
    public void Contributions_of_an_additive_model_are_its_parts_and_of_a_comparison_those_of_a_less_those_of_b()
    {
        var data = Rows.Correlated(200, 3, 0.3, 15, static x => x[0] + 2 * x[1]);
        var model = (IAdditiveModel)ModelRecipes.Create("ridge").Fit(data, default);
        var parts = new double[3];
        model.Contributions(data.Row(5), parts);
        var contribution = PairContributions.Of(model, ExplainedRows.Of(data), 5, 1);
        contribution.Exact.ShouldBeTrue();
        contribution.Judges.ShouldBe(parts);
        contribution.Base.ShouldBe(model.Constant);

        var comparisons = new PreferenceData(3, data.Scores[..300], data.Scores[300..], new double[100], [.. Enumerable.Range(0, 100)]);
        var compared = PairContributions.Of(model, ExplainedRows.Of(comparisons), 4, 1);
        compared.Base.ShouldBe(0);
        compared.Number.ShouldBe(model.Predict(comparisons.First.AsSpan(12, 3)) - model.Predict(comparisons.Second.AsSpan(12, 3)), 1e-12);
        compared.Judges.Sum().ShouldBe(compared.Number, 1e-9);
    }

    /// <summary>By every order of three judges against every answer.</summary>
    private static double Shapley(FixedModel model, ExplainedRows rows, double[] answer, int judge)
    {
        int[][] orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        var sum = 0.0;
        for (var i = 0; i < rows.Rows; i++)
        {
            foreach (var order in orders)
            {
                var x = rows.Points.AsSpan(i * 3, 3).ToArray();
                foreach (var j in order)
                {
                    var before = model.Predict(x);
                    x[j] = answer[j];
                    if (j == judge) sum += model.Predict(x) - before;
                }
            }
        }

        return sum / (6 * rows.Rows);
    }
}
