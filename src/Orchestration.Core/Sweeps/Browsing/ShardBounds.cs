namespace Orchestration.Core.Sweeps.Browsing;

/// <summary>What is remembered of a finished shard: enough to know which filters none of its rows can pass, so that it need not be read again. A few hundred bytes.</summary>
internal sealed class ShardBounds
{
    private readonly (float Min, float Max) _scores;
    private readonly (float Min, float Max)[] _columns;
    private readonly string[][] _unscored;
    private readonly string[]? _categories;
    private readonly string[]? _sources;
    private readonly bool _hasWithoutScore;

    /// <summary>Those of a shard.</summary>
    /// <param name="firstRow">Rows of the sweep before it.</param>
    /// <param name="shard">What its rows come to.</param>
    public ShardBounds(long firstRow, SweepStatistics shard)
    {
        End = firstRow + shard.Rows;
        _scores = Bounds(shard.Scores);
        _columns = [.. shard.Columns.Select(Bounds)];
        _unscored = [.. shard.Unscored.Select(static u => u.Count == 0 ? [] : u.Keys.Select(string.Intern).ToArray())];
        _categories = shard.HasMoreCategories ? null : [.. shard.Categories.Keys];
        _sources = shard.HasMoreSources ? null : [.. shard.Sources.Keys];
        _hasWithoutScore = shard.WithoutScore != 0;
    }

    /// <summary>Rows of the sweep up to its end.</summary>
    public long End { get; }

    /// <summary>True where a judgment has no score: such a shard may be opened again, all others stay as they are for good.</summary>
    public bool HasUnscored => Array.Exists(_unscored, static u => u.Length != 0);

    /// <summary>False where no row of the shard can pass the filter. Texts say nothing here.</summary>
    public bool CanPass(PairFilter filter, int[] columns)
    {
        if (filter.WithoutScore && !_hasWithoutScore) return false;
        if (filter.Category is { } category && _categories is not null && !_categories.Contains(category)) return false;
        if (filter.Source is { } source && _sources is not null && !_sources.Contains(source)) return false;
        if (filter.Unscored is { } reason && !Array.Exists(columns, c => reason == PairFilter.AnyReason ? _unscored[c].Length != 0 : _unscored[c].Contains(reason))) return false;
        return !filter.HasScoreRange || (filter.Judge is null ? IsWithin(_scores) : Array.Exists(columns, c => IsWithin(_columns[c])));

        bool IsWithin((float Min, float Max) scores) => scores.Min <= scores.Max && !(scores.Max < filter.ScoreMin) && !(scores.Min > filter.ScoreMax);
    }

    // Rounded outwards: a bound may be too wide, never too narrow.
    private static (float Min, float Max) Bounds(ScoreTally scores) =>
        scores.Count == 0 ? (float.PositiveInfinity, float.NegativeInfinity) : (MathF.BitDecrement((float)scores.Min), MathF.BitIncrement((float)scores.Max));
}
