using System.Collections.Concurrent;
using Orchestration.Core;
using Orchestration.Orleans.Contracts;

namespace Orchestration.Orleans.Hosting;

/// <summary>The judge sets that this silo was told of, by version. Safe for concurrent use.</summary>
internal sealed class SiloJudgeSets
{
    // A cluster meets few of them; who asks with a forgotten one tells of it again.
    private const int Most = 256;

    private readonly ConcurrentDictionary<string, JudgeSet> _known = new(StringComparer.Ordinal);

    /// <summary>The judge set that a grain's key names; null where this silo was not told of it.</summary>
    /// <param name="key">The key of an evaluation.</param>
    /// <param name="told">What comes with the question.</param>
    /// <exception cref="OrchestrationException">What comes is another than the key names (<see cref="ErrorCodes.Usage"/>).</exception>
    public JudgeSet? Of(string key, JudgeSet? told)
    {
        var version = EvaluationQuestion.VersionOf(key);
        if (told is null) return _known.GetValueOrDefault(version);
        if (told.Version != version) throw new OrchestrationException(ErrorCodes.Usage, $"The key of this evaluation names the judge set {version}, and {told.Version} came with the question. Ask the grain of EvaluationQuestion.KeyOf.");
        if (_known.Count >= Most) _known.Clear();
        var known = _known.GetOrAdd(version, told);

        // The same version with other columns is a mistake of its sender, and not of those who sent it before.
        return known.Columns.AsSpan().SequenceEqual(told.Columns) ? known : told;
    }
}
