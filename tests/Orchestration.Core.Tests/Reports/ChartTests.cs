using System.Globalization;
using System.Xml.Linq;
using Orchestration.Core.Reports.Charts;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Reports;

public sealed class ChartTests
{
    [Theory]
    [InlineData(0, 1, 5, "0.0 0.2 0.4 0.6 0.8 1.0")]
    [InlineData(-0.013, 0.021, 4, "−0.01 0.00 0.01 0.02")]
    [InlineData(3, 3, 4, "3")]
    [InlineData(0, 12000, 4, "0 2000 4000 6000 8000 10000 12000")]
    public void Ticks_are_round_and_inside(double low, double high, int wished, string expected)
    {
        var ticks = AxisTicks.Between(low, high, wished);
        string.Join(' ', ticks.Values.Select(ticks.Text)).ShouldBe(expected);
    }

    [Fact]
    public void Every_value_is_in_exactly_one_bin_and_the_upper_end_in_the_last()
    {
        var bins = HistogramBin.Of([0, 0.1, 0.25, 0.5, 0.99, 1, 1, double.NaN, 1.01, -0.01], 0, 1, 4);

        bins.Select(static b => b.Count).ShouldBe([2, 1, 1, 3]);
        bins[3].To.ShouldBe(1);
        Should.Throw<ArgumentException>(static () => HistogramBin.Of([1], 1, 1, 3));
    }

    [Fact]
    public void Places_on_the_canvas_are_those_of_the_numbers()
    {
        var chart = new LineChart([new LineSeries("a", [0, 1, 2], [0, 10, 20])]) { Title = "t", XRange = (0, 2), YRange = (0, 20), Width = 400, Height = 200 };
        var path = XElement.Parse(chart.ToHtml()).Descendants("path").Single().Attribute("d")!.Value;
        var places = path[1..].Split('L').Select(static p => p.Split(' ').Select(static n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray()).ToArray();

        places.Length.ShouldBe(3);
        places[1][0].ShouldBe((places[0][0] + places[2][0]) / 2, 0.011);
        places[0][1].ShouldBe(200 - 24);
        places[2][1].ShouldBe(8);
        places[1][1].ShouldBe((places[0][1] + places[2][1]) / 2, 0.011);
    }

    [Fact]
    public void Thirty_six_long_names_fit_beside_their_bars()
    {
        var chart = new BarChart([.. Enumerable.Range(0, 36).Select(static i => new BarRow($"a-judge-with-a-long-name-that-differs-in-its-end-{i}", i / 36.0))]) { Title = "t", Width = 600 };
        var labels = XElement.Parse(chart.ToHtml()).Descendants("text").Where(static t => t.Value.Contains('…')).ToArray();

        labels.Length.ShouldBe(36);
        labels.Select(static l => l.Nodes().OfType<XText>().First().Value).Distinct().Count().ShouldBe(36);
        labels.ShouldAllBe(static l => double.Parse(l.Attribute("x")!.Value, CultureInfo.InvariantCulture) >= 6.7 * l.Nodes().OfType<XText>().First().Value.Length);
        labels[7].Element("title")!.Value.ShouldBe("a-judge-with-a-long-name-that-differs-in-its-end-7");
    }

    [Fact]
    public void A_legend_stands_only_where_there_are_several_series()
    {
        new IntervalChart([new IntervalRow("a", 1, 0, 2)]) { Title = "t" }.ToHtml().ShouldNotContain("legend");
        new IntervalChart([new IntervalRow("a", 1, 0, 2, "v1"), new IntervalRow("a", 2, 0, 3, "v2")]) { Title = "t" }.ToHtml().ShouldContain(">v2</li>");
    }

    [Fact]
    public void A_line_is_interrupted_where_there_is_no_number_and_so_is_its_band()
    {
        double[] y = [1, 2, double.NaN, 3, 4];
        var html = new LineChart([new LineSeries("a", [0, 1, 2, 3, 4], y) { Lower = y, Upper = [2, 3, double.NaN, 4, 5] }]) { Title = "t" }.ToHtml();
        var paths = XElement.Parse(html).Descendants("path").Select(static p => p.Attribute("d")!.Value).ToArray();

        paths.Length.ShouldBe(3);
        paths[2].Count(static c => c == 'M').ShouldBe(2);
    }
}
