using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestration.Core.Routing;
using Orleans;

namespace Orchestration.Orleans.Surrogates;

/// <summary>The words of routing travel as JSON: deciding is local, so that few of them do, and they grow with the product.</summary>
internal static class RoutingJson
{
    private static readonly JsonSerializerOptions Options = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, IncludeFields = true, IgnoreReadOnlyProperties = true };

    public static byte[] Write<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    public static T Read<T>(byte[] json) => JsonSerializer.Deserialize<T>(json, Options)!;
}

/// <summary>How <see cref="ExpertCall"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.expert-call")]
internal struct ExpertCallSurrogate
{
    [Id(0)]
    public int Kind;

    [Id(1)]
    public TimeSpan Latency;

    [Id(2)]
    public TimeSpan? RetryAfter;
}

/// <summary>To and from <see cref="ExpertCallSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class ExpertCallConverter : IConverter<ExpertCall, ExpertCallSurrogate>
{
    public ExpertCall ConvertFromSurrogate(in ExpertCallSurrogate surrogate) => new((ExpertCallKind)surrogate.Kind, surrogate.Latency, surrogate.RetryAfter);

    public ExpertCallSurrogate ConvertToSurrogate(in ExpertCall value) => new() { Kind = (int)value.Kind, Latency = value.Latency, RetryAfter = value.RetryAfter };
}

/// <summary>How <see cref="RouteRequest"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.route-request")]
internal struct RouteRequestSurrogate
{
    [Id(0)]
    public byte[] Json;
}

/// <summary>To and from <see cref="RouteRequestSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class RouteRequestConverter : IConverter<RouteRequest, RouteRequestSurrogate>
{
    public RouteRequest ConvertFromSurrogate(in RouteRequestSurrogate surrogate) => RoutingJson.Read<RouteRequest>(surrogate.Json);

    public RouteRequestSurrogate ConvertToSurrogate(in RouteRequest value) => new() { Json = RoutingJson.Write(value) };
}

/// <summary>How <see cref="RouteDecision"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.route-decision")]
internal struct RouteDecisionSurrogate
{
    [Id(0)]
    public byte[] Json;
}

/// <summary>To and from <see cref="RouteDecisionSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class RouteDecisionConverter : IConverter<RouteDecision, RouteDecisionSurrogate>
{
    public RouteDecision ConvertFromSurrogate(in RouteDecisionSurrogate surrogate) => RoutingJson.Read<RouteDecision>(surrogate.Json);

    public RouteDecisionSurrogate ConvertToSurrogate(in RouteDecision value) => new() { Json = RoutingJson.Write(value) };
}

/// <summary>How <see cref="RouteOutcome"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.route-outcome")]
internal struct RouteOutcomeSurrogate
{
    [Id(0)]
    public byte[] Json;
}

/// <summary>To and from <see cref="RouteOutcomeSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class RouteOutcomeConverter : IConverter<RouteOutcome, RouteOutcomeSurrogate>
{
    public RouteOutcome ConvertFromSurrogate(in RouteOutcomeSurrogate surrogate) => RoutingJson.Read<RouteOutcome>(surrogate.Json);

    public RouteOutcomeSurrogate ConvertToSurrogate(in RouteOutcome value) => new() { Json = RoutingJson.Write(value) };
}

/// <summary>How <see cref="RouteFeedback"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.route-feedback")]
internal struct RouteFeedbackSurrogate
{
    [Id(0)]
    public byte[] Json;
}

/// <summary>To and from <see cref="RouteFeedbackSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class RouteFeedbackConverter : IConverter<RouteFeedback, RouteFeedbackSurrogate>
{
    public RouteFeedback ConvertFromSurrogate(in RouteFeedbackSurrogate surrogate) => RoutingJson.Read<RouteFeedback>(surrogate.Json);

    public RouteFeedbackSurrogate ConvertToSurrogate(in RouteFeedback value) => new() { Json = RoutingJson.Write(value) };
}

/// <summary>How <see cref="RouteRecord"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.route-record")]
internal struct RouteRecordSurrogate
{
    [Id(0)]
    public byte[] Json;
}

/// <summary>To and from <see cref="RouteRecordSurrogate"/>.</summary>
[RegisterConverter]
internal sealed class RouteRecordConverter : IConverter<RouteRecord, RouteRecordSurrogate>
{
    public RouteRecord ConvertFromSurrogate(in RouteRecordSurrogate surrogate) => RoutingJson.Read<RouteRecord>(surrogate.Json);

    public RouteRecordSurrogate ConvertToSurrogate(in RouteRecord value) => new() { Json = RoutingJson.Write(value) };
}
