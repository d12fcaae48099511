using System.Collections.Concurrent;
using Orchestration.Core.Judging;
using Orchestration.Core.Routing.Drift;
using Orchestration.Core.Stores;
using Orchestration.Learning.Drift;

namespace Orchestration.Core.Routing.Loop;

/// <summary>
/// Watches experts and judges over the feed of rewards, and quarantines what drifts where that is wanted. Every silo sees the same feed and finds the same; the list's epoch lets one of them write. Whoever was
/// released by an operator is watched anew from then on, so that what was looked at is not held again for the same reason.
/// </summary>
internal sealed class DriftWatch(DriftOptions options)
{
    /// <summary>Who quarantines what drifts.</summary>
    public const string By = "drift";

    private static readonly string[] UnreadableReasons = [UnscoredReason.Unreadable, UnscoredReason.OffScale, UnscoredReason.Truncated, UnscoredReason.Refused, UnscoredReason.LowMass];

    private readonly DriftMonitor _monitor = new(options);
    private readonly ConcurrentDictionary<(QuarantineKind Kind, string Name), DateTimeOffset> _releasedAt = [];

    /// <summary>What was found so far.</summary>
    public IReadOnlyList<DriftFinding> Findings => _monitor.Findings;

    /// <summary>Learns of releases.</summary>
    /// <param name="history">Changes of quarantines, newest first.</param>
    public void Heed(IReadOnlyList<QuarantineChange> history)
    {
        foreach (var last in history.DistinctBy(static c => (c.Kind, c.Name)))
        {
            if (last.IsHeld || (_releasedAt.TryGetValue((last.Kind, last.Name), out var known) && known >= last.At)) continue;
            _releasedAt[(last.Kind, last.Name)] = last.At;
            if (last.Kind == QuarantineKind.Expert) _monitor.ForgetExpert(last.Name);
            else _monitor.ForgetJudge(last.Name);
        }
    }

    /// <summary>Takes the next reward of the feed.</summary>
    public void Take(RouteReward reward)
    {
        if (reward is { Score: { } score, Kind: PlanKind.Single } && IsWatched(QuarantineKind.Expert, reward.Expert, reward.JudgedAt))
        {
            var predicted = double.NaN;
            foreach (var estimate in reward.Estimates)
            {
                if (estimate.Expert == reward.Expert) predicted = estimate.Quality;
            }

            _monitor.Judged(reward.Expert, reward.DecidedAt, score, predicted);
        }

        foreach (var (judge, said) in reward.Scores.OrderBy(static s => s.Key, StringComparer.Ordinal))
        {
            if (said is >= 0 and <= 1 && IsWatched(QuarantineKind.Judge, judge, reward.JudgedAt)) _monitor.Replied(judge, reward.JudgedAt, said);
        }

        foreach (var (judge, reason) in reward.Unscored.OrderBy(static s => s.Key, StringComparer.Ordinal))
        {
            // A judge that was not asked, or whose endpoint was away, has said nothing that could be read or not.
            if (UnreadableReasons.Contains(reason) && IsWatched(QuarantineKind.Judge, judge, reward.JudgedAt)) _monitor.Replied(judge, reward.JudgedAt, null);
        }
    }

    /// <summary>Takes how a call of this silo ended: failures are watched where they happen.</summary>
    public void Called(string expert, DateTimeOffset at, ExpertCallKind kind)
    {
        if (IsWatched(QuarantineKind.Expert, expert, at)) _monitor.Called(expert, at, kind);
    }

    /// <summary>Takes a comparison that a judge of this silo judged in both orders.</summary>
    public void Compared(string judge, DateTimeOffset at, bool flipped)
    {
        if (IsWatched(QuarantineKind.Judge, judge, at)) _monitor.Compared(judge, at, flipped);
    }

    /// <summary>Quarantines what drifted for the worse and is not held yet. The last expert and the last judge stay: somebody must answer, and somebody must judge.</summary>
    /// <returns>The list as it is afterwards.</returns>
    public async ValueTask<QuarantineList> ActAsync(IStore store, IReadOnlyList<string> experts, IReadOnlyList<string> judges, QuarantineList list, Action<string> note, CancellationToken cancellationToken)
    {
        foreach (var finding in Findings)
        {
            // Comparisons are chosen by whoever sends them: flips among them are shown, and hold nobody back by themselves.
            if (!finding.IsWorse || finding.Kind == DriftKind.Flips) continue;
            var kind = finding.IsJudge ? QuarantineKind.Judge : QuarantineKind.Expert;
            var all = finding.IsJudge ? judges : experts;
            var held = list.Reasons(kind);
            if (held.ContainsKey(finding.Subject) || !all.Contains(finding.Subject, StringComparer.Ordinal) || all.Count(name => !held.ContainsKey(name)) <= 1) continue;
            var change = new QuarantineChange(kind, finding.Subject, true, finding.ToString(), By);
            if (await store.Routing.TryChangeAsync(list.Epoch, change, cancellationToken) is not { } changed)
            {
                // Another silo, or an operator, was sooner: it is looked at anew with their list.
                return await store.Routing.QuarantinesAsync(cancellationToken);
            }

            await Quarantines.RecordAsync(store.Access, change, null, cancellationToken);
            list = changed;
            note($"quarantined: {finding}");
        }

        return list;
    }

    private bool IsWatched(QuarantineKind kind, string name, DateTimeOffset at) => !_releasedAt.TryGetValue((kind, name), out var since) || at > since;
}
