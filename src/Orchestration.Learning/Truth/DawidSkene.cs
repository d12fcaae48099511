using Orchestration.Learning.Agreement;

namespace Orchestration.Learning.Truth;

/// <summary>When the iterations end.</summary>
public sealed record DawidSkeneOptions
{
    /// <summary>Iterations at most, at least 1; default 10,000.</summary>
    public int MaxIterations { get; init; } = 10_000;

    /// <summary>Ends when no probability of any item moves by more; default 1e-7.</summary>
    public double Tolerance { get; init; } = 1e-7;

    /// <summary>Stops between two iterations.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>
/// The truth behind ratings, together with how each rater confuses levels (Dawid and Skene 1979): EM over one confusion matrix a rater, started from the shares of the votes, without smoothing.
/// It assumes that raters err independently given the truth; where they err together it believes them too much, and can be worse than the plain vote.
/// </summary>
public sealed class DawidSkene
{
    private readonly int _levels;
    private readonly int[] _ratings;

    private DawidSkene(int levels, double[] probabilities, double[] prior, double[] confusion, int[] ratings, int iterations, bool converged, double logLikelihood)
    {
        (_levels, Probabilities, Prior, Confusion, _ratings) = (levels, probabilities, prior, confusion, ratings);
        (Iterations, Converged, LogLikelihood) = (iterations, converged, logLikelihood);
    }

    /// <summary>Items × levels: how likely each level is the truth, of sum 1.</summary>
    public double[] Probabilities { get; }

    /// <summary>Share of each level among the truths.</summary>
    public double[] Prior { get; }

    /// <summary>Raters × levels × levels: the chance that a rater says the last where the truth is the middle one; 0 throughout for a truth the rater never met.</summary>
    public double[] Confusion { get; }

    /// <summary>Iterations made.</summary>
    public int Iterations { get; }

    /// <summary>False where the iterations ended at their limit.</summary>
    public bool Converged { get; }

    /// <summary>Natural logarithm of the likelihood of all ratings at the last iteration but one.</summary>
    public double LogLikelihood { get; }

    /// <summary>Fits the model. Items without ratings keep the prior.</summary>
    public static DawidSkene Fit(RatingTable table, DawidSkeneOptions? options = null)
    {
        options ??= new DawidSkeneOptions();
        var (levels, raters) = (table.Levels.Length, table.Raters);
        var said = Said(table, out var start);
        var probabilities = MajorityVote.Shares(table);
        var prior = new double[levels];
        var confusion = new double[raters * levels * levels];
        var logs = new double[confusion.Length];
        var row = new double[levels];
        var (moved, likelihood, iteration) = (double.PositiveInfinity, 0.0, 0);
        for (; iteration < options.MaxIterations && moved > options.Tolerance; iteration++)
        {
            options.Cancellation.ThrowIfCancellationRequested();
            Maximise(probabilities, levels, said, start, prior, confusion);
            for (var c = 0; c < logs.Length; c++) logs[c] = Math.Log(confusion[c]);
            (moved, likelihood) = (0, 0);
            for (var i = 0; i < table.Items; i++)
            {
                for (var k = 0; k < levels; k++) row[k] = Math.Log(prior[k]);
                for (var s = start[i]; s < start[i + 1]; s++)
                {
                    var (rater, level) = said[s];
                    for (var k = 0; k < levels; k++) row[k] += logs[(rater * levels + k) * levels + level];
                }

                // A level that was possible before stays so: its own ratings are in the confusion matrices.
                var most = row.Max();
                var sum = 0.0;
                for (var k = 0; k < levels; k++) sum += row[k] = Math.Exp(row[k] - most);
                likelihood += most + Math.Log(sum);
                for (var k = 0; k < levels; k++)
                {
                    moved = Math.Max(moved, Math.Abs(row[k] / sum - probabilities[i * levels + k]));
                    probabilities[i * levels + k] = row[k] / sum;
                }
            }
        }

        var ratings = new int[raters];
        foreach (var (rater, _) in said) ratings[rater]++;
        return new DawidSkene(levels, probabilities, prior, confusion, ratings, iteration, moved <= options.Tolerance, likelihood);
    }

    /// <summary>How good a rater is by this fit.</summary>
    public RaterQuality Quality(int rater)
    {
        var (accuracy, balanced, met) = (0.0, 0.0, 0);
        for (var k = 0; k < _levels; k++)
        {
            var right = Confusion[(rater * _levels + k) * _levels + k];
            var any = 0.0;
            for (var l = 0; l < _levels; l++) any += Confusion[(rater * _levels + k) * _levels + l];
            if (any == 0) continue;
            met++;
            balanced += right;
            accuracy += Prior[k] * right;
        }

        var prior = 0.0;
        for (var k = 0; k < _levels; k++)
        {
            if (Confusion.AsSpan((rater * _levels + k) * _levels, _levels).IndexOfAnyExcept(0.0) >= 0) prior += Prior[k];
        }

        return new RaterQuality(_ratings[rater], prior > 0 ? accuracy / prior : double.NaN, met < 2 ? double.NaN : (balanced - 1) / (met - 1));
    }

    private static void Maximise(double[] probabilities, int levels, (int Rater, int Level)[] said, int[] start, double[] prior, double[] confusion)
    {
        Array.Clear(prior);
        Array.Clear(confusion);
        for (var i = 0; i + 1 < start.Length; i++)
        {
            for (var k = 0; k < levels; k++)
            {
                var probability = probabilities[i * levels + k];
                prior[k] += probability / (start.Length - 1);
                for (var s = start[i]; s < start[i + 1]; s++) confusion[(said[s].Rater * levels + k) * levels + said[s].Level] += probability;
            }
        }

        for (var c = 0; c < confusion.Length; c += levels)
        {
            var row = confusion.AsSpan(c, levels);
            var sum = 0.0;
            foreach (var one in row) sum += one;
            if (sum == 0) continue;
            for (var l = 0; l < levels; l++) row[l] /= sum;
        }
    }

    /// <summary>All ratings, item after item.</summary>
    private static (int Rater, int Level)[] Said(RatingTable table, out int[] start)
    {
        var said = new List<(int, int)>();
        start = new int[table.Items + 1];
        for (var i = 0; i < table.Items; i++)
        {
            for (var r = 0; r < table.Raters; r++)
            {
                if (table.Level(i, r) is >= 0 and var level) said.Add((r, level));
            }

            start[i + 1] = said.Count;
        }

        return [.. said];
    }
}

/// <summary>How good a rater is, by Dawid and Skene's fit.</summary>
/// <param name="Ratings">Ratings given.</param>
/// <param name="Accuracy">Chance that a rating is the truth, over truths as frequent as the fit finds them.</param>
/// <param name="Informedness">
/// Mean chance of being right over the levels, from 0 (no better than a constant answer) to 1 (always right); below 0 the rater says the opposite. NaN where it met one level only.
/// </param>
public readonly record struct RaterQuality(int Ratings, double Accuracy, double Informedness);
