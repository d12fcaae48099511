namespace Orchestration.Core.Reports.Charts;

/// <summary>Two axes with ticks, grid and labels.</summary>
internal readonly struct PlotFrame
{
    private const double Right = 12;

    private PlotFrame(AxisScale x, AxisScale y) => (X, Y) = (x, y);

    public AxisScale X { get; }

    public AxisScale Y { get; }

    /// <summary>Draws the frame between the heights <paramref name="top"/> and <paramref name="bottom"/>; the labels of x stand below.</summary>
    public static PlotFrame Draw(
        SvgCanvas canvas, double width, double top, double bottom, (double Low, double High) x, (double Low, double High) y, string xLabel, string yLabel, double strip = 0)
    {
        var yTicks = AxisTicks.Between(y.Low, y.High, Math.Max(2, (int)((bottom - top - strip) / 45)));
        var left = (yLabel.Length == 0 ? 8 : 26) + yTicks.Values.Max(v => SvgCanvas.WidthOf(yTicks.Text(v))) + 6;
        var frame = new PlotFrame(new AxisScale(x.Low, x.High, left, width - Right), new AxisScale(y.Low, y.High, bottom - strip, top));
        foreach (var value in yTicks.Values)
        {
            var place = frame.Y.At(value);
            canvas.Line(left, place, width - Right, place, "grid");
            canvas.Text(left - 6, place + 4, yTicks.Text(value), "end", "soft");
        }

        var xTicks = AxisTicks.Between(x.Low, x.High, Math.Max(2, (int)((width - left) / 75)));
        foreach (var value in xTicks.Values)
        {
            var place = frame.X.At(value);
            canvas.Line(place, bottom, place, bottom + 4, "axis");
            canvas.Text(place, bottom + 17, xTicks.Text(value), "middle", "soft");
        }

        canvas.Line(left, bottom, width - Right, bottom, "axis");
        if (xLabel.Length != 0) canvas.Text((left + width - Right) / 2, bottom + 34, SvgCanvas.Shortened(xLabel, width - left), "middle", null, 0, xLabel);
        if (yLabel.Length != 0) canvas.Text(14, (top + bottom - strip) / 2, SvgCanvas.Shortened(yLabel, bottom - top), "middle", null, -90, yLabel);
        return frame;
    }

    /// <summary>Height that is needed below the axis.</summary>
    public static double Below(string xLabel) => xLabel.Length == 0 ? 24 : 42;
}
