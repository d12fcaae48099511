using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Versions;
using Orleans;

namespace Orchestration.Orleans.Surrogates;

/// <summary>How <see cref="AggregatorColumn"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.aggregator-column")]
internal struct AggregatorColumnSurrogate
{
    [Id(0)]
    public string Name;

    [Id(1)]
    public string? Rubric;

    [Id(2)]
    public string? Version;
}

/// <summary>To and from <see cref="AggregatorColumnSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class AggregatorColumnConverter : IConverter<AggregatorColumn, AggregatorColumnSurrogate>
{
    public AggregatorColumn ConvertFromSurrogate(in AggregatorColumnSurrogate surrogate) => new(surrogate.Name, surrogate.Rubric, surrogate.Version);

    public AggregatorColumnSurrogate ConvertToSurrogate(in AggregatorColumn value) => new()
    {
        Name = value.Name,
        Rubric = value.Rubric,
        Version = value.Version,
    };
}

/// <summary>How <see cref="AggregatorColumns"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.aggregator-columns")]
internal struct AggregatorColumnsSurrogate
{
    [Id(0)]
    public AggregatorColumn[] Columns;

    [Id(1)]
    public int Hold;
}

/// <summary>To and from <see cref="AggregatorColumnsSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class AggregatorColumnsConverter : IConverter<AggregatorColumns, AggregatorColumnsSurrogate>
{
    public AggregatorColumns ConvertFromSurrogate(in AggregatorColumnsSurrogate surrogate) => new(surrogate.Columns, (LearnedFrom)surrogate.Hold);

    public AggregatorColumnsSurrogate ConvertToSurrogate(in AggregatorColumns value) => new()
    {
        Columns = [.. value.Columns],
        Hold = (int)value.Hold,
    };
}

/// <summary>How <see cref="AggregatorRequest"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.aggregator-request")]
internal struct AggregatorRequestSurrogate
{
    [Id(0)]
    public AggregatorColumns Columns;

    [Id(1)]
    public double[] Scores;

    [Id(2)]
    public Hash128[] Pairs;

    [Id(3)]
    public string? Version;

    [Id(4)]
    public double MinCoverage;

    [Id(5)]
    public bool WithIntervals;
}

/// <summary>To and from <see cref="AggregatorRequestSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class AggregatorRequestConverter : IConverter<AggregatorRequest, AggregatorRequestSurrogate>
{
    public AggregatorRequest ConvertFromSurrogate(in AggregatorRequestSurrogate surrogate) => new()
    {
        Columns = surrogate.Columns,
        Scores = surrogate.Scores,
        Pairs = surrogate.Pairs,
        Version = surrogate.Version,
        MinCoverage = surrogate.MinCoverage,
        WithIntervals = surrogate.WithIntervals,
    };

    public AggregatorRequestSurrogate ConvertToSurrogate(in AggregatorRequest value) => new()
    {
        Columns = value.Columns,
        Scores = value.Scores.ToArray(),
        Pairs = value.Pairs.ToArray(),
        Version = value.Version,
        MinCoverage = value.MinCoverage,
        WithIntervals = value.WithIntervals,
    };
}

/// <summary>How <see cref="AggregatorReply"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.aggregator-reply")]
internal struct AggregatorReplySurrogate
{
    [Id(0)]
    public string? Refusal;

    [Id(1)]
    public string[] Versions;

    [Id(2)]
    public byte[] VersionOf;

    [Id(3)]
    public double[] Scores;

    [Id(4)]
    public double[] Lower;

    [Id(5)]
    public double[] Upper;

    [Id(6)]
    public double[] Coverage;
}

/// <summary>To and from <see cref="AggregatorReplySurrogate"/>.</summary>
[RegisterConverter]
internal sealed class AggregatorReplyConverter : IConverter<AggregatorReply, AggregatorReplySurrogate>
{
    public AggregatorReply ConvertFromSurrogate(in AggregatorReplySurrogate surrogate) => new()
    {
        Refusal = surrogate.Refusal,
        Versions = surrogate.Versions,
        VersionOf = surrogate.VersionOf,
        Scores = surrogate.Scores,
        Lower = surrogate.Lower,
        Upper = surrogate.Upper,
        Coverage = surrogate.Coverage,
    };

    public AggregatorReplySurrogate ConvertToSurrogate(in AggregatorReply value) => new()
    {
        Refusal = value.Refusal,
        Versions = [.. value.Versions],
        VersionOf = value.VersionOf,
        Scores = value.Scores,
        Lower = value.Lower,
        Upper = value.Upper,
        Coverage = value.Coverage,
    };
}
