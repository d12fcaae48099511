using Orchestration.Learning.Gating;
using Orchestration.Learning.Metrics;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Gating;

public sealed class PairedGateTests
{
    [Fact]
    public void Bounds_are_those_of_a_mean_by_group()
    {
        var random = new Random(1);
        int[] groups = [.. Enumerable.Range(0, 90).Select(static i => i / 3)];
        double[] differences = [.. groups.Select(_ => random.NextDouble() - 0.4)];

        var gate = PairedGate.Of(differences, groups, new GateTest(0.05, 0.95));

        double[] sums = [.. Enumerable.Range(0, 30).Select(g => differences.Skip(3 * g).Take(3).Average())];
        var mean = differences.Average();
        var error = Math.Sqrt(sums.Sum(s => (s - mean) * (s - mean)) / 29 / 30);
        gate.Difference.ShouldBe(mean, 1e-12);
        gate.StandardError.ShouldBe(error, 1e-12);
        gate.Low.ShouldBe(mean - StudentQuantile.Of(0.975, 29) * error, 1e-10);
        (gate.Items, gate.Groups).ShouldBe((90, 30));
    }

    [Theory]
    [InlineData(0.10, GateVerdict.Pass)]
    [InlineData(-0.02, GateVerdict.Undecided)]
    [InlineData(-0.20, GateVerdict.Fail)]
    public void The_verdict_is_where_the_bounds_lie(double shift, GateVerdict verdict)
    {
        double[] differences = [.. Enumerable.Range(0, 100).Select(i => shift + (i % 2 == 0 ? 0.3 : -0.3))];
        var gate = PairedGate.Of(differences, [.. Enumerable.Range(0, 100)], new GateTest(0.05, 0.95));
        gate.Verdict.ShouldBe(verdict);
        gate.ItemsNeeded.HasValue.ShouldBe(verdict == GateVerdict.Undecided);
        (gate.Low > -0.05).ShouldBe(verdict == GateVerdict.Pass);
        (gate.High < -0.05).ShouldBe(verdict == GateVerdict.Fail);
    }

    [Fact]
    public void A_difference_of_exactly_the_margin_seldom_passes_and_seldom_fails_even_where_answers_of_a_prompt_agree()
    {
        const int Simulations = 1000;
        var (passed, failed, ignoring) = (0, 0, 0);
        for (var s = 0; s < Simulations; s++)
        {
            var (differences, groups) = Draw(new Random(s), 60, -0.1);
            var verdict = PairedGate.Of(differences, groups, new GateTest(0.1, 0.95)).Verdict;
            passed += verdict == GateVerdict.Pass ? 1 : 0;
            failed += verdict == GateVerdict.Fail ? 1 : 0;
            ignoring += PairedGate.Of(differences, [.. Enumerable.Range(0, differences.Length)], new GateTest(0.1, 0.95)).Verdict == GateVerdict.Pass ? 1 : 0;
        }

        // 2.5% of 1,000 are 25 ± 5.
        passed.ShouldBeInRange(10, 42);
        failed.ShouldBeInRange(10, 42);
        ignoring.ShouldBeGreaterThan(50, "items of one prompt are not so many witnesses");
    }

    [Fact]
    public void With_the_items_that_it_asks_for_a_gate_decides_in_about_four_of_five()
    {
        var gate = PairedGate.Of(Draw(new Random(3), 100, 0).Differences, Draw(new Random(3), 100, 0).Groups, new GateTest(0.08, 0.95));
        gate.Verdict.ShouldBe(GateVerdict.Undecided);
        gate.ItemsNeededIfEqual!.Value.ShouldBeGreaterThan(400);

        var decided = 0;
        for (var s = 0; s < 400; s++)
        {
            var (differences, groups) = Draw(new Random(1000 + s), (int)gate.ItemsNeededIfEqual.Value / 4, 0);
            decided += PairedGate.Of(differences, groups, new GateTest(0.08, 0.95)).Verdict == GateVerdict.Pass ? 1 : 0;
        }

        (decided / 400.0).ShouldBeInRange(0.68, 0.92);
    }

    [Fact]
    public void A_handful_of_items_without_any_difference_decides_nothing()
    {
        var gate = PairedGate.Of(new double[5], [0, 1, 2, 3, 4], new GateTest(0.01, 0.95));
        (gate.Verdict, gate.ItemsNeeded).ShouldBe((GateVerdict.Undecided, 20));
        PairedGate.Of(new double[20], [.. Enumerable.Range(0, 20)], new GateTest(0.01, 0.95)).Verdict.ShouldBe(GateVerdict.Pass);
        var none = PairedGate.Of([], [], new GateTest(0.01, 0.95));
        (none.Verdict, none.ItemsNeeded).ShouldBe((GateVerdict.Undecided, null));
        double[] even = [.. Enumerable.Range(0, 40).Select(static i => i % 2 == 0 ? 1.0 : -1)];
        PairedGate.Of(even, [.. Enumerable.Range(0, 40)], new GateTest(0, 0.95)).ItemsNeeded.ShouldBe(double.PositiveInfinity, "what lies on the margin stays there");
        Should.Throw<ArgumentException>(() => PairedGate.Of([1], [0], new GateTest(-1, 0.95)));
        Should.Throw<ArgumentException>(() => PairedGate.Of([double.NaN], [0], new GateTest(0, 0.95)));
    }

    /// <summary>Four answers a prompt that share half of their noise.</summary>
    private static (double[] Differences, int[] Groups) Draw(Random random, int prompts, double mean)
    {
        var (differences, groups) = (new double[4 * prompts], new int[4 * prompts]);
        for (var prompt = 0; prompt < prompts; prompt++)
        {
            var shared = 2 * (random.NextDouble() - 0.5);
            for (var answer = 0; answer < 4; answer++)
            {
                groups[4 * prompt + answer] = prompt;
                differences[4 * prompt + answer] = mean + shared + 2 * (random.NextDouble() - 0.5);
            }
        }

        return (differences, groups);
    }
}
