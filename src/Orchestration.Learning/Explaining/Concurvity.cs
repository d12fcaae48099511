using Orchestration.Learning.Algebra;
using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Additive;
using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Explaining;

/// <summary>
/// How well the other judges' curves can stand in for one judge's (after mgcv's <c>concurvity</c>, "observed": Wood 2017, §5.6): the share of the variance of this judge's
/// curve over the answers that a sum of smooth curves of all others explains, 0 to 1, corrected for their number as an adjusted R² is. Near 1 the data cannot tell which of the judges
/// the effect belongs to: its curve is one way among many to write the same f.
/// </summary>
public static class Concurvity
{
    /// <summary>From here on a curve is to be read together with its accumulated local effect.</summary>
    public const double High = 0.5;

    private const int Functions = 6;
    private const int AnswersAtMost = 4000;

    /// <summary>One figure a judge.</summary>
    /// <param name="rows">The answers; gaps are filled with the scores to be expected from the judges present.</param>
    /// <param name="curves">The judges' curves. A judge that has none, or a constant one, is taken as its score itself.</param>
    /// <returns>0 to 1; NaN for a judge whose scores do not vary.</returns>
    public static double[] Of(ExplainedRows rows, IReadOnlyList<JudgeCurve> curves)
    {
        var judges = rows.Judges;
        var points = Spread(rows.Points, judges);
        var answers = points.Length / judges;
        var filled = JudgeNormalFit.Fit(points, judges, null).FillAll(points);
        var design = SplineDesign.For(filled, judges, Functions);
        var shares = new double[judges];
        Array.Fill(shares, double.NaN);
        if (design.Columns == 0) return shares;
        for (var j = 0; j < judges; j++)
        {
            if (design.Length(j) == 0) continue;
            var smooth = Smooth(filled, judges, answers, curves[j]);
            if (!(Squares(smooth) > 0)) continue;
            var equations = design.Sum(new ScoreData(judges, filled, smooth, [.. Enumerable.Range(0, answers)]), filled, out _, out _);
            shares[j] = Share(design, equations, j, answers);
        }

        return shares;
    }

    /// <summary>Evenly spread answers, as many as a share needs.</summary>
    private static double[] Spread(double[] points, int judges)
    {
        var answers = points.Length / judges;
        if (answers <= AnswersAtMost) return points;
        var spread = new double[AnswersAtMost * judges];
        for (var i = 0; i < AnswersAtMost; i++) points.AsSpan((int)((long)i * answers / AnswersAtMost) * judges, judges).CopyTo(spread.AsSpan(i * judges));
        return spread;
    }

    private static double Share(SplineDesign design, NormalEquations equations, int judge, int answers)
    {
        var size = design.Columns;
        var others = Enumerable.Range(0, size).Where(c => c < design.Start(judge) || c >= design.Start(judge) + design.Length(judge)).ToArray();
        if (others.Length == 0 || answers - others.Length - 1 <= 0) return others.Length == 0 ? 0 : double.NaN;

        // Columns are brought to one length; a trace of ridge keeps judges that are the same to the last digit apart.
        var lengths = others.Select(c => Math.Sqrt(Math.Max(equations.Gram[c * size + c], 1e-300))).ToArray();
        var (gram, vector, solution) = (new double[others.Length * others.Length], new double[others.Length], new double[others.Length]);
        for (var a = 0; a < others.Length; a++)
        {
            vector[a] = equations.Vector[others[a]] / lengths[a];
            for (var b = 0; b < others.Length; b++) gram[a * others.Length + b] = equations.Gram[others[a] * size + others[b]] / (lengths[a] * lengths[b]);
            gram[a * others.Length + a] += 1e-9;
        }

        Blocks.Multiply(Cholesky.Factor(gram, others.Length).Inverse(), vector, solution);
        var unexplained = 1 - Blocks.Dot(solution, vector) / equations.Squares;
        return Math.Clamp(1 - unexplained * (answers - 1) / (answers - others.Length - 1), 0, 1);
    }

    /// <summary>The judge's curve at every answer, straight between the places where it is known.</summary>
    private static double[] Smooth(double[] filled, int judges, int answers, JudgeCurve curve)
    {
        var smooth = new double[answers];
        for (var i = 0; i < answers; i++) smooth[i] = Between(curve.At, curve.Value, filled[i * judges + curve.Judge]);
        if (Squares(smooth) > 0) return smooth;
        for (var i = 0; i < answers; i++) smooth[i] = filled[i * judges + curve.Judge];
        return smooth;
    }

    private static double Between(double[] at, double[] value, double x)
    {
        if (at.Length == 0) return 0;
        var place = Array.BinarySearch(at, x);
        if (place >= 0) return value[place];
        place = ~place;
        if (place == 0) return value[0];
        if (place == at.Length) return value[^1];
        return value[place - 1] + (value[place] - value[place - 1]) * (x - at[place - 1]) / (at[place] - at[place - 1]);
    }

    private static double Squares(double[] values)
    {
        var mean = RowByRow.Average(values);
        var (squares, size) = (0.0, 0.0);
        foreach (var value in values)
        {
            squares += (value - mean) * (value - mean);
            size = Math.Max(size, Math.Abs(value));
        }

        // What rounding leaves of a constant is no spread.
        return squares > 1e-24 * size * size * values.Length ? squares : 0;
    }
}
