using Orchestration.Learning.Drift;

namespace Orchestration.Core.Routing.Drift;

/// <summary>
/// Watches one expert: its judged quality and its failures. Where the policy predicted a quality, what is watched is how far the judged one lies from it: an expert that is sent
/// harder prompts than before has not drifted. Observations come in the order of the feed. Not safe for concurrent use (<see cref="DriftMonitor"/> is).
/// </summary>
public sealed class ExpertDrift
{
    private readonly WatchedMean _quality;
    private readonly WatchedMean _residual;
    private readonly WatchedMean _failures;

    /// <summary>Begins with a reference to be gathered.</summary>
    /// <param name="expert">Its name.</param>
    /// <param name="options">How soon and how seldom by mistake, each of the things watched.</param>
    public ExpertDrift(string expert, DriftOptions options)
    {
        Expert = expert;
        _quality = new WatchedMean(expert, isJudge: false, DriftKind.Quality, options);

        // A difference on −1 to 1 is watched on 0–1: what nobody minds halves with it.
        _residual = new WatchedMean(expert, isJudge: false, DriftKind.Quality, options with { Tolerance = options.Tolerance / 2 }, scale: 2, offset: -1);
        _failures = new WatchedMean(expert, isJudge: false, DriftKind.Failures, options);
    }

    /// <summary>Its name.</summary>
    public string Expert { get; }

    /// <summary>What was found so far, each kind once.</summary>
    public IReadOnlyList<DriftFinding> Findings => [.. new[] { _residual.Finding ?? _quality.Finding, _failures.Finding }.OfType<DriftFinding>()];

    /// <summary>Takes a judged answer.</summary>
    /// <param name="at">When it was decided.</param>
    /// <param name="quality">Judged quality, 0–1.</param>
    /// <param name="predicted">What the policy predicted then, 0–1; NaN where it predicted nothing.</param>
    /// <returns>What is found with just this one; null for nothing.</returns>
    public DriftFinding? Judged(DateTimeOffset at, double quality, double predicted = double.NaN) =>
        double.IsNaN(predicted) ? _quality.Add(at, quality) : _residual.Add(at, Math.Clamp((1 + quality - predicted) / 2, 0, 1));

    /// <summary>Takes how a call ended; refusals and calls that the caller broke off are not for the expert to answer for and are left out.</summary>
    /// <inheritdoc cref="Judged" path="/returns"/>
    public DriftFinding? Called(DateTimeOffset at, ExpertCallKind kind) =>
        kind is ExpertCallKind.Refused or ExpertCallKind.Cancelled ? null : _failures.Add(at, kind == ExpertCallKind.Answered ? 0 : 1);
}
