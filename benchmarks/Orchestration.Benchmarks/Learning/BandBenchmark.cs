using Orchestration.Benchmarks.Whole;
using Orchestration.Learning.Explaining;
using Orchestration.Learning.Models;

namespace Orchestration.Benchmarks.Learning;

/// <summary>
/// Do 95% bands hold? Synthetic sets of 70 prompts × 12 answers with four known shapes, judges correlated within prompts, without and with an effect that rows of a prompt share. Held against the truth
/// at 21 scores over 90% of the range.
/// </summary>
internal static class BandBenchmark
{
    private const int Sets = 200;
    private const int Prompts = 70;
    private const int Answers = 12;
    private const int Judges = 4;
    private static readonly double[] At = [.. Enumerable.Range(0, 21).Select(static i => 0.1 + 0.04 * i)];

    public static Task RunAsync(string folder, Report report)
    {
        foreach (var effect in new[] { 0.0, 0.7 })
        {
            var name = effect == 0 ? "no prompt effect" : "prompt effect 0.7 of the noise";
            var (pointwise, curves, simultaneous, ignoring) = (new double[Sets], 0.0, 0.0, new double[Sets]);
            var parts = new (double Pointwise, double Whole, double Simultaneous, double Ignoring)[Sets];
            Parallel.For(0, Sets, set => parts[set] = One(set, effect));
            for (var s = 0; s < Sets; s++)
            {
                (pointwise[s], ignoring[s]) = (parts[s].Pointwise, parts[s].Ignoring);
                (curves, simultaneous) = (curves + parts[s].Whole / Sets, simultaneous + parts[s].Simultaneous / Sets);
            }

            var mean = 100 * pointwise.Average();
            report.Figure($"{name}: pointwise 95% bands hold, {Sets} sets", mean, "%", "90–97", mean is >= 90 and <= 97);
            report.Figure($"{name}: the set in which they hold least", 100 * pointwise.Min(), "%");
            report.Figure($"{name}: pointwise bands hold a whole curve", 100 * curves, "%");
            report.Figure($"{name}: simultaneous 95% bands hold a whole curve", 100 * simultaneous, "%", "≥ 90", simultaneous >= 0.9);
            report.Figure($"{name}: pointwise bands of a fit that is not told the prompts", 100 * ignoring.Average(), "%");
        }

        foreach (var effect in new[] { 0.0, 0.7 })
        {
            const int RefitSets = 60;
            var held = new double[RefitSets];
            Parallel.For(0, RefitSets, set => held[set] = Refitted(set, effect));
            var mean = 100 * held.Average();
            report.Figure($"{(effect == 0 ? "no prompt effect" : "prompt effect 0.7 of the noise")}: bands of 40 refits of ridge, linear truth, {RefitSets} sets", mean, "%", "90–97", mean is >= 90 and <= 97);
        }

        return Task.CompletedTask;
    }

    private static (double Pointwise, double Whole, double Simultaneous, double Ignoring) One(int set, double effect)
    {
        var data = Make(set, effect, Truth);
        var recipe = ModelRecipes.Create("gam");
        var rows = ExplainedRows.Of(data);
        var alone = new ScoreData(Judges, data.Scores, data.Targets, [.. Enumerable.Range(0, data.Rows)]);
        var model = recipe.Fit(data, default);
        var pointwise = Held(JudgeCurves.Of(model, null, rows, new CurveOptions()), data, Truth);
        var simultaneous = Held(JudgeCurves.Of(model, null, rows, new CurveOptions { Simultaneous = true, Seed = (ulong)set }), data, Truth);
        var ignoring = Held(JudgeCurves.Of(recipe.Fit(alone, default), null, ExplainedRows.Of(alone), new CurveOptions()), data, Truth);
        return (pointwise.Points, pointwise.Curves, simultaneous.Curves, ignoring.Points);
    }

    private static double Refitted(int set, double effect)
    {
        static double Line(int judge, double x) => (judge + 1) * 0.5 * x;
        var data = Make(set, effect, Line);
        var recipe = ModelRecipes.Create("ridge");
        return Held(JudgeCurves.Of(recipe.Fit(data, default), recipe, ExplainedRows.Of(data), new CurveOptions { Seed = (ulong)set }), data, Line).Points;
    }

    /// <summary>The share of scores at which the band holds the truth, and the share of judges with all of them. A judge without a band does not hold.</summary>
    private static (double Points, double Curves) Held(IReadOnlyList<JudgeCurve> curves, ScoreData data, Func<int, double, double> truth)
    {
        var (points, whole) = (0.0, 0.0);
        foreach (var curve in curves)
        {
            var centre = 0.0;
            for (var row = 0; row < data.Rows; row++) centre += truth(curve.Judge, data.Scores[row * Judges + curve.Judge]) / data.Rows;
            var inside = 0;
            foreach (var x in At)
            {
                var (lower, upper) = (Between(curve.At, curve.Lower, x), Between(curve.At, curve.Upper, x));
                inside += lower <= truth(curve.Judge, x) - centre && truth(curve.Judge, x) - centre <= upper ? 1 : 0;
            }

            points += (double)inside / (At.Length * Judges);
            whole += inside == At.Length ? 1.0 / Judges : 0;
        }

        return (points, whole);
    }

    private static double Between(double[] at, double[] value, double x)
    {
        var above = Math.Clamp(Array.FindIndex(at, a => a >= x), 1, at.Length - 1);
        return value[above - 1] + (value[above] - value[above - 1]) * (x - at[above - 1]) / (at[above] - at[above - 1]);
    }

    private static ScoreData Make(int set, double effect, Func<int, double, double> truth)
    {
        var random = new Random(1000 + set);
        var (scores, targets, groups) = (new double[Prompts * Answers * Judges], new double[Prompts * Answers], new int[Prompts * Answers]);
        for (var prompt = 0; prompt < Prompts; prompt++)
        {
            var shared = effect * Normal(random);
            double[] level = [.. Enumerable.Range(0, Judges).Select(_ => random.NextDouble())];
            for (var answer = 0; answer < Answers; answer++)
            {
                var row = prompt * Answers + answer;
                for (var j = 0; j < Judges; j++)
                {
                    scores[row * Judges + j] = 0.5 * level[j] + 0.5 * random.NextDouble();
                    targets[row] += truth(j, scores[row * Judges + j]);
                }

                targets[row] += shared + Normal(random);
                groups[row] = prompt;
            }
        }

        return new ScoreData(Judges, scores, targets, groups);
    }

    private static double Truth(int judge, double x) => judge switch
    {
        0 => 2 * x,
        1 => Math.Sin(5 * x),
        2 => 2 * x * x,
        _ => 1.5 / (1 + Math.Exp(-12 * (x - 0.5))),
    };

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
