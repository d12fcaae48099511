using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Models.Additive;

/// <summary>Fits curves and interactions together.</summary>
internal static class InteractionFit
{
    private const int Products = 4;

    /// <summary>Sums of curves' columns, then four a pair, all centred.</summary>
    public static NormalEquations Sum(
        ScoreData data, double[] scores, SplineDesign design, double[] means, List<Interaction> pairs, out double[][] centres, out GroupSums? groups)
    {
        var (curves, size) = (design.Columns, design.Columns + Products * pairs.Count);
        var (row, all) = (new double[size], means.Concat(new double[size - curves]).ToArray());
        var (total, targetMean) = (data.Weights?.Sum() ?? data.Rows, RowByRow.Average(data.Targets, data.Weights));
        for (var r = 0; r < data.Rows; r++)
        {
            Fill(data, scores, design, pairs, r, row);
            Blocks.Add((data.Weights?[r] ?? 1) / total, row.AsSpan(curves), all.AsSpan(curves));
        }

        var (gram, vector, squares) = (new double[size * size], new double[size], 0.0);
        groups = data.Groups < data.Rows ? new GroupSums(new double[data.Groups], new double[data.Groups * size], new double[data.Groups]) : null;
        for (var r = 0; r < data.Rows; r++)
        {
            Fill(data, scores, design, pairs, r, row);
            Blocks.Add(-1, all, row);
            var (weight, target, group) = (data.Weights?[r] ?? 1, data.Targets[r] - targetMean, data.GroupOf[r]);
            squares += weight * target * target;
            Blocks.Add(weight * target, row, vector);
            for (var i = 0; i < size; i++)
            {
                if (row[i] != 0) Blocks.Add(weight * row[i], row.AsSpan(0, i + 1), gram.AsSpan(i * size, i + 1));
            }

            if (groups is null) continue;
            groups.Weights[group] += weight;
            groups.Targets[group] += weight * target;
            Blocks.Add(weight, row, groups.Columns.AsSpan(group * size, size));
        }

        for (var i = 0; i < size; i++)
        {
            for (var k = 0; k < i; k++) gram[k * size + i] = gram[i * size + k];
        }

        centres = [.. Enumerable.Range(0, pairs.Count).Select(i => all.AsSpan(curves + Products * i, Products).ToArray())];
        return new NormalEquations(gram, vector, squares, Math.Max(total - 1, 1));
    }

    /// <summary>What the curves leave of each target.</summary>
    public static double[] Residuals(ScoreData data, double[] scores, SplineDesign design, double[] means, PenalisedFit fit)
    {
        var (row, residuals) = (new double[design.Columns], new double[data.Rows]);
        var constant = RowByRow.Average(data.Targets, data.Weights) - Blocks.Dot(means, fit.Coefficients);
        for (var r = 0; r < data.Rows; r++)
        {
            Array.Clear(row);
            design.AddRow(scores.AsSpan(r * data.Judges, data.Judges), 1, row);
            residuals[r] = data.Targets[r] - constant - Blocks.Dot(row, fit.Coefficients);
        }

        return residuals;
    }

    /// <summary>The pairs that were kept, with their weights.</summary>
    public static Interaction[] Kept(SplineDesign design, List<Interaction> pairs, double[][] centres, NormalEquations equations, PenalisedFit fit)
    {
        var (kept, size) = (new List<Interaction>(), equations.Vector.Length);
        for (var i = 0; i < pairs.Count; i++)
        {
            var start = design.Columns + Products * i;
            var weights = fit.Coefficients.AsSpan(start, Products).ToArray();
            if (weights.All(w => w == 0)) continue;
            var freedom = Enumerable.Range(start, Products).Sum(c => Blocks.Dot(fit.Inverse.AsSpan(c * size, size), equations.Gram.AsSpan(c * size, size)));
            kept.Add(pairs[i].With(weights, Blocks.Dot(weights, centres[i]), freedom));
        }

        return [.. kept];
    }

    private static void Fill(ScoreData data, double[] scores, SplineDesign design, List<Interaction> pairs, int index, double[] row)
    {
        var given = scores.AsSpan(index * data.Judges, data.Judges);
        Array.Clear(row);
        design.AddRow(given, 1, row);
        for (var i = 0; i < pairs.Count; i++) pairs[i].Products(given, row.AsSpan(design.Columns + Products * i, Products));
    }
}
