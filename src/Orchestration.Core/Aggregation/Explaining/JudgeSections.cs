using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Judging;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Explaining;
using Orchestration.Learning.Models.Additive;
using static Orchestration.Core.Aggregation.Explaining.ExplanationPage;

namespace Orchestration.Core.Aggregation.Explaining;

/// <summary>The parts of the page that go through the judges.</summary>
internal static class JudgeSections
{
    /// <summary>All judges of all versions, the most important of the first version first.</summary>
    private static string[] Order(AggregatorExplanation explanation) =>
    [
        .. explanation.Versions
            .SelectMany(static (v, place) => v.Importance.Select(i => (Place: place, i.Loss, v.Version.Judges[i.Judge].Name)))
            .OrderBy(static j => j.Place).ThenByDescending(static j => j.Loss).ThenBy(static j => j.Name, StringComparer.Ordinal)
            .Select(static j => j.Name).Distinct(StringComparer.Ordinal),
    ];

    private static int Place(VersionExplanation version, string judge) => version.Version.Judges.ToList().FindIndex(j => j.Name == judge);

    private static string Series(AggregatorExplanation explanation, VersionExplanation version) => explanation.Versions.Count == 1 ? "" : version.Label;

    public static void Importance(HtmlWriter writer, AggregatorExplanation explanation)
    {
        var loss = explanation.Versions[0].Rows.AreComparisons ? "log loss" : "squared error";
        writer.Paragraph($"How much more is lost a row ({loss}) when the model gets a judge's scores of another prompt instead. Around 0, or below: nothing is lost without what this judge says beyond the others.");
        var rows = new List<IntervalRow>();
        foreach (var judge in Order(explanation))
        {
            foreach (var version in explanation.Versions)
            {
                if (Place(version, judge) is var j and >= 0) rows.Add(new IntervalRow(judge, version.Importance[j].Loss, version.Importance[j].Low, version.Importance[j].High, Series(explanation, version)));
            }
        }

        writer.Chart(new IntervalChart(rows)
        {
            Title = "Importance by judge",
            Summary = $"A dot a judge with the spread over resamples; the most important is {rows[0].Label}.",
            XLabel = $"{loss} more without it",
            YLabel = "judge",
            Reference = 0,
            Width = 760,
        });
        foreach (var version in explanation.Versions) writer.Note($"{Prefix(explanation, version)}measured {version.BasisSentence}.");
    }

    public static void Curves(HtmlWriter writer, AggregatorExplanation explanation)
    {
        var several = explanation.Versions.Count > 1;
        writer.Paragraph($"What the number changes by with a judge's score, other things equal, in {Unit(explanation.Versions[0])}; grey bars show where the judge's scores lie, dashed lines where 5% and 95% of them begin and end. All charts have one vertical scale. The most important judge comes first. Where a model only adds up its judges' parts, the accumulated local effect is the curve itself, and whose effect it is shows in the band alone.");
        var range = CommonRange(explanation);
        writer.Cards(cards =>
        {
            foreach (var judge in Order(explanation))
            {
                cards.Card(judge, card =>
                {
                    var (versions, places) = Of(explanation, judge);
                    var first = versions[0];
                    var j = places[0];
                    card.Chart(CurveChart(judge, versions, places, range, several));
                    for (var v = 0; v < versions.Length; v++) card.Paragraph((several ? $"{versions[v].Label}: " : "") + Sentence(versions[v], places[v]));
                    if (first.Curves[j].Data.Missing != 0)
                        card.Note(Text($"{first.Curves[j].Data.Missing:N0} of {first.Rows.Points.Length / first.Rows.Judges:N0} answers are without a score of this judge."));
                });
            }
        });
    }

    private static (VersionExplanation[] Versions, int[] Places) Of(AggregatorExplanation explanation, string judge)
    {
        VersionExplanation[] versions = [.. explanation.Versions.Where(v => Place(v, judge) >= 0)];
        return (versions, [.. versions.Select(v => Place(v, judge))]);
    }

