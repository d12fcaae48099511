using System.Globalization;

namespace Orchestration.Core.Reports.Charts;

/// <summary>A matrix as coloured cells: one colour above the middle, another below, the stronger the farther away.</summary>
/// <param name="RowLabels">One a row.</param>
/// <param name="ColumnLabels">One a column.</param>
/// <param name="Values">Rows × columns, row after row; a cell that is not finite stays empty and is crossed out.</param>
public sealed record HeatMap(IReadOnlyList<string> RowLabels, IReadOnlyList<string> ColumnLabels, IReadOnlyList<double> Values) : Chart
{
    private const int Written = 14;

    // Text of the page's colour stays readable on the strongest cell, in both modes.
    private const double Strongest = 0.62;

    /// <summary>Value of the strongest cells below the middle; −1 for correlations.</summary>
    public double Low { get; init; } = -1;

    /// <summary>Value without colour.</summary>
    public double Middle { get; init; }

    /// <summary>Value of the strongest cells above the middle.</summary>
    public double High { get; init; } = 1;

    internal override double Draw(SvgCanvas canvas)
    {
        if (Values.Count != RowLabels.Count * ColumnLabels.Count)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{Values.Count} values for {RowLabels.Count} × {ColumnLabels.Count} cells."));
        if (Values.Count == 0) return 20;
        var left = Math.Min(0.35 * Width, RowLabels.Max(SvgCanvas.WidthOf) + 12);
        var cell = Math.Clamp((Width - left - 70) / ColumnLabels.Count, 9, 46);
        var height = Math.Min(cell, 26);
        var top = Math.Min(150, ColumnLabels.Max(SvgCanvas.WidthOf) * 0.71 + 16);
        for (var c = 0; c < ColumnLabels.Count; c++)
            canvas.Text(left + (c + 0.5) * cell + 3, top - 6, SvgCanvas.Shortened(ColumnLabels[c], 190), "start", cell < 12 ? "soft" : null, -45, ColumnLabels[c]);
        for (var r = 0; r < RowLabels.Count; r++)
        {
            canvas.Text(left - 6, top + (r + 0.5) * height + 4, SvgCanvas.Shortened(RowLabels[r], left - 10), "end", null, 0, RowLabels[r]);
            for (var c = 0; c < ColumnLabels.Count; c++)
            {
                var value = Values[r * ColumnLabels.Count + c];
                var (x, y) = (left + c * cell, top + r * height);
                if (!double.IsFinite(value))
                {
                    canvas.Line(x + 2, y + 2, x + cell - 3, y + height - 3, "grid");
                    continue;
                }

                canvas.Rect(x, y, cell - 1, height - 1, Fill(value), $"{RowLabels[r]}, {ColumnLabels[c]}: {ReportTable.Number(value)}");
                if (ColumnLabels.Count <= Written) canvas.Text(x + cell / 2, y + height / 2 + 4, Short(value), "middle");
            }
        }

        var bottom = top + RowLabels.Count * height + 14;
        DrawKey(canvas, left, bottom);
        return bottom + 34;
    }

    internal override ReportTable Data() => new(
        [YLabel.Length == 0 ? "" : YLabel, .. ColumnLabels.Select(ReportColumn.Number)],
        [.. RowLabels.Select((label, r) => (string[])[label, .. ColumnLabels.Select((_, c) => ReportTable.Number(Values[r * ColumnLabels.Count + c]))])]);

    private static string Short(double value) => value.ToString(Math.Abs(value) < 9.995 ? "0.00" : "0", CultureInfo.InvariantCulture).Replace('-', '−');

    private string Fill(double value)
    {
        var share = value >= Middle ? High > Middle ? (value - Middle) / (High - Middle) : 0 : Low < Middle ? (Middle - value) / (Middle - Low) : 0;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"fill=\"{(value >= Middle ? "var(--up)" : "var(--down)")}\" fill-opacity=\"{SvgCanvas.Number(Math.Clamp(share, 0, 1) * Strongest)}\"");
    }

    private void DrawKey(SvgCanvas canvas, double left, double top)
    {
        const int Steps = 21;
        const double Each = 8;
        for (var i = 0; i < Steps; i++)
            canvas.Rect(left + i * Each, top, Each, 10, Fill(Low + (High - Low) * i / (Steps - 1)));
        canvas.Text(left, top + 24, ReportTable.Number(Low), "start", "soft");
        canvas.Text(left + Steps * Each, top + 24, ReportTable.Number(High), "end", "soft");
    }
}
