using System.Globalization;
using System.Text.Json;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.MetaEvaluation;

/// <summary>Where rows are read, and what becomes of bad ones.</summary>
public sealed record RowInput
{
    /// <summary>JSON lines, plain or gzip.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Where bad rows go; null where they are only counted.</summary>
    public string? RejectsPath { get; init; }
}

/// <summary>What was read.</summary>
/// <param name="Rows">Good rows.</param>
/// <param name="Rejected">Bad rows.</param>
/// <param name="FirstReject">File, line and fault of the first bad row; null without.</param>
public sealed record RowReport(int Rows, long Rejected, string? FirstReject);

/// <summary>Reads objects of JSON lines one after the other: a bad one is written to the rejects, and the others are taken.</summary>
internal static class RowSource
{
    /// <summary>Gives each object to <paramref name="take"/>, which says what is wrong with it, or null.</summary>
    /// <exception cref="OrchestrationException">A file cannot be read, is CSV, or no row of all is good.</exception>
    public static RowReport Read(RowInput input, string wanted, Func<JsonElement, RowFault?> take, CancellationToken cancellationToken)
    {
        var (rows, rejected, first) = (0, 0L, (string?)null);
        RejectLog? log = null;
        try
        {
            for (var file = 0; file < input.Files.Count; file++)
            {
                using var reader = new InputReader(input.Files[file], file, new IngestOptions { Kind = DataKind.Pairs, Inputs = input.Files });
                var rejects = new RejectBuffer();
                foreach (var chunk in reader.Chunks())
                {
                    using (chunk)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        if (chunk.Format.Csv is not null) throw new OrchestrationException(ErrorCodes.Input, $"{input.Files[file]} is CSV. Here JSON lines are read, one object a line: {wanted}.");
                        rejects.Clear();
                        if (chunk.Fault is { } fault) rejects.Add(chunk.Format.Path, chunk.FirstLine, fault, chunk.Span);
                        else
                        {
                            RowScan.Objects(chunk, rejects, row =>
                            {
                                var fault = take(row);
                                if (fault is null) rows++;
                                return fault;
                            });
                        }
                    }

                    if (rejects.Entries.Count == 0) continue;
                    first ??= string.Create(CultureInfo.InvariantCulture, $"{input.Files[file]}, line {rejects.First!.Value.Line}: {rejects.First.Value.Fault.Message}");
                    rejected += (log ??= new RejectLog(input.RejectsPath)).Append(rejects);
                }
            }
        }
        finally
        {
            log?.Dispose();
        }

        if (rows != 0) return new RowReport(rows, rejected, first);
        throw new OrchestrationException(ErrorCodes.Input, first is null ? $"{string.Join(", ", input.Files)} holds no rows of {wanted}." : $"There is no good row in {string.Join(", ", input.Files)}. {first}");
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
