using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Missing;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Models;

public sealed class JudgeNormalTests
{
    [Fact]
    public void A_missing_judge_is_filled_with_its_regression_on_those_present()
    {
        // Two judges: x₂ expected at μ₂ + σ₁₂/σ₁₁ (x₁ − μ₁) = 0.4 + 0.5 · 0.2.
        var judges = new JudgeNormal([0.5, 0.4], [0.04, 0.02, 0.02, 0.03]);

        judges.Fill([0.7, double.NaN], new double[2])[1].ShouldBe(0.5, 1e-5);
        judges.Fill([double.NaN, double.NaN], new double[2]).ToArray().ShouldBe([0.5, 0.4]);
        judges.Fill([0.7, 0.1], new double[2]).ToArray().ShouldBe([0.7, 0.1]);
    }

    [Fact]
    public void What_is_filled_stays_on_the_scale()
    {
        var judges = new JudgeNormal([0.9, 0.9], [0.04, 0.06, 0.06, 0.1]);

        judges.Fill([1.0, double.NaN], new double[2])[1].ShouldBe(1);
    }

    [Fact]
    public void Rows_with_gaps_give_the_same_means_and_covariances_as_whole_ones_but_for_sampling()
    {
        var data = Rows.Correlated(4000, 4, 0.7, 3, _ => 0);
        var whole = JudgeNormal.Fit(data);
        var gapped = JudgeNormal.Fit(new ScoreData(4, Rows.WithGaps(data.Scores, 0.3, 4), data.Targets, data.GroupOf));

        for (var i = 0; i < 4; i++)
        {
            gapped.Means[i].ShouldBe(whole.Means[i], 0.006);
            for (var j = 0; j < 4; j++) gapped.Covariance[i * 4 + j].ShouldBe(whole.Covariance[i * 4 + j], 0.0025);
        }
    }

    [Fact]
    public void Filling_from_the_other_judges_is_nearer_than_filling_with_the_mean()
    {
        var data = Rows.Correlated(1000, 6, 0.6, 5, _ => 0);
        var judges = JudgeNormal.Fit(data);
        var gapped = Rows.WithGaps(data.Scores, 0.3, 6);
        var filled = judges.FillAll(gapped);

        var (ours, plain) = (0.0, 0.0);
        for (var i = 0; i < gapped.Length; i++)
        {
            if (!double.IsNaN(gapped[i])) continue;
            ours += Math.Pow(filled[i] - data.Scores[i], 2);
            plain += Math.Pow(judges.Means[i % 6] - data.Scores[i], 2);
        }

        ours.ShouldBeLessThan(0.6 * plain);
    }

    [Fact]
    public void Judges_that_agree_word_for_word_or_never_vary_or_never_speak_do_no_harm()
    {
        var scores = new double[40 * 4];
        for (var row = 0; row < 40; row++)
        {
            scores[row * 4] = scores[row * 4 + 1] = row / 39.0;
            scores[row * 4 + 2] = 0.25;
            scores[row * 4 + 3] = double.NaN;
        }

        var judges = JudgeNormal.Fit(new ScoreData(4, scores, new double[40], [.. Enumerable.Range(0, 40)]));
        var filled = judges.Fill([0.8, double.NaN, double.NaN, double.NaN], new double[4]);

        filled[1].ShouldBe(0.8, 0.01);
        filled[2].ShouldBe(0.25, 1e-6);
        filled[3].ShouldBe(0.5, 1e-6);
    }

    [Fact]
    public void A_pattern_met_before_allocates_nothing_and_gives_the_same_numbers()
    {
        var judges = JudgeNormal.Fit(Rows.Correlated(200, 5, 0.5, 7, _ => 0));
        double[] row = [0.3, double.NaN, 0.9, double.NaN, 0.1];
        var first = judges.Fill(row, new double[5]).ToArray();

        var buffer = new double[5];
        judges.Fill(row, buffer);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) judges.Fill(row, buffer);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        buffer.ShouldBe(first);
    }

    [Fact]
    public void More_judges_than_the_cache_can_name_are_filled_all_the_same()
    {
        var data = Rows.Correlated(400, 150, 0.5, 8, _ => 0);
        var judges = JudgeNormal.Fit(data);
        var row = data.Row(0).ToArray();
        var truth = row[149];
        row[149] = double.NaN;

        judges.Fill(row, new double[150])[149].ShouldBe(truth, 0.5);
    }

    [Fact]
    public void Weight_two_is_the_row_twice()
    {
        var data = Rows.Correlated(60, 3, 0.5, 9, _ => 0);
        var gapped = Rows.WithGaps(data.Scores, 0.2, 10);
        double[] twice = [.. gapped, .. gapped[..30]];
        double[] weights = [.. Enumerable.Range(0, 60).Select(i => i < 10 ? 2.0 : 1)];
        var weighted = JudgeNormalFit.Fit(gapped, 3, weights);
        var repeated = JudgeNormalFit.Fit(twice, 3, null);

        for (var j = 0; j < 3; j++) weighted.Means[j].ShouldBe(repeated.Means[j], 1e-3);
    }
}
