using System.Text;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>The first row of a CSV file.</summary>
/// <param name="Names">The fields' names.</param>
/// <param name="Delimiter">What stands between fields: a comma, or where the header has none a tab or a semicolon.</param>
/// <param name="Bytes">Length of the header with its line break.</param>
/// <param name="Lines">Line breaks in it.</param>
internal sealed record CsvHeader(IReadOnlyList<string> Names, byte Delimiter, int Bytes, int Lines)
{
    public static CsvHeader Read(string path, ReadOnlySpan<byte> start)
    {
        var line = start[..(start.IndexOf((byte)'\n') is var end and >= 0 ? end : start.Length)];
        var delimiter = line.Contains((byte)',') ? (byte)',' : line.Contains((byte)'\t') ? (byte)'\t' : line.Contains((byte)';') ? (byte)';' : (byte)',';
        var length = CsvScanner.RecordEnd(start, delimiter, out var isClosed);
        if (length < 0) length = start.Length;
        var names = new List<string>();
        var record = start[..length].TrimEnd("\r\n"u8);
        if (!isClosed) throw new OrchestrationException(ErrorCodes.Input, $"{path}, line 1: a quote in the header is never closed. Close it, or double quotes within names.");
        while (true)
        {
            var field = CsvScanner.NextField(ref record, delimiter, out var more);
            if (field.Fault is not null) throw new OrchestrationException(ErrorCodes.Input, $"{path}, line 1: {field.Fault.Message}");
            var name = Encoding.UTF8.GetString(field.Text).Trim();
            names.Add(field.HasDoubledQuotes ? name.Replace("\"\"", "\"", StringComparison.Ordinal) : name);
            if (!more) break;
        }

        if (names.FirstOrDefault(n => n.Length != 0 && names.Count(m => m == n) > 1) is { } twice)
            throw new OrchestrationException(ErrorCodes.Input, $"{path}, line 1: the header names '{twice}' twice. Rename one of the two.");
        return new CsvHeader(names, delimiter, length, start[..length].Count((byte)'\n'));
    }
}
