namespace Orchestration.Core.Reports.Charts;

/// <summary>One line, with up to two bands and dots where wished.</summary>
/// <param name="Name">What it is; plain text.</param>
/// <param name="X">Places, rising.</param>
/// <param name="Y">Heights, as many; a gap where one is not finite.</param>
public sealed record LineSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>Lower end of the band at each place; null for none.</summary>
    public IReadOnlyList<double>? Lower { get; init; }

    /// <summary>Upper end of the band at each place.</summary>
    public IReadOnlyList<double>? Upper { get; init; }

    /// <summary>Lower end of a second, wider band; null for none.</summary>
    public IReadOnlyList<double>? OuterLower { get; init; }

    /// <summary>Upper end of the second band.</summary>
    public IReadOnlyList<double>? OuterUpper { get; init; }

    /// <summary>True: dots with error bars instead of a band, for a few places that are not a curve.</summary>
    public bool Dots { get; init; }

    /// <summary>True: a dashed line.</summary>
    public bool Dashed { get; init; }
}

/// <summary>Lines over one axis, with bands, and below them the histogram of where the data lie.</summary>
/// <param name="Series">The lines, the first drawn on top.</param>
public sealed record LineChart(IReadOnlyList<LineSeries> Series) : Chart
{
    private const double Strip = 34;

    /// <summary>Height of the drawing, pixels.</summary>
    public int Height { get; init; } = 300;

    /// <summary>Where the data lie, drawn below the lines; null or empty for none.</summary>
    public IReadOnlyList<HistogramBin>? Histogram { get; init; }

    /// <summary>Two places between which something is said of the line, drawn as fine lines; null for none.</summary>
    public (double Low, double High)? Marked { get; init; }

    /// <summary>True: a line at height 0.</summary>
    public bool Zero { get; init; }

    /// <summary>True: the line of y = x.</summary>
    public bool Diagonal { get; init; }

    /// <summary>Ends of the horizontal axis; default those of the data.</summary>
    public (double Low, double High)? XRange { get; init; }

    /// <summary>Ends of the vertical axis; default those of the data. What lies beyond is drawn at the end.</summary>
    public (double Low, double High)? YRange { get; init; }

    internal override double Draw(SvgCanvas canvas)
    {
        var bins = Histogram ?? [];
        var x = XRange ?? AxisScale.Around(Series.SelectMany(s => s.X).Concat(bins.SelectMany(b => new[] { b.From, b.To })), 0);
        var y = YRange ?? AxisScale.Around(
            Series.SelectMany(s => s.Y.Concat(s.Lower ?? []).Concat(s.Upper ?? []).Concat(s.OuterLower ?? []).Concat(s.OuterUpper ?? [])).Concat(Zero ? [0.0] : []));
        var bottom = Height - PlotFrame.Below(XLabel);
        var frame = PlotFrame.Draw(canvas, Width, 8, bottom, x, y, XLabel, YLabel, bins.Count == 0 ? 0 : Strip);
        DrawHistogram(canvas, frame, bins, bottom);
        if (Marked is { } marked)
        {
            foreach (var place in new[] { marked.Low, marked.High }) canvas.Line(frame.X.Clamped(place), 8, frame.X.Clamped(place), bottom, "zero");
        }

        if (Zero && y.Low <= 0 && y.High >= 0) canvas.Line(frame.X.From, frame.Y.At(0), frame.X.To, frame.Y.At(0), "axis");
        if (Diagonal)
        {
            var (from, to) = (Math.Max(x.Low, y.Low), Math.Min(x.High, y.High));
            if (to > from) canvas.Line(frame.X.At(from), frame.Y.At(from), frame.X.At(to), frame.Y.At(to), "zero");
        }

        for (var i = Series.Count - 1; i >= 0; i--) DrawBands(canvas, frame, Series[i], i);
        for (var i = Series.Count - 1; i >= 0; i--) DrawLine(canvas, frame, Series[i], i);
        return Height;
    }

