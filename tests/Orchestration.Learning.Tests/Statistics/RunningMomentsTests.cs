using FsCheck;
using FsCheck.Fluent;
using Orchestration.Learning.Statistics;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Statistics;

/// <summary>Expected digits were computed in exact rational arithmetic (Python's fractions) from the same doubles.</summary>
public sealed class RunningMomentsTests
{
    /// <summary>Scores as judges give them: up to 40 numbers, tenths between −1000 and 1000.</summary>
    private static readonly Gen<double[]> Scores = Gen.Choose(-10_000, 10_000).Select(tenths => tenths / 10.0).ArrayOf(40);

    [Fact]
    public void Textbook_numbers_have_their_textbook_moments()
    {
        var moments = RunningMoments.Of([2, 4, 4, 4, 5, 5, 7, 9]);

        moments.Count.ShouldBe(8);
        moments.Mean.ShouldBe(5);
        moments.SquaredDeviations.ShouldBe(32);
        moments.PopulationVariance.ShouldBe(4);
        moments.SampleVariance.ShouldBe(4.571428571428571, 1e-15);
        moments.StandardDeviation.ShouldBe(2.138089935299395, 1e-15);
        moments.Minimum.ShouldBe(2);
        moments.Maximum.ShouldBe(9);
    }

    [Fact]
    public void Scores_of_one_decimal_agree_with_exact_arithmetic_to_fifteen_digits()
    {
        var moments = RunningMoments.Of([3.7, 0.1, 2.5, 2.5, 4.0, 1.2, 0.0]);

        moments.Mean.ShouldBe(2.0000000000000000, 2e-15);
        moments.SampleVariance.ShouldBe(2.6066666666666668, 3e-15);
        moments.StandardDeviation.ShouldBe(1.6145174717749780, 2e-15);
    }

    [Fact]
    public void A_thousand_pseudorandom_numbers_agree_with_exact_arithmetic_to_thirteen_digits()
    {
        var values = new double[1000];
        long state = 12345;
        for (var i = 0; i < values.Length; i++)
        {
            state = (1103515245 * state + 12345) % (1L << 31);
            values[i] = state / (double)(1L << 31);
        }

        var moments = RunningMoments.Of(values);

        moments.Mean.ShouldBe(0.49691074977628886700, 1e-14);
        moments.SampleVariance.ShouldBe(0.082531293270468496477, 1e-14);
        moments.StandardDeviation.ShouldBe(0.28728260175386273551, 1e-14);
        moments.Minimum.ShouldBe(0.00015819771215319633);
        moments.Maximum.ShouldBe(0.999393432866782);
    }

    [Fact]
    public void A_large_common_offset_does_not_eat_the_variance()
    {
        // The textbook difference of sums gives −170.67 here.
        var moments = RunningMoments.Of([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]);

        moments.Mean.ShouldBe(1e9 + 10);
        moments.SampleVariance.ShouldBe(30);
    }

    [Fact]
    public void Nothing_added_has_no_mean_and_no_range()
    {
        var empty = RunningMoments.Of([]);

        empty.ShouldBe(default);
        empty.Count.ShouldBe(0);
        empty.Mean.ShouldBe(double.NaN);
        empty.Minimum.ShouldBe(double.NaN);
        empty.Maximum.ShouldBe(double.NaN);
        empty.PopulationVariance.ShouldBe(double.NaN);
        empty.SampleVariance.ShouldBe(double.NaN);
    }

    [Fact]
    public void One_number_is_its_own_mean_and_says_nothing_of_a_spread()
    {
        var one = default(RunningMoments).Add(-2.5);

        one.Mean.ShouldBe(-2.5);
        one.Minimum.ShouldBe(-2.5);
        one.Maximum.ShouldBe(-2.5);
        one.PopulationVariance.ShouldBe(0);
        one.SampleVariance.ShouldBe(double.NaN);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void What_is_not_a_finite_number_is_refused_and_changes_nothing(double value)
    {
        var before = RunningMoments.Of([1, 2]);

        Should.Throw<ArgumentOutOfRangeException>(() => before.Add(value));
        Should.Throw<ArgumentOutOfRangeException>(() => before.Add([3, value]));
        Should.Throw<ArgumentOutOfRangeException>(() => default(RunningMoments).Add(value));
        before.ShouldBe(RunningMoments.Of([1, 2]));
    }

    [Fact]
    public void Merging_parts_agrees_with_one_pass_wherever_the_cut_is() =>
        SeededProperty.Holds(Scores.SelectMany(values => Gen.Choose(0, values.Length).Select(cut => (values, cut))), seed: 1, drawn =>
        {
            var whole = RunningMoments.Of(drawn.values);
            var merged = RunningMoments.Of(drawn.values.AsSpan(0, drawn.cut)).Merge(RunningMoments.Of(drawn.values.AsSpan(drawn.cut)));
            if (drawn.values.Length == 0) return merged == default;

            // The tolerance the documentation states, for magnitudes up to 1000.
            return merged.Count == whole.Count
                && merged.Minimum.Equals(whole.Minimum) && merged.Maximum.Equals(whole.Maximum)
                && Math.Abs(merged.Mean - whole.Mean) <= 1e-12 * 1000
                && Math.Abs(merged.SquaredDeviations - whole.SquaredDeviations) <= 1e-12 * 1000 * 1000;
        });

    [Fact]
    public void The_mean_lies_in_the_range_and_the_spread_is_never_negative() =>
        SeededProperty.Holds(Scores.Where(values => values.Length > 0), seed: 2, values =>
        {
            var moments = RunningMoments.Of(values);
            return moments.Mean >= values.Min() && moments.Mean <= values.Max() && moments.SquaredDeviations >= 0
                && moments.Minimum.Equals(values.Min()) && moments.Maximum.Equals(values.Max());
        });

    [Fact]
    public void Stored_parts_go_on_to_the_same_bits() =>
        SeededProperty.Holds(Scores.Where(values => values.Length > 1), seed: 3, values =>
        {
            var half = RunningMoments.Of(values.AsSpan(0, values.Length / 2));
            var stored = RunningMoments.FromParts(half.Count, half.Mean, half.SquaredDeviations, half.Minimum, half.Maximum);
            return stored.Add(values.AsSpan(values.Length / 2)) == RunningMoments.Of(values);
        });

    [Theory]
    [InlineData(-1, 0, 0, 0, 0, "count")]
    [InlineData(2, 5, 0, 1, 4, "mean")]
    [InlineData(2, double.NaN, 0, 1, 4, "mean")]
    [InlineData(2, 2, -1, 1, 4, "squaredDeviations")]
    [InlineData(2, 2, double.NaN, 1, 4, "squaredDeviations")]
    [InlineData(2, 2, 1, 4, 1, "maximum")]
    [InlineData(2, 2, 1, double.NaN, 1, "minimum")]
    public void Parts_that_cannot_belong_together_are_refused_by_name(
        long count, double mean, double squares, double minimum, double maximum, string named) =>
        Should.Throw<ArgumentOutOfRangeException>(() => RunningMoments.FromParts(count, mean, squares, minimum, maximum))
            .ParamName.ShouldBe(named);
}
