using System.Globalization;
using System.Text.Json;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.MetaEvaluation;

/// <summary>Reads chosen fields of rows, for checks that need no more than columns. A bad row goes to the rejects with its line and cure; the others are read.</summary>
public static class FieldReader
{
    /// <summary>Reads all files.</summary>
    /// <exception cref="OrchestrationException">A file cannot be read, or no row of all is good (<see cref="ErrorCodes.Input"/>).</exception>
    public static FieldRows Read(FieldInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var rows = new FieldRows(input);
        var report = RowSource.Read(new RowInput { Files = input.Files, RejectsPath = input.RejectsPath, StandardInput = input.StandardInput }, $"{{id, {string.Join(", ", input.Numbers.Concat(input.Texts).Take(6))}}}", (row, isRecord) => Take(input, rows, row, isRecord), cancellationToken);
        (rows.Rejected, rows.FirstReject, rows.Simulated) = ((int)report.Rejected, report.FirstReject, report.Simulated);
        return rows;
    }

    private static RowFault? Take(FieldInput input, FieldRows rows, JsonElement root, bool isRecord)
    {
        var (numbers, texts) = (new double[input.Numbers.Count], new string[input.Texts.Count]);
        for (var k = 0; k < numbers.Length; k++)
        {
            numbers[k] = double.NaN;
            if (!FieldPath.TryFind(root, input.Numbers[k], out var value) || value.ValueKind == JsonValueKind.Null) continue;
            if (isRecord && value.ValueKind == JsonValueKind.String && double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[k]) && double.IsFinite(numbers[k])) continue;
            if (value.ValueKind != JsonValueKind.Number) return NoNumber(input.Numbers[k]);
            if (!value.TryGetDouble(out numbers[k]) || !double.IsFinite(numbers[k])) return JsonFaults.NotFinite(input.Numbers[k]);
        }

        for (var k = 0; k < texts.Length; k++) texts[k] = Text(root, input.Texts[k]) ?? "";
        var group = Text(root, input.Group ?? "group");
        return rows.Add(Text(root, "id"), group, input.Group is null && string.IsNullOrEmpty(group) ? Text(root, "prompt") : null, numbers, texts, [.. root.EnumerateObject().Select(static p => p.Name)]);
    }

    private static string? Text(JsonElement root, string field) => !FieldPath.TryFind(root, field, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    private static RowFault NoNumber(string field) => new(RejectReason.WrongType, $"The field '{field}' should be a number, written with a point; write null (in CSV nothing) where there is none.");
}
