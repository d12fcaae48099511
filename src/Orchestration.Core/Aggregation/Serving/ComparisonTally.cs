namespace Orchestration.Core.Aggregation.Serving;

/// <summary>Adds up what two versions say of the same rows, without a lock: each batch is added in one exchange.</summary>
internal sealed class ComparisonTally
{
    private LiveComparison? _pending;

    /// <summary>Adds a batch.</summary>
    /// <param name="active">The active version's id.</param>
    /// <param name="scores">Its scores; NaN where it has none.</param>
    /// <param name="other">The other version's id.</param>
    /// <param name="otherScores">Its scores.</param>
    /// <param name="rows">Which rows count; empty for all.</param>
    public void Add(string active, ReadOnlySpan<double> scores, string other, ReadOnlySpan<double> otherScores, ReadOnlySpan<bool> rows)
    {
        long both = 0, onlyActive = 0, onlyOther = 0;
        double sum = 0, otherSum = 0, squares = 0, otherSquares = 0, products = 0, most = 0;
        for (var row = 0; row < scores.Length; row++)
        {
            if (!rows.IsEmpty && !rows[row]) continue;
            var (a, b) = (scores[row], otherScores[row]);
            if (double.IsNaN(a) || double.IsNaN(b))
            {
                if (!double.IsNaN(a)) onlyActive++;
                if (!double.IsNaN(b)) onlyOther++;
                continue;
            }

            both++;
            (sum, otherSum, squares, otherSquares, products) = (sum + a, otherSum + b, squares + a * a, otherSquares + b * b, products + a * b);
            most = Math.Max(most, Math.Abs(a - b));
        }

        Add(new LiveComparison(active, other, both, onlyActive, onlyOther, sum, otherSum, squares, otherSquares, products, most));
    }

    /// <summary>Puts back what could not be written.</summary>
    public void Add(LiveComparison part)
    {
        while (true)
        {
            var before = Volatile.Read(ref _pending);
            if (Interlocked.CompareExchange(ref _pending, before?.Plus(part) ?? part, before) == before) return;
        }
    }

    /// <summary>Takes what has been added since; null for nothing.</summary>
    public LiveComparison? Take() => Interlocked.Exchange(ref _pending, null);
}
