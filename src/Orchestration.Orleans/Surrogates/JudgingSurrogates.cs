using Orchestration.Core;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Leases;
using Orleans;

namespace Orchestration.Orleans.Surrogates;

/// <summary>How <see cref="Scale"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.scale")]
internal struct ScaleSurrogate
{
    [Id(0)]
    public double Min;

    [Id(1)]
    public double Max;

    [Id(2)]
    public double Step;

    [Id(3)]
    public int Direction;
}

/// <summary>To and from <see cref="ScaleSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class ScaleConverter : IConverter<Scale, ScaleSurrogate>
{
    public Scale ConvertFromSurrogate(in ScaleSurrogate surrogate) => new(surrogate.Min, surrogate.Max, surrogate.Step, (Direction)surrogate.Direction);

    public ScaleSurrogate ConvertToSurrogate(in Scale value) => new()
    {
        Min = value.Min,
        Max = value.Max,
        Step = value.Step,
        Direction = (int)value.Direction,
    };
}

/// <summary>How <see cref="JudgeDimension"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.dimension")]
internal struct JudgeDimensionSurrogate
{
    [Id(0)]
    public string Name;

    [Id(1)]
    public Scale? Scale;
}

/// <summary>To and from <see cref="JudgeDimensionSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class JudgeDimensionConverter : IConverter<JudgeDimension, JudgeDimensionSurrogate>
{
    public JudgeDimension ConvertFromSurrogate(in JudgeDimensionSurrogate surrogate) => new(surrogate.Name, surrogate.Scale);

    public JudgeDimensionSurrogate ConvertToSurrogate(in JudgeDimension value) => new()
    {
        Name = value.Name,
        Scale = value.Scale,
    };
}

/// <summary>How <see cref="JudgeDescriptor"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.judge-descriptor")]
internal struct JudgeDescriptorSurrogate
{
    [Id(0)]
    public string Id;

    [Id(1)]
    public int Kind;

    [Id(2)]
    public Hash128 Version;

    [Id(3)]
    public JudgeDimension[] Dimensions;

    [Id(4)]
    public bool NeedsReference;

    [Id(5)]
    public bool IsPaid;

    [Id(6)]
    public bool HasSingleAddress;

    [Id(7)]
    public bool ComparesDirectly;
}

/// <summary>To and from <see cref="JudgeDescriptorSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class JudgeDescriptorConverter : IConverter<JudgeDescriptor, JudgeDescriptorSurrogate>
{
    public JudgeDescriptor ConvertFromSurrogate(in JudgeDescriptorSurrogate surrogate) => new()
    {
        Id = surrogate.Id,
        Kind = (JudgeKind)surrogate.Kind,
        Version = surrogate.Version,
        Dimensions = surrogate.Dimensions,
        NeedsReference = surrogate.NeedsReference,
        IsPaid = surrogate.IsPaid,
        HasSingleAddress = surrogate.HasSingleAddress,
        ComparesDirectly = surrogate.ComparesDirectly,
    };

    public JudgeDescriptorSurrogate ConvertToSurrogate(in JudgeDescriptor value) => new()
    {
        Id = value.Id,
        Kind = (int)value.Kind,
        Version = value.Version,
        Dimensions = [.. value.Dimensions],
        NeedsReference = value.NeedsReference,
        IsPaid = value.IsPaid,
        HasSingleAddress = value.HasSingleAddress,
        ComparesDirectly = value.ComparesDirectly,
    };
}

/// <summary>How <see cref="JudgeLease"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.judge-lease")]
internal struct JudgeLeaseSurrogate
{
    [Id(0)]
    public int Share;

    [Id(1)]
    public TimeSpan For;
}

/// <summary>To and from <see cref="JudgeLeaseSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class JudgeLeaseConverter : IConverter<JudgeLease, JudgeLeaseSurrogate>
{
    public JudgeLease ConvertFromSurrogate(in JudgeLeaseSurrogate surrogate) => new(surrogate.Share, surrogate.For);

    public JudgeLeaseSurrogate ConvertToSurrogate(in JudgeLease value) => new()
    {
        Share = value.Share,
        For = value.For,
    };
}

/// <summary>How <see cref="EvaluationColumn"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.evaluation-column")]
internal struct EvaluationColumnSurrogate
{
    [Id(0)]
    public string Name;

    [Id(1)]
    public string JudgeId;

    [Id(2)]
    public int Dimension;

    [Id(3)]
    public int Kind;

    [Id(4)]
    public Scale? Scale;
}

/// <summary>To and from <see cref="EvaluationColumnSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class EvaluationColumnConverter : IConverter<EvaluationColumn, EvaluationColumnSurrogate>
{
    public EvaluationColumn ConvertFromSurrogate(in EvaluationColumnSurrogate surrogate) => new(surrogate.Name, surrogate.JudgeId, surrogate.Dimension, (ColumnKind)surrogate.Kind, surrogate.Scale);

    public EvaluationColumnSurrogate ConvertToSurrogate(in EvaluationColumn value) => new()
    {
        Name = value.Name,
        JudgeId = value.JudgeId,
        Dimension = value.Dimension,
        Kind = (int)value.Kind,
        Scale = value.Scale,
    };
}

/// <summary>How <see cref="TokenUsage"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.token-usage")]
internal struct TokenUsageSurrogate
{
    [Id(0)]
    public long Input;

    [Id(1)]
    public long CachedInput;

    [Id(2)]
    public long Output;

    [Id(3)]
    public long Reasoning;
}

/// <summary>To and from <see cref="TokenUsageSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class TokenUsageConverter : IConverter<TokenUsage, TokenUsageSurrogate>
{
    public TokenUsage ConvertFromSurrogate(in TokenUsageSurrogate surrogate) => new(surrogate.Input, surrogate.CachedInput, surrogate.Output, surrogate.Reasoning);

    public TokenUsageSurrogate ConvertToSurrogate(in TokenUsage value) => new()
    {
        Input = value.Input,
        CachedInput = value.CachedInput,
        Output = value.Output,
        Reasoning = value.Reasoning,
    };
}

/// <summary>How <see cref="CallTotals"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.call-totals")]
internal struct CallTotalsSurrogate
{
    [Id(0)]
    public long Calls;

    [Id(1)]
    public long Failures;

    [Id(2)]
    public TokenUsage Usage;

    [Id(3)]
    public decimal CostUsd;

    [Id(4)]
    public long Repaid;
}

/// <summary>To and from <see cref="CallTotalsSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class CallTotalsConverter : IConverter<CallTotals, CallTotalsSurrogate>
{
    public CallTotals ConvertFromSurrogate(in CallTotalsSurrogate surrogate) => new(surrogate.Calls, surrogate.Failures, surrogate.Usage, surrogate.CostUsd) { Repaid = surrogate.Repaid };

    public CallTotalsSurrogate ConvertToSurrogate(in CallTotals value) => new()
    {
        Calls = value.Calls,
        Failures = value.Failures,
        Usage = value.Usage,
        CostUsd = value.CostUsd,
        Repaid = value.Repaid,
    };
}
