using System.Collections.Concurrent;
using Orchestration.Core;
using Orchestration.Orleans.Contracts;

namespace Orchestration.Orleans.Hosting;

/// <summary>A judge set at this silo.</summary>
/// <param name="Set">It.</param>
/// <param name="IsComputed">True where none of its judges calls an endpoint: an evaluation waits for nothing.</param>
internal sealed record KnownJudgeSet(JudgeSet Set, bool IsComputed);

/// <summary>The judge sets that this silo was told of, by version. Safe for concurrent use.</summary>
/// <param name="actors">Finds the judges.</param>
internal sealed class SiloJudgeSets(SiloActors actors)
{
    // A cluster meets few of them; who asks with a forgotten one tells of it again.
    private const int Most = 256;

    private readonly ConcurrentDictionary<string, KnownJudgeSet> _known = new(StringComparer.Ordinal);

    /// <summary>The judge set that a grain's key names; null where this silo was not told of it.</summary>
    /// <param name="key">The key of an evaluation.</param>
    /// <param name="told">What comes with the question.</param>
    /// <exception cref="OrchestrationException">What comes is another than the key names (<see cref="ErrorCodes.Usage"/>), or names a judge that there is not.</exception>
    public KnownJudgeSet? Of(string key, JudgeSet? told)
    {
        var version = EvaluationQuestion.VersionOf(key);
        if (told is null) return _known.GetValueOrDefault(version);
        if (told.Version != version) throw new OrchestrationException(ErrorCodes.Usage, $"The key of this evaluation names the judge set {version}, and {told.Version} came with the question. Ask the grain of EvaluationQuestion.KeyOf.");
        if (_known.TryGetValue(version, out var known) && known.Set.Columns.AsSpan().SequenceEqual(told.Columns)) return known;
        var made = new KnownJudgeSet(told, told.Columns.All(column => actors.Judge(column.JudgeId).Concurrency == 0));

        // The same version with other columns is a mistake of its sender, and not of those who sent it before.
        if (known is not null) return made;
        if (_known.Count >= Most) _known.Clear();
        _known.TryAdd(version, made);
        return made;
    }
}
