namespace Orchestration.Learning.Robustness;

/// <summary>How the world that a model meets differs from the one it was fitted in.</summary>
public enum Shift
{
    /// <summary>Most answers are bad: rows weigh e^(−k·u), u the target's place on its scale, k = ½ a step.</summary>
    BottomHeavy,

    /// <summary>Most answers are good: rows weigh e^(k·u).</summary>
    TopHeavy,

    /// <summary>Most answers are middling: rows weigh e^(−k·(2u − 1)²).</summary>
    MiddleHeavy,

    /// <summary>All judges became more generous by a twentieth of the scale a step, clipped.</summary>
    ScoresUp,

    /// <summary>All judges became stricter by a twentieth of the scale a step, clipped.</summary>
    ScoresDown,

    /// <summary>All judges crowd their scores at the bottom of the scale: x becomes x^(1 + ¼ a step); both ends stay.</summary>
    ScoresBottomHeavy,

    /// <summary>All judges crowd their scores at the top: 1 − x becomes (1 − x)^(1 + ¼ a step).</summary>
    ScoresTopHeavy,

    /// <summary>All judges crowd their scores in the middle: the distance from it shrinks by a tenth of itself a step.</summary>
    ScoresMiddleHeavy,
}

/// <summary>Shifts at steps 1 to 6; step 0 is the world as it was.</summary>
public static class Shifts
{
    /// <summary>The strongest step.</summary>
    public const int Steps = 6;

    /// <summary>True where the answers are others (rows are weighted), false where the judges score otherwise.</summary>
    public static bool IsOfAnswers(Shift shift) => shift is Shift.BottomHeavy or Shift.TopHeavy or Shift.MiddleHeavy;

    /// <summary>Weights of rows under a shift of answers, mean 1.</summary>
    /// <param name="targets">The human scores.</param>
    /// <param name="weights">Weights that the rows have already; null for none.</param>
    /// <param name="shift">One of those of answers.</param>
    /// <param name="step">0 to <see cref="Steps"/>.</param>
    /// <param name="low">Lowest human score of the scale.</param>
    /// <param name="high">Highest.</param>
    /// <exception cref="ArgumentException">Another shift, another step, or an empty scale.</exception>
    public static double[] Weights(double[] targets, double[]? weights, Shift shift, int step, double low, double high)
    {
        ArgumentNullException.ThrowIfNull(targets);
        Check(step);
        if (!IsOfAnswers(shift)) throw new ArgumentException("The shift is one of scores.", nameof(shift));
        if (!(low < high) || !double.IsFinite(high - low)) throw new ArgumentException("A scale runs from a lower to a higher number.", nameof(high));
        var tilt = 0.5 * step;
        var tilted = new double[targets.Length];
        var sum = 0.0;
        for (var i = 0; i < tilted.Length; i++)
        {
            var place = Math.Clamp((targets[i] - low) / (high - low), 0, 1);
            tilted[i] = (weights?[i] ?? 1) * Math.Exp(shift switch
            {
                Shift.BottomHeavy => -tilt * place,
                Shift.TopHeavy => tilt * place,
                _ => -tilt * (2 * place - 1) * (2 * place - 1),
            });
            sum += tilted[i];
        }

        for (var i = 0; i < tilted.Length; i++) tilted[i] *= tilted.Length / sum;
        return tilted;
    }

    /// <summary>Mapped scores under a shift of scores; a missing one stays missing.</summary>
    /// <param name="scores">Mapped scores, 0–1; not changed.</param>
    /// <param name="shift">One of those of scores.</param>
    /// <param name="step">0, which gives the same numbers, to <see cref="Steps"/>.</param>
    /// <exception cref="ArgumentException">Another shift, or another step.</exception>
    public static double[] Scores(double[] scores, Shift shift, int step)
    {
        ArgumentNullException.ThrowIfNull(scores);
        Check(step);
        if (IsOfAnswers(shift)) throw new ArgumentException("The shift is one of answers.", nameof(shift));
        var shifted = (double[])scores.Clone();
        if (step == 0) return shifted;
        for (var i = 0; i < shifted.Length; i++)
        {
            if (double.IsNaN(shifted[i])) continue;
            shifted[i] = Math.Clamp(shift switch
            {
                Shift.ScoresUp => shifted[i] + 0.05 * step,
                Shift.ScoresDown => shifted[i] - 0.05 * step,
                Shift.ScoresBottomHeavy => Math.Pow(shifted[i], 1 + 0.25 * step),
                Shift.ScoresTopHeavy => 1 - Math.Pow(1 - shifted[i], 1 + 0.25 * step),
                _ => 0.5 + (1 - 0.1 * step) * (shifted[i] - 0.5),
            }, 0, 1);
        }

        return shifted;
    }

    /// <summary>Kish's effective number of rows: (Σw)² / Σw².</summary>
    public static double EffectiveRows(ReadOnlySpan<double> weights)
    {
        var (sum, squares) = (0.0, 0.0);
        foreach (var weight in weights)
        {
            sum += weight;
            squares += weight * weight;
        }

        return sum * sum / squares;
    }

    private static void Check(int step)
    {
        if (step is < 0 or > Steps) throw new ArgumentException($"A shift has steps 0 to {Steps}.", nameof(step));
    }
}
