using FsCheck.Fluent;
using Orchestration.Learning.Algebra;
using Orchestration.Learning.Bandits;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Bandits;

/// <summary>Expected digits are NumPy's (and SciPy's for chances) from the same rows.</summary>
public sealed class LinearBanditTests
{
    private const int Rows = 12;
    private static readonly float[] Asked = [0.3f, -0.2f, 0.9f];

    [Fact]
    public void Prediction_and_width_are_NumPys()
    {
        var sums = new LinearStatistics(3);
        for (var i = 0; i < Rows; i++) sums.Add(Row(i), Reward(i), Weight(i));

        var posterior = new LinearPosterior(sums, 0.7, 0.4);

        var (mean, width) = posterior.Of(Asked);
        mean.ShouldBe(0.3089620667317769, 1e-13);
        width.ShouldBe(0.914782041640559, 1e-13);
        posterior.Coefficients[0].ShouldBe(-0.06439519, 1e-8);
        posterior.Coefficients[3].ShouldBe(-0.04989585, 1e-8);
        posterior.Count.ShouldBe(Rows);
    }

    [Fact]
    public void Rewards_that_age_are_NumPys_whatever_order_they_come_in_and_whoever_saw_them()
    {
        foreach (var shift in (double[])[0, 1_795_000_000])
        {
            var forward = Fill(Enumerable.Range(0, Rows), shift);
            var backward = Fill(Enumerable.Range(0, Rows).Reverse(), shift);
            var merged = Fill([1, 11, 4], shift);
            merged.Merge(Fill([0, 2, 3, 5, 6, 7, 8, 9, 10], shift));
            foreach (var sums in (BanditStatistics[])[forward, backward, merged, BanditStatistics.Read(forward.ToBytes())])
            {
                var (mean, width) = sums.Posterior(1, 0.7, 0.4).Of(Asked);
                mean.ShouldBe(0.30627754370535604, 1e-12);
                width.ShouldBe(0.9865981100483802, 1e-12);
                sums.Count(0).ShouldBe(0);
                sums.Count(1).ShouldBe(Rows);
            }
        }
    }

    [Fact]
    public void Landmarks_move_on_without_touching_what_is_known()
    {
        // A thousand half-lives lie between the first reward and the last: the first counts nothing, and nothing overflows.
        var sums = new BanditStatistics(1, 3, 25);
        sums.Add(0, Row(3), 1, 1, 0);
        for (var i = 0; i < Rows; i++) sums.Add(0, Row(i), Reward(i), Weight(i), 25_000 + i * 10);

        var (mean, width) = sums.Posterior(0, 0.7, 0.4).Of(Asked);

        mean.ShouldBe(0.30627754370535604, 1e-12);
        width.ShouldBe(0.9865981100483802, 1e-12);
    }

    [Fact]
    public void A_reward_taken_out_leaves_what_was_there_before()
    {
        var sums = Fill(Enumerable.Range(0, Rows), 0);
        var before = sums.Posterior(1, 1, 0.5).Of(Asked);
        sums.Add(1, Row(77), 0.9, 2, 50);
        Math.Abs(sums.Posterior(1, 1, 0.5).Of(Asked).Mean - before.Mean).ShouldBeGreaterThan(1e-3);

        sums.Add(1, Row(77), 0.9, -2, 50);

        sums.Posterior(1, 1, 0.5).Of(Asked).Mean.ShouldBe(before.Mean, 1e-12);
        sums.Count(1).ShouldBe(Rows);
    }

    [Fact]
    public void Features_that_say_nothing_are_harmless()
    {
        // The same feature three times over, one that is always 0, one a thousand times as large: the prior keeps the sums solvable.
        var sums = new LinearStatistics(5);
        for (var i = 0; i < 200; i++)
        {
            var x = Row(i)[0];
            sums.Add([x, x, x, 0, 1000 * x], 0.5 + 0.4 * x, 1);
        }

        var (mean, width) = new LinearPosterior(sums, 1, 0.5).Of([0.5f, 0.5f, 0.5f, 0, 500]);

        mean.ShouldBe(0.7, 0.01);
        double.IsFinite(width).ShouldBeTrue();
        new LinearPosterior(new LinearStatistics(0), 1, 0.3).Of([]).ShouldBe((0.3, 1.0));
        Should.Throw<ArgumentException>(() => sums.Add([1], 0, 1));
        Should.Throw<ArgumentException>(() => sums.Add([1, 2, 3, 4, 5], double.NaN, 1));
    }