    private static LineChart CurveChart(string judge, VersionExplanation[] versions, int[] places, (double Low, double High) range, bool several)
    {
        var series = new List<LineSeries>();
        for (var v = 0; v < versions.Length; v++)
        {
            var (version, j) = (versions[v], places[v]);
            var curve = version.Curves[j];
            var hasBand = curve.Source != BandSource.None;
            series.Add(Rising(new LineSeries(several ? version.Label : "curve", [.. curve.At.Select(x => version.Raw(j, x))], curve.Value)
            {
                Lower = hasBand ? curve.Lower : null,
                Upper = hasBand ? curve.Upper : null,
            }));
        }

        for (var v = 0; v < versions.Length; v++)
        {
            var (version, j) = (versions[v], places[v]);
            if (version.Accumulated[j] is not { At.Length: > 1 } effect) continue;
            series.Add(Rising(new LineSeries(several ? $"{version.Label}, accumulated local effect" : "accumulated local effect", [.. effect.At.Select(x => version.Raw(j, x))], effect.Value) { Dashed = true, ColourOf = several ? v : null }));
        }

        var (first, place) = (versions[0], places[0]);
        var scale = first.Version.Judges[place].Scale;
        double[] raw = [.. Enumerable.Range(0, first.Rows.Points.Length / first.Rows.Judges).Select(i => first.Raw(place, first.Rows.Points[i * first.Rows.Judges + place]))];
        var data = first.Curves[place].Data;
        (double, double)? marked = data.High > data.Low ? (first.Raw(place, data.Low), first.Raw(place, data.High)) : null;
        var direction = scale.Direction == Direction.LowerIsBetter ? ", lower is better" : "";
        return new LineChart(series)
        {
            Title = judge,
            Summary = Sentence(first, place),
            XLabel = (first.Rows.AreComparisons ? "mean verdict" : "score") + direction,
            YLabel = "effect",
            Width = 440,
            Height = 240,
            ShowTitle = false,
            XRange = (scale.Min - Room(scale), scale.Max + Room(scale)),
            YRange = range,
            Zero = true,
            Marked = marked,
            Histogram = Bins(raw, scale, data.Distinct),
        };
    }

    /// <summary>A scale whose lower end is the better one turns the order round.</summary>
    private static LineSeries Rising(LineSeries line)
    {
        if (line.X.Count < 2 || line.X[0] < line.X[^1]) return line;
        return line with { X = [.. line.X.Reverse()], Y = [.. line.Y.Reverse()], Lower = line.Lower?.Reverse().ToArray(), Upper = line.Upper?.Reverse().ToArray() };
    }

    /// <summary>One bar a score where scores are few, each centred on its score; otherwise twenty.</summary>
    private static IReadOnlyList<HistogramBin> Bins(double[] raw, Scale scale, int distinct)
    {
        if (distinct > 25) return HistogramBin.Of(raw, scale.Min, scale.Max, 20);
        var counts = new SortedDictionary<double, int>();
        foreach (var value in raw)
        {
            if (!double.IsNaN(value)) counts[Math.Round(value, 9)] = counts.GetValueOrDefault(Math.Round(value, 9)) + 1;
        }

        return [.. counts.Select(c => new HistogramBin(c.Key - Room(scale), c.Key + Room(scale), c.Value))];
    }

    /// <summary>Half a bar, which the ends of the axis have to spare.</summary>
    private static double Room(Scale scale) => (scale.Max - scale.Min) / 50;

    /// <summary>All curves and their bands where the data lie; bands at the very ends may be wider than the chart.</summary>
    private static (double Low, double High) CommonRange(AggregatorExplanation explanation)
    {
        var (low, high) = (0.0, 0.0);
        foreach (var version in explanation.Versions)
        {
            foreach (var curve in version.Curves)
            {
                for (var i = 0; i < curve.At.Length; i++)
                {
                    (low, high) = (Least(low, curve.Value[i]), Most(high, curve.Value[i]));
                    if (curve.At[i] >= curve.Data.Low && curve.At[i] <= curve.Data.High) (low, high) = (Least(low, curve.Lower[i]), Most(high, curve.Upper[i]));
                }
            }
        }

        var room = high > low ? 0.05 * (high - low) : 0.5;
        return (low - room, high + room);

        static double Least(double a, double b) => double.IsFinite(b) ? Math.Min(a, b) : a;
        static double Most(double a, double b) => double.IsFinite(b) ? Math.Max(a, b) : a;
    }

