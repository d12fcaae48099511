using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Metrics;

/// <summary>Digits by NumPy.</summary>
public sealed class PreferenceFiguresTests
{
    private static readonly PreferenceData Data = new(1, new double[8], new double[8], [1, 0, 1, 0, 0.5, 0.5, 1, 1], [0, 0, 1, 1, 2, 2, 3, 3]);
    private static readonly double[] Differences = [0.7, -1.2, 0, 2.5, -0.3, 0, 1.1, -40];

    [Fact]
    public void Strict_half_tie_and_log_loss_agree_with_numpy()
    {
        var figures = PreferenceFigures.Of(Data, Differences);

        figures.StrictAccuracy.Value.ShouldBe(0.5, 1e-15);
        figures.StrictAccuracy.StandardError.ShouldBe(0.2041241452319315, 1e-12);
        figures.HalfTieAccuracy.Value.ShouldBe(0.625, 1e-15);
        figures.HalfTieAccuracy.StandardError.ShouldBe(0.1613743060919757, 1e-12);
        figures.LogLoss.Value.ShouldBe(5.702917897652485, 1e-12);
        figures.LogLoss.StandardError.ShouldBe(4.82139426092116, 1e-12);
    }

    [Fact]
    public void Exchanging_the_answers_changes_no_figure()
    {
        var swapped = new PreferenceData(1, new double[8], new double[8], [.. Data.Labels.Select(l => 1 - l)], Data.GroupOf);

        PreferenceFigures.Of(swapped, [.. Differences.Select(d => -d)]).ShouldBe(PreferenceFigures.Of(Data, Differences));
    }

    [Theory]
    [InlineData(1, 6.313751514800932)]
    [InlineData(2, 2.919985580355516)]
    [InlineData(3, 2.3533634348018264)]
    [InlineData(10, 1.8124611228107335)]
    [InlineData(69, 1.6672385485425922)]
    [InlineData(999, 1.646380345427535)]
    [InlineData(20_000, 1.6449298189594812)]
    public void Quantiles_of_students_t_agree_with_scipy(int degrees, double quantile) =>
        StudentQuantile.Of(0.95, degrees).ShouldBe(quantile, 1e-7 * quantile);
}
