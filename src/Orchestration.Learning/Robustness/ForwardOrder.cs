using Orchestration.Learning.Models;

namespace Orchestration.Learning.Robustness;

/// <summary>Judges in the order in which a linear model would take them up.</summary>
public static class ForwardOrder
{
    /// <summary>
    /// The judge that explains most of the targets first, then the one that explains most of what is left, and so on; judges that explain nothing further come last, in their order.
    /// Missing scores stand at the judge's mean.
    /// </summary>
    /// <param name="data">Training rows only: an order chosen by rows that are tested on would flatter them.</param>
    public static int[] Of(ScoreData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var columns = new double[data.Judges][];
        for (var j = 0; j < data.Judges; j++) columns[j] = Centred(data, j);
        var mean = RowByRow.Average(data.Targets, data.Weights);
        double[] left = [.. data.Targets.Select(t => t - mean)];
        double[] first = [.. columns.Select(c => Dot(data, c, c))];
        var order = new List<int>();
        while (order.Count < data.Judges)
        {
            var (best, gain) = (-1, -1.0);
            for (var j = 0; j < data.Judges; j++)
            {
                if (order.Contains(j)) continue;
                var squares = Dot(data, columns[j], columns[j]);
                var along = Dot(data, columns[j], left);

                // What is left of a judge that the others say already is rounding.
                var gained = squares > 1e-9 * first[j] && squares > 0 ? along * along / squares : 0;
                if (gained > gain) (best, gain) = (j, gained);
            }

            order.Add(best);
            var own = Dot(data, columns[best], columns[best]);
            if (!(own > 1e-9 * first[best])) continue;
            Take(data, left, columns[best], own);
            for (var j = 0; j < data.Judges; j++)
            {
                if (!order.Contains(j)) Take(data, columns[j], columns[best], own);
            }
        }

        return [.. order];
    }

    private static double[] Centred(ScoreData data, int judge)
    {
        var (sum, total) = (0.0, 0.0);
        for (var i = 0; i < data.Rows; i++)
        {
            var score = data.Scores[i * data.Judges + judge];
            if (double.IsNaN(score)) continue;
            sum += (data.Weights?[i] ?? 1) * score;
            total += data.Weights?[i] ?? 1;
        }

        var column = new double[data.Rows];
        for (var i = 0; i < data.Rows; i++)
        {
            var score = data.Scores[i * data.Judges + judge];
            column[i] = double.IsNaN(score) ? 0 : score - sum / total;
        }

        return column;
    }

    private static void Take(ScoreData data, double[] from, double[] direction, double squares)
    {
        var share = Dot(data, from, direction) / squares;
        for (var i = 0; i < from.Length; i++) from[i] -= share * direction[i];
    }

    private static double Dot(ScoreData data, double[] first, double[] second)
    {
        var sum = 0.0;
        for (var i = 0; i < first.Length; i++) sum += (data.Weights?[i] ?? 1) * first[i] * second[i];
        return sum;
    }
}
