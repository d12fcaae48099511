using Orchestration.Learning.Models;

namespace Orchestration.Learning.Routing;

/// <summary>Rows in clusters by k-means: seeded starts far apart (k-means++: Arthur and Vassilvitskii 2007), then Lloyd's steps until nothing moves. Immutable.</summary>
public sealed class RowClusters
{
    private const int MostSteps = 50;

    private RowClusters(int width, float[] centres, int[] clusterOf) => (Width, Centres, ClusterOf) = (width, centres, clusterOf);

    /// <summary>Numbers of a row.</summary>
    public int Width { get; }

    /// <summary>Clusters × width.</summary>
    public float[] Centres { get; }

    /// <summary>The cluster of each row that was fitted on; empty where they were read.</summary>
    public int[] ClusterOf { get; }

    /// <summary>Number of clusters: as many as asked for, or fewer where fewer rows differ.</summary>
    public int Count => Centres.Length / Width;

    /// <summary>Takes centres as they were stored; whose rows they are made of is not known.</summary>
    /// <exception cref="ArgumentException">No centre, or a broken one.</exception>
    public static RowClusters Of(float[] centres, int width)
    {
        if (centres.Length == 0 || centres.Length % width != 0) throw new ArgumentException("There are no centres, or a broken one.", nameof(centres));
        return new RowClusters(width, centres, []);
    }

    /// <summary>Finds clusters.</summary>
    /// <param name="rows">Rows × width.</param>
    /// <param name="width">Numbers of a row, at least 1.</param>
    /// <param name="clusters">Clusters wanted, at least 1.</param>
    /// <param name="seed">Draws the starts.</param>
    public static RowClusters Fit(ReadOnlySpan<float> rows, int width, int clusters, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(clusters, 1);
        if (rows.Length == 0 || rows.Length % width != 0) throw new ArgumentException("There are no rows, or a broken one.", nameof(rows));
        var count = rows.Length / width;
        var centres = Starts(rows, width, count, clusters, seed);
        var clusterOf = new int[count];
        Array.Fill(clusterOf, -1);
        for (var step = 0; step < MostSteps; step++)
        {
            var moved = false;
            for (var i = 0; i < count; i++)
            {
                var nearest = Nearest(centres, width, rows.Slice(i * width, width));
                moved |= nearest != clusterOf[i];
                clusterOf[i] = nearest;
            }

            if (!moved) break;
            var (sums, sizes) = (new double[centres.Length], new int[centres.Length / width]);
            for (var i = 0; i < count; i++)
            {
                sizes[clusterOf[i]]++;
                for (var j = 0; j < width; j++) sums[clusterOf[i] * width + j] += rows[i * width + j];
            }

            // A cluster that lost all its rows stays where it is.
            for (var c = 0; c < sizes.Length; c++)
            {
                for (var j = 0; sizes[c] != 0 && j < width; j++) centres[c * width + j] = (float)(sums[c * width + j] / sizes[c]);
            }
        }

        return new RowClusters(width, centres, clusterOf);
    }

    /// <summary>The nearest cluster; of equally near ones the first.</summary>
    public int Nearest(ReadOnlySpan<float> row) => Nearest(Centres, Width, row);

    private static int Nearest(ReadOnlySpan<float> centres, int width, ReadOnlySpan<float> row)
    {
        var (best, least) = (0, float.PositiveInfinity);
        for (var c = 0; c * width < centres.Length; c++)
        {
            var distance = NearestRows.Distance(centres.Slice(c * width, width), row);
            if (distance < least) (best, least) = (c, distance);
        }

        return best;
    }

    private static float[] Starts(ReadOnlySpan<float> rows, int width, int count, int clusters, ulong seed)
    {
        var random = new SeedStream(seed, 0);
        var centres = new List<float>();
        var nearest = new double[count];
        Array.Fill(nearest, double.PositiveInfinity);
        var chosen = random.NextBelow(count);
        while (true)
        {
            var centre = rows.Slice(chosen * width, width);
            centres.AddRange(centre);
            if (centres.Count >= clusters * width) break;
            var sum = 0.0;
            for (var i = 0; i < count; i++) sum += nearest[i] = Math.Min(nearest[i], NearestRows.Distance(centre, rows.Slice(i * width, width)));
            if (!(sum > 0)) break;
            var (draw, at) = (random.NextDouble() * sum, 0.0);
            for (chosen = 0; chosen < count - 1 && (at += nearest[chosen]) <= draw; chosen++)
            {
            }
        }

        return [.. centres];
    }
}
