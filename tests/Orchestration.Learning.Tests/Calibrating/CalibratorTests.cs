using Orchestration.Learning.Calibrating;
using Orchestration.Learning.Statistics;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Calibrating;

public sealed class CalibratorTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_fit_is_the_max_min_formula_and_keeps_the_mean_of_the_labels(int seed)
    {
        var random = new Random(seed);
        double[] scores = [.. Enumerable.Range(0, 120).Select(_ => random.Next(15) / 2.0)];
        double[] labels = [.. scores.Select(s => s / 10 + random.NextDouble())];

        var calibrator = IsotonicCalibrator.Fit(scores, labels);

        // Robertson, Wright and Dykstra 1988, theorem 1.4.4: f at a place is the largest over starts at or below it of the smallest mean over ends at or above it.
        double[] places = [.. scores.Distinct().Order()];
        double Mean(double from, double to) => scores.Select((s, i) => (s, i)).Where(x => x.s >= from && x.s <= to).Average(x => labels[x.i]);
        foreach (var at in places)
            calibrator.Of(at).ShouldBe(places.Where(p => p <= at).Max(from => places.Where(p => p >= at).Min(to => Mean(from, to))), 1e-12);
        scores.Average(calibrator.Of).ShouldBe(labels.Average(), 1e-12);
        calibrator.Of(-5).ShouldBe(calibrator.Values[0]);
        calibrator.Of(50).ShouldBe(calibrator.Values[^1]);
        calibrator.IsOutside(-0.01).ShouldBeTrue();
        calibrator.IsOutside(7).ShouldBeFalse();
        calibrator.IsOutside(7.01).ShouldBeTrue();
        Should.Throw<ArgumentException>(() => IsotonicCalibrator.Fit([1, double.NaN], [1, 2]));
        Should.Throw<ArgumentException>(() => IsotonicCalibrator.Fit([], []));
    }

    [Fact]
    public void Between_two_knots_the_calibrated_score_lies_on_the_line()
    {
        var calibrator = IsotonicCalibrator.Fit([1, 3], [0, 1]);
        calibrator.Of(1.5).ShouldBe(0.25, 1e-15);
        calibrator.Of(2).ShouldBe(0.5, 1e-15);
    }

    [Fact]
    public void The_quantile_map_matches_ranks_shares_ties_and_keeps_the_grades_mean()
    {
        var map = QuantileMap.Fit([0.3, 0.1, 0.2, 0.9], [5, 1, 2, 4]);
        map.Knots.ShouldBe([0.1, 0.2, 0.3, 0.9]);
        map.Values.ShouldBe([1, 2, 4, 5]);
        map.Of(0.6).ShouldBe(4.5, 1e-12);
        map.Of(-1).ShouldBe(1);
        map.Of(2).ShouldBe(5);

        // Three equal scores of four take the lower three quarters of two grades: half a 1, a quarter of a 3.
        var tied = QuantileMap.Fit([7, 7, 7, 9], [1, 3]);
        tied.Values.ShouldBe([(0.5 * 1 + 0.25 * 3) / 0.75, 3], 1e-12);

        var random = new Random(4);
        for (var trial = 0; trial < 40; trial++)
        {
            double[] scores = [.. Enumerable.Range(0, 1 + random.Next(40)).Select(_ => random.Next(6) + 0.1)];
            double[] grades = [.. Enumerable.Range(0, 1 + random.Next(40)).Select(_ => (double)random.Next(5))];
            var one = QuantileMap.Fit(scores, grades);
            scores.Average(one.Of).ShouldBe(grades.Average(), 1e-9);
            one.Values.ShouldBe(one.Values.Order());
        }
    }

    [Fact]
    public void Wassersteins_distance_is_the_mean_gap_of_ranks_and_the_area_between_distributions()
    {
        QuantileMap.Distance([0, 1, 3], [5, 6, 8]).ShouldBe(5, 1e-12);
        QuantileMap.Distance([1, 2, 3], [3, 1, 2]).ShouldBe(0, 1e-15);

        // scipy.stats.wasserstein_distance([3.4, 3.9, 7.5, 7.8], [4.5, 1.4]) is 2.7.
        QuantileMap.Distance([3.4, 3.9, 7.5, 7.8], [4.5, 1.4]).ShouldBe(2.7, 1e-12);
        var random = new Random(5);
        double[] first = [.. Enumerable.Range(0, 50).Select(_ => random.NextDouble())], second = [.. Enumerable.Range(0, 50).Select(_ => 2 * random.NextDouble())];
        QuantileMap.Distance(first, second).ShouldBe(first.Order().Zip(second.Order(), static (a, b) => Math.Abs(a - b)).Average(), 1e-12);
    }

    [Fact]
    public void The_calibration_error_of_a_small_case_is_the_one_by_hand()
    {
        var error = CalibrationError.Of([0.1, 0.1, 0.9, 0.9], [0, 1, 1, 1], [0, 1, 2, 3], 2);
        error.Bins.Select(static b => (b.Said, b.Observed, b.Rows)).ShouldBe([(0.1, 0.5, 2), (0.9, 1.0, 2)]);
        error.Value.ShouldBe(0.5 * 0.4 + 0.5 * 0.1, 1e-12);

        // The residuals of the first bin are ±0.5 about their mean: standard error of the mean of two 0.5.
        error.Bins[0].StandardError.ShouldBe(0.5, 1e-12);
        CalibrationError.Of([0.2, 0.2, 0.2, 0.2], [0, 1, 1, 1], [0, 1, 2, 3], 2).Bins.Count.ShouldBe(1, "what is the same is never cut apart");
    }

    [Fact]
    public void What_is_right_has_the_error_that_chance_gives_and_what_is_wrong_a_larger_one()
    {
        var random = new Random(6);
        var (sum, chance) = (0.0, 0.0);
        for (var trial = 0; trial < 60; trial++)
        {
            double[] said = [.. Enumerable.Range(0, 400).Select(_ => random.NextDouble())];
            double[] labels = [.. said.Select(s => random.NextDouble() < s ? 1.0 : 0)];
            var error = CalibrationError.Of(said, labels, [.. Enumerable.Range(0, 400)]);
            error.Bins.Count.ShouldBe(10);
            (sum, chance) = (sum + error.Value, chance + error.ByChance);
            var off = CalibrationError.Of([.. said.Select(static s => s / 2)], labels, [.. Enumerable.Range(0, 400)]);
            off.Value.ShouldBeGreaterThan(2 * off.ByChance);
        }

        (sum / chance).ShouldBeInRange(0.93, 1.07);
    }

    [Fact]
    public void Holms_correction_is_that_of_R()
    {
        // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
        HolmCorrection.Of([0.01, 0.04, 0.03, 0.005]).ShouldBe([0.03, 0.06, 0.06, 0.02], 1e-12);
        HolmCorrection.Of([0.9, double.NaN, 0.5]).ShouldBe([1, double.NaN, 1]);
        HolmCorrection.Of([]).ShouldBeEmpty();
    }
}
