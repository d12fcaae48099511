using Orchestration.Learning.Intervals;
using Orchestration.Learning.Models;

namespace Orchestration.Learning.Ranking;

/// <summary>
/// A model's win rate against an anchor with the effect of length taken out: logit = θ + φ · tanh(Δlength/sd), read at Δlength = 0 (the form of Dubois and others 2024 without its term for the
/// difficulty of instructions, and therefore not AlpacaEval's length-controlled win rate).
/// </summary>
/// <param name="Raw">Share of wins, ties half.</param>
/// <param name="Adjusted">σ(θ): the share were both answers of one length.</param>
/// <param name="LengthEffect">φ in log-odds; above 0 longer answers win more.</param>
/// <param name="Rows">Comparisons of the two.</param>
public sealed record LengthAdjustedWinRate(Estimate Raw, Estimate Adjusted, Estimate LengthEffect, int Rows)
{
    /// <summary>Fits one model against an anchor, with bounds by prompt.</summary>
    /// <param name="halves">Half wins of the model, 0–2, one a comparison.</param>
    /// <param name="longer">By how much its answer was longer, any unit.</param>
    /// <param name="groups">The prompt of each comparison, 0 … G − 1 without a gap.</param>
    /// <param name="options">Resamples, seed, level, threads.</param>
    public static LengthAdjustedWinRate Of(byte[] halves, double[] longer, int[] groups, BootstrapOptions options)
    {
        if (halves.Length == 0 || longer.Length != halves.Length) throw new ArgumentException($"{halves.Length} outcomes and {longer.Length} lengths are no rows.", nameof(halves));
        var mean = longer.Average();
        var deviation = Math.Sqrt(longer.Sum(l => (l - mean) * (l - mean)) / longer.Length);
        double[] x = [.. longer.Select(l => deviation > 0 ? Math.Tanh(l / deviation) : 0)];
        var estimates = GroupBootstrap.Of(RowRules.Groups(groups, halves.Length), 3, (drawn, values) =>
        {
            var weights = new double[halves.Length];
            var (won, total) = (0.0, 0.0);
            for (var i = 0; i < weights.Length; i++)
            {
                weights[i] = drawn[groups[i]];
                total += weights[i];
                won += weights[i] * halves[i] / 2;
            }

            var (level, slope) = Logistic(halves, x, weights);
            (values[0], values[1], values[2]) = (won / total, 1 / (1 + Math.Exp(-level)), slope);
        }, options);
        return new LengthAdjustedWinRate(estimates[0], estimates[1], estimates[2], halves.Length);
    }

    /// <summary>Newton's method on two numbers; a normal prior of deviation 4 on either keeps them finite where one side always wins, and moves them by less than a comparison would.</summary>
    private static (double Level, double Slope) Logistic(byte[] halves, double[] x, double[] weights)
    {
        const double Penalty = 1 / (BradleyTerry.HoldingDeviation * BradleyTerry.HoldingDeviation);
        var (level, slope) = (0.0, 0.0);
        for (var step = 0; step < 100; step++)
        {
            var (g0, g1, h00, h01, h11) = (Penalty * level, Penalty * slope, Penalty, 0.0, Penalty);
            for (var i = 0; i < x.Length; i++)
            {
                if (weights[i] == 0) continue;
                var chance = 1 / (1 + Math.Exp(-level - slope * x[i]));
                var (excess, information) = (weights[i] * (chance - halves[i] / 2.0), weights[i] * chance * (1 - chance));
                (g0, g1) = (g0 + excess, g1 + excess * x[i]);
                (h00, h01, h11) = (h00 + information, h01 + information * x[i], h11 + information * x[i] * x[i]);
            }

            var determinant = h00 * h11 - h01 * h01;
            var (d0, d1) = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant);
            // Two numbers near the middle of a convex valley: a step of at most 2 cannot run away.
            var size = Math.Min(1, 2 / Math.Max(1e-300, Math.Max(Math.Abs(d0), Math.Abs(d1))));
            (level, slope) = (level - size * d0, slope - size * d1);
            if (Math.Max(Math.Abs(d0), Math.Abs(d1)) < 1e-12) break;
        }

        return (level, slope);
    }
}
