using Orchestration.Learning.Drift;

namespace Orchestration.Core.Routing.Drift;

/// <summary>
/// Watches one judge: replies that cannot be read, verdicts that turn with the order, the level and the spread of its scores. Observations come in the order of the feed. Not safe
/// for concurrent use (<see cref="DriftMonitor"/> is).
/// </summary>
public sealed class JudgeDrift
{
    private readonly WatchedMean _unreadable;
    private readonly WatchedMean _flips;
    private readonly ScoreShift _scores;
    private readonly ObservedTimes _times = new();
    private DriftFinding? _level;
    private DriftFinding? _spread;

    /// <summary>Begins with a reference to be gathered.</summary>
    /// <param name="judge">Its name.</param>
    /// <param name="options">How soon and how seldom by mistake, each of the things watched; of rates, a half of the tolerance is minded.</param>
    public JudgeDrift(string judge, DriftOptions options)
    {
        Judge = judge;
        var rates = options with { Tolerance = options.Tolerance / 2 };
        _unreadable = new WatchedMean(judge, isJudge: true, DriftKind.Unreadable, rates);
        _flips = new WatchedMean(judge, isJudge: true, DriftKind.Flips, rates);
        _scores = new ScoreShift(options);
    }

    /// <summary>Its name.</summary>
    public string Judge { get; }

    /// <summary>Population stability index of its recent scores; NaN while the reference is being gathered.</summary>
    public double Stability => _scores.Stability;

    /// <summary>What was found so far, each kind once.</summary>
    public IReadOnlyList<DriftFinding> Findings => [.. new[] { _unreadable.Finding, _flips.Finding, Now(_level), Now(_spread) }.OfType<DriftFinding>()];

    /// <summary>Takes a reply.</summary>
    /// <param name="at">When.</param>
    /// <param name="score">The mapped score, 0–1; null where it could not be read.</param>
    /// <returns>What is found with just this one.</returns>
    public IReadOnlyList<DriftFinding> Replied(DateTimeOffset at, double? score)
    {
        var found = _unreadable.Add(at, score is null ? 1 : 0);
        if (score is not { } value) return found is null ? [] : [found];
        _times.Add(at);
        if (!_scores.Add(Math.Clamp(value, 0, 1))) return found is null ? [] : [found];
        List<DriftFinding> all = found is null ? [] : [found];
        if (_level is null && _scores.Level is { } level) all.Add(_level = Finding(DriftKind.ScoreLevel, level, at));
        if (_spread is null && _scores.Spread is { } spread) all.Add(_spread = Finding(DriftKind.ScoreSpread, spread, at));
        return all;
    }

    /// <summary>Takes a comparison that was made in both orders.</summary>
    /// <param name="at">When.</param>
    /// <param name="flipped">True where the verdict turned with the order.</param>
    /// <returns>What is found with just this one; null for nothing.</returns>
    public DriftFinding? Compared(DateTimeOffset at, bool flipped) => _flips.Add(at, flipped ? 1 : 0);

    private DriftFinding? Now(DriftFinding? finding) => finding is null ? null : finding with { Stability = Stability };

    private DriftFinding Finding(DriftKind kind, Shift shift, DateTimeOffset at) =>
        new(Judge, IsJudge: true, kind, _times.Of(shift.Since), at, shift.Before, shift.After, shift.NoticedAt - shift.Since + 1, shift.Evidence, _scores.Stability);
}
