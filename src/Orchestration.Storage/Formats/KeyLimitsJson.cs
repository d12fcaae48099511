using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestration.Core.Access;

namespace Orchestration.Storage.Formats;

/// <summary>A key's limits as JSON. Fields that a newer silo adds are passed over.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KeyLimits))]
internal sealed partial class KeyLimitsJson : JsonSerializerContext
{
    public static string Write(KeyLimits limits) => JsonSerializer.Serialize(limits, Default.KeyLimits);

    public static KeyLimits Read(string text)
    {
        var limits = JsonSerializer.Deserialize(text, Default.KeyLimits) ?? new KeyLimits();
        return limits.Models is null ? limits with { Models = [] } : limits;
    }
}
