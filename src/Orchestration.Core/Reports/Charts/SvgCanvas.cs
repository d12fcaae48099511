using System.Globalization;
using System.Text;

namespace Orchestration.Core.Reports.Charts;

/// <summary>Shapes of one drawing. Places have two decimals; text is escaped.</summary>
internal sealed class SvgCanvas
{
    private readonly StringBuilder _text = new();

    public static string Number(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>The colour of a series by its place.</summary>
    public static string Colour(int series) => string.Create(CultureInfo.InvariantCulture, $"var(--s{series % ReportStyle.Series})");

    /// <summary>Width that a text takes at twelve pixels, from above for most fonts.</summary>
    public static double WidthOf(string text) => 6.7 * text.Length;

    /// <summary>A label no wider than so many pixels, its middle left out where it is.</summary>
    public static string Shortened(string text, double width)
    {
        var most = Math.Max(4, (int)(width / 6.7));
        if (text.Length <= most) return text;
        var head = (most - 1 + 1) / 2;
        var tail = most - 1 - head;
        // A pair of surrogates is not cut in two.
        if (char.IsHighSurrogate(text[head - 1])) head--;
        if (tail > 0 && char.IsLowSurrogate(text[^tail])) tail--;
        return string.Concat(text.AsSpan(0, head), "…", text.AsSpan(text.Length - tail));
    }

    public void Line(double x1, double y1, double x2, double y2, string style) =>
        _text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Number(x1)}\" y1=\"{Number(y1)}\" x2=\"{Number(x2)}\" y2=\"{Number(y2)}\" class=\"{style}\"/>\n");

    public void Stroke(double x1, double y1, double x2, double y2, string colour, double width) =>
        _text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Number(x1)}\" y1=\"{Number(y1)}\" x2=\"{Number(x2)}\" y2=\"{Number(y2)}\" stroke=\"{colour}\" stroke-width=\"{Number(width)}\"/>\n");

    public void Rect(double x, double y, double width, double height, string attributes, string? tip = null)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Number(x)}\" y=\"{Number(y)}\" width=\"{Number(Math.Max(0, width))}\" height=\"{Number(Math.Max(0, height))}\" {attributes}");
        Close("rect", tip);
    }

    public void Dot(double x, double y, double radius, string attributes, string? tip = null)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{Number(x)}\" cy=\"{Number(y)}\" r=\"{Number(radius)}\" {attributes}");
        Close("circle", tip);
    }

    /// <summary>A line through points, interrupted where one is not finite.</summary>
    public void Polyline(IReadOnlyList<(double X, double Y)> points, string attributes)
    {
        var path = new StringBuilder();
        var down = false;
        foreach (var (x, y) in points)
        {
            if (!double.IsFinite(x) || !double.IsFinite(y))
            {
                down = false;
                continue;
            }

            path.Append(down ? 'L' : 'M').Append(Number(x)).Append(' ').Append(Number(y));
            down = true;
        }

        if (path.Length != 0) _text.Append(CultureInfo.InvariantCulture, $"<path d=\"{path}\" fill=\"none\" {attributes}/>\n");
    }

    /// <summary>The area between two lines over the same places; where an end is not finite there is none.</summary>
    public void Area(IReadOnlyList<double> x, IReadOnlyList<double> upper, IReadOnlyList<double> lower, string attributes)
    {
        var start = 0;
        while (start < x.Count)
        {
            if (!double.IsFinite(upper[start]) || !double.IsFinite(lower[start]))
            {
                start++;
                continue;
            }

            var end = start;
            while (end < x.Count && double.IsFinite(upper[end]) && double.IsFinite(lower[end])) end++;
            var path = new StringBuilder();
            for (var i = start; i < end; i++) path.Append(i == start ? 'M' : 'L').Append(Number(x[i])).Append(' ').Append(Number(upper[i]));
            for (var i = end - 1; i >= start; i--) path.Append('L').Append(Number(x[i])).Append(' ').Append(Number(lower[i]));
            _text.Append(CultureInfo.InvariantCulture, $"<path d=\"{path}Z\" {attributes}/>\n");
            start = end;
        }
    }

    /// <summary>Text; <paramref name="anchor"/> is start, middle or end, <paramref name="turn"/> degrees about its place.</summary>
    public void Text(double x, double y, string text, string anchor = "start", string? style = null, double turn = 0, string? tip = null)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<text x=\"{Number(x)}\" y=\"{Number(y)}\" text-anchor=\"{anchor}\"");
        if (style is not null) _text.Append(CultureInfo.InvariantCulture, $" class=\"{style}\"");
        if (turn != 0) _text.Append(CultureInfo.InvariantCulture, $" transform=\"rotate({Number(turn)} {Number(x)} {Number(y)})\"");
        _text.Append('>').Append(HtmlWriter.Escape(text));
        if (tip is not null && tip != text) _text.Append("<title>").Append(HtmlWriter.Escape(tip)).Append("</title>");
        _text.Append("</text>\n");
    }

    public override string ToString() => _text.ToString();

    private void Close(string name, string? tip)
    {
        if (tip is null) _text.Append("/>\n");
        else _text.Append("><title>").Append(HtmlWriter.Escape(tip)).Append("</title></").Append(name).Append(">\n");
    }
}
