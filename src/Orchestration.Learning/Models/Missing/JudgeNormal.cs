using System.Collections.Concurrent;

namespace Orchestration.Learning.Models.Missing;

/// <summary>
/// What judges say together, as one normal distribution learned from training rows: it fills a missing judge with the score expected from those
/// present (a fill with the judge's own mean would pull every row towards the middle where judges agree). Filled scores are clipped to 0–1. Means
/// and covariances are those of the maximum likelihood (EM where training rows have gaps: Dempster, Laird and Rubin 1977), correlations shrunk as
/// far as their sampling error says (Schäfer and Strimmer 2005). Safe for concurrent use.
/// </summary>
internal sealed class JudgeNormal
{
    // Patterns are kept up to about 8 MB; beyond that each row solves its own, with the same numbers.
    private const int MostPatterns = 4096;
    private const int MostNumbers = 1_000_000;
    private const int WidestKey = 128;

    private readonly ConcurrentDictionary<UInt128, JudgePattern> _patterns = new();
    private readonly double[] _means;
    private readonly double[] _covariance;
    private readonly bool _isRising;
    private int _numbers;

    /// <summary>Takes means and covariances over.</summary>
    /// <exception cref="ArgumentException">Lengths differ, or a number is not finite.</exception>
    /// <param name="means">Mean of each judge.</param>
    /// <param name="covariance">Judges × judges.</param>
    /// <param name="isRising">
    /// True: a present judge's better score never lowers what is expected of a missing one. Without it a model of rising terms can still fall with a judge, by way of
    /// those that are missing.
    /// </param>
    public JudgeNormal(double[] means, double[] covariance, bool isRising = false)
    {
        if (means.Length == 0 || covariance.LongLength != (long)means.Length * means.Length)
            throw new ArgumentException($"{covariance.Length} covariances for {means.Length} judges.", nameof(covariance));
        RowRules.Finite(means, nameof(means));
        RowRules.Finite(covariance, nameof(covariance));
        (_means, _covariance, _isRising) = (means, covariance, isRising);
    }

    /// <summary>Number of judges.</summary>
    public int Judges => _means.Length;

    /// <summary>Mean score of each judge over the training rows.</summary>
    public ReadOnlySpan<double> Means => _means;

    /// <summary>Judges × judges.</summary>
    public ReadOnlySpan<double> Covariance => _covariance;

    /// <summary>Learns from rows with or without gaps.</summary>
    public static JudgeNormal Fit(ScoreData data, bool isRising = false) => JudgeNormalFit.Fit(data.Scores, data.Judges, data.Weights).As(isRising);

    /// <summary>Learns from both answers of every comparison.</summary>
    public static JudgeNormal Fit(PreferenceData data, bool isRising = false)
    {
        double[]? weights = data.Weights is null ? null : [.. data.Weights, .. data.Weights];
        return JudgeNormalFit.Fit([.. data.First, .. data.Second], data.Judges, weights).As(isRising);
    }

    /// <summary>True where no judge is missing.</summary>
    public static bool IsComplete(ReadOnlySpan<double> row)
    {
        foreach (var score in row)
        {
            if (double.IsNaN(score)) return false;
        }

        return true;
    }

    /// <summary>
    /// The row with its gaps filled: the row itself where it has none, else <paramref name="buffer"/>. Allocates nothing for a complete row or a
    /// pattern of gaps met before.
    /// </summary>
    /// <param name="row">One mapped score a judge; NaN where missing.</param>
    /// <param name="buffer">Room for one row.</param>
    public ReadOnlySpan<double> Fill(ReadOnlySpan<double> row, Span<double> buffer)
    {
        if (row.Length != Judges) throw new ArgumentException($"{row.Length} scores for {Judges} judges.", nameof(row));
        if (IsComplete(row)) return row;
        buffer = buffer[..row.Length];
        row.CopyTo(buffer);
        var pattern = Pattern(row);
        pattern.Fill(buffer, _means);
        foreach (var judge in pattern.Missing) buffer[judge] = Math.Clamp(buffer[judge], 0, 1);
        return buffer;
    }

    /// <summary>All rows with their gaps filled: the array itself where it has none, else a new one.</summary>
    public double[] FillAll(double[] scores)
    {
        if (IsComplete(scores)) return scores;
        var filled = scores.AsSpan().ToArray();
        for (var at = 0; at < scores.Length; at += Judges) Fill(scores.AsSpan(at, Judges), filled.AsSpan(at, Judges));
        return filled;
    }

    /// <summary>Adds what <see cref="Read"/> reads.</summary>
    public void Write(ModelStateWriter state)
    {
        state.Tensor("judges.mean", [Judges], _means);
        state.Tensor("judges.covariance", [Judges, Judges], _covariance);
        if (_isRising) state.Setting("judges.rising", true);
    }

    /// <summary>Reads back what <see cref="Write"/> wrote.</summary>
    public static JudgeNormal Read(ModelStateReader state)
    {
        var means = state.Tensor("judges.mean", -1);
        return new JudgeNormal(means, state.Tensor("judges.covariance", means.Length, means.Length), state.HasSetting("judges.rising") && state.Flag("judges.rising"));
    }

    private JudgeNormal As(bool isRising) => isRising ? new JudgeNormal(_means, _covariance, true) : this;

    private JudgePattern Pattern(ReadOnlySpan<double> row)
    {
        if (row.Length > WidestKey) return JudgePattern.Of(row, _covariance, _isRising);
        var key = UInt128.Zero;
        for (var j = 0; j < row.Length; j++)
        {
            if (double.IsNaN(row[j])) key |= UInt128.One << j;
        }

        if (_patterns.TryGetValue(key, out var known)) return known;
        var pattern = JudgePattern.Of(row, _covariance, _isRising);
        if (Volatile.Read(ref _numbers) < MostNumbers && _patterns.Count < MostPatterns && _patterns.TryAdd(key, pattern))
            Interlocked.Add(ref _numbers, pattern.Numbers);
        return pattern;
    }
}