    [Fact]
    public void Bytes_that_are_damaged_are_refused()
    {
        var bytes = Fill(Enumerable.Range(0, Rows), 5).ToBytes();
        Should.Throw<FormatException>(() => BanditStatistics.Read(bytes.AsSpan(0, bytes.Length - 8)));
        Should.Throw<FormatException>(() => BanditStatistics.Read([]));
        bytes[40] = bytes[44] = 0xff;
        BitConverter.GetBytes(double.NaN).CopyTo(bytes, bytes.Length - 8);
        Should.Throw<FormatException>(() => BanditStatistics.Read(bytes));
    }

    [Fact]
    public void The_fast_normal_distribution_is_the_exact_one()
    {
        NormalChance.Exact(1.959963984540054).ShouldBe(0.975, 1e-14);
        (NormalChance.Exact(-8) / 6.22096057427178e-16).ShouldBe(1, 1e-6);
        for (var z = -10.0; z < 10; z += 0.0137) NormalChance.Below(z).ShouldBe(NormalChance.Exact(z), 1e-9);
    }

    [Fact]
    public void Chances_of_being_the_best_are_SciPys_integrals_and_add_up_to_one()
    {
        Chances([0.5, 0.6, 0.55], [0.1, 0.2, 0.01]).ShouldBe([0.16231235069492686, 0.5597985155350353, 0.27788913377003793], 0.005);
        Chances([0.62, 0.6, 0.58, 0.5, 0.4, 0.61, 0.3, 0.59, 0.615], [0.02, 0.05, 0.1, 0.03, 0.3, 0.01, 0.05, 0.08, 0.04]).ShouldBe(
            [0.12327353201567609, 0.12543862578742626, 0.19497832861590095, 6.610521576997233e-06, 0.18482784160393007, 0.032344710359139404, 1.6022168776059026e-11, 0.17768938274401033, 0.16144096833631794], 0.005);
        Chances([1, 1], [0, 0]).ShouldBe([0.5, 0.5], 1e-9);
        Chances([1, 2], [0, 0]).ShouldBe([0, 1], 1e-9);
        Chances([7], [0]).ShouldBe([1]);
        Should.Throw<ArgumentException>(() => Chances([double.NaN, 0], [1, 1]));
        Should.Throw<ArgumentException>(() => Chances([0, 0], [1, -1]));
        var arms = Gen.Choose(2, 12).SelectMany(k => Gen.Choose(0, 1000).ArrayOf(2 * k));
        SeededProperty.Holds(arms, 31, numbers =>
        {
            var k = numbers.Length / 2;
            double[] means = [.. numbers.Take(k).Select(static n => n / 1000.0)], deviations = [.. numbers.Skip(k).Select(static n => n * n / 1e6)];
            var chances = Chances(means, deviations);
            var turned = Chances([.. means.Reverse()], [.. deviations.Reverse()]).Reverse().ToArray();
            return Math.Abs(chances.Sum() - 1) < 1e-12 && chances.All(static c => c >= 0) && chances.Zip(turned).All(static p => Math.Abs(p.First - p.Second) < 1e-9);
        });
    }

    [Fact]
    public void A_uniform_number_draws_each_arm_as_often_as_its_chance()
    {
        double[] chances = [0.2, 0, 0.5, 0.3];
        var drawn = new int[4];
        for (var i = 0; i < 10_000; i++) drawn[BestChances.Draw(chances, i / 10_000.0)]++;
        drawn.ShouldBe([2000, 0, 5000, 3000]);
        BestChances.Draw([0.3, 0.7 - 1e-16, 0], 1 - 1e-16).ShouldBe(1, "rounding never draws an arm without a chance");
        Should.Throw<ArgumentOutOfRangeException>(() => BestChances.Draw(chances, 1));
    }

    private static double[] Chances(double[] means, double[] deviations)
    {
        var chances = new double[means.Length];
        BestChances.Of(means, deviations, chances);
        return chances;
    }

    private static BanditStatistics Fill(IEnumerable<int> rows, double shift)
    {
        var sums = new BanditStatistics(2, 3, 25);
        foreach (var i in rows) sums.Add(1, Row(i), Reward(i), Weight(i), shift + i * 10);
        return sums;
    }

    private static float[] Row(int i) => [(float)Math.Sin(1 + 3 * i), (float)Math.Sin(8 + 3 * i), (float)Math.Sin(15 + 3 * i)];

    private static double Reward(int i) => i * i % 7 / 6.0;

    private static double Weight(int i) => 1 + i % 3 / 2.0;
}
