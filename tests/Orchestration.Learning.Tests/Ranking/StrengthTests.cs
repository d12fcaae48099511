using Orchestration.Learning.Intervals;
using Orchestration.Learning.Ranking;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Ranking;

/// <summary>Digits by SciPy 1.10's general optimiser on the same likelihoods.</summary>
public sealed class StrengthTests
{
    private static readonly double[] Wins = [0, 6.5, 9, 3, 3.5, 0, 5, 4, 2, 4, 0, 1.5, 1, 0, 2.5, 0];

    [Fact]
    public void Bradley_and_terrys_strengths_agree_with_a_general_optimiser()
    {
        var fit = BradleyTerry.Fit(Wins, 4);
        fit.IsHeld.ShouldBeFalse();
        fit.Strengths.ShouldBe([0.88321757, 0.27560207, -0.44787127, -0.71094837], 1e-7);
        fit.Strengths.Sum().ShouldBe(0, 1e-12);
    }

    [Fact]
    public void At_the_greatest_likelihood_every_model_wins_as_often_as_its_strength_says()
    {
        var random = new Random(1);
        var wins = new double[400];
        for (var i = 0; i < 400; i++) wins[i] = i % 21 == 0 ? 0 : random.Next(1, 30) / 2.0;
        var strengths = BradleyTerry.Fit(wins, 20).Strengths;
        for (var m = 0; m < 20; m++)
        {
            var (won, expected) = (0.0, 0.0);
            for (var o = 0; o < 20; o++)
            {
                if (o == m) continue;
                won += wins[m * 20 + o];
                expected += (wins[m * 20 + o] + wins[o * 20 + m]) * BradleyTerry.Chance(strengths[m], strengths[o]);
            }

            expected.ShouldBe(won, 1e-8);
        }
    }

    [Fact]
    public void A_model_that_never_lost_is_held_and_said_to_be()
    {
        double[] wins = [0, 5, 5, 0, 0, 3, 0, 2, 0];
        Connection.IsStrong(wins, 3).ShouldBeFalse();
        var fit = BradleyTerry.Fit(wins, 3);
        fit.IsHeld.ShouldBeTrue();
        fit.Strengths.ShouldAllBe(s => Math.Abs(s) < 8);
        fit.Strengths[0].ShouldBeGreaterThan(fit.Strengths[1] + 1);
        fit.Strengths[1].ShouldBeGreaterThan(fit.Strengths[2]);
    }

    [Fact]
    public void Models_that_no_chain_of_comparisons_joins_are_in_different_parts()
    {
        double[] wins = new double[25];
        wins[0 * 5 + 2] = 1;
        wins[4 * 5 + 2] = 1;
        wins[1 * 5 + 3] = 1;
        Connection.Parts(wins, 5).ShouldBe([0, 1, 0, 1, 0]);
    }

    [Fact]
    public void Style_effects_agree_with_a_general_optimiser()
    {
        (int I, int J, int Halves, double X)[] rows =
        [
            (0, 1, 2, .5), (0, 1, 0, -1), (1, 2, 2, .2), (2, 0, 1, .1), (2, 1, 2, 1.5), (0, 2, 2, -.4), (1, 0, 2, 1.1), (2, 0, 0, -.7), (1, 2, 0, -.9), (0, 1, 2, .3), (2, 0, 2, .8),
        ];
        var data = Rows(3, rows);
        var fit = StyledBradleyTerry.Fit(data, Ones(data.Groups), StyledBradleyTerry.Scales(data));
        fit.Strengths.ShouldBe([1.23426143, 0.05724791, -1.29150934], 1e-5);
        fit.Effects[0].ShouldBe(4.52175997, 1e-5);
    }

    [Fact]
    public void A_preference_for_length_is_told_from_strength()
    {
        // The second model is no better, only longer; judges like length.
        var random = new Random(5);
        var rows = new (int, int, int, double)[6000];
        for (var r = 0; r < rows.Length; r++)
        {
            var (i, j) = (random.Next(3), random.Next(3));
            if (i == j) j = (j + 1) % 3;
            var longer = (i == 1 ? 1.0 : 0) - (j == 1 ? 1.0 : 0) + random.NextDouble() - random.NextDouble();
            var logit = (i == 2 ? 0.6 : 0) - (j == 2 ? 0.6 : 0) + 1.2 * longer;
            rows[r] = (i, j, random.NextDouble() < 1 / (1 + Math.Exp(-logit)) ? 2 : 0, longer);
        }

        var data = Rows(3, rows);
        var plain = BradleyTerry.Fit(data.Wins(), 3).Strengths;
        (plain[1] - plain[0]).ShouldBeGreaterThan(0.9);
        var board = Leaderboard.Of(data, new BootstrapOptions { Resamples = 40, Seed = 2 });
        var strengths = board.Standings.OrderBy(s => s.Model).Select(s => s.Strength.Value).ToArray();
        (strengths[1] - strengths[0]).ShouldBe(0, 0.15);
        (strengths[2] - strengths[0]).ShouldBe(0.6, 0.15);
        (board.Effects[0].Value / StyledBradleyTerry.Scales(data)[0]).ShouldBe(1.2, 0.15);
        board.Effects[0].Lower.ShouldBeGreaterThan(0);
        board.Standings[0].Model.ShouldBe(2);
    }

