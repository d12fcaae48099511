using Orchestration.Learning.Drift;

namespace Orchestration.Core.Routing.Drift;

/// <summary>
/// Watches all experts and judges of a router. Fed with one feed in its order (the ledger's), every process finds the same. Safe for concurrent use. Memory grows with the number of
/// experts and judges alone.
/// </summary>
/// <param name="options">How soon, and how seldom by mistake, each of the things watched.</param>
public sealed class DriftMonitor(DriftOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ExpertDrift> _experts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JudgeDrift> _judges = new(StringComparer.Ordinal);

    /// <summary>What was found so far and not forgotten since: experts, then judges, by name.</summary>
    public IReadOnlyList<DriftFinding> Findings
    {
        get
        {
            lock (_gate)
            {
                return
                [
                    .. _experts.OrderBy(static e => e.Key, StringComparer.Ordinal).SelectMany(static e => e.Value.Findings),
                    .. _judges.OrderBy(static j => j.Key, StringComparer.Ordinal).SelectMany(static j => j.Value.Findings),
                ];
            }
        }
    }

    /// <summary>Takes a judged answer of an expert, see <see cref="ExpertDrift.Judged"/>.</summary>
    public DriftFinding? Judged(string expert, DateTimeOffset at, double quality, double predicted = double.NaN)
    {
        lock (_gate) return Expert(expert).Judged(at, quality, predicted);
    }

    /// <summary>Takes how a call to an expert ended, see <see cref="ExpertDrift.Called"/>.</summary>
    public DriftFinding? Called(string expert, DateTimeOffset at, ExpertCallKind kind)
    {
        lock (_gate) return Expert(expert).Called(at, kind);
    }

    /// <summary>Takes a judge's reply, see <see cref="JudgeDrift.Replied"/>.</summary>
    public IReadOnlyList<DriftFinding> Replied(string judge, DateTimeOffset at, double? score)
    {
        lock (_gate) return Judge(judge).Replied(at, score);
    }

    /// <summary>Takes a comparison in both orders, see <see cref="JudgeDrift.Compared"/>.</summary>
    public DriftFinding? Compared(string judge, DateTimeOffset at, bool flipped)
    {
        lock (_gate) return Judge(judge).Compared(at, flipped);
    }

    /// <summary>Forgets what is usual of an expert and what was found: the next observations say it anew. For when an operator releases it.</summary>
    /// <returns>False where it was not watched.</returns>
    public bool ForgetExpert(string expert)
    {
        lock (_gate) return _experts.Remove(expert);
    }

    /// <summary>Forgets what is usual of a judge and what was found.</summary>
    /// <returns>False where it was not watched.</returns>
    public bool ForgetJudge(string judge)
    {
        lock (_gate) return _judges.Remove(judge);
    }

    private ExpertDrift Expert(string name)
    {
        if (!_experts.TryGetValue(name, out var expert)) _experts.Add(name, expert = new ExpertDrift(name, options));
        return expert;
    }

    private JudgeDrift Judge(string name)
    {
        if (!_judges.TryGetValue(name, out var judge)) _judges.Add(name, judge = new JudgeDrift(name, options));
        return judge;
    }
}
