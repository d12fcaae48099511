using System.Text.Json;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.MetaEvaluation;

/// <summary>Where rows are read, and what becomes of bad ones.</summary>
public sealed record RowInput
{
    /// <summary>JSON lines or CSV, plain or gzip; <c>-</c> for standard input.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Where bad rows go; null where they are only counted.</summary>
    public string? RejectsPath { get; init; }

    /// <summary>What <c>-</c> among the files is; null for the process's own standard input.</summary>
    public Stream? StandardInput { get; init; }
}

/// <summary>What was read.</summary>
/// <param name="Rows">Good rows.</param>
/// <param name="Rejected">Bad rows.</param>
/// <param name="FirstReject">File, line and fault of the first bad row; null without.</param>
public sealed record RowReport(int Rows, long Rejected, string? FirstReject)
{
    /// <summary>Good rows whose labels are simulated (<c>simulated: true</c>).</summary>
    public int Simulated { get; init; }
}

/// <summary>Reads rows as objects, one after the other, from JSON lines or CSV: a bad one is written to the rejects, and the others are taken. What all of <c>meta</c> reads by.</summary>
internal static class RowSource
{
    /// <summary>Gives each row as an object to <paramref name="take"/>, which says what is wrong with it, or null.</summary>
    /// <exception cref="OrchestrationException">A file cannot be read, or no row of all is good.</exception>
    public static RowReport Read(RowInput input, string wanted, Func<JsonElement, RowFault?> take, CancellationToken cancellationToken) =>
        Read(input, wanted, (row, _) => take(row), cancellationToken);

    /// <summary>Gives each row as an object, and whether it was a CSV record, whose numbers may be written as JSON would not write them.</summary>
    /// <inheritdoc cref="Read(RowInput, string, Func{JsonElement, RowFault}, CancellationToken)"/>
    public static RowReport Read(RowInput input, string wanted, Func<JsonElement, bool, RowFault?> take, CancellationToken cancellationToken)
    {
        var (rows, simulated) = (0, 0);
        var read = RowFiles.Read(input.Files, input.RejectsPath, input.StandardInput, (chunk, rejects) =>
        {
            if (chunk.Format.Csv is { } header)
            {
                var records = new RecordObjects(header);
                RowScan.Records(chunk, header, rejects, fields => records.Read(fields, row => Take(row, true)));
            }
            else
            {
                RowScan.Objects(chunk, rejects, row => Take(row, false));
            }
        }, cancellationToken);
        if (rows != 0) return new RowReport(rows, read.Rejected, read.FirstReject) { Simulated = simulated };
        throw new OrchestrationException(
            ErrorCodes.Input, read.FirstReject is not { } first ? $"{string.Join(", ", input.Files)} holds no rows of {wanted}." : $"There is no good row in {string.Join(", ", input.Files)}. {first}");

        RowFault? Take(JsonElement row, bool isRecord)
        {
            var fault = take(row, isRecord);
            if (fault is not null) return fault;
            rows++;
            if (SimulatedMark.Of(row)) simulated++;
            return null;
        }
    }

    /// <summary>A text or a number as text; null for anything else, and for an empty text.</summary>
    public static string? Text(JsonElement row, string field) => !row.TryGetProperty(field, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text : null,
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    public static RowFault Missing(JsonElement row, string field) =>
        new(RejectReason.MissingField, $"There is no field '{field}', or it is empty; the row has {FieldHints.List([.. row.EnumerateObject().Select(static p => p.Name)])}.");
}
