using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestration.Core.Cluster;

namespace Orchestration.Storage.Formats;

/// <summary>What a silo tells of itself, as JSON. Fields that a newer silo adds are passed over.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SiloReport))]
internal sealed partial class SiloReportJson : JsonSerializerContext
{
    public static string Write(SiloReport report) => JsonSerializer.Serialize(report, Default.SiloReport);

    public static SiloReport Read(string text)
    {
        // What a silo that has not told anything yet leaves out is null here, whatever the type says.
        var report = JsonSerializer.Deserialize(text, Default.SiloReport) ?? new SiloReport();
        return report.Role is null ? report with { Role = new SiloReport().Role } : report;
    }
}
