using System.Globalization;
using System.Text.Json;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Checks;

/// <summary>Reads chosen fields of rows, for checks that need no more than columns. A bad row goes to the rejects with its line and cure; the others are read.</summary>
public static class FieldReader
{
    /// <summary>Reads all files.</summary>
    /// <exception cref="OrchestrationException">A file cannot be read, or no row of all is good (<see cref="ErrorCodes.Input"/>).</exception>
    public static FieldRows Read(FieldInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var rows = new FieldRows(input);
        using var log = new RejectLog(input.RejectsPath);
        for (var file = 0; file < input.Files.Count; file++)
        {
            using var reader = new InputReader(input.Files[file], file, new IngestOptions { Kind = DataKind.Pairs, Inputs = input.Files });
            var rejects = new RejectBuffer();
            foreach (var chunk in reader.Chunks())
            {
                using (chunk)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    rejects.Clear();
                    if (chunk.Fault is { } fault) rejects.Add(chunk.Format.Path, chunk.FirstLine, fault, chunk.Span);
                    else if (chunk.Format.Csv is { } header) RowScan.Records(chunk, header, rejects, fields => ReadRecord(input, rows, fields, header));
                    else RowScan.Objects(chunk, rejects, row => ReadObject(input, rows, row));
                }

                if (rejects.Entries.Count == 0) continue;
                rows.FirstReject ??= string.Create(CultureInfo.InvariantCulture, $"{input.Files[file]}, line {rejects.First!.Value.Line}: {rejects.First.Value.Fault.Message}");
                rows.Rejected += log.Append(rejects);
            }

            reader.Finish(cancellationToken);
        }

        if (rows.Count != 0) return rows;
        throw new OrchestrationException(ErrorCodes.Input, rows.FirstReject is { } first ? $"There is no good row in {string.Join(", ", input.Files)}. {first}" : $"{string.Join(", ", input.Files)} holds no rows.");
    }

    private static RowFault? ReadObject(FieldInput input, FieldRows rows, JsonElement root)
    {
        var (numbers, texts) = (new double[input.Numbers.Count], new string[input.Texts.Count]);
        for (var k = 0; k < numbers.Length; k++)
        {
            numbers[k] = double.NaN;
            if (!FieldPath.TryFind(root, input.Numbers[k], out var value) || value.ValueKind == JsonValueKind.Null) continue;
            if (value.ValueKind != JsonValueKind.Number) return NoNumber(input.Numbers[k]);
            if (!value.TryGetDouble(out numbers[k]) || !double.IsFinite(numbers[k])) return JsonFaults.NotFinite(input.Numbers[k]);
        }

        for (var k = 0; k < texts.Length; k++) texts[k] = Text(root, input.Texts[k]) ?? "";
        var group = Text(root, input.Group ?? "group");
        return rows.Add(Text(root, "id"), group, input.Group is null && string.IsNullOrEmpty(group) ? Text(root, "prompt") : null, numbers, texts, [.. root.EnumerateObject().Select(static p => p.Name)]);
    }

    private static RowFault? ReadRecord(FieldInput input, FieldRows rows, string[] fields, CsvHeader header)
    {
        string? Value(string name)
        {
            for (var f = 0; f < fields.Length; f++)
            {
                if (header.Names[f] == name) return fields[f];
            }

            return null;
        }

        var numbers = new double[input.Numbers.Count];
        for (var k = 0; k < numbers.Length; k++)
        {
            numbers[k] = double.NaN;
            if (string.IsNullOrEmpty(Value(input.Numbers[k]))) continue;
            if (!double.TryParse(Value(input.Numbers[k]), NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[k]) || !double.IsFinite(numbers[k])) return NoNumber(input.Numbers[k]);
        }

        return rows.Add(Value("id"), Value(input.Group ?? "group"), input.Group is null ? Value("prompt") : null, numbers, [.. input.Texts.Select(t => Value(t) ?? "")], [.. header.Names]);
    }

    private static string? Text(JsonElement root, string field) => !FieldPath.TryFind(root, field, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    private static RowFault NoNumber(string field) => new(RejectReason.WrongType, $"The field '{field}' should be a number, written with a point; write null (in CSV nothing) where there is none.");
}
