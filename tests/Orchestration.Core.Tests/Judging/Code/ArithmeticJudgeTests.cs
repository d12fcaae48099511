using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Code;

public sealed class ArithmeticJudgeTests
{
    [Theory]
    [InlineData("3 + 4 = 7")]
    [InlineData("So 16 - 3 - 4 = 9 eggs are left, 9 * $2 = $18.")]
    [InlineData("**12 × 4 = 48**, and 48 ÷ 4 = **12**")]
    [InlineData("1,200 + 300 = 1,500")]
    [InlineData("0.1 + 0.2 = 0.3")]
    [InlineData("10 / 3 = 3.33")] // rounded
    [InlineData("2 / 3 = 0.66")] // cut
    [InlineData("2 / 3 ≈ 0.67")]
    [InlineData("20% of 50 = 10")]
    [InlineData("5 / 20 = 25%")]
    [InlineData("50% + 25% = 75%")]
    [InlineData("2 + 3 = 5 = 10 / 2")]
    [InlineData("(3 + 4) * 2 = 14")]
    [InlineData("2^3 = 8 and 2**4 = 16 and 2^{5} = 32")]
    [InlineData("\\( 60 \\times 9 = 540 \\)")]
    [InlineData("\\frac{1}{2} + \\frac{1}{4} = \\frac{3}{4}")]
    [InlineData("\\$18 × 3 = \\$54")]
    [InlineData("9 * 2 = <<9*2=18>>18")]
    [InlineData("3 sprints * 60 meters = 180 meters")]
    [InlineData("60 km / 2 = 30 km/h")]
    [InlineData("5 - 8 = -3")]
    [InlineData("5 − 8 = −3")]
    [InlineData("15 - 3 = 12 - which is right")]
    [InlineData("1. 5 - 2 = 3")]
    [InlineData("2 + 3 = 5 m")]
    [InlineData("2kg + 3kg = 5kg")]
    [InlineData("3 red apples + 4 green apples = 7 apples")]
    [InlineData("2941.18 \\times 6 = 17647.06")] // 2941.176 was meant
    [InlineData("1 - 258.15 / 275.15 ≈ 1 - 0.939 = 0.061")]
    [InlineData("2 hours = 2 * 60 = 120 minutes")]
    [InlineData("2pq = 2 \\times 0.95 \\times 0.04 = 0.076")]
    [InlineData("\\sum_{n=1}^{50} 2 = 2 \\times 50 = 100")]
    public void What_holds_holds(string answer) => Ask.Score("arithmetic", "p", answer).ShouldBe(1);

    [Theory]
    [InlineData("3 + 4 = 8", 0)]
    [InlineData("0.1 + 0.2 = 0.4", 0)]
    [InlineData("10 / 3 = 3.34", 0)]
    [InlineData("7 / 2 = 4", 0)]
    [InlineData("2 + 3 = 5 = 10 / 3", 0.5)]
    [InlineData("2^3 = 9 but 3 * 3 = 9", 0.5)]
    [InlineData("- 3 + 4 = 7\n* 3 + 4 = 8\n+ 1 + 1 = 2\n", 2.0 / 3)]
    [InlineData("999999 * 999999 = 999998000002", 0)]
    [InlineData("3.25 * 4 = 13.01", 0)]
    [InlineData("0.9215 \\times 424 = 391.526 \\approx 392", 0)]
    public void What_does_not_counts_against_it(string answer, double expected) => Ask.Score("arithmetic", "p", answer).ShouldBe(expected, 1e-12);

    [Theory]
    [InlineData("No equation here.")]
    [InlineData("x = 7")]
    [InlineData("5 = 5")]
    [InlineData("2x + 3 = 7")]
    [InlineData("x + 3 + 4 = 8")]
    [InlineData("3 + 4 = 8 - x")]
    [InlineData("3 + 4 = 5 y + 2")]
    [InlineData("2(3 + 4) = 15")]
    [InlineData("f(3 + 4) = 9")]
    [InlineData("sin(30) + 2 = 3")]
    [InlineData("3 + 4 == 8")]
    [InlineData("3 + 4 != 8")]
    [InlineData("3 + 4 => 8")]
    [InlineData("100 + 20% = 120")]
    [InlineData("1 / 0 = 5")]
    [InlineData("1 inch = 1/12 feet")]
    [InlineData("\\frac{1}{3} = 0.\\overline{3}")]
    [InlineData("-\\frac{1}{2} (1 + 1) = -1")]
    [InlineData("x (1 + 1) = 5")]
    [InlineData("11 + 10 = 10101_2")]
    [InlineData("3:45 = 5")]
    [InlineData("2024-01-05")]
    [InlineData("```\n3 + 4 = 8\n```")]
    [InlineData("")]
    public void Without_an_equation_between_numbers_there_is_nothing_to_judge(string answer) => Ask.NotApplicable("arithmetic", "p", answer);
}
