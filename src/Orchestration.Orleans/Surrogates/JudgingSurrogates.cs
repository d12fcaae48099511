using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Leases;
using Orleans;

namespace Orchestration.Orleans.Surrogates;

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