    /// <summary>What may be said of a curve.</summary>
    internal static string Sentence(VersionExplanation version, int judge)
    {
        var curve = version.Curves[judge];
        var unit = Unit(version);
        if (curve.At.Length == 0) return "The judge has no score in these rows.";
        if (!curve.InModel) return "Not used by the model: in training its scores did not pay for a curve. There is no band, so this is no finding that the judge says nothing.";
        if (!(curve.Data.High > curve.Data.Low)) return $"At least nine scores in ten are {ReportTable.Number(version.Raw(judge, curve.Data.Low))}: nothing is said of how the number depends on the others.";
        var (low, high) = (version.Raw(judge, curve.Data.Low), version.Raw(judge, curve.Data.High));
        if (low > high) (low, high) = (high, low);
        var over = $"from {ReportTable.Number(low)} to {ReportTable.Number(high)} (5–95% of its scores)";
        var inside = Enumerable.Range(0, curve.At.Length).Where(i => curve.At[i] >= curve.Data.Low && curve.At[i] <= curve.Data.High).ToArray();
        var change = curve.Value[inside[^1]] - curve.Value[inside[0]];
        var concurvity = version.Accumulated[judge] is null ? "" : $" Concurvity {ReportTable.Number(version.Concurvity[judge])}: read the curve together with the dashed accumulated local effect.";
        if (curve.Flat is not { } flat) return $"Better scores {over} change it by {Signed(change)} {unit}. Without a band nothing is said of flatness.{concurvity}";
        return flat.IsFlat
            ? $"Flat {over} as far as the band can tell: it holds a constant there, and still permits a difference of {ReportTable.Number(flat.Permitted)} {unit}.{concurvity}"
            : $"Better scores {over} change it by {Signed(change)} {unit}; no constant lies inside the band.{concurvity}";
    }

    public static bool HasInteractions(AggregatorExplanation explanation) => explanation.Versions.Any(static v => v.Version.Model is ICurveModel { Interactions.Count: > 0 });

    public static void Together(HtmlWriter writer, AggregatorExplanation explanation)
    {
        writer.Paragraph("What two judges change together beyond what each changes alone. Blue: more than their sum; orange: less. There are no bands for these.");
        foreach (var version in explanation.Versions)
        {
            if (version.Version.Model is not ICurveModel { Interactions: { Count: > 0 } interactions } model) continue;
            writer.Cards(cards =>
            {
                foreach (var (first, second) in interactions)
                {
                    var (rows, columns) = (Dependence.Grid(version.Rows, first, 9), Dependence.Grid(version.Rows, second, 9));
                    var values = Dependence.Together(model, version.Rows, first, second, rows, columns);
                    var most = values.Max(Math.Abs);
                    var (a, b) = (version.Version.Judges[first].Name, version.Version.Judges[second].Name);
                    cards.Card($"{Prefix(explanation, version)}{a} × {b}", card => card.Chart(new HeatMap(
                        [.. rows.Select(x => ReportTable.Number(version.Raw(first, x)))], [.. columns.Select(x => ReportTable.Number(version.Raw(second, x)))], values)
                    {
                        Title = $"{a} × {b}",
                        Summary = $"Strongest {ReportTable.Number(most)} {Unit(version)}.",
                        YLabel = a,
                        ShowTitle = false,
                        Width = 440,
                        Low = -most,
                        High = most,
                    }).Note($"Down: {a}; across: {b}; in {Unit(version)}."));
                }
            });
        }
    }

    public static void Concurvities(HtmlWriter writer, AggregatorExplanation explanation)
    {
        writer.Paragraph("Near 1, smooth curves of the other judges can replace this judge's, and the data cannot tell which of them the effect belongs to. From 0.5 on its accumulated local effect is drawn beside its curve above.");
        var rows = new List<BarRow>();
        foreach (var judge in Order(explanation))
        {
            var (versions, places) = Of(explanation, judge);
            for (var v = 0; v < versions.Length; v++) rows.Add(new BarRow(judge, versions[v].Concurvity[places[v]], Series(explanation, versions[v])));
        }

        writer.Chart(new BarChart(rows) { Title = "Concurvity by judge", XLabel = "share that the others explain", YLabel = "judge", XRange = (0, 1.08), Width = 760 });
    }

    public static void Correlations(HtmlWriter writer, AggregatorExplanation explanation)
    {
        for (var v = 0; v < explanation.Versions.Count; v++)
        {
            var version = explanation.Versions[v];
            string[] names = [.. version.Version.Judges.Select(static j => j.Name)];

            // Versions of the same judges share one matrix.
            if (explanation.Versions.Take(v).Any(e => e.Version.Judges.Select(static j => j.Name).SequenceEqual(names, StringComparer.Ordinal))) continue;
            var correlation = version.Correlation;
            writer.Paragraph(Text($"{Prefix(explanation, version)}{correlation.Varying} judges that vary say as much as {ReportTable.Number(correlation.EffectiveChannels)} independent ones would (effective channels). Judges that repeat one another add little and are believed twice by a plain mean."));
            writer.Chart(new HeatMap(names, names, correlation.Matrix)
            {
                Title = "Correlation of the judges' scores",
                Summary = Text($"{names.Length} × {names.Length} correlations; blue together, orange against each other; crossed out where a judge does not vary."),
                YLabel = "judge",
                Width = 900,
            });
        }
    }

    internal static string Prefix(AggregatorExplanation explanation, VersionExplanation version) => explanation.Versions.Count == 1 ? "" : $"{version.Label}: ";
}
