using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Models.Additive;

/// <summary>One judge's part in a fitted additive model, with what its bands need.</summary>
internal sealed class JudgePart
{
    /// <summary>Takes a part over after checking it.</summary>
    /// <param name="basis">Its splines.</param>
    /// <param name="coefficients">One a function, such that the part's mean over the training rows is zero.</param>
    /// <param name="covariance">Functions × functions, of the coefficients.</param>
    /// <param name="freedom">Effective degrees of freedom.</param>
    public JudgePart(SplineBasis basis, double[] coefficients, double[] covariance, double freedom)
    {
        if (coefficients.Length != basis.Count || covariance.Length != basis.Count * basis.Count)
            throw new ArgumentException($"{coefficients.Length} coefficients for {basis.Count} splines.", nameof(coefficients));
        RowRules.Finite([freedom, .. coefficients, .. covariance], nameof(coefficients));
        (Basis, Coefficients, Covariance, Freedom) = (basis, coefficients, covariance, freedom);
    }

    public SplineBasis Basis { get; }

    public double[] Coefficients { get; }

    public double[] Covariance { get; }

    public double Freedom { get; }

    /// <summary>The part and its standard error at a score.</summary>
    public (double Value, double Error) At(double score)
    {
        Span<double> values = stackalloc double[SplineBasis.Width];
        var first = Basis.Evaluate(score, values);
        var (value, variance) = (0.0, 0.0);
        for (var i = 0; i <= Basis.Degree; i++)
        {
            value += values[i] * Coefficients[first + i];
            for (var k = 0; k <= Basis.Degree; k++) variance += values[i] * values[k] * Covariance[(first + i) * Basis.Count + first + k];
        }

        return (value, Math.Sqrt(Math.Max(variance, 0)));
    }

    /// <summary>
    /// How many standard errors wide a band is that holds the whole curve with a stated chance: the quantile of max |error|/standard error over the
    /// range, by simulation from the coefficients' covariance (Ruppert, Wand and Carroll 2003, §6.5).
    /// </summary>
    public double SimultaneousWidth(double level, ulong seed)
    {
        const int Draws = 4000;
        const int Points = 60;
        var (count, degree) = (Basis.Count, Basis.Degree);
        var (values, vectors) = SymmetricEigen.Of(Covariance, count);
        var (at, firsts, errors) = (new double[Points * SplineBasis.Width], new int[Points], new double[Points]);
        for (var p = 0; p < Points; p++)
        {
            var score = Basis.Low + (Basis.High - Basis.Low) * p / (Points - 1);
            firsts[p] = Basis.Evaluate(score, at.AsSpan(p * SplineBasis.Width, SplineBasis.Width));
            errors[p] = At(score).Error;
        }

        var random = new NormalStream(seed);
        var (largest, draw) = (new double[Draws], new double[count]);
        for (var d = 0; d < Draws; d++)
        {
            Array.Clear(draw);
            for (var k = 0; k < count; k++)
            {
                var z = random.Next() * Math.Sqrt(Math.Max(values[k], 0));
                for (var i = 0; i < count; i++) draw[i] += z * vectors[i * count + k];
            }

            for (var p = 0; p < Points; p++)
            {
                var error = 0.0;
                for (var i = 0; i <= degree; i++) error += at[p * SplineBasis.Width + i] * draw[firsts[p] + i];
                if (errors[p] > 0) largest[d] = Math.Max(largest[d], Math.Abs(error) / errors[p]);
            }
        }

        Array.Sort(largest);
        return largest[Math.Min(Draws - 1, (int)Math.Ceiling(level * Draws) - 1)];
    }
}
