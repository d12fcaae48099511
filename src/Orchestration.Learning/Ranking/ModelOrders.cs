using Orchestration.Learning.Models;

namespace Orchestration.Learning.Ranking;

/// <summary>Orders of some of the models each, ties allowed: by one metric, one question or one person. Immutable.</summary>
public sealed class ModelOrders
{
    /// <summary>Takes orders over after checking them.</summary>
    /// <param name="models">Number of models, at least 2.</param>
    /// <param name="orders">For each order its steps, the best first; a step holds the models tied on it. Each model once at most; two models at least.</param>
    /// <param name="groups">The prompt of each order, 0 … G − 1 without a gap; null where each is its own.</param>
    /// <exception cref="ArgumentException">A model out of range or twice in one order, an order of fewer than two, or no order.</exception>
    public ModelOrders(int models, int[][][] orders, int[]? groups = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(models, 2);
        foreach (var order in orders)
        {
            var seen = new HashSet<int>();
            foreach (var step in order)
            {
                foreach (var model in step)
                {
                    if ((uint)model >= (uint)models || !seen.Add(model)) throw new ArgumentException("An order holds each model at most once, numbered from 0.", nameof(orders));
                }
            }

            if (seen.Count < 2) throw new ArgumentException("An order has two models at least.", nameof(orders));
        }

        (Models, Orders) = (models, orders);
        GroupOf = groups ?? [.. Enumerable.Range(0, orders.Length)];
        Groups = RowRules.Groups(GroupOf, orders.Length);
    }

    /// <summary>Number of models.</summary>
    public int Models { get; }

    /// <summary>Orders, steps, models tied on a step; the best step first.</summary>
    public int[][][] Orders { get; }

    /// <summary>The prompt of each order.</summary>
    public int[] GroupOf { get; }

    /// <summary>Number of prompts.</summary>
    public int Groups { get; }

    /// <summary>Models × models: in how many orders the row's model stands above the column's, a tie as half.</summary>
    /// <param name="drawn">How often each prompt counts.</param>
    public double[] Wins(ReadOnlySpan<double> drawn)
    {
        var wins = new double[Models * Models];
        for (var o = 0; o < Orders.Length; o++)
        {
            var weight = drawn[GroupOf[o]];
            if (weight == 0) continue;
            var steps = Orders[o];
            for (var s = 0; s < steps.Length; s++)
            {
                foreach (var model in steps[s])
                {
                    foreach (var tied in steps[s])
                    {
                        if (tied != model) wins[model * Models + tied] += weight / 2;
                    }

                    for (var below = s + 1; below < steps.Length; below++)
                    {
                        foreach (var lower in steps[below]) wins[model * Models + lower] += weight;
                    }
                }
            }
        }

        return wins;
    }
}
