using Orchestration.Learning.Algebra;
using Orchestration.Learning.Models.Linear;
using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Additive;

/// <summary>
/// Fits an additive model to comparisons: logistic regression on the difference of the answers' columns without intercept, penalties by the
/// restricted likelihood of the working least squares at each Newton step (Breslow and Clayton 1993).
/// </summary>
internal static class GamPreferenceFit
{
    private const int MostSteps = 25;

    public static GamModel Fit(PreferenceData data, GamSettings settings, CancellationToken cancellation)
    {
        var judges = JudgeNormal.Fit(data, settings.Monotone);
        var (first, second) = (judges.FillAll(data.First), judges.FillAll(data.Second));
        var design = SplineDesign.For([.. first, .. second], data.Judges, settings.Splines);
        if (design.Columns == 0) return new GamModel(judges, 0, new JudgePart?[data.Judges], [], 0, logOdds: true);
        var (columns, means) = Rows(data, design, first, second);
        var (blocks, judgeOf) = GamFit.BlocksOf(design);
        var size = design.Columns;
        var beta = new double[size];
        double[]? penalties = null;
        NormalEquations equations;
        PenalisedFit fit;
        for (var step = 0; ; step++)
        {
            equations = Working(columns, data.Labels, data.Weights, beta, size);
            fit = TermSelection.Fit(equations, blocks, judgeOf, GamFit.Widths, scaleKnown: true, penalties, remove: step >= 3, cancellation);
            if (settings.Monotone) fit = RisingCurves.Constrain(design, equations, blocks, fit);
            penalties = fit.LogPenalties;
            var moved = 0.0;
            for (var i = 0; i < size; i++) moved = Math.Max(moved, Math.Abs(fit.Coefficients[i] - beta[i]) * Math.Sqrt(equations.Gram[i * size + i] / data.Rows));

            // After a few whole steps half ones, so that penalties and coefficients cannot chase each other for ever.
            var share = step < 8 ? 1.0 : 0.5;
            for (var i = 0; i < size; i++) beta[i] += share * (fit.Coefficients[i] - beta[i]);
            if (step >= 4 && (moved < 1e-7 || step >= MostSteps)) break;
        }

        var middle = GamFit.Middle(equations, blocks, fit, null, 0);
        if (data.Groups < data.Rows) AddGroups(middle, equations, data, columns, fit.Coefficients, size);
        return new GamModel(judges, 0, GamFit.Parts(design, means, equations, fit, middle, 1), [], 0, logOdds: true);
    }

    private static (double[] Columns, double[] Means) Rows(PreferenceData data, SplineDesign design, double[] first, double[] second)
    {
        var size = design.Columns;
        var (columns, means) = (new double[data.Rows * size], new double[size]);
        var total = data.Weights?.Sum() ?? data.Rows;
        for (var row = 0; row < data.Rows; row++)
        {
            var place = columns.AsSpan(row * size, size);
            var a = first.AsSpan(row * data.Judges, data.Judges);
            var b = second.AsSpan(row * data.Judges, data.Judges);
            design.AddRow(a, 1, place);
            design.AddRow(b, -1, place);
            var half = (data.Weights?[row] ?? 1) / (2 * total);
            design.AddRow(a, half, means);
            design.AddRow(b, half, means);
        }

        return (columns, means);
    }

    /// <summary>The least squares whose solution is Newton's next step.</summary>
    public static NormalEquations Working(double[] columns, double[] labels, double[]? weights, double[] beta, int size)
    {
        var (gram, vector, squares) = (new double[size * size], new double[size], 0.0);
        for (var row = 0; row < labels.Length; row++)
        {
            var x = columns.AsSpan(row * size, size);
            var eta = Blocks.Dot(beta, x);
            var chance = Logistic.Sigmoid(eta);
            var weight = weights?[row] ?? 1;
            var curvature = Math.Max(chance * (1 - chance), 1e-8) * weight;
            var response = eta + (labels[row] - chance) * weight / curvature;
            Blocks.Add(curvature * response, x, vector);
            squares += curvature * response * response;
            for (var i = 0; i < size; i++)
            {
                if (x[i] != 0) Blocks.Add(curvature * x[i], x[..(i + 1)], gram.AsSpan(i * size, i + 1));
            }
        }

        for (var i = 0; i < size; i++)
        {
            for (var k = 0; k < i; k++) gram[k * size + i] = gram[i * size + k];
        }

        return new NormalEquations(gram, vector, squares, labels.Length);
    }

    /// <summary>Puts the groups' own sums of scores in place of the information of independent rows (a clustered sandwich).</summary>
    private static void AddGroups(double[] middle, NormalEquations equations, PreferenceData data, double[] columns, double[] beta, int size)
    {
        var sums = new double[data.Groups * size];
        for (var row = 0; row < data.Rows; row++)
        {
            var x = columns.AsSpan(row * size, size);
            var rest = (data.Weights?[row] ?? 1) * (data.Labels[row] - Logistic.Sigmoid(Blocks.Dot(beta, x)));
            Blocks.Add(rest, x, sums.AsSpan(data.GroupOf[row] * size, size));
        }

        Blocks.Add(-1, equations.Gram, middle);
        var correction = (double)data.Groups / Math.Max(data.Groups - 1, 1);
        for (var g = 0; g < data.Groups; g++)
        {
            var sum = sums.AsSpan(g * size, size);
            for (var i = 0; i < size; i++) Blocks.Add(correction * sum[i], sum, middle.AsSpan(i * size, size));
        }
    }
}
