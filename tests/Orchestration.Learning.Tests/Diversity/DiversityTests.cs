using Orchestration.Learning.Diversity;
using Orchestration.Learning.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Diversity;

public sealed class DiversityTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Independent_judges_are_as_many_channels_as_they_are_and_copies_are_one()
    {
        var random = new Random(1);
        double[] scores = [.. Enumerable.Range(0, 4000).SelectMany(_ => { var (a, b) = (random.NextDouble(), random.NextDouble()); return new[] { a, b, 1 - b, 0.5 }; })];
        var channels = EffectiveChannels.Of(scores, 4, [.. Enumerable.Range(0, 4000)]);
        channels.Varying.ShouldBe(3, "the last says always the same");

        // Eigenvalues 2 and 1 of three: entropy of (2/3, 1/3), copies turned round being copies.
        channels.Value.ShouldBe(Math.Exp(-(2.0 / 3 * Math.Log(2.0 / 3) + 1.0 / 3 * Math.Log(1.0 / 3))), 0.005);
        channels.Low.ShouldBeLessThan(channels.Value);
        channels.High.ShouldBeInRange(channels.Value, 3);
    }

    [Fact]
    public void The_interval_of_channels_holds_the_true_number_and_widens_where_rows_of_a_prompt_are_copies()
    {
        const int Simulations = 200;
        var (held, ratio) = (0, 0.0);

        // Two judges with correlation 0.5: eigenvalues 1.5 and 0.5.
        var truth = Math.Exp(-(0.75 * Math.Log(0.75) + 0.25 * Math.Log(0.25)));
        for (var s = 0; s < Simulations; s++)
        {
            var random = new Random(s);
            var (scores, groups) = (new List<double>(), new List<int>());
            for (var g = 0; g < 120; g++)
            {
                double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                var (x, y) = (Normal(), Normal());
                for (var copy = 0; copy < 3; copy++)
                {
                    scores.AddRange([x, 0.5 * x + Math.Sqrt(0.75) * y]);
                    groups.Add(g);
                }
            }

            var channels = EffectiveChannels.Of([.. scores], 2, [.. groups], (ulong)s);
            held += channels.Low <= truth && truth <= channels.High ? 1 : 0;
            ratio += channels.StandardError / EffectiveChannels.Of([.. scores], 2, [.. Enumerable.Range(0, groups.Count)], (ulong)s).StandardError / Simulations;
        }

        ((double)held / Simulations).ShouldBeInRange(0.9, 0.99);
        ratio.ShouldBe(Math.Sqrt(3), 0.25);
    }

    [Fact]
    public void The_tree_joins_what_is_most_alike_first()
    {
        var random = new Random(2);
        double[] scores = [.. Enumerable.Range(0, 300).SelectMany(_ =>
        {
            var (a, b) = (random.NextDouble(), random.NextDouble());
            return new[] { a, b, a, b + 0.5 * random.NextDouble(), a + b };
        })];

        var joins = RedundancyTree.Of(scores, 5);

        joins.Count.ShouldBe(4);
        (joins[0].First.Single(), joins[0].Second.Single()).ShouldBe((0, 2));
        joins[0].Correlation.ShouldBe(1, 1e-12);
        (joins[1].First.Single(), joins[1].Second.Single()).ShouldBe((1, 3));
        joins.Select(static j => j.Correlation).ShouldBe(joins.Select(static j => j.Correlation).OrderDescending(), "average linkage never joins closer than before");
        joins[^1].First.Concat(joins[^1].Second).Order().ShouldBe([0, 1, 2, 3, 4]);
        RedundancyTree.Of([1, 2], 1).ShouldBeEmpty();
    }

    [Fact]
    public void Of_copies_and_noise_the_two_judges_that_know_are_kept_and_keep_what_all_explain()
    {
        var random = new Random(3);
        var data = Draw(random, 120, 6, static (random, prompt) =>
        {
            var (a, b) = (random.NextDouble(), random.NextDouble());
            double Noisy(double x) => Math.Clamp(x + 0.2 * (random.NextDouble() - 0.5), 0, 1);
            return ([a, b, Noisy(a), Noisy(b), random.NextDouble(), random.NextDouble()], a + b + 0.4 * random.NextDouble());
        });

        var study = SubsetStudy.Run(data, ModelRecipes.Create("ridge"), new SubsetOptions(), Token);

        study.Sizes.ShouldAllBe(static s => s == 2);
        study.Final.Order().ShouldBe([0, 1]);
        study.Chosen.ShouldBe([1, 1, 0, 0, 0, 0], 1e-9);
        study.Subset.Value.ShouldBeGreaterThan(0.95 * study.Full.Value);
        study.BySize[1].Value.ShouldBe(study.Subset.Value, 1e-12);
        study.BySize[^1].Value.ShouldBe(study.Full.Value, 1e-12);
        study.BySize[0].Value.ShouldBeLessThan(0.8 * study.Full.Value);
        SubsetStudy.Run(data, ModelRecipes.Create("ridge"), new SubsetOptions { Keep = 0.3, Repeats = 1 }, Token).Sizes.ShouldAllBe(static s => s == 1);
    }

    [Fact]
    public void Noise_taken_up_beside_a_judge_that_knows_does_not_seem_to_help_once_choosing_is_paid_for()
    {
        var gained = 0.0;
        for (var seed = 0; seed < 6; seed++)
        {
            var data = Draw(new Random(100 + seed), 30, 16, static (random, prompt) =>
            {
                double[] scores = [.. Enumerable.Range(0, 16).Select(_ => random.NextDouble())];
                return (scores, scores[0] + random.NextDouble());
            });
            var study = SubsetStudy.Run(data, ModelRecipes.Create("ridge"), new SubsetOptions { Repeats = 1, Seed = (ulong)seed }, Token);
            gained += (study.BySize[4].Value - study.BySize[0].Value) / 6;
        }

        // Chosen with the rows held out in sight, four of fifteen judges of noise would seem to explain some of them.
        gained.ShouldBeLessThan(0);
    }

    [Fact]
    public void Too_few_prompts_for_folds_in_folds_are_refused()
    {
        var data = Draw(new Random(4), 9, 2, static (random, prompt) => ([random.NextDouble(), random.NextDouble()], random.NextDouble()));
        Should.Throw<ArgumentException>(() => SubsetStudy.Run(data, ModelRecipes.Create("ridge"), new SubsetOptions(), Token)).Message.ShouldContain("9 prompts");
    }

    private static ScoreData Draw(Random random, int prompts, int judges, Func<Random, int, (double[] Scores, double Target)> row)
    {
        var (scores, targets, groups) = (new List<double>(), new List<double>(), new List<int>());
        for (var i = 0; i < 3 * prompts; i++)
        {
            var (given, target) = row(random, i / 3);
            scores.AddRange(given);
            targets.Add(target);
            groups.Add(i / 3);
        }

        return new ScoreData(judges, [.. scores], [.. targets], [.. groups]);
    }
}
