using Orchestration.Learning.Models.Neural;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Models.Neural;

/// <summary>Expected digits are PyTorch 1.13's, computed in 64 bits.</summary>
public sealed class MlpGradientTests
{
    private static readonly MlpShape Shape = new(3, 2);

    private static readonly float[][] Inputs = [[1, -0.5f, 0.25f], [-1.5f, 0.75f, 0.5f], [0.2f, 1.2f, -0.9f], [0.6f, 0.3f, -1.4f], [-0.7f, -0.8f, 1.9f]];
    private static readonly float[] Targets = [0.3f, -0.6f, 1.1f, 0.2f, -0.4f];
    private static readonly float[] Weights = [1, 2, 0.5f, 1, 0.5f];

    [Fact]
    public void Outputs_and_slopes_agree_with_automatic_differentiation()
    {
        var (gradient, weights) = (Loaded(), Start());
        gradient.Forward(weights, 5);
        gradient.Outputs.ShouldBe([0.715f, -1.5175f, -0.687f, 0.05f, 1.107f], 1e-6);

        for (var i = 0; i < 5; i++) gradient.Slopes[i] = 2 * Weights[i] * (gradient.Outputs[i] - Targets[i]) / 5;
        gradient.Backward(weights, 5);
        float[] hidden = [.. Enumerable.Range(0, 6).Select(n => gradient.Values[Shape.HiddenWeight(n / 3, n % 3)])];
        hidden.ShouldBe([-0.031486f, -0.226884f, 0.429912f, -1.132472f, 1.077318f, 0.049874f], 2e-6);
        gradient.Values.AsSpan(Shape.HiddenBias, 2).ToArray().ShouldBe([0.32718f, 1.20054f], 2e-6);
        gradient.Values.AsSpan(Shape.OutputWeight, 2).ToArray().ShouldBe([0.612814f, -1.285408f], 2e-6);
        gradient.Values[Shape.OutputBias].ShouldBe(-0.684f, 2e-6f);
    }

    [Fact]
    public void Units_that_fill_up_a_block_have_no_slope()
    {
        var (gradient, weights) = (Loaded(), Start());
        gradient.Forward(weights, 5);
        gradient.Outputs.CopyTo(gradient.Slopes, 0);
        gradient.Backward(weights, 5);

        for (var unit = 2; unit < Shape.Padded; unit++)
        {
            for (var judge = 0; judge < 3; judge++) gradient.Values[Shape.HiddenWeight(unit, judge)].ShouldBe(0);
            gradient.Values[Shape.HiddenBias + unit].ShouldBe(0);
            gradient.Values[Shape.OutputWeight + unit].ShouldBe(0);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 16)]
    [InlineData(7, 17)]
    [InlineData(10, 40)]
    public void Slopes_agree_with_differences_for_every_width(int judges, int hidden)
    {
        const int Rows = 9;
        var (shape, random) = (new MlpShape(judges, hidden), new Random(judges));
        var (gradient, weights) = (new MlpGradient(shape, Rows), new float[shape.Length]);
        for (var unit = 0; unit < hidden; unit++)
        {
            for (var judge = 0; judge < judges; judge++) weights[shape.HiddenWeight(unit, judge)] = Uniform(random);
            weights[shape.HiddenBias + unit] = Uniform(random);
            weights[shape.OutputWeight + unit] = Uniform(random);
        }

        for (var row = 0; row < Rows; row++)
        {
            foreach (ref var input in gradient.Input(row)) input = Uniform(random);
        }

        gradient.Forward(weights, Rows);
        var slopes = gradient.Slopes;
        for (var row = 0; row < Rows; row++) slopes[row] = Uniform(random);
        gradient.Backward(weights, Rows);
        var found = (float[])gradient.Values.Clone();

        for (var unit = 0; unit < hidden; unit++)
        {
            foreach (var at in Enumerable.Range(0, judges).Select(j => shape.HiddenWeight(unit, j)).Append(shape.HiddenBias + unit).Append(shape.OutputWeight + unit))
            {
                // A kink between both points makes the difference useless: a small step meets few, and the outputs are pieces of lines.
                const float Step = 1e-3f;
                var (above, below) = (Loss(weights, at, Step), Loss(weights, at, -Step));
                ((above - below) / (2 * Step)).ShouldBe(found[at], 0.02, $"unit {unit}");
            }
        }

        double Loss(float[] start, int at, float step)
        {
            var moved = (float[])start.Clone();
            moved[at] += step;
            gradient.Forward(moved, Rows);
            return Enumerable.Range(0, Rows).Sum(row => (double)slopes[row] * gradient.Outputs[row]);
        }
    }

    [Fact]
    public void AdamW_takes_the_steps_that_PyTorch_takes()
    {
        float[] weights = [0.5f, -0.3f, 0, 2, 0, 0, 0, 0];
        float[][] gradients = [[0.1f, -0.2f, 0.3f, 1e-6f], [0.05f, 0.4f, -0.3f, 0], [-0.2f, 0.1f, 0, 2]];
        double[][] expected =
        [
            [0.4895000009999999, -0.28970000049999994, -0.009999999666666677, 1.98809900990099],
            [0.4796887057901871, -0.29307133565410365, -0.009463683895070189, 1.9795037905222186],
            [0.4812725872004345, -0.29693477616022934, -0.009047376597098183, 1.9711361482058123],
        ];
        var steps = new AdamW(8, 0.01, 0.1);
        for (var i = 0; i < 3; i++)
        {
            steps.Step(weights, [.. gradients[i], 0, 0, 0, 0]);
            for (var n = 0; n < 4; n++) weights[n].ShouldBe((float)expected[i][n], 2e-7f);
        }
    }

    private static float Uniform(Random random) => (float)(2 * random.NextDouble() - 1);

    private static MlpGradient Loaded()
    {
        var gradient = new MlpGradient(Shape, 5);
        for (var row = 0; row < 5; row++) Inputs[row].CopyTo(gradient.Input(row));
        return gradient;
    }

    private static float[] Start()
    {
        var weights = new float[Shape.Length];
        float[] hidden = [0.5f, -0.3f, 0.8f, -0.6f, 0.9f, 0.1f];
        for (var n = 0; n < 6; n++) weights[Shape.HiddenWeight(n / 3, n % 3)] = hidden[n];
        (weights[Shape.HiddenBias], weights[Shape.HiddenBias + 1]) = (0.1f, -0.2f);
        (weights[Shape.OutputWeight], weights[Shape.OutputWeight + 1]) = (0.7f, -1.1f);
        weights[Shape.OutputBias] = 0.05f;
        return weights;
    }
}
