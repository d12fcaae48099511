using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Ranking;

/// <summary>
/// Plackett and Luce's strengths (Luce 1959, Plackett 1975) by greatest likelihood and Newton's method: an order comes about by choosing the best of those that are left, each with a chance in proportion to exp(θ).
/// Orders may hold any of the models. Tied models count in all their orders alike, so that two tied models are half a win for either and orders of two give Bradley and Terry's strengths;
/// of more than three tied models the rotations of their numbers and of these backwards stand for all orders.
/// </summary>
/// <param name="Strengths">θ of each model in log-odds, of mean 0.</param>
/// <param name="IsHeld">As <see cref="BradleyTerry.IsHeld"/>.</param>
public sealed record PlackettLuce(double[] Strengths, bool IsHeld)
{
    private const int MostSteps = 100;

    /// <summary>Fits strengths.</summary>
    /// <param name="data">The orders.</param>
    /// <param name="drawn">How often each prompt counts.</param>
    /// <param name="start">Strengths to start from; zeros by default.</param>
    public static PlackettLuce Fit(ModelOrders data, ReadOnlySpan<double> drawn, ReadOnlySpan<double> start = default)
    {
        var models = data.Models;
        var held = !Connection.IsStrong(data.Wins(drawn), models);
        var penalty = held ? 1 / (BradleyTerry.HoldingDeviation * BradleyTerry.HoldingDeviation) : 0;
        var strengths = start.IsEmpty ? new double[models] : start.ToArray();
        var (gradient, hessian, tried) = (new double[models], new double[models * models], new double[models]);
        var loss = Derivatives(data, drawn, strengths, penalty, gradient, hessian);
        for (var step = 0; step < MostSteps && gradient.Max(Math.Abs) > 1e-10 * data.Orders.Length; step++)
        {
            for (var i = 0; i < hessian.Length; i++) hessian[i] += 1.0 / models;
            var direction = gradient.ToArray();
            Cholesky.Factor(hessian, models).Solve(direction);
            var fell = false;
            for (var size = 1.0; !fell && size > 1e-6; size /= 2)
            {
                for (var m = 0; m < models; m++) tried[m] = strengths[m] - size * direction[m];
                var next = Derivatives(data, drawn, tried, penalty, gradient, hessian);
                if (!(next <= loss + 1e-12 * Math.Abs(loss))) continue;
                (loss, fell) = (next, true);
                tried.CopyTo(strengths, 0);
            }

            if (!fell) break;
        }

        var mean = strengths.Sum() / models;
        return new PlackettLuce([.. strengths.Select(s => s - mean)], held);
    }

    private static double Derivatives(ModelOrders data, ReadOnlySpan<double> drawn, double[] strengths, double penalty, double[] gradient, double[] hessian)
    {
        Array.Clear(gradient);
        Array.Clear(hessian);
        var loss = 0.0;
        var order = new int[data.Models];
        for (var o = 0; o < data.Orders.Length; o++)
        {
            var weight = drawn[data.GroupOf[o]];
            if (weight == 0) continue;
            var turns = 1;
            foreach (var step in data.Orders[o]) turns = Math.Max(turns, Turns(step.Length));
            for (var turn = 0; turn < turns; turn++)
            {
                var count = 0;
                foreach (var step in data.Orders[o])
                {
                    var mine = turn % Turns(step.Length);
                    for (var k = 0; k < step.Length; k++)
                        order[count++] = step[mine < step.Length ? (mine + k) % step.Length : (mine - k + step.Length) % step.Length];
                }

                loss += Add(order.AsSpan(0, count), weight / turns, strengths, gradient, hessian);
            }
        }

        var mean = strengths.Sum() / strengths.Length;
        for (var m = 0; penalty > 0 && m < strengths.Length; m++)
        {
            loss += penalty / 2 * (strengths[m] - mean) * (strengths[m] - mean);
            gradient[m] += penalty * (strengths[m] - mean);
            for (var other = 0; other < strengths.Length; other++) hessian[m * strengths.Length + other] += penalty * ((m == other ? 1 : 0) - 1.0 / strengths.Length);
        }

        return loss;
    }

    /// <summary>Orders that stand for all orders of so many tied models: all of them up to three.</summary>
    private static int Turns(int tied) => tied < 3 ? tied : 2 * tied;

    /// <summary>One order without ties: from the last place up, the sum of all that are left grows by one model a stage.</summary>
    private static double Add(ReadOnlySpan<int> order, double weight, double[] strengths, double[] gradient, double[] hessian)
    {
        var models = strengths.Length;
        var most = double.NegativeInfinity;
        foreach (var model in order) most = Math.Max(most, strengths[model]);
        var (loss, left) = (0.0, Math.Exp(strengths[order[^1]] - most));
        for (var stage = order.Length - 2; stage >= 0; stage--)
        {
            left += Math.Exp(strengths[order[stage]] - most);
            loss += weight * (Math.Log(left) + most - strengths[order[stage]]);
            gradient[order[stage]] -= weight;
            for (var a = stage; a < order.Length; a++)
            {
                var chance = Math.Exp(strengths[order[a]] - most) / left;
                gradient[order[a]] += weight * chance;
                hessian[order[a] * models + order[a]] += weight * chance;
                for (var b = stage; b < order.Length; b++)
                    hessian[order[a] * models + order[b]] -= weight * chance * Math.Exp(strengths[order[b]] - most) / left;
            }
        }

        return loss;
    }
}
