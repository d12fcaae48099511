namespace Orchestration.Learning.Selection;

/// <summary>Which fold each row is held out in. Immutable.</summary>
public sealed class Folds
{
    private Folds(int count, int[] foldOf, bool grouped) => (Count, FoldOf, Grouped) = (count, foldOf, grouped);

    /// <summary>Number of folds, at least 2.</summary>
    public int Count { get; }

    /// <summary>The fold of each row, 0 … Count − 1; every fold has a row.</summary>
    public int[] FoldOf { get; }

    /// <summary>True where all rows of a group are in one fold. Figures from other folds are marked: rows of one prompt know each other.</summary>
    public bool Grouped { get; }

    /// <summary>
    /// Groups drawn into folds: shuffled (SplitMix64 with the seed, Fisher and Yates from the end), then the larger groups first, in shuffled order where equal, each
    /// to the fold with the fewest rows so far, the lowest such fold. With groups of one size the folds differ by at most one group.
    /// </summary>
    /// <param name="groupOf">The group of each row, 0 … G − 1.</param>
    /// <param name="folds">Number of folds, at least 2 and at most G.</param>
    /// <param name="seed">Another seed, another draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than two folds, or fewer groups than folds.</exception>
    public static Folds ByGroup(int[] groupOf, int folds, ulong seed)
    {
        var sizes = Sizes(groupOf, folds);
        var order = Count0(sizes.Length);
        new SeededDraws(seed).Shuffle(order);
        var larger = order.OrderByDescending(g => sizes[g]).ToArray();
        return Fill(groupOf, sizes, larger, folds);
    }

    /// <summary>
    /// What scikit-learn's <c>GroupKFold</c> gives: no shuffling, larger groups first, each to the fold with the fewest rows. Groups of equal size come in the
    /// order that NumPy's unstable <c>argsort</c> leaves them in, read backwards; that order is reproduced (introsort of NumPy before 1.25, which is without
    /// vector instructions). For comparing with published tables.
    /// </summary>
    /// <param name="groupOf">The group of each row; numbered in the sorted order of the groups' names.</param>
    /// <param name="folds">Number of folds, at least 2 and at most G.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than two folds, or fewer groups than folds.</exception>
    public static Folds LikeGroupKFold(int[] groupOf, int folds)
    {
        var sizes = Sizes(groupOf, folds);
        var order = NumpyOrder.Of(sizes);
        Array.Reverse(order);
        return Fill(groupOf, sizes, order, folds);
    }

    /// <summary>Rows drawn one by one: only where it is asked for, and marked by <see cref="Grouped"/>.</summary>
    /// <param name="rows">Number of rows, at least <paramref name="folds"/>.</param>
    /// <param name="folds">Number of folds, at least 2.</param>
    /// <param name="seed">Another seed, another draw.</param>
    public static Folds Random(int rows, int folds, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, folds);
        var order = Count0(rows);
        new SeededDraws(seed).Shuffle(order);
        var foldOf = new int[rows];
        for (var i = 0; i < rows; i++) foldOf[order[i]] = i % folds;
        return new Folds(folds, foldOf, grouped: false);
    }

    /// <summary>Each part held out whole, such as a category: how well what was learned carries over to what was never seen.</summary>
    /// <param name="partOf">The part of each row, 0 … P − 1, each with a row; P at least 2.</param>
    /// <param name="groupOf">The group of each row; folds count as grouped where no group lies in two parts.</param>
    public static Folds LeaveOut(int[] partOf, int[] groupOf)
    {
        var parts = partOf.Max() + 1;
        if (Sizes(partOf, 2).Contains(0)) throw new ArgumentException("Parts are numbered without a gap.", nameof(partOf));
        var partOfGroup = new Dictionary<int, int>();
        var grouped = true;
        for (var i = 0; i < partOf.Length; i++)
        {
            if (!partOfGroup.TryAdd(groupOf[i], partOf[i])) grouped &= partOfGroup[groupOf[i]] == partOf[i];
        }

        return new Folds(parts, partOf, grouped);
    }

    /// <summary>The rows outside a fold, in order.</summary>
    public int[] Training(int fold) => Rows(f => f != fold);

    /// <summary>The rows of a fold, in order.</summary>
    public int[] HeldOut(int fold) => Rows(f => f == fold);

    private int[] Rows(Func<int, bool> wanted)
    {
        var rows = new List<int>(FoldOf.Length);
        for (var i = 0; i < FoldOf.Length; i++)
        {
            if (wanted(FoldOf[i])) rows.Add(i);
        }

        return [.. rows];
    }

    private static int[] Sizes(int[] groupOf, int folds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        var sizes = new int[groupOf.Max() + 1];
        foreach (var group in groupOf) sizes[group]++;
        if (sizes.Length < folds) throw new ArgumentOutOfRangeException(nameof(folds), folds, $"There are {sizes.Length} groups: that many folds at most.");
        return sizes;
    }

    private static int[] Count0(int count)
    {
        var numbers = new int[count];
        for (var i = 0; i < count; i++) numbers[i] = i;
        return numbers;
    }

    private static Folds Fill(int[] groupOf, int[] sizes, int[] order, int folds)
    {
        var filled = new long[folds];
        var foldOfGroup = new int[sizes.Length];
        foreach (var group in order)
        {
            var fold = Array.IndexOf(filled, filled.Min());
            foldOfGroup[group] = fold;
            filled[fold] += sizes[group];
        }

        return new Folds(folds, [.. groupOf.Select(g => foldOfGroup[g])], grouped: true);
    }
}
