using FsCheck;
using FsCheck.Fluent;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Ranking;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Ranking;

public sealed class ConsensusTests
{
    [Fact]
    public void Kemenys_order_is_the_best_of_all_orders() => SeededProperty.Holds(
        from models in Gen.Choose(2, 6)
        from wins in Gen.Choose(0, 9).ArrayOf(models * models)
        select (models, wins: wins.Select((w, i) => i % (models + 1) == 0 ? 0.0 : w).ToArray()),
        21,
        sample =>
        {
            var found = Consensus.Kemeny(sample.wins, sample.models);
            var best = Permutations(sample.models).Min(p => Consensus.Disagreement(sample.wins, sample.models, p));
            return found.IsExact && found.Disagreement == best && Consensus.Disagreement(sample.wins, sample.models, found.Order) == best;
        });

    [Fact]
    public void With_many_models_the_order_found_is_near_its_bound_and_cannot_be_bettered_by_moving_one()
    {
        var random = new Random(2);
        const int Models = 30;
        var wins = new double[Models * Models];
        for (var a = 0; a < Models; a++)
        {
            for (var b = 0; b < a; b++)
            {
                var low = Enumerable.Range(0, 21).Count(_ => random.NextDouble() < 1 / (1 + Math.Exp(0.25 * (a - b))));
                (wins[a * Models + b], wins[b * Models + a]) = (low, 21 - low);
            }
        }

        var found = Consensus.Kemeny(wins, Models);
        found.Disagreement.ShouldBeLessThan(1.02 * found.LowerBound + 1);
        for (var from = 0; from < Models; from++)
        {
            for (var to = 0; to < Models; to++)
            {
                var moved = found.Order.ToList();
                moved.RemoveAt(from);
                moved.Insert(to, found.Order[from]);
                Consensus.Disagreement(wins, Models, [.. moved]).ShouldBeGreaterThanOrEqualTo(found.Disagreement);
            }
        }
    }

    [Fact]
    public void Kemenys_order_keeps_to_the_majority_where_bordas_does_not()
    {
        // Three of five put 0 above 1; two put 1 first and 0 last.
        var data = Orders(3, [0, 1, 2], [0, 1, 2], [0, 1, 2], [1, 2, 0], [1, 2, 0]);
        var borda = Consensus.Borda(data, StrengthTests.Ones(5));
        borda.ShouldBe([0.6, 0.7, 0.2], 1e-12);
        Consensus.Kemeny(data.Wins(StrengthTests.Ones(5)), 3).Order.ShouldBe([0, 1, 2]);
    }

    [Fact]
    public void Borda_counts_a_tie_as_half_and_leaves_out_orders_without_the_model()
    {
        var data = new ModelOrders(4, [[[0, 1], [2]], [[2], [0]]]);
        Consensus.Borda(data, StrengthTests.Ones(2)).ShouldBe([0.375, 0.75, 0.5, double.NaN]);
    }

    [Fact]
    public void Elo_of_many_games_is_bradley_and_terrys_strength()
    {
        var random = new Random(8);
        const int Rows = 30_000;
        var (first, second, halves) = (new int[Rows], new int[Rows], new byte[Rows]);
        double[] truth = [0.8, 0, -0.8];
        for (var r = 0; r < Rows; r++)
        {
            (first[r], second[r]) = (r % 3, (r + 1) % 3);
            halves[r] = (byte)(random.NextDouble() < BradleyTerry.Chance(truth[first[r]], truth[second[r]]) ? 2 : 0);
        }

        var data = new ModelComparisons(3, first, second, halves);
        var elo = Elo.Of(data, k: 2, orders: 20, seed: 4);
        var strengths = BradleyTerry.Fit(data.Wins(), 3).Strengths;
        for (var m = 0; m < 3; m++)
        {
            elo.Mean[m].ShouldBe(Standing.OnEloScale(strengths[m]), 8);
            elo.Low[m].ShouldBeLessThan(elo.High[m]);
        }

        elo.Ratings.Sum().ShouldBe(3000, 1e-6);

        // One game between equals with K 4 moves two points.
        Elo.Of(new ModelComparisons(2, [0], [1], [2]), orders: 1).Ratings.ShouldBe([1002, 998], 1e-12);
    }

