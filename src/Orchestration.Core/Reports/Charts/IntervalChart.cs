namespace Orchestration.Core.Reports.Charts;

/// <summary>One value with its interval.</summary>
/// <param name="Label">What it is of; rows of one label stand together.</param>
/// <param name="Value">The value; not finite: the row stays empty.</param>
/// <param name="Low">Lower end, not finite for none.</param>
/// <param name="High">Upper end.</param>
/// <param name="Series">Which of several series, such as a version; they have colours and a legend.</param>
public readonly record struct IntervalRow(string Label, double Value, double Low, double High, string Series = "");

/// <summary>Values as dots with intervals, one label a line.</summary>
/// <param name="Rows">In the order from top to bottom.</param>
public sealed record IntervalChart(IReadOnlyList<IntervalRow> Rows) : Chart
{
    /// <summary>Where a vertical line stands (0 for differences); null for none.</summary>
    public double? Reference { get; init; }

    /// <summary>Ends of the axis; default those of the data.</summary>
    public (double Low, double High)? XRange { get; init; }

    internal override double Draw(SvgCanvas canvas)
    {
        var (labels, series) = LabelRows.Of(Rows.Select(static r => (r.Label, r.Series)));
        var range = XRange ?? AxisScale.Around(Rows.SelectMany(static r => new[] { r.Value, r.Low, r.High }).Concat(Reference is { } at ? [at] : []));
        var rows = LabelRows.Draw(canvas, Width, labels, series.Length, range, XLabel);
        if (Reference is { } reference) canvas.Line(rows.X.Clamped(reference), rows.Top, rows.X.Clamped(reference), rows.Bottom, "zero");
        foreach (var row in Rows)
        {
            if (!double.IsFinite(row.Value)) continue;
            var place = Array.IndexOf(series, row.Series);
            var (y, colour) = (rows.At(Array.IndexOf(labels, row.Label), place), SvgCanvas.Colour(place));
            if (double.IsFinite(row.Low) && double.IsFinite(row.High)) canvas.Stroke(rows.X.Clamped(row.Low), y, rows.X.Clamped(row.High), y, colour, 2);
            canvas.Dot(rows.X.Clamped(row.Value), y, 4, $"fill=\"{colour}\"", $"{row.Label}{(row.Series.Length == 0 ? "" : ", " + row.Series)}: {ReportTable.Number(row.Value)} ({ReportTable.Number(row.Low)} to {ReportTable.Number(row.High)})");
        }

        return rows.Height;
    }

    internal override ReportTable Data()
    {
        var many = Rows.Any(static r => r.Series.Length != 0);
        return new ReportTable(
            [YLabel.Length == 0 ? "what" : YLabel, .. many ? ["series"] : Array.Empty<ReportColumn>(), ReportColumn.Number(XLabel.Length == 0 ? "value" : XLabel), ReportColumn.Number("low"), ReportColumn.Number("high")],
            [.. Rows.Select(r => (string[])[r.Label, .. many ? [r.Series] : Array.Empty<string>(), ReportTable.Number(r.Value), ReportTable.Number(r.Low), ReportTable.Number(r.High)])]);
    }

    internal override IReadOnlyList<(string Name, string Mark)> Legend() => [.. LabelRows.Of(Rows.Select(static r => (r.Label, r.Series))).Series.Select((s, i) => (s, DotMark(i)))];
}
