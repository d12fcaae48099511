using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.Experiments;

/// <summary>An outcome as one page: what it means, plots, tables, how it was done.</summary>
public static class ExperimentPage
{
    // Two cards stand beside one another; drawn at their own width, letters keep their size.
    private const int CardWidth = 460;

    /// <summary>Writes it.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="footer">A line at the foot, such as the command that makes the page again.</param>
    /// <returns>One HTML file, with nothing outside it.</returns>
    public static string Write(ExperimentOutcome outcome, string footer = "")
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var facts = outcome.Settings.ToDictionary(static s => s.Key, static s => s.Value, StringComparer.Ordinal);
        var page = new ReportPage(outcome.Title) { Subtitle = $"{facts["rows"]} answers to {facts["groups"]} prompts, {facts["judges"]} judges, target '{facts["target"]}'", Footer = footer };
        page.Section("meaning", "What it means", w => w.Lines(outcome.Meaning));
        page.Section("plots", "Plots", w => Plots(w, outcome));
        page.Section("tables", "Tables", w => Tables(w, outcome));
        page.Section("method", "How it was done", w => w.Lines(outcome.Method).Facts([.. outcome.Settings.Select(static s => (s.Key, s.Value))]));
        return page.ToHtml();
    }

    private static void Plots(HtmlWriter page, ExperimentOutcome outcome)
    {
        switch (outcome.Layout)
        {
            case ExperimentLayout.Strengths:
                page.Note("Left the figure of each model; right its paired difference to mean-then-fit, with its 95% interval by group: where a band leaves zero, the difference is sure.");
                page.Cards(cards =>
                {
                    foreach (var condition in Conditions(outcome)) Strengths(cards, outcome, condition);
                });
                break;
            case ExperimentLayout.Matrix:
                page.Cards(cards =>
                {
                    foreach (var model in Models(outcome))
                    {
                        Matrix(cards, outcome, model, outcome.FigureIs, static r => r.Value.Value);
                        Matrix(cards, outcome, model, "rank correlation", static r => r.Get("spearman"));
                    }
                });
                break;
            default:
                page.Cards(cards =>
                {
                    foreach (var chapter in outcome.Rows.Select(static r => r.Chapter).Distinct(StringComparer.Ordinal))
                    {
                        foreach (var model in Models(outcome)) Points(cards, outcome, chapter, model);
                    }
                });
                if (outcome.Curves.Count != 0) Curves(page, outcome);
                break;
        }
    }

    private static void Strengths(HtmlWriter cards, ExperimentOutcome outcome, string condition)
    {
        ExperimentRow[] rows = [.. outcome.Rows.Where(r => r.Condition == condition)];
        LineSeries Series(string model, Func<ExperimentRow, Estimate?> of, bool band)
        {
            ExperimentRow[] own = [.. rows.Where(r => r.Model == model && of(r) is { } e && double.IsFinite(e.Value))];
            Estimate[] points = [.. own.Select(r => of(r)!.Value)];
            var line = new LineSeries(model, [.. own.Select(static r => r.Strength!.Value)], [.. points.Select(static p => p.Value)]) { Dashed = model == TrainSettings.Baseline };
            return band && points.All(static p => double.IsFinite(p.Lower)) ? line with { Lower = [.. points.Select(static p => p.Lower)], Upper = [.. points.Select(static p => p.Upper)] } : line;
        }

        cards.Card(condition, card => card.Chart(new LineChart([.. Models(outcome).Select(m => Series(m, static r => r.Value, false)).Where(static s => s.X.Count != 0)])
        {
            Title = $"{outcome.FigureIs}: {condition}",
            ShowTitle = false,
            Width = CardWidth,
            XLabel = outcome.ColumnsAre,
            YLabel = outcome.FigureIs,
            Summary = Summary(rows),
        }));
        LineSeries[] differences = [.. Models(outcome).Where(static m => m != TrainSettings.Baseline).Select(m => Series(m, static r => r.OverMeanFit, true)).Where(static s => s.X.Count != 0)];
        if (differences.Length != 0)
        {
            cards.Card($"{condition}: over {TrainSettings.Baseline}", card => card.Chart(new LineChart(differences)
            {
                Title = $"Difference to {TrainSettings.Baseline}: {condition}",
                ShowTitle = false,
                Width = CardWidth,
                XLabel = outcome.ColumnsAre,
                YLabel = $"difference to {TrainSettings.Baseline}",
                Zero = true,
            }));
        }
    }

    private static string Summary(ExperimentRow[] rows)
    {
        var last = rows.Where(r => r.Strength == rows.Max(static o => o.Strength)).OrderByDescending(static r => r.Value.Value);
        return $"At the strongest: {string.Join(", ", last.Select(static r => $"{r.Model} {ReportTable.Number(r.Value.Value)}"))}.";
    }

    private static void Matrix(HtmlWriter cards, ExperimentOutcome outcome, string model, string figure, Func<ExperimentRow, double> of)
    {
        ExperimentRow[] rows = [.. outcome.Rows.Where(r => r.Model == model)];
        string[] from = [.. rows.Select(static r => r.Condition).Distinct(StringComparer.Ordinal)];
        string[] to = [.. outcome.Rows.Select(static r => r.Column).Distinct(StringComparer.Ordinal)];
        cards.Card($"{model}: {figure}", card => card.Chart(new HeatMap(from, to, [.. from.SelectMany(f => to.Select(t => rows.FirstOrDefault(r => r.Condition == f && r.Column == t) is { } row ? of(row) : double.NaN))])
        {
            Title = $"{figure}, {model}: learned from (rows), tested on (columns)",
            Low = -1,
            High = 1,
            Width = CardWidth,
            ShowTitle = false,
            XLabel = outcome.ColumnsAre,
            YLabel = "learned from",
        }));
    }

    private static void Points(HtmlWriter cards, ExperimentOutcome outcome, string chapter, string model)
    {
        ExperimentRow[] rows = [.. outcome.Rows.Where(r => r.Model == model && r.Chapter == chapter && !outcome.NotDrawn.Contains(r.Column, StringComparer.Ordinal))];

        // Where rows were taken something away, what it cost is the point; elsewhere the figure itself.
        var differences = rows.Any(static r => r.OverClean is not null);
        IntervalRow[] points =
        [
            .. rows.Select(r => (Row: r, Point: differences ? r.OverClean : r.Value)).Where(static r => r.Point is { } p && double.IsFinite(p.Value))
                .Select(static r => new IntervalRow(r.Row.Condition, r.Point!.Value.Value, Or(r.Point.Value.Lower, r.Point.Value.Value), Or(r.Point.Value.Upper, r.Point.Value.Value), r.Row.Column)),
        ];
        if (points.Length == 0) return;
        cards.Card(chapter.Length == 0 ? model : $"{model}: {chapter}", card => card.Chart(new IntervalChart(points)
        {
            Width = CardWidth,
            Title = $"{(differences ? $"Change of {outcome.FigureIs}" : outcome.FigureIs)}, {model}",
            ShowTitle = false,
            XLabel = differences ? $"change of {outcome.FigureIs}" : outcome.FigureIs,
            Reference = 0,

            // Models are to be compared: one axis for all, but for changes, where a plain mean of one judge would leave no room for the others.
            XRange = differences ? null : Range(outcome),
        }));
    }

    private static (double, double)? Range(ExperimentOutcome outcome)
    {
        double[] ends = [.. outcome.Rows.Where(r => !outcome.NotDrawn.Contains(r.Column, StringComparer.Ordinal)).SelectMany(static r => new[] { r.Value.Value, r.Value.Lower, r.Value.Upper, 0 }).Where(double.IsFinite)];
        return ends.Length == 0 || !(ends.Max() > ends.Min()) ? null : (ends.Min(), ends.Max());
    }

    private static double Or(double value, double other) => double.IsFinite(value) ? value : other;

    private static void Curves(HtmlWriter page, ExperimentOutcome outcome)
    {
        page.Heading("Curves over resamples").Note("Partial dependence on the target's scale, each model's mean and the middle 95% of its resamples. Where bands are wide or cross zero everywhere, the rows do not settle the judge's shape.");
        page.Cards(cards =>
        {
            foreach (var judge in outcome.Curves.Select(static c => c.Judge).Distinct(StringComparer.Ordinal))
            {
                // The plain mean gives every judge the same line; the one with a fitted slope stands for both.
                ExperimentCurve[] curves = [.. outcome.Curves.Where(c => c.Judge == judge && c.Model != "mean")];
                cards.Card(judge, card => card.Chart(new LineChart([.. curves.Select(static c => new LineSeries(c.Model, c.At, c.Mean) { Lower = c.Lower, Upper = c.Upper })])
                {
                    Title = $"Curves of {judge}",
                    ShowTitle = false,
                    Width = CardWidth,
                    XLabel = "mapped score",
                    YLabel = "part, on the target's scale",
                    Zero = true,
                    Height = 220,
                }));
            }
        });
    }

    private static void Tables(HtmlWriter page, ExperimentOutcome outcome)
    {
        var table = ExperimentTable.Of(outcome);
        page.Note(ExperimentTable.Legend);
        page.Table(new ReportTable([.. table.Heads.Select(static (h, i) => new ReportColumn(h, i > 1))], table.Rows));
        string[] further = [.. outcome.Rows.SelectMany(static r => r.Further.Select(static f => f.Key)).Distinct(StringComparer.Ordinal)];
        page.Details("Every number, with its interval", w => w.Table(new ReportTable(
            [
                "condition", outcome.ColumnsAre, "model", "figure", ReportColumn.Number("value"), ReportColumn.Number("lower"), ReportColumn.Number("upper"),
                ReportColumn.Number($"over {TrainSettings.Baseline}"), ReportColumn.Number("lower"), ReportColumn.Number("upper"),
                ReportColumn.Number("change"), ReportColumn.Number("lower"), ReportColumn.Number("upper"), .. further.Select(static f => ReportColumn.Number(f.Replace('_', ' '))),
            ],
            [.. outcome.Rows.Select(r => (IReadOnlyList<string>)[r.Condition, r.Column, r.Model, r.Figure, .. Cells(r.Value), .. Cells(r.OverMeanFit), .. Cells(r.OverClean), .. further.Select(f => ReportTable.Number(r.Get(f)))])])));
    }

    private static string[] Cells(Estimate? estimate) => estimate is { } e ? [ReportTable.Number(e.Value), ReportTable.Number(e.Lower), ReportTable.Number(e.Upper)] : ["", "", ""];

    private static IEnumerable<string> Conditions(ExperimentOutcome outcome) => outcome.Rows.Select(static r => r.Condition).Distinct(StringComparer.Ordinal);

    /// <summary>The models, the one that all are compared with last: so the others have the same colours where it is not drawn.</summary>
    private static string[] Models(ExperimentOutcome outcome) =>
        [.. outcome.Rows.Select(static r => r.Model).Distinct(StringComparer.Ordinal).OrderBy(static m => m == TrainSettings.Baseline ? 1 : 0)];
}
