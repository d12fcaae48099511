namespace Orchestration.Core.Reports.Charts;

/// <summary>One bar.</summary>
/// <param name="Label">What it is of; bars of one label stand together.</param>
/// <param name="Value">Its length, from 0 to the right or, below 0, to the left.</param>
/// <param name="Series">Which of several series; they have colours and a legend.</param>
public readonly record struct BarRow(string Label, double Value, string Series = "");

/// <summary>Bars lying on their side, one label a line, with their values beside them.</summary>
/// <param name="Rows">In the order from top to bottom.</param>
public sealed record BarChart(IReadOnlyList<BarRow> Rows) : Chart
{
    /// <summary>Ends of the axis, which hold 0; default those of the data.</summary>
    public (double Low, double High)? XRange { get; init; }

    /// <summary>True: bars of one series below zero have another colour than those above, as for contributions.</summary>
    public bool Signed { get; init; }

    internal override double Draw(SvgCanvas canvas)
    {
        var (labels, series) = LabelRows.Of(Rows.Select(static r => (r.Label, r.Series)));
        var (low, high) = XRange ?? AxisScale.Around(Rows.Select(static r => r.Value).Append(0), 0);
        // Room for the numbers beside the bars.
        var room = XRange is null ? 0.14 * (high - low) : 0;
        var rows = LabelRows.Draw(canvas, Width, labels, series.Length, (low < 0 ? low - room : low, high > 0 ? high + room : high), XLabel);
        foreach (var row in Rows)
        {
            if (!double.IsFinite(row.Value)) continue;
            var place = Array.IndexOf(series, row.Series);
            var (y, zero, end) = (rows.At(Array.IndexOf(labels, row.Label), place), rows.X.Clamped(0), rows.X.Clamped(row.Value));
            var colour = Signed && series.Length == 1 ? row.Value < 0 ? "var(--down)" : "var(--up)" : SvgCanvas.Colour(place);
            canvas.Rect(Math.Min(zero, end), y - rows.Thickness / 2, Math.Max(1, Math.Abs(end - zero)), rows.Thickness, $"fill=\"{colour}\"", $"{row.Label}: {ReportTable.Number(row.Value)}");
            canvas.Text(row.Value < 0 ? end - 4 : end + 4, y + 4, ReportTable.Number(row.Value), row.Value < 0 ? "end" : "start", "soft");
        }

        canvas.Line(rows.X.Clamped(0), rows.Top, rows.X.Clamped(0), rows.Bottom, "axis");
        return rows.Height;
    }

    internal override ReportTable Data()
    {
        var many = Rows.Any(static r => r.Series.Length != 0);
        return new ReportTable(
            [YLabel.Length == 0 ? "what" : YLabel, .. many ? ["series"] : Array.Empty<ReportColumn>(), ReportColumn.Number(XLabel.Length == 0 ? "value" : XLabel)],
            [.. Rows.Select(r => (string[])[r.Label, .. many ? [r.Series] : Array.Empty<string>(), ReportTable.Number(r.Value)])]);
    }

    internal override IReadOnlyList<(string Name, string Mark)> Legend() => [.. LabelRows.Of(Rows.Select(static r => (r.Label, r.Series))).Series.Select((s, i) => (s, DotMark(i)))];
}
