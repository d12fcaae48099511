using System.Text.Json.Serialization;

namespace Orchestration.Silo.Running;

/// <summary>What reloading came to.</summary>
/// <param name="Generation">How often a configuration was put into effect.</param>
/// <param name="File">The file.</param>
internal sealed record ReloadReply(int Generation, string? File);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ReloadReply))]
internal sealed partial class RunningJson : JsonSerializerContext;
