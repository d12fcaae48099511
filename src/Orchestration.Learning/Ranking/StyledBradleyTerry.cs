using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Ranking;

/// <summary>
/// Bradley and Terry's strengths beside the effect of style: logit = θ_i − θ_j + Σ β_k x_k, x what the first answer has more of than the second, in standard deviations over the rows
/// (about 0, so that exchanging the answers flips the sign). The strengths are what is left when both answers look alike.
/// </summary>
/// <param name="Strengths">θ of each model in log-odds, of mean 0.</param>
/// <param name="Effects">β, log-odds for one standard deviation of a covariate.</param>
/// <param name="IsHeld">As <see cref="BradleyTerry.IsHeld"/>; the prior holds the effects too.</param>
public sealed record StyledBradleyTerry(double[] Strengths, double[] Effects, bool IsHeld)
{
    private const int MostSteps = 60;

    /// <summary>Root mean squares of the covariates over the rows, by which they are divided; 1 where a covariate is always 0.</summary>
    public static double[] Scales(ModelComparisons data)
    {
        var scales = new double[data.Covariates];
        for (var i = 0; i < data.Style.Length; i++) scales[i % data.Covariates] += data.Style[i] * data.Style[i];
        for (var k = 0; k < scales.Length; k++) scales[k] = scales[k] > 0 ? Math.Sqrt(scales[k] / data.Rows) : 1;
        return scales;
    }

    /// <summary>Fits strengths and effects.</summary>
    /// <param name="data">Comparisons with covariates.</param>
    /// <param name="drawn">How often each prompt counts.</param>
    /// <param name="scales">What the covariates are divided by.</param>
    /// <param name="start">A fit to start from; null for zeros.</param>
    public static StyledBradleyTerry Fit(ModelComparisons data, ReadOnlySpan<double> drawn, double[] scales, StyledBradleyTerry? start = null)
    {
        var (models, covariates) = (data.Models, data.Covariates);
        var size = models + covariates;
        var held = !Connection.IsStrong(data.Wins(drawn), models);
        // Effects have a prior that does not show (a hundredth of one row): a covariate that never differs must not break the fit.
        var penalty = held ? 1 / (BradleyTerry.HoldingDeviation * BradleyTerry.HoldingDeviation) : 0;
        double[] at = start is null ? new double[size] : [.. start.Strengths, .. start.Effects];
        var (gradient, hessian, tried) = (new double[size], new double[size * size], new double[size]);
        var loss = Derivatives(data, drawn, scales, at, penalty, gradient, hessian);
        for (var step = 0; step < MostSteps; step++)
        {
            var largest = gradient.Max(Math.Abs);
            if (largest <= 1e-10 * data.Rows) break;
            for (var i = 0; i < models; i++)
            {
                for (var j = 0; j < models; j++) hessian[i * size + j] += 1.0 / models;
            }

            var direction = gradient.ToArray();
            Cholesky.Factor(hessian, size).Solve(direction);
            var fell = false;
            for (var length = 1.0; !fell && length > 1e-6; length /= 2)
            {
                for (var m = 0; m < size; m++) tried[m] = at[m] - length * direction[m];
                var next = Derivatives(data, drawn, scales, tried, penalty, gradient, hessian);
                if (!(next <= loss + 1e-12 * Math.Abs(loss))) continue;
                (loss, fell) = (next, true);
                tried.CopyTo(at, 0);
            }

            if (!fell) break;
        }

        var mean = at.AsSpan(0, models).ToArray().Sum() / models;
        return new StyledBradleyTerry([.. at[..models].Select(s => s - mean)], at[models..], held);
    }

    private static double Derivatives(ModelComparisons data, ReadOnlySpan<double> drawn, double[] scales, double[] at, double penalty, double[] gradient, double[] hessian)
    {
        var (models, covariates) = (data.Models, data.Covariates);
        var size = models + covariates;
        Array.Clear(gradient);
        Array.Clear(hessian);
        var loss = 0.0;
        Span<double> x = stackalloc double[covariates];
        for (var row = 0; row < data.Rows; row++)
        {
            var weight = drawn[data.GroupOf[row]];
            if (weight == 0) continue;
            var (i, j) = (data.First[row], data.Second[row]);
            var logit = at[i] - at[j];
            for (var k = 0; k < covariates; k++)
            {
                x[k] = data.Style[row * covariates + k] / scales[k];
                logit += at[models + k] * x[k];
            }

            var (won, chance) = (0.5 * data.Halves[row], 1 / (1 + Math.Exp(-logit)));
            loss += weight * (won * BradleyTerry.Softplus(-logit) + (1 - won) * BradleyTerry.Softplus(logit));
            var (excess, information) = (weight * (chance - won), weight * chance * (1 - chance));
            gradient[i] += excess;
            gradient[j] -= excess;
            hessian[i * size + i] += information;
            hessian[j * size + j] += information;
            hessian[i * size + j] -= information;
            hessian[j * size + i] -= information;
            for (var k = 0; k < covariates; k++)
            {
                gradient[models + k] += excess * x[k];
                hessian[(models + k) * size + i] += information * x[k];
                hessian[(models + k) * size + j] -= information * x[k];
                for (var l = 0; l <= k; l++) hessian[(models + k) * size + models + l] += information * x[k] * x[l];
            }
        }

        for (var m = 0; m < size; m++)
        {
            var hold = m < models ? penalty : Math.Max(penalty, 0.01);
            loss += hold / 2 * at[m] * at[m];
            gradient[m] += hold * at[m];
            hessian[m * size + m] += hold;
        }

        // Only the lower half is read when factoring.
        return loss;
    }
}
