using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Models.Additive;

/// <summary>
/// B-splines of one judge's scores: cubic, or of lower degree where the judge has fewer than four distinct scores. Sites are the distinct scores, or
/// evenly spaced quantiles of them where there are more than the basis is to have functions; inner knots are means of neighbouring sites (de Boor),
/// so that the data determine every coefficient. Constant outside the range of the scores.
/// </summary>
internal sealed class SplineBasis
{
    /// <summary>Functions that are not zero at one score, at most.</summary>
    public const int Width = 4;

    private SplineBasis(double[] knots, int degree) => (Knots, Degree, Count) = (knots, degree, knots.Length - degree - 1);

    /// <summary>Knots, the outer ones repeated.</summary>
    public double[] Knots { get; }

    /// <summary>1 to 3.</summary>
    public int Degree { get; }

    /// <summary>Number of functions, at least 2.</summary>
    public int Count { get; }

    /// <summary>Lowest score.</summary>
    public double Low => Knots[0];

    /// <summary>Highest score.</summary>
    public double High => Knots[^1];

    /// <summary>The basis for these scores; null where there are not two distinct ones.</summary>
    /// <param name="scores">Scores of one judge in any order, none missing; sorted in place.</param>
    /// <param name="most">Functions at most, at least 4.</param>
    public static SplineBasis? For(Span<double> scores, int most)
    {
        scores.Sort();
        var distinct = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            // Scores closer than this are one score that was computed in two ways.
            if (distinct == 0 || scores[i] - scores[distinct - 1] > 1e-9) scores[distinct++] = scores[i];
        }

        if (distinct < 2) return null;
        var sites = new double[Math.Min(distinct, most)];
        for (var i = 0; i < sites.Length; i++)
        {
            var place = (double)i * (distinct - 1) / (sites.Length - 1);
            var below = Math.Min((int)place, distinct - 2);
            sites[i] = scores[below] + (place - below) * (scores[below + 1] - scores[below]);
        }

        sites[^1] = scores[distinct - 1];
        var degree = Math.Min(3, sites.Length - 1);
        var knots = new double[sites.Length + degree + 1];
        for (var i = 0; i <= degree; i++) (knots[i], knots[^(i + 1)]) = (sites[0], sites[^1]);
        for (var i = 0; i < sites.Length - degree - 1; i++)
        {
            for (var k = 1; k <= degree; k++) knots[degree + 1 + i] += sites[i + k] / degree;
        }

        return new SplineBasis(knots, degree);
    }

    /// <summary>The basis with these knots.</summary>
    /// <exception cref="ArgumentException">They are not those of a spline.</exception>
    public static SplineBasis Of(double[] knots, int degree)
    {
        var fits = degree is >= 1 and <= 3 && knots.Length >= 2 * (degree + 1);
        for (var i = 1; fits && i < knots.Length; i++)
        {
            var repeated = i <= degree || i >= knots.Length - degree;
            fits = repeated ? knots[i] == knots[i - 1] : knots[i] > knots[i - 1];
        }

        return fits && knots.All(double.IsFinite) ? new SplineBasis(knots, degree) : throw new ArgumentException("Knots rise, the outer ones repeated once a degree.", nameof(knots));
    }

    /// <summary>Writes the functions that are not zero at a score; returns the number of the first of them.</summary>
    /// <param name="score">Clamped to the range.</param>
    /// <param name="values"><see cref="Width"/> places; those beyond the degree are zero.</param>
    public int Evaluate(double score, Span<double> values)
    {
        var x = Math.Clamp(score, Low, High);
        var span = Degree;
        while (span < Count - 1 && x >= Knots[span + 1]) span++;
        values[..Width].Clear();
        values[0] = 1;
        for (var degree = 1; degree <= Degree; degree++)
        {
            var saved = 0.0;
            for (var r = 0; r < degree; r++)
            {
                var (right, left) = (Knots[span + r + 1], Knots[span + 1 - degree + r]);
                var part = values[r] / (right - left);
                values[r] = saved + (right - x) * part;
                saved = (x - left) * part;
            }

            values[degree] = saved;
        }

        return span - Degree;
    }

    /// <summary>Coefficients of the function x itself.</summary>
    public double[] Identity()
    {
        var means = new double[Count];
        for (var i = 0; i < Count; i++)
        {
            for (var k = 1; k <= Degree; k++) means[i] += Knots[i + k] / Degree;
        }

        return means;
    }

    /// <summary>∫ Bᵢ″ Bⱼ″ dx, Count × Count; zero below degree 2.</summary>
    public double[] Roughness()
    {
        var penalty = new double[Count * Count];
        if (Degree < 2) return penalty;
        var second = new double[Count];
        for (var span = Degree; span < Count; span++)
        {
            // Second derivatives are linear on a piece, so two Gauss points are exact.
            var (from, to) = (Knots[span], Knots[span + 1]);
            foreach (var side in (ReadOnlySpan<double>)[-1, 1])
            {
                var x = (from + to) / 2 + side * (to - from) / (2 * Math.Sqrt(3));
                for (var i = 0; i < Count; i++) second[i] = i >= span - Degree && i <= span ? SecondDerivative(i, span, x) : 0;
                for (var i = 0; i < Count; i++) Blocks.Add((to - from) / 2 * second[i], second, penalty.AsSpan(i * Count, Count));
            }
        }

        return penalty;
    }

    /// <summary>The pieces of Σ cᵢ Bᵢ: where each begins and, in powers of the distance from there, its four coefficients.</summary>
    public (double[] Breaks, double[] Cubics) Pieces(ReadOnlySpan<double> coefficients)
    {
        var pieces = Count - Degree;
        var (breaks, cubics) = (new double[pieces], new double[pieces * 4]);
        for (var piece = 0; piece < pieces; piece++)
        {
            breaks[piece] = Knots[Degree + piece];
            var factor = 1.0;
            for (var order = 0; order <= Degree; order++)
            {
                cubics[piece * 4 + order] = Derivative(coefficients, order, Degree + piece, breaks[piece]) / factor;
                factor *= order + 1;
            }
        }

        return (breaks, cubics);
    }

    private double SecondDerivative(int function, int span, double x)
    {
        var coefficients = new double[Count];
        coefficients[function] = 1;
        return Derivative(coefficients, 2, span, x);
    }

    /// <summary>A derivative of the spline on the piece that begins at knot <paramref name="span"/>.</summary>
    private double Derivative(ReadOnlySpan<double> coefficients, int order, int span, double x)
    {
        Span<double> c = stackalloc double[Width];
        for (var r = 0; r <= Degree; r++) c[r] = coefficients[span - Degree + r];
        for (var d = 0; d < order; d++)
        {
            var degree = Degree - d;
            for (var r = 0; r < degree; r++)
            {
                var i = span - degree + 1 + r;
                c[r] = degree * (c[r + 1] - c[r]) / (Knots[i + degree] - Knots[i]);
            }
        }

        var left = Degree - order;
        for (var level = 1; level <= left; level++)
        {
            for (var r = left; r >= level; r--)
            {
                var i = span - left + r;
                var share = (x - Knots[i]) / (Knots[i + left + 1 - level] - Knots[i]);
                c[r] = (1 - share) * c[r - 1] + share * c[r];
            }
        }

        return c[left];
    }
}
