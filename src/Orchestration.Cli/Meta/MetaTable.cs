using Orchestration.Core.Reports;

namespace Orchestration.Cli.Meta;

/// <summary>A table of figures while it is filled: one column of names, then columns of numbers.</summary>
internal sealed class MetaTable(string first, params string[] others)
{
    private readonly List<IReadOnlyList<string>> _rows = [];

    public void Row(params string[] cells) => _rows.Add(cells);

    public ReportTable Done() => new([first, .. others.Select(ReportColumn.Number)], _rows);
}
