using Orchestration.Learning.Drift;

namespace Orchestration.Core.Routing.Drift;

/// <summary>One mean of one expert or judge, watched.</summary>
internal sealed class WatchedMean(string subject, bool isJudge, DriftKind kind, DriftOptions options, double scale = 1, double offset = 0)
{
    private readonly MeanShift _shift = new(options);
    private readonly ObservedTimes _times = new();

    public DriftFinding? Finding { get; private set; }

    public DriftFinding? Add(DateTimeOffset at, double value)
    {
        _times.Add(at);
        if (!_shift.Add(value) || _shift.Noticed is not { } shift) return null;
        return Finding = new DriftFinding(
            subject, isJudge, kind, _times.Of(shift.Since), at, offset + scale * shift.Before, offset + scale * shift.After, shift.NoticedAt - shift.Since + 1, shift.Evidence, double.NaN);
    }
}
