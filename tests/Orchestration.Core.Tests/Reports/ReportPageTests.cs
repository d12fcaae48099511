using System.Text.RegularExpressions;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Reports;

public sealed partial class ReportPageTests
{
    private const string Evil = "</title></svg><script>alert(1)</script><img src=x onerror=\"alert(2)\"> ' onload='x' &lt; \u0000 \ud800";

    [Fact]
    public void A_page_needs_nothing_from_anywhere_and_runs_nothing()
    {
        var html = Everything("judge").ToHtml();

        html.ShouldStartWith("<!DOCTYPE html>");
        html.ShouldContain("content=\"default-src 'none'; style-src 'unsafe-inline'\"");
        html.ShouldContain("prefers-color-scheme:dark");
        foreach (var forbidden in new[] { "<script", "http:", "https:", "@import", "url(", "src=", "<link", "<iframe" }) html.ShouldNotContain(forbidden, Case.Insensitive);
        Addresses().Matches(html).Select(static m => m.Groups["to"].Value).ShouldAllBe(static h => h.StartsWith('#'));
    }

    [Fact]
    public void Whatever_a_user_calls_his_judge_is_text()
    {
        var html = Everything(Evil).ToHtml();

        html.ShouldNotContain("<script", Case.Insensitive);
        html.ShouldNotContain("<img", Case.Insensitive);
        html.ShouldNotContain('\0');
        // The tags and attributes of the page are those of the same page with a harmless name of that length, one for one: nothing was broken out of.
        Skeleton(html).SequenceEqual(Skeleton(Everything(new string('x', Evil.Length)).ToHtml())).ShouldBeTrue();
    }

    [Fact]
    public void Escaping_gives_text_that_reads_back() => Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), static text =>
    {
        var expected = new string([.. text.Get.Where(static c => !char.IsControl(c) && !char.IsSurrogate(c) && c < '\ufffe')]);
        return XElement.Parse($"<a b=\"{HtmlWriter.Escape(expected)}\">{HtmlWriter.Escape(expected)}</a>", LoadOptions.PreserveWhitespace).Value == expected
            && !HtmlWriter.Escape(text.Get).Contains('<', StringComparison.Ordinal);
    }).Check(SeededProperties.Config);

    [Fact]
    public void The_contents_name_every_section_in_order()
    {
        var html = new ReportPage("t").Section("one", "First & foremost", static p => p.Paragraph("a")).Section("two-2", "Second", static p => p.Paragraph("b")).ToHtml();

        html.ShouldContain("<li><a href=\"#one\">First &amp; foremost</a></li>\n<li><a href=\"#two-2\">Second</a></li>");
        html.ShouldContain("<section id=\"two-2\" aria-labelledby=\"two-2-title\">");
        Should.Throw<ArgumentException>(static () => new ReportPage("t").Section("One", "x", static _ => { }));
        Should.Throw<ArgumentException>(static () => new ReportPage("t").Section("a", "x", static _ => { }).Section("a", "y", static _ => { }));
    }

    [Fact]
    public void Every_drawing_is_well_formed_says_what_it_is_and_has_its_numbers_beside_it()
    {
        foreach (var chart in Charts("a <b>"))
        {
            var figure = XElement.Parse(chart.ToHtml());
            var svg = figure.Elements("svg").Single();
            svg.Attribute("role")!.Value.ShouldBe("img");
            svg.Attribute("aria-label")!.Value.ShouldStartWith("a <b>");
            figure.Element("details")!.Descendants("tr").Count().ShouldBeGreaterThan(1, chart.GetType().Name);
            svg.Descendants().Attributes().ShouldAllBe(static a => !a.Value.Contains("NaN") && !a.Value.Contains("Infinity") && !a.Value.Contains('∞'), chart.GetType().Name);
        }
    }

    [Fact]
    public void Numbers_read_the_same_everywhere()
    {
        double[] values = [0, 1, -0.12345, 1234.56, 0.00001, 2.5e7, double.NaN, double.PositiveInfinity];
        values.Select(ReportTable.Number).ShouldBe(["0", "1.000", "−0.1235", "1235", "1e−5", "2.5e7", "—", "—"]);
    }

    private static ReportPage Everything(string name)
    {
        var page = new ReportPage(name) { Subtitle = name, Footer = name };
        return page.Section("all", name, writer =>
        {
            writer.Paragraph(name).Note(name).Warning(name).Heading(name).Preformatted(name).Lines([name]).Facts([(name, name)])
                .Table(new ReportTable([name, ReportColumn.Number(name)], [[name, name]]) { Caption = name })
                .Details(name, inside => inside.Paragraph(name)).Cards(cards => cards.Card(name, card => card.Paragraph(name)));
            foreach (var chart in Charts(name)) writer.Chart(chart);
        });
    }

    private static Chart[] Charts(string name)
    {
        double[] x = [0, 0.5, 1, 1.5];
        double[] y = [0.1, double.NaN, 0.3, 0.2];
        return
        [
            new LineChart([new LineSeries(name, x, y) { Lower = y, Upper = y, OuterLower = y, OuterUpper = y }, new LineSeries(name + "2", x, y) { Dots = true, Lower = y, Upper = y }])
            {
                Title = name, Summary = name, XLabel = name, YLabel = name, Histogram = HistogramBin.Of(x, 0, 2, 4), Marked = (0.1, 0.9), Zero = true, Diagonal = true,
            },
            new IntervalChart([new IntervalRow(name, 1, 0, double.PositiveInfinity, name), new IntervalRow(name + "2", double.NaN, 0, 2, "s")]) { Title = name, XLabel = name, YLabel = name, Reference = 0 },
            new BarChart([new BarRow(name, -1, name), new BarRow(name, 2, "s"), new BarRow("z", double.NaN, "s")]) { Title = name, XLabel = name, YLabel = name, Signed = true },
            new HeatMap([name, "r"], [name, "c", name], [1, -1, 0, double.NaN, 0.5, 0.25]) { Title = name, YLabel = name },
            new ScatterChart([new ScatterPoint(1, 2, name, name), new ScatterPoint(double.NaN, 2, name, "s")]) { Title = name, XLabel = name, YLabel = name, Labelled = true, Diagonal = true, Zero = true },
        ];
    }

    private static string[] Skeleton(string html) => [.. Tags().Matches(html).Select(static m => Words().Replace(m.Value, "\"\""))];

    [GeneratedRegex("<[^>]*>", RegexOptions.NonBacktracking)]
    private static partial Regex Tags();

    // Lengths of labels move places, and lengths differ: what stands in quotes is left out of the comparison.
    [GeneratedRegex("\"[^\"]*\"", RegexOptions.NonBacktracking)]
    private static partial Regex Words();

    [GeneratedRegex("href=\"(?<to>[^\"]*)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Addresses();
}
