using System.Globalization;

namespace Orchestration.Core.Reports.Charts;

/// <summary>A drawing of a report, as SVG inside the page, with what it shows in words and its numbers as a table behind a fold.</summary>
public abstract record Chart
{
    /// <summary>What it is of, above the drawing; plain text.</summary>
    public required string Title { get; init; }

    /// <summary>What one sees in it, in words, for those who hear the page; plain text.</summary>
    public string Summary { get; init; } = "";

    /// <summary>What the horizontal axis is, with unit.</summary>
    public string XLabel { get; init; } = "";

    /// <summary>What the vertical axis is, with unit.</summary>
    public string YLabel { get; init; } = "";

    /// <summary>Width of the drawing, pixels at the size it is made for; narrower pages shrink it.</summary>
    public int Width { get; init; } = 640;

    /// <summary>False where the title stands above already (on a card): it is still read out.</summary>
    public bool ShowTitle { get; init; } = true;

    /// <summary>The drawing and everything about it as an HTML fragment.</summary>
    public string ToHtml()
    {
        var page = new HtmlWriter();
        Write(page);
        return page.ToString();
    }

    internal void Write(HtmlWriter page)
    {
        var canvas = new SvgCanvas();
        var height = Draw(canvas);
        page.Raw("<figure>");
        if (ShowTitle) page.Element("figcaption", null, Title);
        var names = Legend();
        if (names.Count > 1)
        {
            page.Raw("<ul class=\"legend\">");
            foreach (var (name, mark) in names) page.Raw($"<li><svg width=\"18\" height=\"12\" aria-hidden=\"true\">{mark}</svg>").Raw(HtmlWriter.Escape(name)).Raw("</li>");
            page.Raw("</ul>\n");
        }

        var words = Summary.Length == 0 ? Title : $"{Title}. {Summary}";
        page.Raw(string.Create(
            CultureInfo.InvariantCulture,
            $"<svg viewBox=\"0 0 {Width} {SvgCanvas.Number(height)}\" width=\"{Width}\" height=\"{SvgCanvas.Number(height)}\" role=\"img\" aria-label=\"{HtmlWriter.Escape(words)}\">\n"));
        page.Raw(canvas.ToString()).Raw("</svg>\n");
        var data = Data();
        if (data.Rows.Count != 0) page.Details("Numbers", inside => inside.Table(data));
        page.Raw("</figure>\n");
    }

    /// <summary>Draws, and says how high the drawing is.</summary>
    internal abstract double Draw(SvgCanvas canvas);

    /// <summary>The numbers that are drawn.</summary>
    internal abstract ReportTable Data();

    /// <summary>Names of series with a sample of each, shown where there is more than one.</summary>
    internal virtual IReadOnlyList<(string Name, string Mark)> Legend() => [];

    internal static string DotMark(int series) => $"<circle cx=\"9\" cy=\"6\" r=\"4.5\" fill=\"{SvgCanvas.Colour(series)}\"/>";

    internal static string LineMark(int series, bool dashed) =>
        $"<line x1=\"0\" y1=\"6\" x2=\"18\" y2=\"6\" stroke=\"{SvgCanvas.Colour(series)}\" stroke-width=\"2.5\"{(dashed ? " stroke-dasharray=\"5 3\"" : "")}/>";
}