    internal override ReportTable Data()
    {
        var hasBand = Series.Any(s => s.Lower is not null);
        var hasOuter = Series.Any(s => s.OuterLower is not null);
        List<ReportColumn> heads = [.. Series.Count > 1 ? ["series"] : Array.Empty<ReportColumn>(), ReportColumn.Number(XLabel.Length == 0 ? "x" : XLabel), ReportColumn.Number(YLabel.Length == 0 ? "y" : YLabel)];
        if (hasBand) heads.AddRange([ReportColumn.Number("lower"), ReportColumn.Number("upper")]);
        if (hasOuter) heads.AddRange([ReportColumn.Number("wide lower"), ReportColumn.Number("wide upper")]);
        var rows = new List<IReadOnlyList<string>>();
        foreach (var series in Series)
        {
            for (var i = 0; i < series.X.Count; i++)
            {
                List<string> row = [.. Series.Count > 1 ? [series.Name] : Array.Empty<string>(), ReportTable.Number(series.X[i]), ReportTable.Number(series.Y[i])];
                if (hasBand) row.AddRange([ReportTable.Number(series.Lower?[i] ?? double.NaN), ReportTable.Number(series.Upper?[i] ?? double.NaN)]);
                if (hasOuter) row.AddRange([ReportTable.Number(series.OuterLower?[i] ?? double.NaN), ReportTable.Number(series.OuterUpper?[i] ?? double.NaN)]);
                rows.Add(row);
            }
        }

        return new ReportTable(heads, rows);
    }

    internal override IReadOnlyList<(string Name, string Mark)> Legend() => [.. Series.Select((s, i) => (s.Name, s.Dots ? DotMark(i) : LineMark(i, s.Dashed)))];

    private static void DrawHistogram(SvgCanvas canvas, PlotFrame frame, IReadOnlyList<HistogramBin> bins, double bottom)
    {
        var most = bins.Count == 0 ? 0 : bins.Max(b => b.Count);
        foreach (var bin in bins)
        {
            if (bin.Count <= 0) continue;
            var (left, right) = (frame.X.Clamped(bin.From), frame.X.Clamped(bin.To));
            var height = Math.Max(1, (Strip - 8) * bin.Count / most);
            canvas.Rect(left + 0.5, bottom - height, Math.Max(1.5, right - left - 1), height, "class=\"bar\"", $"{ReportTable.Number(bin.From)} to {ReportTable.Number(bin.To)}: {ReportTable.Number(bin.Count)}");
        }
    }

    private static void DrawBands(SvgCanvas canvas, PlotFrame frame, LineSeries series, int place)
    {
        if (series.Dots) return;
        var x = series.X.Select(frame.X.Clamped).ToArray();
        var fill = $"fill=\"{SvgCanvas.Colour(place)}\" fill-opacity=\"0.18\"";
        if (series.OuterLower is { } outerLower && series.OuterUpper is { } outerUpper) canvas.Area(x, [.. outerUpper.Select(frame.Y.Clamped)], [.. outerLower.Select(frame.Y.Clamped)], fill);
        if (series.Lower is { } lower && series.Upper is { } upper) canvas.Area(x, [.. upper.Select(frame.Y.Clamped)], [.. lower.Select(frame.Y.Clamped)], fill);
    }

    private static void DrawLine(SvgCanvas canvas, PlotFrame frame, LineSeries series, int place)
    {
        var colour = SvgCanvas.Colour(place);
        (double X, double Y)[] points = [.. series.X.Zip(series.Y, (x, y) => (frame.X.Clamped(x), double.IsFinite(y) ? frame.Y.Clamped(y) : double.NaN))];
        if (!series.Dots)
        {
            canvas.Polyline(points, $"stroke=\"{colour}\" stroke-width=\"2\" stroke-linejoin=\"round\"{(series.Dashed ? " stroke-dasharray=\"6 4\"" : "")}");
            return;
        }

        for (var i = 0; i < points.Length; i++)
        {
            if (!double.IsFinite(points[i].Y)) continue;
            if (series.Lower is { } lower && series.Upper is { } upper && double.IsFinite(lower[i]) && double.IsFinite(upper[i]))
                canvas.Stroke(points[i].X, frame.Y.Clamped(lower[i]), points[i].X, frame.Y.Clamped(upper[i]), colour, 1.5);
            canvas.Dot(points[i].X, points[i].Y, 4, $"fill=\"{colour}\"", $"{ReportTable.Number(series.X[i])}: {ReportTable.Number(series.Y[i])}");
        }
    }
}
