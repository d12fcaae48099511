using Orchestration.Learning.Models.Additive;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Models;

/// <summary>Digits from scipy 1.10's BSpline on the same knots.</summary>
public sealed class SplineTests
{
    private static readonly SplineBasis Uneven = SplineBasis.Of([0, 0, 0, 0, 0.3, 0.45, 1, 1, 1, 1], 3);
    private static readonly double[] Coefficients = [1, -2, 0.5, 3, 0, 1.5];

    [Theory]
    [InlineData(0.1, -0.639917695473251)]
    [InlineData(0.4, 1.5547157134458724)]
    [InlineData(0.77, 1.1452283767000413)]
    [InlineData(1.0, 1.5)]
    [InlineData(-3.0, 1.0)]
    public void A_spline_has_the_values_of_scipy(double at, double expected)
    {
        var values = new double[4];
        var first = Uneven.Evaluate(at, values);

        Enumerable.Range(0, 4).Sum(i => values[i] * Coefficients[first + i]).ShouldBe(expected, 1e-13);
    }

    [Fact]
    public void Roughness_is_the_integral_of_second_derivatives()
    {
        // numpy.trapz over 200,001 points of scipy's second derivatives.
        var rough = Uneven.Roughness();

        rough[0].ShouldBe(444.444445, 1e-5);
        rough[1 * 6 + 2].ShouldBe(-373.897707, 1e-5);
        rough[2 * 6 + 5].ShouldBe(15.584416, 1e-5);
        rough[4 * 6 + 5].ShouldBe(-106.533372, 1e-5);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    [InlineData(30, 3)]
    public void A_judge_with_few_levels_has_a_basis_that_its_levels_determine(int levels, int degree)
    {
        double[] scores = [.. Enumerable.Range(0, 90).Select(i => Math.Pow(i % levels / (levels - 1.0), 2))];
        var basis = SplineBasis.For([.. scores], 10)!;

        basis.Degree.ShouldBe(degree);
        basis.Count.ShouldBe(Math.Min(levels, 10));
        var values = new double[4];
        foreach (var score in scores)
        {
            var first = basis.Evaluate(score, values);
            values.Sum().ShouldBe(1, 1e-12);
            Enumerable.Range(0, degree + 1).Sum(i => values[i] * basis.Identity()[first + i]).ShouldBe(score, 1e-12);
        }
    }

    [Fact]
    public void A_judge_that_always_says_the_same_has_no_basis() => SplineBasis.For([0.4, 0.4, 0.4], 10).ShouldBeNull();

    [Fact]
    public void Pieces_are_the_spline()
    {
        foreach (var basis in new[] { Uneven, SplineBasis.For([0, 0.5, 1], 10)!, SplineBasis.For([0.2, 0.9], 10)! })
        {
            double[] coefficients = Coefficients[..basis.Count];
            var (breaks, cubics) = basis.Pieces(coefficients);
            var curves = new CurveSet([breaks], [basis.High], [cubics]);
            var values = new double[4];
            for (var x = -0.1; x <= 1.1; x += 0.013)
            {
                var first = basis.Evaluate(x, values);
                curves.Part(0, x).ShouldBe(Enumerable.Range(0, basis.Degree + 1).Sum(i => values[i] * coefficients[first + i]), 1e-12);
            }
        }
    }

    [Fact]
    public void Knots_that_are_none_are_refused() => Should.Throw<ArgumentException>(() => SplineBasis.Of([0, 0, 1, 0.5, 1, 1], 1));
}
