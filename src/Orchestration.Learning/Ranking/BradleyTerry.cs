using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Ranking;

/// <summary>
/// Bradley and Terry's strengths (1952): the chance that i beats j is 1/(1 + exp(θ_j − θ_i)), by greatest likelihood with a tie as half a win for either, by Newton's method on the table of wins.
/// </summary>
/// <param name="Strengths">θ of each model in log-odds, of mean 0.</param>
/// <param name="IsHeld">
/// True where some models beat others without ever losing to them, even by a chain: the likelihood then has no greatest point, and strengths were held by a normal prior of standard deviation
/// <see cref="HoldingDeviation"/> around their mean.
/// </param>
/// <param name="Iterations">Newton steps made.</param>
public sealed record BradleyTerry(double[] Strengths, bool IsHeld, int Iterations)
{
    /// <summary>Standard deviation, in log-odds, of the prior that holds strengths which would run off: 98% against 2% is one of it.</summary>
    public const double HoldingDeviation = 4;

    private const int MostSteps = 200;

    /// <summary>Fits strengths.</summary>
    /// <param name="wins">Models × models: how often the row's model beat the column's, ties half; no less than 0.</param>
    /// <param name="models">Number of models.</param>
    /// <param name="start">Strengths to start from; zeros by default.</param>
    public static BradleyTerry Fit(ReadOnlySpan<double> wins, int models, ReadOnlySpan<double> start = default)
    {
        var held = !Connection.IsStrong(wins, models);
        var penalty = held ? 1 / (HoldingDeviation * HoldingDeviation) : 0;
        var strengths = start.IsEmpty ? new double[models] : start.ToArray();
        var (gradient, hessian, tried) = (new double[models], new double[models * models], new double[models]);
        var total = 0.0;
        foreach (var one in wins) total += one;
        var loss = Loss(wins, models, strengths, penalty);
        var step = 0;
        for (; step < MostSteps; step++)
        {
            Derivatives(wins, models, strengths, penalty, gradient, hessian);
            var largest = 0.0;
            foreach (var g in gradient) largest = Math.Max(largest, Math.Abs(g));
            if (largest <= 1e-11 * Math.Max(total, 1)) break;

            // A common shift changes nothing: the matrix has that one flat direction, which is closed.
            for (var i = 0; i < hessian.Length; i++) hessian[i] += 1.0 / models;
            Cholesky.Factor(hessian, models).Solve(gradient);
            var fell = false;
            for (var size = 1.0; !fell && size > 1e-9; size /= 2)
            {
                for (var m = 0; m < models; m++) tried[m] = strengths[m] - size * gradient[m];
                var next = Loss(wins, models, tried, penalty);
                if (!(next <= loss + 1e-12 * Math.Abs(loss))) continue;
                (loss, fell) = (next, true);
                tried.CopyTo(strengths, 0);
            }

            if (!fell) break;
        }

        var mean = strengths.Sum() / models;
        for (var m = 0; m < models; m++) strengths[m] -= mean;
        return new BradleyTerry(strengths, held, step);
    }

    /// <summary>The chance that the first of two strengths beats the second.</summary>
    public static double Chance(double first, double second) => 1 / (1 + Math.Exp(second - first));

    private static double Loss(ReadOnlySpan<double> wins, int models, double[] strengths, double penalty)
    {
        var loss = 0.0;
        var mean = strengths.Sum() / models;
        for (var i = 0; i < models; i++)
        {
            for (var j = 0; j < models; j++)
            {
                var won = wins[i * models + j];
                if (won > 0) loss += won * Softplus(strengths[j] - strengths[i]);
            }

            loss += penalty / 2 * (strengths[i] - mean) * (strengths[i] - mean);
        }

        return loss;
    }

    private static void Derivatives(ReadOnlySpan<double> wins, int models, double[] strengths, double penalty, double[] gradient, double[] hessian)
    {
        Array.Clear(gradient);
        Array.Clear(hessian);
        var mean = strengths.Sum() / models;
        for (var i = 0; i < models; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var number = wins[i * models + j] + wins[j * models + i];
                if (number == 0) continue;
                var chance = Chance(strengths[i], strengths[j]);
                var excess = number * chance - wins[i * models + j];
                var information = number * chance * (1 - chance);
                gradient[i] += excess;
                gradient[j] -= excess;
                hessian[i * models + i] += information;
                hessian[j * models + j] += information;
                hessian[i * models + j] -= information;
                hessian[j * models + i] -= information;
            }
        }

        for (var i = 0; penalty > 0 && i < models; i++)
        {
            gradient[i] += penalty * (strengths[i] - mean);
            hessian[i * models + i] += penalty;
            for (var j = 0; j < models; j++) hessian[i * models + j] -= penalty / models;
        }
    }

    internal static double Softplus(double x) => x > 0 ? x + Math.Log(1 + Math.Exp(-x)) : Math.Log(1 + Math.Exp(x));
}
