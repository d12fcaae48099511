using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Models.Stacked;

/// <summary>How to blend, learned from one set of training rows alone.</summary>
/// <param name="Weights">One weight a member, shrunk towards the first, which is mean-then-fit.</param>
/// <param name="Verdict">The test for activation of the blend against mean-then-fit inside these rows.</param>
internal sealed record BlendStudy(double[] Weights, ActivationVerdict Verdict)
{
    private const int FoldsAtMost = 5;

    /// <summary>
    /// Every member is fitted on inner folds of whole groups, for each of five draws. Weights for the blend come from all rows; weights for judging it come, for each inner fold,
    /// from the rows outside it, so the gain that the test sees is out of fold for the weights too.
    /// </summary>
    /// <param name="rows">The training rows.</param>
    /// <param name="members">Mean-then-fit first.</param>
    /// <param name="options">Seed, threads and cancellation.</param>
    public static BlendStudy Of(LearningRows rows, IReadOnlyList<IModelRecipe> members, FitOptions options)
    {
        var mean = new double[members.Count];
        mean[0] = 1;
        if (rows.Groups < 2) return new BlendStudy(mean, ActivationTest.Decide(new PairedGain(0, double.NaN, double.NaN, double.NaN, rows.Groups), ActivationTest.LeastSeeds));

        var draws = new Folds[ActivationTest.LeastSeeds];
        for (var d = 0; d < draws.Length; d++) draws[d] = Folds.ByGroup(rows.GroupOf, Math.Min(FoldsAtMost, rows.Groups), SeededDraws.Part(options.Seed, (ulong)d));
        var numbers = OutOfFold.Predict(rows, members, draws, options);

        double[][] blended = [.. draws.Select(_ => new double[rows.Rows])];
        for (var d = 0; d < draws.Length; d++)
        {
            for (var k = 0; k < draws[d].Count; k++)
            {
                var weights = SimplexBlend.Weights(rows, numbers, draws[d].Training(k));
                foreach (var i in draws[d].HeldOut(k)) blended[d][i] = SimplexBlend.Blended(numbers[d], weights, i);
            }
        }

        var gain = ActivationTest.Gain([.. blended.Select(rows.Losses)], [.. numbers.Select(n => rows.Losses(n[0]))], rows.GroupOf, rows.Weights);
        var verdict = ActivationTest.Decide(gain, draws.Length);

        // Positive-part shrinking (James and Stein 1961): what could be luck of the rows is not believed.
        var t = gain.Mean / gain.StandardError;
        var share = t > 1 ? 1 - 1 / (t * t) : 0;
        if (!(share > 0)) return new BlendStudy(mean, verdict);
        var best = SimplexBlend.Weights(rows, numbers, [.. Enumerable.Range(0, rows.Rows)]);
        for (var m = 0; m < best.Length; m++) best[m] = share * best[m] + (1 - share) * mean[m];
        return new BlendStudy(best, verdict);
    }
}
