using Orchestration.Learning.Routing;

namespace Orchestration.Core.Routing.Features;

/// <summary>How rare words are (inverse document frequency, smoothed as in scikit-learn) and how plain facts are spread, learned on training rows. Immutable by agreement.</summary>
/// <param name="Idf">One a bucket; that of a word never seen where it was in no row. Empty for embeddings.</param>
/// <param name="MarkMeans">One a fact.</param>
/// <param name="MarkScales">One a fact, above 0.</param>
internal sealed record PromptScale(float[] Idf, float[] MarkMeans, float[] MarkScales)
{
    /// <summary>Weight of one standard deviation of a fact beside a text of length 1.</summary>
    public const float MarkWeight = 0.1f;

    /// <summary>Standard deviations beyond which a fact counts no further.</summary>
    public const float MostDeviations = 4;

    private static readonly float[] DampedCounts = [.. Enumerable.Range(0, 256).Select(static c => c == 0 ? 0 : (float)(1 + Math.Log(c)))];

    /// <summary>1 + ln count.</summary>
    public static float Damped(int count) => count < DampedCounts.Length ? DampedCounts[count] : (float)(1 + Math.Log(count));

    public static PromptScale Fit(PromptTable table, ReadOnlySpan<int> rows)
    {
        var idf = table.Embedding is null ? new float[HashedText.Buckets] : [];
        var (means, scales) = (new double[PromptMarks.Count], new double[PromptMarks.Count]);
        foreach (var row in rows)
        {
            for (var k = table.Starts[row]; k < table.Starts[row + 1]; k++) idf[table.Buckets[k]]++;
            for (var m = 0; m < means.Length; m++) means[m] += table.Marks[row * PromptMarks.Count + m];
        }

        for (var b = 0; b < idf.Length; b++) idf[b] = (float)(Math.Log((1.0 + rows.Length) / (1 + idf[b])) + 1);
        for (var m = 0; m < means.Length; m++) means[m] /= rows.Length;
        foreach (var row in rows)
        {
            for (var m = 0; m < means.Length; m++)
            {
                var apart = table.Marks[row * PromptMarks.Count + m] - means[m];
                scales[m] += apart * apart;
            }
        }

        var count = rows.Length;
        return new PromptScale(idf, [.. means.Select(static m => (float)m)], [.. scales.Select(s => s > 1e-12 * count ? (float)Math.Sqrt(s / count) : 1f)]);
    }

    /// <summary>A fact as it enters a row.</summary>
    public float Mark(int mark, float value) => MarkWeight * Math.Clamp((value - MarkMeans[mark]) / MarkScales[mark], -MostDeviations, MostDeviations);

    /// <summary>Rows as they are learned from: words weighted and at length 1, then facts.</summary>
    public SparseRows Apply(PromptTable table, ReadOnlySpan<int> rows)
    {
        var starts = new int[rows.Length + 1];
        for (var i = 0; i < rows.Length; i++) starts[i + 1] = starts[i] + PromptMarks.Count + table.Dimensions + table.Starts[rows[i] + 1] - table.Starts[rows[i]];
        var (columns, values) = (new int[starts[^1]], new double[starts[^1]]);
        var first = table.Columns - PromptMarks.Count;
        for (var i = 0; i < rows.Length; i++)
        {
            var (row, at) = (rows[i], starts[i]);
            var squares = 0.0;
            for (var k = table.Starts[row]; k < table.Starts[row + 1]; k++, at++)
            {
                columns[at] = table.Buckets[k];
                values[at] = table.Counts[k] * Idf[table.Buckets[k]];
                squares += values[at] * values[at];
            }

            var norm = squares > 0 ? 1 / Math.Sqrt(squares) : 0;
            for (var k = starts[i]; k < at; k++) values[k] *= norm;
            for (var d = 0; d < table.Dimensions; d++, at++) (columns[at], values[at]) = (d, table.Embeddings[row * table.Dimensions + d]);
            for (var m = 0; m < PromptMarks.Count; m++, at++) (columns[at], values[at]) = (first + m, Mark(m, table.Marks[row * PromptMarks.Count + m]));
        }

        return new SparseRows(table.Columns, starts, columns, values);
    }
}
