using System.Collections.Frozen;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;

namespace Orchestration.Core;

/// <summary>The embedded host: every actor is an object in this process.</summary>
public sealed class EmbeddedActors : IActors
{
    private readonly FrozenDictionary<string, IJudge> _judges;
    private readonly PairEvaluation _evaluation;

    /// <summary>Hosts these judges.</summary>
    /// <param name="judges">By id; ids are unique.</param>
    /// <param name="judgments">Where paid judgments are looked up before a judge is asked; null where nothing is stored.</param>
    /// <param name="time">Measures deadlines.</param>
    public EmbeddedActors(IEnumerable<IJudge> judges, IJudgmentStore? judgments, TimeProvider time)
    {
        _judges = judges.ToFrozenDictionary(judge => judge.Descriptor.Id, StringComparer.Ordinal);
        _evaluation = new PairEvaluation(this, judgments, time);
    }

    /// <inheritdoc/>
    public IJudge Judge(string judgeId) => _judges.TryGetValue(judgeId, out var judge)
        ? judge
        : throw new OrchestrationException(ErrorCodes.NotFound, $"No judge is called '{judgeId}' here. Hosted: {string.Join(", ", _judges.Keys.Order(StringComparer.Ordinal))}.");

    /// <inheritdoc/>
    public IPairEvaluation PairEvaluation(string key) => _evaluation;
}
