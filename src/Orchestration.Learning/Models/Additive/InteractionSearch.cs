using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Models.Additive;

/// <summary>
/// Finds pairs of judges whose product explains what their curves left over: every pair's four products, freed of both judges' own lines and bends,
/// against the residuals (in the spirit of FAST: Lou et al. 2013), ranked by what they add to the log likelihood of groups they were not fitted to, at
/// the penalty that is best by the restricted likelihood. Scores of people are skewed, and a few odd prompts can buy any pair inside its own rows.
/// </summary>
internal static class InteractionSearch
{
    private const int Own = 5;
    private const int Products = 4;
    private const int Size = Own + Products + 1;
    private const int Folds = 5;

    /// <summary>The most promising pairs, best first, their weights still zero.</summary>
    /// <param name="design">Of the curves.</param>
    /// <param name="scores">Rows without gaps.</param>
    /// <param name="residuals">What the curves left.</param>
    /// <param name="data">Weights and groups.</param>
    /// <param name="most">Pairs at most.</param>
    public static List<Interaction> Find(SplineDesign design, double[] scores, double[] residuals, ScoreData data, int most)
    {
        var varying = Enumerable.Range(0, design.Judges).Where(j => design.Length(j) > 0).ToArray();
        var shapes = varying.ToDictionary(j => j, j => Shape(design, scores, data.Weights, j));
        var found = new List<(double Gain, Interaction Pair)>();
        foreach (var first in varying)
        {
            foreach (var second in varying.Where(j => j > first))
            {
                var (a, b) = (shapes[first], shapes[second]);
                var pair = new Interaction(first, second, [a.Basis, b.Basis], [a.Bend, b.Bend], [a.Centre, b.Centre], new double[Products], 0, 0);
                found.Add((Gain(pair, scores, residuals, data), pair));
            }
        }

        // The best of many looks good by chance: it has to add as much as choosing it costs.
        var price = Math.Log(Math.Max(found.Count, 1)) + 1;
        return [.. found.Where(f => f.Gain > price).OrderByDescending(f => f.Gain).Take(most).Select(f => f.Pair)];
    }

    /// <summary>A judge's centre, and its first bend with half the spread of its line.</summary>
    private static (SplineBasis Basis, double[] Bend, double Centre) Shape(SplineDesign design, double[] scores, double[]? weights, int judge)
    {
        var (basis, length) = (design.Basis(judge)!, design.Length(judge));
        var (rows, bend) = (scores.Length / design.Judges, new double[basis.Count]);
        var line = new double[rows];
        for (var row = 0; row < rows; row++) line[row] = scores[row * design.Judges + judge];
        var centre = RowByRow.Average(line, weights);
        if (length == 1) return (basis, bend, centre);
        for (var i = 0; i < basis.Count; i++) bend[i] = design.TransformOf(judge)[i * length + 1];
        var (values, bends) = (new double[SplineBasis.Width], new double[rows]);
        for (var row = 0; row < rows; row++)
        {
            var start = basis.Evaluate(line[row], values);
            for (var i = 0; i <= basis.Degree; i++) bends[row] += values[i] * bend[start + i];
        }

        var (mean, spreadOfLine, spread) = (RowByRow.Average(bends, weights), 0.0, 0.0);
        for (var row = 0; row < rows; row++)
        {
            spreadOfLine += (line[row] - centre) * (line[row] - centre);
            spread += (bends[row] - mean) * (bends[row] - mean);
        }

        var factor = spread > 0 ? 0.5 * Math.Sqrt(spreadOfLine / spread) : 0;
        return (basis, [.. bend.Select(c => factor * (c - mean))], centre);
    }