    [Theory]
    [InlineData(0.6)]
    [InlineData(0.7)]
    public void The_number_of_comparisons_asked_for_finds_the_better_model_four_times_in_five(double chance)
    {
        var needed = (int)ComparisonPower.Direct(chance);
        var random = new Random(3);
        var found = 0;
        const int Studies = 4000;
        for (var s = 0; s < Studies; s++)
        {
            var won = Enumerable.Range(0, needed).Count(_ => random.NextDouble() < chance);
            if ((won - needed / 2.0) / Math.Sqrt(needed / 4.0) > 1.959964) found++;
        }

        ((double)found / Studies).ShouldBe(0.8, 0.035);
        // Ties take noise away: fewer are needed for the same lead.
        ComparisonPower.Direct(chance, variance: 0.05).ShouldBeLessThan(needed);
        ComparisonPower.Direct(0.5).ShouldBe(double.PositiveInfinity);
    }

    [Fact]
    public void The_number_of_comparisons_through_an_anchor_finds_the_better_model_four_times_in_five()
    {
        var needed = (int)ComparisonPower.ThroughAnchor(0.6, 0, -0.3);
        var random = new Random(4);
        var found = 0;
        const int Studies = 3000;
        for (var s = 0; s < Studies; s++)
        {
            var (a, b) = (LogOdds(0.6), LogOdds(0));
            if ((a.Value - b.Value) / Math.Sqrt(a.Variance + b.Variance) > 1.959964) found++;
        }

        ((double)found / Studies).ShouldBe(0.8, 0.04);

        (double Value, double Variance) LogOdds(double strength)
        {
            var won = Enumerable.Range(0, needed).Count(_ => random.NextDouble() < BradleyTerry.Chance(strength, -0.3));
            return (Math.Log((double)won / (needed - won)), 1.0 / won + 1.0 / (needed - won));
        }
    }

    [Fact]
    public void The_middling_anchor_is_worth_most_and_a_comparison_with_an_equal_is_worth_one()
    {
        double[] strengths = [2.5, 0.4, 0, -0.3, -2.6];
        var worth = Enumerable.Range(0, 5).Select(a => ComparisonPower.AnchorWorth(strengths, a)).ToArray();
        Array.IndexOf(worth, worth.Max()).ShouldBe(2);
        worth[0].ShouldBeLessThan(0.25);
        ComparisonPower.AnchorWorth([1, 1, 1], 0).ShouldBe(1, 1e-12);
    }

    [Fact]
    public void A_length_adjusted_win_rate_agrees_with_a_general_optimiser()
    {
        byte[] halves = [2, 2, 0, 1, 2, 0, 2, 2, 1, 0, 2, 0];
        double[] longer = [100, 20, -50, 10, 80, -90, 5, 60, -20, 30, -40, 15];
        var rate = LengthAdjustedWinRate.Of(halves, longer, [.. Enumerable.Range(0, 12)], new BootstrapOptions { Resamples = 50 });
        rate.Raw.Value.ShouldBe(14 / 24.0, 1e-12);
        rate.LengthEffect.Value.ShouldBe(1.40695199, 1e-6);
        rate.Adjusted.Value.ShouldBe(0.5524192965, 1e-7);
        rate.Adjusted.Lower.ShouldBeLessThan(rate.Adjusted.Value);
    }

    private static ModelOrders Orders(int models, params int[][] orders) => new(models, [.. orders.Select(o => o.Select(m => new[] { m }).ToArray())]);

    private static IEnumerable<int[]> Permutations(int count)
    {
        if (count == 1) return [[0]];
        return Permutations(count - 1).SelectMany(p => Enumerable.Range(0, count).Select(place => (int[])[.. p[..place], count - 1, .. p[place..]]));
    }
}
