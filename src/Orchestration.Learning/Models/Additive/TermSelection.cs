namespace Orchestration.Learning.Models.Additive;

/// <summary>
/// Leaves out what does not pay: after the penalties are chosen, a judge or its curvature whose removal (an infinite penalty) raises the
/// log restricted likelihood by more than a margin is removed, and the rest is fitted again, until all that is left pays. Fits are of the full size, with zeros for what was
/// left out.
/// </summary>
internal static class TermSelection
{
    // A judge goes where the rest is better without it by this much in log likelihood; a mere tie is no reason to forget one.
    private const double Margin = 0.5;

    /// <summary>Fits, removes and fits again.</summary>
    /// <param name="equations">Of all columns.</param>
    /// <param name="blocks">Of all columns, in their order.</param>
    /// <param name="judgeOf">The judge of each block; blocks of one judge lie next to each other.</param>
    /// <param name="widths">Of the penalties' families.</param>
    /// <param name="scaleKnown">True where σ² is 1.</param>
    /// <param name="start">log λ to begin from; receives those chosen, infinity for a block left out, which stays out.</param>
    /// <param name="remove">Whether anything may be removed.</param>
    /// <param name="cancellation">Gives up between steps.</param>
    public static PenalisedFit Fit(
        NormalEquations equations, PenaltyBlock[] blocks, int[] judgeOf, double[] widths, bool scaleKnown, double[]? start, bool remove, CancellationToken cancellation)
    {
        var left = Enumerable.Range(0, blocks.Length).Where(k => start is null || double.IsFinite(start[k])).ToArray();
        var known = start is not null;
        var penalties = start ?? new double[blocks.Length];
        while (true)
        {
            var columns = left.SelectMany(k => Enumerable.Range(blocks[k].Start, blocks[k].Length)).ToArray();
            var smaller = Only(equations, columns);
            var packed = new PenaltyBlock[left.Length];
            for (int i = 0, at = 0; i < left.Length; at += blocks[left[i++]].Length) packed[i] = blocks[left[i]] with { Start = at };
            var likelihood = new MarginalLikelihood(smaller, packed, widths, scaleKnown);
            var fit = likelihood.Fit(known ? [.. left.Select(k => penalties[k])] : null, cancellation);
            for (var i = 0; i < left.Length; i++) penalties[left[i]] = fit.LogPenalties[i];
            known = true;
            var gone = remove ? WithoutReason(likelihood, fit, [.. left.Select(k => judgeOf[k])], [.. left.Select(k => blocks[k].Family)]) : [];
            if (gone.Count == 0)
            {
                for (var k = 0; k < blocks.Length; k++) penalties[k] = left.Contains(k) ? penalties[k] : double.PositiveInfinity;
                return Widen(fit, columns, equations.Vector.Length, penalties);
            }

            left = [.. left.Where((_, i) => !gone.Contains(i))];
        }
    }

    /// <summary>The worse half of the terms that do not pay, so that of two that say the same not both are lost.</summary>
    private static HashSet<int> WithoutReason(MarginalLikelihood likelihood, PenalisedFit fit, int[] judgeOf, int[] families)
    {
        var candidates = new List<(double Change, int[] Blocks)>();
        for (var i = 0; i < judgeOf.Length; i++)
        {
            if (i > 0 && judgeOf[i - 1] == judgeOf[i]) continue;
            var members = Enumerable.Range(0, judgeOf.Length).Where(k => judgeOf[k] == judgeOf[i]).ToArray();
            // An interaction has to pay; a judge is forgiven a tie.
            var needed = families[members[0]] == GamFit.InteractionFamily ? 1 + Margin : 0;
            candidates.Add((likelihood.ChangeWithout(fit, members) - needed, members));
            foreach (var bend in members.Where(m => members.Length > 1 && families[m] == GamFit.CurvatureFamily)) candidates.Add((likelihood.ChangeWithout(fit, [bend]), [bend]));
        }

        var idle = candidates.Where(c => c.Change < -Margin).OrderBy(c => c.Change).ToArray();
        return [.. idle.Take((idle.Length + 1) / 2).SelectMany(c => c.Blocks)];
    }

    private static NormalEquations Only(NormalEquations equations, int[] columns)
    {
        var (size, all) = (columns.Length, equations.Vector.Length);
        if (size == all) return equations;
        var gram = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            for (var k = 0; k < size; k++) gram[i * size + k] = equations.Gram[columns[i] * all + columns[k]];
        }

        return equations with { Gram = gram, Vector = [.. columns.Select(c => equations.Vector[c])] };
    }

    private static PenalisedFit Widen(PenalisedFit fit, int[] columns, int all, double[] penalties)
    {
        var (coefficients, inverse) = (new double[all], new double[all * all]);
        for (var i = 0; i < columns.Length; i++)
        {
            coefficients[columns[i]] = fit.Coefficients[i];
            for (var k = 0; k < columns.Length; k++) inverse[columns[i] * all + columns[k]] = fit.Inverse[i * columns.Length + k];
        }

        return fit with { LogPenalties = penalties, Coefficients = coefficients, Inverse = inverse };
    }
}
