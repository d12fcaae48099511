using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Pairs.Recorded;

/// <summary>All recorded columns of a run. One caller at a time.</summary>
internal sealed class RecordedColumnSet(IReadOnlyList<RecordedFile> files)
{
    private readonly Dictionary<(string Name, ColumnKind Kind), RecordedColumn> _columns = [];
    private readonly Dictionary<string, int> _owners = new(StringComparer.Ordinal);
    private readonly List<RecordedColumn> _ordered = [];

    /// <summary>By file, and within a file in the order first seen.</summary>
    public IReadOnlyList<RecordedColumn> Columns => [.. _ordered.OrderBy(c => c.FileIndex)];

    /// <exception cref="OrchestrationException">Another file has a judge of that name (<see cref="ErrorCodes.Input"/>).</exception>
    public RecordedColumn Get(string name, ColumnKind kind, int file)
    {
        if (_columns.TryGetValue((name, kind), out var column) && column.FileIndex == file) return column;
        if (!_owners.TryAdd(name, file) && _owners[name] != file)
        {
            var first = Math.Min(file, _owners[name]);
            var second = Math.Max(file, _owners[name]);
            throw new OrchestrationException(
                ErrorCodes.Input,
                $"The judge '{name}' stands in two recorded files, {files[first].Path} and {files[second].Path}. Leave one of the files out, or rename the judge in one of them.");
        }

        if (_columns.Count >= RecordedRows.MaxJudges * 4) throw RecordedRows.TooManyJudges(files[file].Path);
        column = new RecordedColumn(name, kind, file);
        _columns.Add((name, kind), column);
        _ordered.Add(column);
        return column;
    }
}
