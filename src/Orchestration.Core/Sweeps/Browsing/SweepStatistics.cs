using System.Text;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Sweeps.Browsing;

/// <summary>
/// What the finished rows of a shard, or of a sweep, come to: scores, what has none and why, categories and sources.
/// </summary>
public sealed class SweepStatistics
{
    /// <summary>Names of categories and sources that are told apart; the rest is counted together.</summary>
    public const int MostNames = 200;

    private readonly SortedDictionary<string, ScoreTally> _categories = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ScoreTally> _sources = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long>[] _unscored;
    private readonly (double Low, double High) _scale;

    /// <summary>Empty ones, for a sweep's columns.</summary>
    public SweepStatistics(SweepDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        _scale = ScaleOf(definition);
        Scores = new ScoreTally(_scale.Low, _scale.High);
        Columns = [.. definition.Columns.Select(static c => c.Scale is { } scale ? new ScoreTally(scale.Min, scale.Max) : new ScoreTally(double.NaN, double.NaN))];
        _unscored = [.. definition.Columns.Select(static _ => new SortedDictionary<string, long>(StringComparer.Ordinal))];
    }

    /// <summary>Finished rows.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows without an aggregated score.</summary>
    public long WithoutScore { get; private set; }

    /// <summary>Aggregated scores; of comparisons with a learned aggregator log-odds.</summary>
    public ScoreTally Scores { get; }

    /// <summary>Scores of each column, on the judge's own scale.</summary>
    public IReadOnlyList<ScoreTally> Columns { get; }

    /// <summary>Judgments without a score by column and reason.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, long>> Unscored => _unscored;

    /// <summary>Aggregated scores by category; the first <see cref="MostNames"/> that were met.</summary>
    public IReadOnlyDictionary<string, ScoreTally> Categories => _categories;

    /// <summary>Aggregated scores by source; likewise.</summary>
    public IReadOnlyDictionary<string, ScoreTally> Sources => _sources;

    /// <summary>True where there are more categories than are told apart.</summary>
    public bool HasMoreCategories { get; private set; }

    /// <summary>True where there are more sources than are told apart.</summary>
    public bool HasMoreSources { get; private set; }

    /// <summary>Those of a finished shard.</summary>
    internal static SweepStatistics Of(SweepDefinition definition, DataBlock data, ResultBlock result)
    {
        var statistics = new SweepStatistics(definition);
        statistics.AddShard(data, result);
        return statistics;
    }

    internal void Add(SweepStatistics more)
    {
        Rows += more.Rows;
        WithoutScore += more.WithoutScore;
        Scores.Add(more.Scores);
        for (var c = 0; c < Columns.Count; c++)
        {
            Columns[c].Add(more.Columns[c]);
            foreach (var (reason, count) in more._unscored[c]) _unscored[c][reason] = _unscored[c].GetValueOrDefault(reason) + count;
        }

        HasMoreCategories |= more.HasMoreCategories | Merge(_categories, more._categories);
        HasMoreSources |= more.HasMoreSources | Merge(_sources, more._sources);
    }

    private static (double Low, double High) ScaleOf(SweepDefinition definition) => definition.Kind != DataKind.Pairs ? (double.NaN, double.NaN)
        : definition.Learned is { } learned ? (learned.Min, learned.Max)
        : definition.Aggregator == MeanScore.Version ? (0, 1) : (double.NaN, double.NaN);

    private void AddShard(DataBlock data, ResultBlock result)
    {
        Rows += data.Rows;
        var scores = result.Scores;
        string? lastCategory = null, lastSource = null;
        for (var row = 0; row < data.Rows; row++)
        {
            var score = scores.Count == 0 ? double.NaN : scores[row];
            if (double.IsNaN(score)) WithoutScore++;
            else Scores.Add(score);
            if (data.TryGetCategory(row, out var category)) HasMoreCategories |= !Name(_categories, category, ref lastCategory, score);
            if (data.TryGetSource(row, out var source)) HasMoreSources |= !Name(_sources, source, ref lastSource, score);
        }

        for (var c = 0; c < Columns.Count; c++)
        {
            var codes = result.Table.ColumnCodes(c);
            var values = result.Table.ColumnValues(c);
            var tally = Columns[c];
            var counts = codes.ContainsAnyExcept((ushort)1) ? new long[result.Table.Reasons.Count] : null;
            for (var row = 0; row < codes.Length; row++)
            {
                if (codes[row] == 1) tally.Add(values[row]);
                else if (codes[row] > 1) counts![codes[row] - 2]++;
            }

            for (var r = 0; counts is not null && r < counts.Length; r++)
            {
                if (counts[r] != 0) _unscored[c][result.Table.Reasons[r]] = counts[r];
            }
        }
    }

    // Rows of one category mostly lie together, so that the name is seldom made anew.
    private bool Name(SortedDictionary<string, ScoreTally> names, ReadOnlySpan<byte> name, ref string? last, double score)
    {
        if (last is null || !IsSame(last, name)) last = Encoding.UTF8.GetString(name);
        if (!names.TryGetValue(last, out var tally))
        {
            if (names.Count >= MostNames) return false;
            names.Add(last, tally = new ScoreTally(_scale.Low, _scale.High));
        }

        if (!double.IsNaN(score)) tally.Add(score);
        tally.CountRow();
        return true;
    }

    private static bool IsSame(string text, ReadOnlySpan<byte> utf8)
    {
        if (text.Length != utf8.Length) return false;
        for (var i = 0; i < utf8.Length; i++)
        {
            if (text[i] != utf8[i] || utf8[i] > 127) return false;
        }

        return true;
    }

    private bool Merge(SortedDictionary<string, ScoreTally> names, SortedDictionary<string, ScoreTally> more)
    {
        var isFull = false;
        foreach (var (name, tally) in more)
        {
            if (!names.TryGetValue(name, out var mine))
            {
                if (names.Count >= MostNames)
                {
                    isFull = true;
                    continue;
                }

                names.Add(name, mine = new ScoreTally(_scale.Low, _scale.High));
            }

            mine.Add(tally);
        }

        return isFull;
    }
}
