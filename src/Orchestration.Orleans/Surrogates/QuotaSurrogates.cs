using Orchestration.Core.Quotas;
using Orleans;

namespace Orchestration.Orleans.Surrogates;

/// <summary>How <see cref="QuotaBucket"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.quota-bucket")]
internal struct QuotaBucketSurrogate
{
    [Id(0)]
    public string Name;

    [Id(1)]
    public long? RequestsPerMinute;

    [Id(2)]
    public long? TokensPerMinute;
}

/// <summary>To and from <see cref="QuotaBucketSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class QuotaBucketConverter : IConverter<QuotaBucket, QuotaBucketSurrogate>
{
    public QuotaBucket ConvertFromSurrogate(in QuotaBucketSurrogate surrogate) => new(surrogate.Name, surrogate.RequestsPerMinute, surrogate.TokensPerMinute);

    public QuotaBucketSurrogate ConvertToSurrogate(in QuotaBucket value) => new()
    {
        Name = value.Name,
        RequestsPerMinute = value.RequestsPerMinute,
        TokensPerMinute = value.TokensPerMinute,
    };
}

/// <summary>How <see cref="QuotaCorrection"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.quota-correction")]
internal struct QuotaCorrectionSurrogate
{
    [Id(0)]
    public TimeSpan Age;

    [Id(1)]
    public long Tokens;
}

/// <summary>To and from <see cref="QuotaCorrectionSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class QuotaCorrectionConverter : IConverter<QuotaCorrection, QuotaCorrectionSurrogate>
{
    public QuotaCorrection ConvertFromSurrogate(in QuotaCorrectionSurrogate surrogate) => new(surrogate.Age, surrogate.Tokens);

    public QuotaCorrectionSurrogate ConvertToSurrogate(in QuotaCorrection value) => new()
    {
        Age = value.Age,
        Tokens = value.Tokens,
    };
}

/// <summary>How <see cref="QuotaAsk"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.quota-ask")]
internal struct QuotaAskSurrogate
{
    [Id(0)]
    public QuotaBucket[] Buckets;

    [Id(1)]
    public long[] Tokens;

    [Id(2)]
    public TimeSpan Horizon;

    [Id(3)]
    public QuotaCorrection[] Corrections;
}

/// <summary>To and from <see cref="QuotaAskSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class QuotaAskConverter : IConverter<QuotaAsk, QuotaAskSurrogate>
{
    public QuotaAsk ConvertFromSurrogate(in QuotaAskSurrogate surrogate) => new(surrogate.Buckets, surrogate.Tokens, surrogate.Horizon) { Corrections = surrogate.Corrections };

    public QuotaAskSurrogate ConvertToSurrogate(in QuotaAsk value) => new()
    {
        Buckets = [.. value.Buckets],
        Tokens = [.. value.Tokens],
        Horizon = value.Horizon,
        Corrections = [.. value.Corrections],
    };
}

/// <summary>How <see cref="QuotaPermit"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.quota-permit")]
internal struct QuotaPermitSurrogate
{
    [Id(0)]
    public TimeSpan NotBefore;

    [Id(1)]
    public TimeSpan Expires;

    [Id(2)]
    public long Tokens;
}

/// <summary>To and from <see cref="QuotaPermitSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class QuotaPermitConverter : IConverter<QuotaPermit, QuotaPermitSurrogate>
{
    public QuotaPermit ConvertFromSurrogate(in QuotaPermitSurrogate surrogate) => new(surrogate.NotBefore, surrogate.Expires, surrogate.Tokens);

    public QuotaPermitSurrogate ConvertToSurrogate(in QuotaPermit value) => new()
    {
        NotBefore = value.NotBefore,
        Expires = value.Expires,
        Tokens = value.Tokens,
    };
}

/// <summary>How <see cref="QuotaGrant"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.quota-grant")]
internal struct QuotaGrantSurrogate
{
    [Id(0)]
    public QuotaPermit[] Permits;

    [Id(1)]
    public TimeSpan AskAgainAfter;
}

/// <summary>To and from <see cref="QuotaGrantSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class QuotaGrantConverter : IConverter<QuotaGrant, QuotaGrantSurrogate>
{
    public QuotaGrant ConvertFromSurrogate(in QuotaGrantSurrogate surrogate) => new(surrogate.Permits, surrogate.AskAgainAfter);

    public QuotaGrantSurrogate ConvertToSurrogate(in QuotaGrant value) => new()
    {
        Permits = [.. value.Permits],
        AskAgainAfter = value.AskAgainAfter,
    };
}
