using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Orchestration.Core.Evaluation;
using Orchestration.Orleans.Contracts;
using Orleans;

namespace Orchestration.Orleans.Surrogates;

/// <summary>How <see cref="JudgeSet"/> travels: written once by its sender, and read once by its receiver, though every question carries it.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.judge-set")]
internal struct JudgeSetSurrogate
{
    [Id(0)]
    public byte[] Columns;

    [Id(1)]
    public string Version;
}

/// <summary>To and from <see cref="JudgeSetSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class JudgeSetConverter : IConverter<JudgeSet, JudgeSetSurrogate>
{
    // Sets that were received, by version; a process meets few of them.
    private const int Most = 256;

    private static readonly ConditionalWeakTable<JudgeSet, byte[]> Written = [];
    private static readonly ConcurrentDictionary<string, (byte[] Columns, JudgeSet Set)> Read = new(StringComparer.Ordinal);

    public JudgeSet ConvertFromSurrogate(in JudgeSetSurrogate surrogate)
    {
        // The same version with other columns would be a mistake of its sender, and not of those who sent it before.
        if (Read.TryGetValue(surrogate.Version, out var known) && known.Columns.AsSpan().SequenceEqual(surrogate.Columns)) return known.Set;
        var set = JudgeSet.Received(WireJson.Read<EvaluationColumn[]>(surrogate.Columns), surrogate.Version);
        if (Read.Count >= Most) Read.Clear();
        Read[surrogate.Version] = (surrogate.Columns, set);
        return set;
    }

    public JudgeSetSurrogate ConvertToSurrogate(in JudgeSet value) => new() { Columns = Written.GetValue(value, static set => WireJson.Write(set.Columns)), Version = value.Version };
}
