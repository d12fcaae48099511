using Orchestration.Learning.Ranking;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Ranking;

public sealed class NextComparisonsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void What_a_comparison_is_said_to_be_worth_is_what_taking_it_does()
    {
        var next = new NextComparisons(Random(new Random(1), 5, 60), 5, tieShare: 0.2);
        foreach (int[] set in (int[][])[[0, 1], [3, 2], [4, 0]])
        {
            var (before, value) = (next.MeanVariance, next.Value(set));
            next.Take(set);
            (before - next.MeanVariance).ShouldBe(value.Drop, 1e-12);
            value.Share.ShouldBe(value.Drop / before, 1e-12);
        }
    }

    [Fact]
    public void The_mean_variance_is_that_of_all_differences_one_by_one()
    {
        // Two models and n comparisons between equals: information n/4 on the difference, and the prior of deviation 4 on each.
        var next = new NextComparisons([0, 10, 10, 0], 2);
        next.MeanVariance.ShouldBe(1 / (20 * 0.25 + 1.0 / 32), 1e-12);
        new NextComparisons([0, 10, 10, 0], 2, spread: 2).MeanVariance.ShouldBe(1 / (10 * 0.25 + 1.0 / 32), 1e-12);
    }

    [Fact]
    public void An_order_of_three_equals_tells_what_plackett_and_luce_say_it_does()
    {
        // First choice among three equals: diag(1/3) − 1/9; then a coin between the two left, each pair left with chance 1/3.
        var next = new NextComparisons(new double[9], 3);
        next.Take([0, 1, 2]);
        const double EachPair = 1.0 / 9 + 1.0 / 3 / 4;
        next.MeanVariance.ShouldBe(2 / (3 * EachPair + 1.0 / 16), 1e-10);
    }

    [Fact]
    public void A_batch_does_not_ask_the_same_thing_over_and_over()
    {
        var wins = new double[36];
        for (var i = 0; i < 36; i++) wins[i] = i % 7 == 0 ? 0 : 8;
        var batch = new NextComparisons(wins, 6).Best(15, cancellationToken: Cancel);
        batch.Select(static s => (s.Models[0], s.Models[1])).Distinct().Count().ShouldBe(15, "among equals every pair comes once before any comes twice");
        batch.Zip(batch.Skip(1)).ShouldAllBe(static p => p.Second.Drop <= p.First.Drop + 1e-12);
    }

    [Fact]
    public void A_model_that_nobody_knows_and_a_pair_of_equals_come_first_and_what_is_not_allowed_never()
    {
        // Models 0–2 are well known, 0 and 1 alike, 2 far below; 3 was never compared.
        double[] wins = [0, 50, 99, 0, 50, 0, 99, 0, 1, 1, 0, 0, 0, 0, 0, 0];
        var next = new NextComparisons(wins, 4);
        next.Best(1, cancellationToken: Cancel)[0].Models.ShouldContain(3);
        next.Best(1, isAllowed: static (set, _) => !set.Contains(3), cancellationToken: Cancel)[0].Models.ShouldContain(2);
        next.Best(10, isAllowed: static (set, times) => times < 1 && set[0] == 0, cancellationToken: Cancel).Count.ShouldBe(3);
        next.Best(2, together: 3, cancellationToken: Cancel).ShouldAllBe(static s => s.Models.Count == 3 && s.Models.Contains(3));
        next.MeanVariance.ShouldBe(new NextComparisons(wins, 4).MeanVariance, "looking is not taking");
    }

    [Fact]
    public void Chosen_comparisons_shrink_intervals_faster_than_drawn_ones()
    {
        const int Models = 10, Rounds = 12, Each = 10;
        var (chosenReach, drawnReach) = (0.0, 0.0);
        for (var seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            double[] truth = [.. Enumerable.Range(0, Models).Select(m => 0.6 * (m - 4.5))];
            double[] start = Random(random, truth, 60);
            var (chosen, drawn) = ((double[])start.Clone(), (double[])start.Clone());
            for (var round = 0; round < Rounds; round++)
            {
                foreach (var set in new NextComparisons(chosen, Models).Best(Each, cancellationToken: Cancel)) Play(random, truth, chosen, set.Models[0], set.Models[1]);
                for (var k = 0; k < Each; k++)
                {
                    var i = random.Next(Models);
                    Play(random, truth, drawn, i, (i + 1 + random.Next(Models - 1)) % Models);
                }
            }

            chosenReach += new NextComparisons(chosen, Models).MeanVariance;
            drawnReach += new NextComparisons(drawn, Models).MeanVariance;
        }

        (chosenReach / drawnReach).ShouldBeLessThan(0.8);
    }

    private static double[] Random(Random random, int models, int rows) => Random(random, new double[models], rows);

    private static double[] Random(Random random, double[] truth, int rows)
    {
        var wins = new double[truth.Length * truth.Length];
        for (var k = 0; k < rows; k++)
        {
            var i = random.Next(truth.Length);
            Play(random, truth, wins, i, (i + 1 + random.Next(truth.Length - 1)) % truth.Length);
        }

        return wins;
    }

    private static void Play(Random random, double[] truth, double[] wins, int i, int j)
    {
        var isWon = random.NextDouble() < BradleyTerry.Chance(truth[i], truth[j]);
        wins[isWon ? i * truth.Length + j : j * truth.Length + i]++;
    }
}
