using Orchestration.Core.Evaluation;
using Orchestration.Orleans.Contracts;
using Orleans;

namespace Orchestration.Orleans.Surrogates;

/// <summary>How <see cref="JudgeSet"/> travels.</summary>
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
    public JudgeSet ConvertFromSurrogate(in JudgeSetSurrogate surrogate) => JudgeSet.Received(WireJson.Read<EvaluationColumn[]>(surrogate.Columns), surrogate.Version);

    public JudgeSetSurrogate ConvertToSurrogate(in JudgeSet value) => new() { Columns = WireJson.Write(value.Columns), Version = value.Version };
}
