namespace Orchestration.Learning.Ranking;

/// <summary>One order out of many, by counting places (Borda) or by least disagreement (Kemeny).</summary>
public static class Consensus
{
    /// <summary>Models up to which Kemeny's order is found exactly.</summary>
    public const int MostExact = 16;

    /// <summary>
    /// Borda's points: for each model the share of the others that it stands above, a tie as half, averaged over the orders that hold it; 0–1, NaN where none does.
    /// </summary>
    /// <param name="data">The orders.</param>
    /// <param name="drawn">How often each prompt counts.</param>
    public static double[] Borda(ModelOrders data, ReadOnlySpan<double> drawn)
    {
        var (points, counts) = (new double[data.Models], new double[data.Models]);
        for (var o = 0; o < data.Orders.Length; o++)
        {
            var weight = drawn[data.GroupOf[o]];
            if (weight == 0) continue;
            var steps = data.Orders[o];
            var below = steps.Sum(static s => s.Length);
            double others = below - 1;
            foreach (var step in steps)
            {
                below -= step.Length;
                foreach (var model in step)
                {
                    points[model] += weight * (below + (step.Length - 1) / 2.0) / others;
                    counts[model] += weight;
                }
            }
        }

        for (var m = 0; m < points.Length; m++) points[m] = counts[m] > 0 ? points[m] / counts[m] : double.NaN;
        return points;
    }

    /// <summary>
    /// Kemeny's order (1959): the one that the orders contradict in the fewest pairs. Exact up to <see cref="MostExact"/> models by going through all sets of models; for more the best that moving
    /// single models finds from the order of the wins, with a bound that says how far it may be from the best.
    /// </summary>
    /// <param name="wins">Models × models: weight of the orders with the row's model above the column's, ties half.</param>
    /// <param name="models">Number of models.</param>
    public static KemenyOrder Kemeny(double[] wins, int models)
    {
        var bound = 0.0;
        for (var a = 0; a < models; a++)
        {
            for (var b = 0; b < a; b++) bound += Math.Min(wins[a * models + b], wins[b * models + a]);
        }

        if (models <= MostExact)
        {
            var exact = Exact(wins, models);
            var cost = Disagreement(wins, models, exact);
            return new KemenyOrder(exact, cost, cost, true);
        }

        var order = Enumerable.Range(0, models).OrderByDescending(m => Enumerable.Range(0, models).Sum(o => wins[m * models + o] - wins[o * models + m])).ThenBy(static m => m).ToList();
        Insert(wins, models, order);
        int[] found = [.. order];
        var disagreement = Disagreement(wins, models, found);
        return new KemenyOrder(found, disagreement, bound, disagreement <= bound + 1e-9);
    }

    /// <summary>Weight of the pairs that an order has the other way round, ties in the orders half.</summary>
    internal static double Disagreement(double[] wins, int models, ReadOnlySpan<int> order)
    {
        var sum = 0.0;
        for (var high = 0; high < order.Length; high++)
        {
            for (var low = high + 1; low < order.Length; low++) sum += wins[order[low] * models + order[high]];
        }

        return sum;
    }

    /// <summary>The best order of every set from the best orders of the sets with one model less (Held and Karp).</summary>
    private static int[] Exact(double[] wins, int models)
    {
        var costs = new double[1 << models];
        var last = new byte[1 << models];
        for (var set = 1; set < costs.Length; set++)
        {
            costs[set] = double.PositiveInfinity;
            for (var m = 0; m < models; m++)
            {
                if ((set & (1 << m)) == 0) continue;
                var rest = set ^ (1 << m);
                var cost = costs[rest];
                for (var bits = rest; bits != 0; bits &= bits - 1) cost += wins[m * models + System.Numerics.BitOperations.TrailingZeroCount(bits)];
                // The model placed last costs every order that has it above one of the rest.
                if (cost < costs[set]) (costs[set], last[set]) = (cost, (byte)m);
            }
        }

        var order = new int[models];
        for (int set = costs.Length - 1, place = models - 1; place >= 0; set ^= 1 << last[set], place--) order[place] = last[set];
        return order;
    }

    private static void Insert(double[] wins, int models, List<int> order)
    {
        for (var moved = true; moved;)
        {
            moved = false;
            for (var place = 0; place < models; place++)
            {
                var model = order[place];
                var (best, gain, target) = (-1e-9, 0.0, place);
                for (var up = place - 1; up >= 0; up--)
                {
                    gain += wins[order[up] * models + model] - wins[model * models + order[up]];
                    if (gain < best) (best, target) = (gain, up);
                }

                gain = 0;
                for (var down = place + 1; down < models; down++)
                {
                    gain += wins[model * models + order[down]] - wins[order[down] * models + model];
                    if (gain < best) (best, target) = (gain, down);
                }

                if (target == place) continue;
                order.RemoveAt(place);
                order.Insert(target, model);
                moved = true;
            }
        }
    }
}

/// <summary>An order of least disagreement.</summary>
/// <param name="Order">Model numbers, the best first.</param>
/// <param name="Disagreement">Weight of the pairs that the orders have the other way round, a tie as half.</param>
/// <param name="LowerBound">No order has less.</param>
/// <param name="IsExact">True where no order can be better.</param>
public sealed record KemenyOrder(int[] Order, double Disagreement, double LowerBound, bool IsExact);
