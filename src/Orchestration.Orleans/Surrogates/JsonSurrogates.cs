using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestration.Core.Judging;
using Orchestration.Core.Quotas;
using Orchestration.Core.Routing;
using Orleans;

namespace Orchestration.Orleans.Surrogates;

/// <summary>How words of the domain travel that are no pair, judgment or column of numbers: as JSON. Few of them do, and they grow with the product; a property that one side does not know is passed over.</summary>
/// <typeparam name="T">The word.</typeparam>
[GenerateSerializer, Immutable, Alias("orchestration.json`1")]
internal struct JsonSurrogate<T>
{
    [Id(0)]
    public byte[] Json;
}

/// <summary>How JSON between processes of a cluster is written.</summary>
internal static class WireJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        IncludeFields = true,
        IgnoreReadOnlyProperties = true,
        Converters = { new HashConverter() },
    };

    public static byte[] Write<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    public static T Read<T>(byte[] json) => JsonSerializer.Deserialize<T>(json, Options)!;

    private sealed class HashConverter : JsonConverter<Core.Hash128>
    {
        public override Core.Hash128 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Core.Hash128.FromBytes(Convert.FromHexString(reader.GetString()!));

        public override void Write(Utf8JsonWriter writer, Core.Hash128 value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}

/// <summary>To and from <see cref="JsonSurrogate{T}"/>.</summary>
internal abstract class JsonConversion<T> : IConverter<T, JsonSurrogate<T>>
{
    public T ConvertFromSurrogate(in JsonSurrogate<T> surrogate) => WireJson.Read<T>(surrogate.Json);

    public JsonSurrogate<T> ConvertToSurrogate(in T value) => new() { Json = WireJson.Write(value) };
}

[RegisterConverter]
internal sealed class JudgeDescriptorConverter : JsonConversion<JudgeDescriptor>;

[RegisterConverter]
internal sealed class QuotaAskConverter : JsonConversion<QuotaAsk>;

[RegisterConverter]
internal sealed class QuotaGrantConverter : JsonConversion<QuotaGrant>;

[RegisterConverter]
internal sealed class ExpertCallConverter : JsonConversion<ExpertCall>;

[RegisterConverter]
internal sealed class RouteRequestConverter : JsonConversion<RouteRequest>;

[RegisterConverter]
internal sealed class RouteDecisionConverter : JsonConversion<RouteDecision>;

[RegisterConverter]
internal sealed class RouteOutcomeConverter : JsonConversion<RouteOutcome>;

[RegisterConverter]
internal sealed class RouteFeedbackConverter : JsonConversion<RouteFeedback>;

[RegisterConverter]
internal sealed class RouteRecordConverter : JsonConversion<RouteRecord>;
