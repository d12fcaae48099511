namespace Orchestration.Learning.Agreement;

/// <summary>
/// Fleiss' κ of many raters (Fleiss 1971): the mean share of agreeing pairs of raters an item, against that expected from the shares of the levels. Items with fewer than two ratings
/// take no part; where items have different numbers of ratings each item counts the same in the agreement and each rating in the shares.
/// </summary>
public sealed class FleissKappa : IAgreement
{
    private readonly ItemLevels _items;

    /// <summary>κ of all raters of a table.</summary>
    public FleissKappa(RatingTable table) => _items = new ItemLevels(table, Enumerable.Range(0, table.Raters));

    /// <summary>κ of some raters of a table.</summary>
    public FleissKappa(RatingTable table, IEnumerable<int> raters) => _items = new ItemLevels(table, raters);

    /// <inheritdoc/>
    public double Of(ReadOnlySpan<double> itemWeights)
    {
        var shares = new double[_items.Levels];
        var (items, ratings, agreement) = (0.0, 0.0, 0.0);
        for (var u = 0; u < _items.Count; u++)
        {
            var weight = itemWeights[_items.Item(u)];
            if (weight == 0) continue;
            var (levels, counts) = _items.Of(u);
            var (number, squares) = (0.0, 0.0);
            for (var k = 0; k < levels.Length; k++)
            {
                shares[levels[k]] += weight * counts[k];
                number += counts[k];
                squares += counts[k] * counts[k];
            }

            items += weight;
            ratings += weight * number;
            agreement += weight * (squares - number) / (number * (number - 1));
        }

        if (items == 0) return double.NaN;
        var expected = 0.0;
        foreach (var share in shares) expected += share / ratings * (share / ratings);
        return 1 - expected > 1e-12 ? (agreement / items - expected) / (1 - expected) : double.NaN;
    }
}
