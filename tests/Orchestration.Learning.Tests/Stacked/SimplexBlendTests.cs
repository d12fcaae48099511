using FsCheck;
using FsCheck.Fluent;
using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Stacked;
using Orchestration.Learning.Selection;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Stacked;

public sealed class SimplexBlendTests
{
    private static readonly Gen<(int Members, int Seed)> Problems = Gen.Choose(2, 6).SelectMany(m => Gen.Choose(0, 100_000).Select(s => (m, s)));

    [Fact]
    public void No_step_inside_the_simplex_loses_less_squared_error() =>
        SeededProperty.Holds(Problems, seed: 31, problem => IsLeast(problem.Members, problem.Seed, comparisons: false));

    [Fact]
    public void No_step_inside_the_simplex_loses_less_log_loss() =>
        SeededProperty.Holds(Problems, seed: 32, problem => IsLeast(problem.Members, problem.Seed, comparisons: true));

    [Fact]
    public void Members_that_are_the_same_share_their_weight()
    {
        double[] targets = [1, 2, 3, 4];
        var rows = new ScoreRows(new ScoreData(1, new double[4], targets, [0, 1, 2, 3]));
        double[] near = [1.1, 2, 2.9, 4.2];

        var weights = SimplexBlend.Weights(rows, [[[9, 9, 9, 9], near, near]], [0, 1, 2, 3]);

        weights[0].ShouldBe(0, 1e-3);
        weights[1].ShouldBe(weights[2], 1e-9);
        weights.Sum().ShouldBe(1, 1e-12);
    }

    [Fact]
    public void Only_the_rows_asked_for_are_learned_from()
    {
        var rows = new ScoreRows(new ScoreData(1, new double[4], [1, 2, 3, 4], [0, 1, 2, 3]));

        SimplexBlend.Weights(rows, [[[1, 2, 9, 9], [9, 9, 3, 4]]], [0, 1])[0].ShouldBe(1, 1e-6);
        SimplexBlend.Weights(rows, [[[1, 2, 9, 9], [9, 9, 3, 4]]], [2, 3])[1].ShouldBe(1, 1e-6);
    }

    private static bool IsLeast(int members, int seed, bool comparisons)
    {
        const int Rows = 30;
        var random = new Random(seed);
        var labels = Enumerable.Range(0, Rows).Select(_ => comparisons ? random.Next(3) / 2.0 : 3 * random.NextDouble()).ToArray();
        int[] all = [.. Enumerable.Range(0, Rows)];
        LearningRows rows = comparisons
            ? new PreferenceRows(new PreferenceData(1, new double[Rows], new double[Rows], labels, all))
            : new ScoreRows(new ScoreData(1, new double[Rows], labels, all));
        double[][][] numbers = [[.. Enumerable.Range(0, members).Select(_ => labels.Select(l => l - (comparisons ? 0.5 : 0) + random.NextDouble() - 0.5).ToArray())]];

        var weights = SimplexBlend.Weights(rows, numbers, all);

        var least = Loss(weights);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            // Towards any corner and any inner point: the problem is convex, so looking along these is enough.
            var other = new double[members];
            if (attempt < members) other[attempt] = 1;
            else other = [.. other.Select(_ => random.NextDouble())];
            var sum = other.Sum();
            double[] step = [.. weights.Select((w, m) => w + 0.01 * (other[m] / sum - w))];
            if (Loss(step) < least - 1e-6 * least) return false;
        }

        return weights.All(w => w >= 0) && Math.Abs(weights.Sum() - 1) < 1e-9;

        double Loss(double[] w) => all.Sum(i => rows.Loss(i, SimplexBlend.Blended(numbers[0], w, i)));
    }
}
