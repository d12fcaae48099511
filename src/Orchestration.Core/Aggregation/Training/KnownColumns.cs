using System.Text.Json;
using Orchestration.Core.Judging;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Aggregation.Training;

/// <summary>What a sweep's summary, which lies beside its results, states of their judges.</summary>
internal static class KnownColumns
{
    private const string SummaryFile = "summary.json";

    /// <summary>The columns stated beside a file; none where it is no sweep's result.</summary>
    public static IReadOnlyDictionary<string, KnownColumn> Beside(string path)
    {
        var known = new Dictionary<string, KnownColumn>(StringComparer.Ordinal);
        var summary = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".", SummaryFile);
        if (!IsRows(path) || !File.Exists(summary)) return known;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(summary));
            foreach (var column in document.RootElement.GetProperty("columns").EnumerateArray())
            {
                known.TryAdd(
                    column.GetProperty("name").GetString()!,
                    new KnownColumn(column.TryGetProperty("scale", out var scale) ? ScaleOf(scale) : null, Text(column, "rubric"), Text(column, "version")));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Input, $"{summary}, which states the scales of {path}, cannot be read: {e.Message} Write it again with 'orchestrate sweep export', or take it away and state scales with --scale.", e);
        }

        return known;
    }

    private static bool IsRows(string path)
    {
        var name = Path.GetFileName(path);
        if (name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) name = name[..^3];
        return name == SweepResults.RowsFileName(Pairs.Reading.DataKind.Pairs) || name == SweepResults.RowsFileName(Pairs.Reading.DataKind.Comparisons);
    }

    private static Scale ScaleOf(JsonElement scale) => new(
        scale.GetProperty("min").GetDouble(),
        scale.GetProperty("max").GetDouble(),
        scale.GetProperty("step").GetDouble(),
        scale.GetProperty("direction").GetString() == "lower-is-better" ? Direction.LowerIsBetter : Direction.HigherIsBetter);

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