    [Fact]
    public void Plackett_and_luces_strengths_agree_with_a_general_optimiser()
    {
        int[][] orders = [[0, 1, 2], [1, 0, 3], [0, 3], [2, 0, 1, 3], [0, 2, 1], [3, 1], [1, 2, 3, 0], [0, 1, 3, 2]];
        var data = new ModelOrders(4, [.. orders.Select(o => o.Select(m => new[] { m }).ToArray())]);
        var fit = PlackettLuce.Fit(data, Ones(data.Groups));
        fit.IsHeld.ShouldBeFalse();
        fit.Strengths.ShouldBe([0.5781858, 0.14214963, -0.19422163, -0.5261138], 1e-6);
    }

    [Fact]
    public void Orders_of_two_with_ties_have_bradley_and_terrys_strengths()
    {
        var random = new Random(9);
        var orders = new List<int[][]>();
        var wins = new double[16];
        for (var o = 0; o < 200; o++)
        {
            var (i, j) = (random.Next(4), random.Next(3));
            if (j >= i) j++;
            if (random.Next(4) == 0)
            {
                orders.Add([[i, j]]);
                wins[i * 4 + j] += 0.5;
                wins[j * 4 + i] += 0.5;
            }
            else
            {
                orders.Add([[i], [j]]);
                wins[i * 4 + j]++;
            }
        }

        var data = new ModelOrders(4, [.. orders]);
        data.Wins(Ones(200)).ShouldBe(wins);
        PlackettLuce.Fit(data, Ones(200)).Strengths.ShouldBe(BradleyTerry.Fit(wins, 4).Strengths, 1e-8);
    }

    [Fact]
    public void Three_tied_models_count_as_all_their_six_orders()
    {
        int[][] rest = [[3, 0], [0, 3, 1], [1, 2, 0], [2, 1, 3]];
        int[][][] plain = [.. rest.Select(o => o.Select(m => new[] { m }).ToArray())];
        int[][] six = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        // Six copies of all others beside the six orders.
        var orders = new ModelOrders(4, [.. Enumerable.Repeat(plain, 6).SelectMany(p => p), .. six.Select(o => (int[][])[.. o.Select(m => new[] { m }), [3]])]);
        var tied = new ModelOrders(4, [.. plain, [[0, 1, 2], [3]]]);
        PlackettLuce.Fit(tied, Ones(tied.Groups)).Strengths.ShouldBe(PlackettLuce.Fit(orders, Ones(orders.Groups)).Strengths, 1e-8);
    }

    [Fact]
    public void Bounds_by_prompt_hold_the_strengths_about_as_often_as_they_say()
    {
        // Prompts of three comparisons that lean one way: rows of a prompt depend on one another.
        double[] truth = [0.5, 0, -0.5];
        var held = 0;
        const int Studies = 60;
        for (var study = 0; study < Studies; study++)
        {
            var random = new Random(1000 + study);
            var rows = new (int I, int J, int Halves, double)[450];
            for (var r = 0; r < rows.Length; r += 3)
            {
                var common = random.NextDouble();
                for (var k = 0; k < 3; k++)
                {
                    var (i, j) = (k == 2 ? 1 : 0, k == 0 ? 1 : 2);
                    // Each alone has the right chance; three times of four they share their luck.
                    var luck = random.Next(4) != 0 ? common : random.NextDouble();
                    rows[r + k] = (i, j, luck < BradleyTerry.Chance(truth[i], truth[j]) ? 2 : 0, 0);
                }
            }

            var data = new ModelComparisons(3, [.. rows.Select(r => r.I)], [.. rows.Select(r => r.J)], [.. rows.Select(r => (byte)r.Halves)], [.. Enumerable.Range(0, 450).Select(r => r / 3)]);
            var top = Leaderboard.Of(data, new BootstrapOptions { Resamples = 120, Seed = (ulong)study }).Standings.Single(s => s.Model == 0).Strength;
            held += top.Lower <= 0.5 && top.Upper >= 0.5 ? 1 : 0;
        }

        held.ShouldBeInRange(Studies * 85 / 100, Studies);
    }

    [Fact]
    public void Models_that_are_not_told_apart_share_a_rank()
    {
        var random = new Random(6);
        var rows = new (int I, int J, int Halves, double)[900];
        for (var r = 0; r < rows.Length; r++)
        {
            var (i, j) = ((r % 3) == 2 ? 1 : 0, (r % 3) == 0 ? 1 : 2);
            rows[r] = (i, j, j == 2 ? random.NextDouble() < 0.85 ? 2 : 0 : r % 2 == 0 ? 2 : 0, 0);
        }

        var data = new ModelComparisons(3, [.. rows.Select(r => r.I)], [.. rows.Select(r => r.J)], [.. rows.Select(r => (byte)r.Halves)]);
        var board = Leaderboard.Of(data, new BootstrapOptions { Resamples = 100, Seed = 3, MaxThreads = 2 });
        board.Standings.OrderBy(s => s.Model).Select(s => s.Rank).ShouldBe([1, 1, 3]);
        board.Standings[^1].Places.ShouldBe((3, 3));
        board.Gaps.Count.ShouldBe(2);
        board.Gaps[0].Lower.ShouldBeLessThan(0);
        board.Gaps[1].Lower.ShouldBeGreaterThan(0);
        board.HeldResamples.ShouldBe(0);
        var same = Leaderboard.Of(data, new BootstrapOptions { Resamples = 100, Seed = 3 });
        same.Standings.ShouldBe(board.Standings);
    }

    internal static double[] Ones(int count)
    {
        var ones = new double[count];
        Array.Fill(ones, 1);
        return ones;
    }

    private static ModelComparisons Rows(int models, (int I, int J, int Halves, double X)[] rows) => new(
        models, [.. rows.Select(r => r.I)], [.. rows.Select(r => r.J)], [.. rows.Select(r => (byte)r.Halves)], null, [.. rows.Select(r => r.X)], 1);
}