    private static double Gain(Interaction pair, double[] scores, double[] residuals, ScoreData data)
    {
        // Rows of [1, both lines, both bends | four products | residual], summed by fold; groups are dealt out in turn.
        var (sums, all, row) = (new double[Folds][], new double[Size * Size], new double[Size]);
        for (var f = 0; f < Folds; f++) sums[f] = new double[Size * Size];
        var total = 0.0;
        for (var r = 0; r < residuals.Length; r++)
        {
            pair.Shapes(scores.AsSpan(r * data.Judges, data.Judges), row.AsSpan(1, 4));
            row[0] = 1;
            (row[Own], row[Own + 1], row[Own + 2], row[Own + 3]) = (row[1] * row[3], row[1] * row[4], row[2] * row[3], row[2] * row[4]);
            row[^1] = residuals[r];
            var weight = data.Weights?[r] ?? 1;
            total += weight;
            var fold = sums[data.GroupOf[r] % Folds];
            for (var i = 0; i < Size; i++) Blocks.Add(weight * row[i], row, fold.AsSpan(i * Size, Size));
        }

        foreach (var fold in sums) Blocks.Add(1, fold, all);
        var penalty = BestPenalty(all, total);
        var (without, with) = (0.0, 0.0);
        foreach (var fold in sums)
        {
            var train = all.AsSpan().ToArray();
            Blocks.Add(-1, fold, train);
            var (before, after) = (Rest(train, fold, Own, 0), Rest(train, fold, Own + Products, penalty));

            // What is there is there in every part of the prompts.
            if (after >= before) return 0;
            without += before;
            with += after;
        }

        return with > 0 ? total * Math.Log(without / with) / 2 : 0;
    }

    /// <summary>Squares left in a fold by a least squares fit to other rows.</summary>
    private static double Rest(double[] train, double[] fold, int columns, double penalty)
    {
        var (matrix, u) = (new double[columns * columns], new double[Size]);
        for (var i = 0; i < columns; i++)
        {
            train.AsSpan(i * Size, columns).CopyTo(matrix.AsSpan(i * columns));
            matrix[i * columns + i] += i >= Own ? penalty : 1e-9 * (train[0] + 1);
            u[i] = train[i * Size + Size - 1];
        }

        Cholesky.Factor(matrix, columns).Solve(u.AsSpan(0, columns));
        for (var i = 0; i < columns; i++) u[i] = -u[i];
        u[^1] = 1;
        var rest = 0.0;
        for (var i = 0; i < Size; i++) rest += u[i] * Blocks.Dot(u, fold.AsSpan(i * Size, Size));
        return rest;
    }

    /// <summary>The penalty of the products, freed of what is both judges' own, that the restricted likelihood likes best.</summary>
    private static double BestPenalty(double[] all, double total)
    {
        var sums = all.AsSpan().ToArray();
        for (var k = 0; k < Own; k++)
        {
            var pivot = sums[k * Size + k];
            if (pivot < 1e-9 * total) continue;
            for (var i = k + 1; i < Size; i++) Blocks.Add(-sums[i * Size + k] / pivot, sums.AsSpan(k * Size, Size), sums.AsSpan(i * Size, Size));
        }

        var (gram, vector) = (new double[Products * Products], new double[Products]);
        for (var i = 0; i < Products; i++)
        {
            sums.AsSpan((Own + i) * Size + Own, Products).CopyTo(gram.AsSpan(i * Products));
            vector[i] = sums[(Own + i) * Size + Size - 1];
        }

        var equations = new NormalEquations(gram, vector, sums[Size * Size - 1], Math.Max(total - Own, 1));
        var likelihood = new MarginalLikelihood(equations, [new PenaltyBlock(0, Products, 0)], [1]);
        var trace = Enumerable.Range(0, Products).Sum(i => gram[i * Products + i]) / Products + 1e-12;
        var (best, least) = (0.0, double.PositiveInfinity);
        for (var log = -6.0; log <= 4; log++)
        {
            var criterion = likelihood.At([Math.Log(trace) + log]).Criterion;
            if (criterion < least) (best, least) = (trace * Math.Exp(log), criterion);
        }

        return best;
    }
}
