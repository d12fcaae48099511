using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Explaining;

/// <summary>What each judge contributes to one number.</summary>
/// <param name="Number">f of the answer, or f(A) − f(B).</param>
/// <param name="Base">What contributions are added to: the model's mean; 0 for comparisons.</param>
/// <param name="Judges">One contribution a judge; with <paramref name="Base"/> they sum to <paramref name="Number"/>.</param>
/// <param name="Exact">True for the parts of an additive model; false for Shapley values by sampling.</param>
public sealed record PairContribution(double Number, double Base, double[] Judges, bool Exact);

/// <summary>
/// Contributions to chosen numbers. An additive model's are its parts. For any other model they are Shapley values (Shapley 1953; Štrumbelj and Kononenko 2014): judges are turned
/// from those of an answer drawn from the data to the answer's own one after another, in random orders and each order also backwards; a judge gets what f moves by at its turn.
/// They sum to f less its mean over the drawn answers exactly.
/// </summary>
public static class PairContributions
{
    /// <summary>Orders that are drawn, each used forwards and backwards.</summary>
    public const int Orders = 100;

    /// <summary>The contributions to one row's number.</summary>
    /// <param name="model">Any model.</param>
    /// <param name="rows">The rows; answers are drawn from all of them.</param>
    /// <param name="row">Which row.</param>
    /// <param name="seed">Seed of the draws.</param>
    public static PairContribution Of(IScoreModel model, ExplainedRows rows, int row, ulong seed)
    {
        var judges = rows.Judges;
        var first = rows.Points.AsSpan(row * judges, judges);
        if (!rows.AreComparisons) return Of(model, rows, first, seed);

        // f(A) − f(B): the base falls away, and with the same draws so does their chance.
        var a = Of(model, rows, first, seed);
        var b = Of(model, rows, rows.Points.AsSpan((rows.Rows + row) * judges, judges), seed);
        return new PairContribution(a.Number - b.Number, 0, [.. a.Judges.Select((value, j) => value - b.Judges[j])], a.Exact);
    }

    private static PairContribution Of(IScoreModel model, ExplainedRows rows, ReadOnlySpan<double> answer, ulong seed)
    {
        var judges = rows.Judges;
        var parts = new double[judges];
        if (model is IAdditiveModel additive)
        {
            additive.Contributions(answer, parts);
            return new PairContribution(model.Predict(answer), additive.Constant, parts, true);
        }

        var draws = new SeededDraws(seed);
        var answers = rows.Points.Length / judges;
        int[] order = [.. Enumerable.Range(0, judges)];
        var steps = new double[(judges + 1) * judges];
        var numbers = new double[judges + 1];
        var start = 0.0;
        for (var turn = 0; turn < 2 * Orders; turn++)
        {
            if (turn % 2 == 0) draws.Shuffle(order);
            else Array.Reverse(order);
            var current = steps.AsSpan(0, judges);
            rows.Points.AsSpan(draws.Below(answers) * judges, judges).CopyTo(current);
            for (var k = 0; k < judges; k++)
            {
                var next = steps.AsSpan((k + 1) * judges, judges);
                steps.AsSpan(k * judges, judges).CopyTo(next);
                next[order[k]] = answer[order[k]];
            }

            model.Predict(steps, numbers);
            start += numbers[0] / (2 * Orders);
            for (var k = 0; k < judges; k++) parts[order[k]] += (numbers[k + 1] - numbers[k]) / (2 * Orders);
        }

        return new PairContribution(model.Predict(answer), start, parts, false);
    }
}
