using Orchestration.Learning.Algebra;
using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Additive;

/// <summary>Fits an additive model to human scores.</summary>
internal static class GamFit
{
    public const int LineFamily = 0;
    public const int CurvatureFamily = 1;
    public const int InteractionFamily = 2;

    // How far, in log λ, a judge's penalty usually lies from its family's: slopes differ more between judges than bends do.
    public static readonly double[] Widths = [2, 0.6];

    private static readonly double[] WidthsWithInteractions = [.. Widths, 2];

    public static GamModel Fit(ScoreData data, GamSettings settings, CancellationToken cancellation)
    {
        var judges = JudgeNormal.Fit(data, settings.Monotone);
        var scores = judges.FillAll(data.Scores);
        var constant = RowByRow.Average(data.Targets, data.Weights);
        var design = SplineDesign.For(scores, data.Judges, settings.Splines);
        if (design.Columns == 0) return new GamModel(judges, constant, new JudgePart?[data.Judges], [], 0, logOdds: false);
        var equations = design.Sum(data, scores, out var means, out var groups);
        var (blocks, judgeOf) = BlocksOf(design);
        var fit = TermSelection.Fit(equations, blocks, judgeOf, Widths, scaleKnown: false, null, remove: true, cancellation);
        if (settings.Monotone) fit = RisingCurves.Constrain(design, equations, blocks, fit);
        Interaction[] interactions = [];
        if (settings.Interactions > 0 && !settings.Monotone)
        {
            var residuals = InteractionFit.Residuals(data, scores, design, means, fit);
            var pairs = InteractionSearch.Find(design, scores, residuals, data, settings.Interactions);
            equations = InteractionFit.Sum(data, scores, design, means, pairs, out var centres, out groups);
            var penalties = fit.LogPenalties.Concat(pairs.Select(_ => fit.LogPenalties[0])).ToArray();
            for (var i = 0; i < pairs.Count; i++)
            {
                var block = new PenaltyBlock(design.Columns + 4 * i, 4, InteractionFamily);
                (blocks, judgeOf) = ([.. blocks, block], [.. judgeOf, data.Judges + i]);
                penalties[judgeOf.Length - 1] = Math.Log(Math.Max(equations.Gram[block.Start * equations.Vector.Length + block.Start], 1e-9));
            }

            fit = TermSelection.Fit(equations, blocks, judgeOf, WidthsWithInteractions, scaleKnown: false, penalties, remove: true, cancellation);
            interactions = InteractionFit.Kept(design, pairs, centres, equations, fit);
        }

        var (effect, noise) = groups is null ? (0, fit.Scale) : PromptEffect.Estimate(equations, groups, fit);
        var middle = Middle(equations, blocks, fit, effect == 0 ? null : PromptEffect.Between(groups!, equations.Vector.Length), effect);
        var parts = Parts(design, means, equations, fit, middle, noise);
        return new GamModel(judges, constant, parts, interactions, effect, logOdds: false);
    }

    /// <summary>For each judge its line and, where it has one, its curvature.</summary>
    public static (PenaltyBlock[] Blocks, int[] JudgeOf) BlocksOf(SplineDesign design)
    {
        var (blocks, judgeOf) = (new List<PenaltyBlock>(), new List<int>());
        for (var j = 0; j < design.Judges; j++)
        {
            if (design.Length(j) == 0) continue;
            blocks.Add(new PenaltyBlock(design.Start(j), 1, LineFamily));
            judgeOf.Add(j);
            if (design.Length(j) == 1) continue;
            blocks.Add(new PenaltyBlock(design.Start(j) + 1, design.Length(j) - 1, CurvatureFamily));
            judgeOf.Add(j);
        }

        return ([.. blocks], [.. judgeOf]);
    }

    /// <summary>
    /// The middle of the coefficients' covariance (A + S)⁻¹ M (A + S)⁻¹: A + S for independent rows, which makes it Nychka's Bayesian one, and the
    /// groups' share θ Σ s sᵀ on top.
    /// </summary>
    public static double[] Middle(NormalEquations equations, PenaltyBlock[] blocks, PenalisedFit fit, double[]? between, double effect)
    {
        var size = equations.Vector.Length;
        var middle = equations.Gram.AsSpan().ToArray();
        for (var k = 0; k < blocks.Length; k++)
        {
            if (double.IsPositiveInfinity(fit.LogPenalties[k])) continue;
            for (var i = blocks[k].Start; i < blocks[k].Start + blocks[k].Length; i++) middle[i * size + i] += Math.Exp(fit.LogPenalties[k]);
        }

        if (between is not null) Blocks.Add(effect, between, middle);
        return middle;
    }

    /// <summary>The judges' parts with their covariances and degrees of freedom.</summary>
    public static JudgePart?[] Parts(SplineDesign design, double[] means, NormalEquations equations, PenalisedFit fit, double[] middle, double noise)
    {
        var size = equations.Vector.Length;
        var parts = new JudgePart?[design.Judges];
        for (var j = 0; j < parts.Length; j++)
        {
            var (start, length) = (design.Start(j), design.Length(j));
            if (length == 0 || fit.Coefficients.AsSpan(start, length).IndexOfAnyExcept(0.0) < 0) continue;
            var freedom = 0.0;
            var rows = new double[length * size];
            for (var i = 0; i < length; i++)
            {
                var inverse = fit.Inverse.AsSpan((start + i) * size, size);
                freedom += Blocks.Dot(inverse, equations.Gram.AsSpan((start + i) * size, size));
                Blocks.Multiply(middle, inverse, rows.AsSpan(i * size, size));
            }

            // The transform less the columns' means gives coefficients of the centred part.
            var basis = design.Basis(j)!;
            var centred = design.TransformOf(j).ToArray();
            for (var i = 0; i < basis.Count; i++) Blocks.Add(-1, means.AsSpan(start, length), centred.AsSpan(i * length, length));
            var (coefficients, half, covariance) = (new double[basis.Count], new double[basis.Count * length], new double[basis.Count * basis.Count]);
            Blocks.Multiply(centred, fit.Coefficients.AsSpan(start, length), coefficients);
            for (var k = 0; k < length; k++)
            {
                var inverse = fit.Inverse.AsSpan((start + k) * size, size);
                for (var i = 0; i < length; i++)
                {
                    var value = noise * Blocks.Dot(rows.AsSpan(i * size, size), inverse);
                    for (var f = 0; f < basis.Count; f++) half[f * length + k] += centred[f * length + i] * value;
                }
            }

            for (var f = 0; f < basis.Count; f++)
            {
                for (var g = 0; g <= f; g++)
                    covariance[f * basis.Count + g] = covariance[g * basis.Count + f] = Blocks.Dot(half.AsSpan(f * length, length), centred.AsSpan(g * length, length));
            }

            parts[j] = new JudgePart(basis, coefficients, covariance, freedom);
        }

        return parts;
    }
}
