using Orchestration.Learning.Algebra;

namespace Orchestration.Learning.Bandits;

/// <summary>
/// The chance of each of several independent normal numbers to be the largest: what Thompson sampling asks each arm with (Thompson 1933), by integration instead of
/// by drawing. Who then draws an arm with these chances has drawn by exactly what was written down.
/// </summary>
public static class BestChances
{
    /// <summary>Quantiles of each arm that the integral is cut at: the grid is fine where any arm is narrow.</summary>
    private static readonly double[] Cuts = [-6, -3.5, -2.5, -1.9, -1.4, -1, -0.65, -0.3, 0, 0.3, 0.65, 1, 1.4, 1.9, 2.5, 3.5, 6];

    /// <summary>Computes the chances. Error below about 0.005 before they are made to add up to 1.</summary>
    /// <param name="means">Expected values, finite; at least one.</param>
    /// <param name="deviations">Standard deviations, at least 0, as many.</param>
    /// <param name="chances">Takes as many chances, which add up to 1.</param>
    /// <exception cref="ArgumentException">Lengths that differ, nothing at all, or numbers that are not finite.</exception>
    public static void Of(ReadOnlySpan<double> means, ReadOnlySpan<double> deviations, Span<double> chances)
    {
        var arms = means.Length;
        if (arms == 0 || deviations.Length != arms || chances.Length != arms) throw new ArgumentException($"{arms} means, {deviations.Length} deviations, {chances.Length} chances: as many of each, and at least one.", nameof(means));
        var largest = 0.0;
        for (var k = 0; k < arms; k++)
        {
            if (!double.IsFinite(means[k]) || !(deviations[k] >= 0) || !double.IsFinite(deviations[k]))
                throw new ArgumentException($"Arm {k}: means and deviations are finite and deviations at least 0.", nameof(means));
            largest = Math.Max(largest, Math.Max(Math.Abs(means[k]), deviations[k]));
        }

        if (arms == 1)
        {
            chances[0] = 1;
            return;
        }

        // A deviation of nothing would make a step that no grid holds; at this least one, arms of one mean share evenly, others do not meet.
        var least = Math.Max(largest, 1e-300) * 1e-12;
        var count = arms * Cuts.Length;
        Span<double> grid = count <= 512 ? stackalloc double[count] : new double[count];
        Span<double> inverse = arms <= 64 ? stackalloc double[arms] : new double[arms];
        for (var k = 0; k < arms; k++)
        {
            var deviation = Math.Max(deviations[k], least);
            inverse[k] = 1 / deviation;
            for (var c = 0; c < Cuts.Length; c++) grid[k * Cuts.Length + c] = means[k] + Cuts[c] * deviation;
        }

        grid.Sort();
        Integrate(grid, means, inverse, chances);
    }

    /// <summary>Σ over cells of each arm's chance to lie in it times the chance that all others lie below, mean of the cell's ends.</summary>
    private static void Integrate(ReadOnlySpan<double> grid, ReadOnlySpan<double> means, ReadOnlySpan<double> inverse, Span<double> chances)
    {
        var arms = means.Length;
        var scratch = 4 * arms;
        Span<double> memory = scratch <= 512 ? stackalloc double[scratch] : new double[scratch];
        var below = memory[..arms];
        var others = memory.Slice(arms, arms);
        var before = memory.Slice(2 * arms, arms);
        var lower = memory.Slice(3 * arms, arms);
        chances.Clear();
        before.Clear();
        lower.Clear();
        for (var g = 0; g <= grid.Length; g++)
        {
            if (g < grid.Length)
            {
                for (var k = 0; k < arms; k++) below[k] = NormalChance.Below((grid[g] - means[k]) * inverse[k]);
            }
            else
            {
                below.Fill(1);
            }

            // Products of all but one from both sides, without dividing.
            var product = 1.0;
            for (var k = 0; k < arms; k++)
            {
                others[k] = product;
                product *= below[k];
            }

            product = 1;
            for (var k = arms - 1; k >= 0; k--)
            {
                others[k] *= product;
                product *= below[k];
                chances[k] += (below[k] - lower[k]) * (others[k] + before[k]) / 2;
                (lower[k], before[k]) = (below[k], others[k]);
            }
        }

        var sum = 0.0;
        foreach (ref var chance in chances)
        {
            chance = Math.Max(0, chance);
            sum += chance;
        }

        foreach (ref var chance in chances) chance /= sum;
    }

    /// <summary>The arm that a uniform number draws: the first whose chances up to and including it exceed the number; never one of chance 0.</summary>
    /// <param name="chances">At least 0, adding up to 1; at least one.</param>
    /// <param name="draw">On [0, 1).</param>
    public static int Draw(ReadOnlySpan<double> chances, double draw)
    {
        if (!(draw >= 0 && draw < 1)) throw new ArgumentOutOfRangeException(nameof(draw), draw, "A draw lies on [0, 1).");
        var (sum, last) = (0.0, -1);
        for (var k = 0; k < chances.Length; k++)
        {
            if (!(chances[k] > 0)) continue;
            last = k;
            sum += chances[k];
            if (draw < sum) return k;
        }

        return last >= 0 ? last : throw new ArgumentException("No arm has a chance.", nameof(chances));
    }
}
