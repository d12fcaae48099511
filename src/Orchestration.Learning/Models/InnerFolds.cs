namespace Orchestration.Learning.Models;

/// <summary>
/// The folds inside a training set on which a fit decides when to stop: all rows of a group in one fold, sizes as even as groups allow.
/// </summary>
internal static class InnerFolds
{
    /// <summary>The fold of each row, 0 … folds − 1.</summary>
    /// <param name="groupOf">The group of each row.</param>
    /// <param name="groups">Number of groups, at least <paramref name="folds"/>.</param>
    /// <param name="folds">Number of folds.</param>
    /// <param name="random">Draws the order of the groups.</param>
    public static int[] Draw(int[] groupOf, int groups, int folds, SeedStream random)
    {
        var sizes = new int[groups];
        foreach (var group in groupOf) sizes[group]++;
        var order = new int[groups];
        for (var g = 0; g < groups; g++) order[g] = g;
        random.Shuffle(order);

        // The largest groups first, each into the fold that is smallest so far: order among equals is the shuffled one.
        var sorted = order.OrderByDescending(g => sizes[g]).ToArray();
        var foldOf = new int[groups];
        var filled = new int[folds];
        foreach (var group in sorted)
        {
            var least = Array.IndexOf(filled, filled.Min());
            foldOf[group] = least;
            filled[least] += sizes[group];
        }

        var rows = new int[groupOf.Length];
        for (var i = 0; i < rows.Length; i++) rows[i] = foldOf[groupOf[i]];
        return rows;
    }
}
