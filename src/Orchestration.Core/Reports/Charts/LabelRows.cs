namespace Orchestration.Core.Reports.Charts;

/// <summary>Lines with a label on the left over one horizontal axis, each with room for all series.</summary>
/// <param name="X">The axis.</param>
/// <param name="Top">Where the first line begins.</param>
/// <param name="Step">Height of one label.</param>
/// <param name="Lines">Number of labels.</param>
/// <param name="Series">Number of series.</param>
/// <param name="Height">Height of the drawing.</param>
internal readonly record struct LabelRows(AxisScale X, double Top, double Step, int Lines, int Series, double Height)
{
    private const double EachSeries = 13;

    public double Bottom => Top + Lines * Step;

    /// <summary>Thickness of a bar.</summary>
    public double Thickness => Series == 1 ? 13 : EachSeries - 3;

    /// <summary>Middle of a series' line under a label.</summary>
    public double At(int label, int series) => Top + (label + 0.5) * Step + (series - (Series - 1) / 2.0) * EachSeries;

    /// <summary>Labels and series in the order in which they first come.</summary>
    public static (string[] Labels, string[] Series) Of(IEnumerable<(string Label, string Series)> rows)
    {
        var (labels, series) = (new List<string>(), new List<string>());
        var (seen, seenSeries) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var (label, one) in rows)
        {
            if (seen.Add(label)) labels.Add(label);
            if (seenSeries.Add(one)) series.Add(one);
        }

        return ([.. labels], [.. series]);
    }

    /// <summary>Draws labels, axis and grid.</summary>
    public static LabelRows Draw(SvgCanvas canvas, double width, string[] labels, int series, (double Low, double High) range, string xLabel)
    {
        const double From = 6;
        var step = Math.Max(22, series * EachSeries + 8);
        var left = Math.Min(0.38 * width, (labels.Length == 0 ? 0 : labels.Max(SvgCanvas.WidthOf)) + 14);
        var bottom = From + labels.Length * step;
        var rows = new LabelRows(new AxisScale(range.Low, range.High, left, width - 14), From, step, labels.Length, series, bottom + PlotFrame.Below(xLabel));
        var ticks = AxisTicks.Between(range.Low, range.High, Math.Max(2, (int)((width - left) / 85)));
        foreach (var value in ticks.Values)
        {
            canvas.Line(rows.X.At(value), From, rows.X.At(value), bottom, "grid");
            canvas.Text(rows.X.At(value), bottom + 17, ticks.Text(value), "middle", "soft");
        }

        for (var i = 0; i < labels.Length; i++) canvas.Text(left - 8, From + (i + 0.5) * step + 4, SvgCanvas.Shortened(labels[i], left - 14), "end", null, 0, labels[i]);
        canvas.Line(left, bottom, width - 14, bottom, "axis");
        if (xLabel.Length != 0) canvas.Text((left + width - 14) / 2, bottom + 34, SvgCanvas.Shortened(xLabel, width - left), "middle", null, 0, xLabel);
        return rows;
    }
}
