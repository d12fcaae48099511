using System.Globalization;

namespace Orchestration.Core.Reports.Charts;

/// <summary>One point.</summary>
/// <param name="X">Place.</param>
/// <param name="Y">Height; a point that is not finite is not drawn.</param>
/// <param name="Label">What it is, shown when one points at it; empty for none.</param>
/// <param name="Series">Which of several series; they have colours and a legend.</param>
public readonly record struct ScatterPoint(double X, double Y, string Label = "", string Series = "");

/// <summary>Points over two axes. Beside it stand the first 500 of them as numbers.</summary>
/// <param name="Points">All are drawn, half transparent where they are many.</param>
public sealed record ScatterChart(IReadOnlyList<ScatterPoint> Points) : Chart
{
    private const int Tabled = 500;

    /// <summary>Height of the drawing, pixels.</summary>
    public int Height { get; init; } = 380;

    /// <summary>True: the line of y = x.</summary>
    public bool Diagonal { get; init; }

    /// <summary>True: a line at height 0.</summary>
    public bool Zero { get; init; }

    /// <summary>True: the labels stand beside their points; for a few points.</summary>
    public bool Labelled { get; init; }

    /// <summary>Ends of the horizontal axis; default those of the data.</summary>
    public (double Low, double High)? XRange { get; init; }

    /// <summary>Ends of the vertical axis; default those of the data.</summary>
    public (double Low, double High)? YRange { get; init; }

    internal override double Draw(SvgCanvas canvas)
    {
        var series = Points.Select(static p => p.Series).Distinct(StringComparer.Ordinal).ToArray();
        var x = XRange ?? AxisScale.Around(Points.Select(static p => p.X));
        var y = YRange ?? AxisScale.Around(Points.Select(static p => p.Y).Concat(Zero ? [0.0] : []));
        var frame = PlotFrame.Draw(canvas, Width, 8, Height - PlotFrame.Below(XLabel), x, y, XLabel, YLabel);
        if (Zero && y.Low <= 0 && y.High >= 0) canvas.Line(frame.X.From, frame.Y.At(0), frame.X.To, frame.Y.At(0), "zero");
        if (Diagonal)
        {
            var (from, to) = (Math.Max(x.Low, y.Low), Math.Min(x.High, y.High));
            if (to > from) canvas.Line(frame.X.At(from), frame.Y.At(from), frame.X.At(to), frame.Y.At(to), "zero");
        }

        var (radius, opacity) = Points.Count switch { <= 60 => (4.5, "0.9"), <= 400 => (3.2, "0.65"), _ => (2.4, "0.45") };
        foreach (var point in Points)
        {
            if (!double.IsFinite(point.X) || !double.IsFinite(point.Y)) continue;
            var place = Array.IndexOf(series, point.Series);
            var (px, py) = (frame.X.Clamped(point.X), frame.Y.Clamped(point.Y));
            canvas.Dot(px, py, radius, $"fill=\"{SvgCanvas.Colour(place)}\" fill-opacity=\"{opacity}\"", point.Label.Length == 0 ? null : $"{point.Label}: {ReportTable.Number(point.X)}, {ReportTable.Number(point.Y)}");
            if (!Labelled || point.Label.Length == 0) continue;
            var atRight = px < frame.X.From + 0.6 * (frame.X.To - frame.X.From);
            canvas.Text(atRight ? px + 7 : px - 7, py + 4, SvgCanvas.Shortened(point.Label, 170), atRight ? "start" : "end", "halo", 0, point.Label);
        }

        return Height;
    }

    internal override ReportTable Data()
    {
        var (named, many) = (Points.Any(static p => p.Label.Length != 0), Points.Any(static p => p.Series.Length != 0));
        return new ReportTable(
            [.. named ? ["what"] : Array.Empty<ReportColumn>(), .. many ? ["series"] : Array.Empty<ReportColumn>(), ReportColumn.Number(XLabel.Length == 0 ? "x" : XLabel), ReportColumn.Number(YLabel.Length == 0 ? "y" : YLabel)],
            [.. Points.Take(Tabled).Select(p => (string[])[.. named ? [p.Label] : Array.Empty<string>(), .. many ? [p.Series] : Array.Empty<string>(), ReportTable.Number(p.X), ReportTable.Number(p.Y)])])
        {
            Caption = Points.Count > Tabled ? string.Create(CultureInfo.InvariantCulture, $"The first {Tabled} of {Points.Count:N0}") : null,
        };
    }

    internal override IReadOnlyList<(string Name, string Mark)> Legend() =>
        [.. Points.Select(static p => p.Series).Distinct(StringComparer.Ordinal).Select((s, i) => (s, DotMark(i)))];
}
