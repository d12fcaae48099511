using System.Text.Json;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>The mark that a row's labels were not given by people: <c>simulated: true</c>, as 'label simulate' writes it. It is counted wherever such labels serve as target.</summary>
internal static class SimulatedMark
{
    /// <summary>The field.</summary>
    public const string Field = "simulated";

    /// <summary>True for a row that bears it.</summary>
    public static bool Of(JsonElement row) => row.TryGetProperty(Field, out var mark) && (mark.ValueKind == JsonValueKind.True || (mark.ValueKind == JsonValueKind.String && Of(mark.GetString()!)));

    /// <summary>True for what CSV writes of it.</summary>
    public static bool Of(string field) => field.Equals("true", StringComparison.OrdinalIgnoreCase) || field == "1";
}
