using System.Collections.Concurrent;
using Orchestration.Orleans.Contracts;
using Orleans;
using Orleans.Runtime;

namespace Orchestration.Orleans.Clients;

/// <summary>Asks the grains of pairs. A judge set goes with a question until a silo has answered with it, and from then on only to silos that say that they do not know it. Safe for concurrent use.</summary>
/// <param name="grains">The cluster.</param>
internal sealed class GrainPairs(IGrainFactory grains)
{
    // More judge sets than anybody uses at a time; forgotten, one is told again.
    private const int Most = 256;

    private readonly ConcurrentDictionary<string, byte> _told = new(StringComparer.Ordinal);

    // Found once: by its interface alone a grain is looked for among attributes every time, which takes as long as the rest of a question in this process.
    private Kind? _kind;

    public async Task<EvaluationAnswer> AskAsync(EvaluationQuestion question, JudgeSet judges)
    {
        var grain = Of(question.KeyOf(judges));
        var envelope = new Envelope<EvaluationQuestion>(question);
        if (_told.ContainsKey(judges.Version) && await grain.EvaluateAsync(envelope, null) is { } answer) return answer.Value;
        var first = (await grain.EvaluateAsync(envelope, judges))!.Value;
        if (_told.Count >= Most) _told.Clear();
        _told.TryAdd(judges.Version, 0);
        return first;
    }

    private IPairEvaluationGrain Of(string key)
    {
        if (Volatile.Read(ref _kind) is { } kind) return (IPairEvaluationGrain)grains.GetGrain(GrainId.Create(kind.Grain, key), kind.Interface);
        var grain = grains.GetGrain<IPairEvaluationGrain>(key);
        Volatile.Write(ref _kind, new Kind(grain.GetGrainId().Type, ((GrainReference)grain).InterfaceType));
        return grain;
    }

    private sealed record Kind(GrainType Grain, GrainInterfaceType Interface);
}
