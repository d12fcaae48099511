using System.Globalization;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Explaining;
using static Orchestration.Core.Aggregation.Explaining.ExplanationPage;

namespace Orchestration.Core.Aggregation.Explaining;

/// <summary>The parts of the page that go through rows: how well numbers meet what was observed.</summary>
internal static class FitSections
{
    private const int MostBars = 14;

    public static void Versions(HtmlWriter writer, AggregatorExplanation explanation)
    {
        var versions = explanation.Versions;
        string[] names = [.. versions.SelectMany(static v => v.Figures.Keys).Where(static k => !k.EndsWith("_se", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal)];
        var rows = new List<IReadOnlyList<string>>
        {
            (string[])["model", .. versions.Select(static v => v.Version.Version.Manifest.Basis.Recipe)],
            (string[])["judges used", .. versions.Select(static v => v.Curves.Count(static c => c.InModel).ToString(CultureInfo.InvariantCulture))],
        };
        rows.AddRange(names.Select(name => (string[])
        [
            FigureName(name),
            .. versions.Select(v => !v.Figures.TryGetValue(name, out var value) ? "—" : v.Figures.TryGetValue(name + "_se", out var error) ? $"{ReportTable.Number(value)} ± {ReportTable.Number(error)}" : ReportTable.Number(value)),
        ]));
        rows.Add((string[])["measured", .. versions.Select(static v => v.BasisSentence)]);
        writer.Table(new ReportTable(["", .. versions.Select(static v => (ReportColumn)v.Label)], rows));
        writer.Note("± one standard error by prompt.");
        for (var v = 1; v < versions.Count; v++) Compare(writer, versions[0], versions[v], explanation.GainOver(v));
    }

    private static void Compare(HtmlWriter writer, VersionExplanation first, VersionExplanation other, GroupedMean? measured)
    {
        if (measured is not { } gain)
        {
            writer.Warning($"{first.Label} and {other.Label} were not measured on the same rows in the same way: they are not compared.");
            return;
        }

        var loss = first.Rows.AreComparisons ? "log loss" : "squared error";
        var verdict = gain.Low > 0 ? $"{other.Label} is better than {first.Label}" : gain.High < 0 ? $"{other.Label} is worse than {first.Label}" : $"{other.Label} and {first.Label} cannot be told apart";
        writer.Paragraph($"{verdict}: the difference in {loss} a row is {Signed(-gain.Value)} (95% by prompt: {Signed(-gain.High)} to {Signed(-gain.Low)}; below 0 {other.Label} loses less).");
        writer.Chart(new ScatterChart([.. first.Numbers.Select((number, i) => new ScatterPoint(number, other.Numbers[i]))])
        {
            Title = $"Numbers of {first.Label} and {other.Label}",
            XLabel = first.Label,
            YLabel = other.Label,
            Diagonal = true,
            Width = 480,
        });
    }

    public static void Calibrations(HtmlWriter writer, AggregatorExplanation explanation)
    {
        var comparisons = explanation.Versions[0].Rows.AreComparisons;
        writer.Paragraph(comparisons
            ? "Comparisons in order of the chance that A is preferred, cut into stretches of equal size: share in which it was. On the dashed line what is said comes true."
            : "Rows in order of the number they were given, cut into stretches of equal size: mean human score of each. On the dashed line what is said comes true.");
        foreach (var version in explanation.Versions) Measured(writer, explanation, version);
        writer.Chart(new LineChart([.. explanation.Versions.Select(v => new LineSeries(v.Label, [.. v.Calibration.Select(static b => b.Expected)], [.. v.Calibration.Select(static b => b.Observed.Value)])
        {
            Dots = true,
            Lower = [.. v.Calibration.Select(static b => b.Observed.Low)],
            Upper = [.. v.Calibration.Select(static b => b.Observed.High)],
        })])
        {
            Title = "Calibration",
            Summary = string.Join(" ", explanation.Versions.Select(static v => $"{v.Label}: {Off(v)} of {v.Calibration.Count} stretches lie off the line by more than their interval.")),
            XLabel = comparisons ? "chance that A is preferred, as said" : "number given",
            YLabel = comparisons ? "share preferred" : "mean human score",
            Diagonal = true,
            Height = 380,
            Histogram = comparisons ? HistogramBin.Of(explanation.Versions[0].Measured.Rows.Expected(explanation.Versions[0].Numbers), 0, 1, 40) : Bins(explanation.Versions[0].Numbers),
        });
        foreach (var version in explanation.Versions)
            writer.Paragraph($"{JudgeSections.Prefix(explanation, version)}{Off(version)} of {version.Calibration.Count.ToString(CultureInfo.InvariantCulture)} stretches lie off the line by more than their 95% interval, where chance alone gives one in twenty.");
    }

    private static string Off(VersionExplanation version) =>
        version.Calibration.Count(static b => b.Observed.Low > b.Expected || b.Observed.High < b.Expected).ToString(CultureInfo.InvariantCulture);

    private static IReadOnlyList<HistogramBin> Bins(double[] numbers)
    {
        var (low, high) = (numbers.Min(), numbers.Max());
        return high > low ? HistogramBin.Of(numbers, low, high, 40) : [];
    }

    private static void Measured(HtmlWriter writer, AggregatorExplanation explanation, VersionExplanation version)
    {
        var text = $"{JudgeSections.Prefix(explanation, version)}measured {version.BasisSentence}.";
        if (version.Basis == FigureBasis.InSample) writer.Warning(text);
        else writer.Note(text);
    }

    public static void Residuals(HtmlWriter writer, AggregatorExplanation explanation)
    {
        writer.Paragraph("Observed less expected: above 0 the version underrates, below 0 it overrates.");
        foreach (var version in explanation.Versions) Measured(writer, explanation, version);
        if (explanation.CategoryField is { } field)
        {
            writer.Chart(new IntervalChart([.. explanation.Versions.SelectMany(v => v.Residuals.Select(r =>
                new IntervalRow(Text($"{r.Category} ({r.Residual.Rows:N0})"), r.Residual.Value, r.Residual.Low, r.Residual.High, explanation.Versions.Count == 1 ? "" : v.Label)))])
            {
                Title = $"Mean residual by {field}",
                Summary = string.Join(" ", explanation.Versions.Select(AwayFromZero)),
                XLabel = $"observed less expected, {(explanation.Versions[0].Rows.AreComparisons ? "share preferred" : Unit(explanation.Versions[0]))}",
                YLabel = field,
                Reference = 0,
                Width = 760,
            });
        }
        else
        {
            writer.Note("The rows have no field of categories (--category FIELD names another than 'category').");
        }

        foreach (var version in explanation.Versions)
        {
            var expected = version.Measured.Rows.Expected(version.Numbers);
            writer.Chart(new ScatterChart([.. expected.Select((e, i) => new ScatterPoint(e, version.Measured.Rows.Observed[i] - e))])
            {
                Title = $"{JudgeSections.Prefix(explanation, version)}residuals over what was expected",
                XLabel = version.Rows.AreComparisons ? "chance that A is preferred, as said" : "number given",
                YLabel = "observed less expected",
                Zero = true,
                Height = 320,
            });
        }
    }

    private static string AwayFromZero(VersionExplanation version)
    {
        string[] away = [.. version.Residuals.Where(static r => r.Residual.Low > 0 || r.Residual.High < 0).Select(static r => r.Category)];
        return $"{version.Label}: {(away.Length == 0 ? "no interval without 0" : $"without 0 in {string.Join(", ", away)}")}.";
    }

    public static void Contributions(HtmlWriter writer, AggregatorExplanation explanation)
    {
        var first = explanation.Versions[0];
        writer.Paragraph(first.Rows.AreComparisons
            ? "What each judge moved the number by, in log-odds: to the right for A, to the left for B."
            : $"What each judge moved the number by from the version's mean, in {Unit(first)}.");
        for (var p = 0; p < explanation.Pairs.Count; p++)
        {
            writer.Heading(explanation.Pairs[p].Id);
            Contribution(writer, explanation, explanation.Pairs[p], p);
        }
    }

    private static void Contribution(HtmlWriter writer, AggregatorExplanation explanation, ChosenPair pair, int place)
    {
        var rows = explanation.Rows;
        writer.Note($"{pair.Why}; prompt {rows.Groups[pair.Row]}{(explanation.CategoryField is { } field && rows.Parts[pair.Row] is { Length: > 0 } part ? $"; {field} {part}" : "")}");
        foreach (var version in explanation.Versions)
        {
            var contribution = version.Contributions[place];
            var said = version.Rows.AreComparisons ? $"log-odds {ReportTable.Number(contribution.Number)}, A preferred with {ReportTable.Number(1 / (1 + Math.Exp(-contribution.Number)))}" : ReportTable.Number(contribution.Number);
            var observed = version.Rows.AreComparisons ? rows.Targets[pair.Row] switch { 1 => "A was preferred", 0 => "B was preferred", _ => "a tie" } : $"human score {ReportTable.Number(rows.Targets[pair.Row])}";
            writer.Paragraph($"{JudgeSections.Prefix(explanation, version)}{said}, from {ReportTable.Number(contribution.Base)}{(contribution.Exact ? "" : " (Shapley values)")}; {observed}.");
        }

        var bars = new List<BarRow>();
        var strongest = explanation.Versions.SelectMany(v => v.Contributions[place].Judges.Select((value, j) => (v.Version.Judges[j].Name, Size: Math.Abs(value))))
            .GroupBy(static c => c.Name, StringComparer.Ordinal).Select(static g => (Name: g.Key, Size: g.Max(static c => c.Size)))
            .OrderByDescending(static c => c.Size).ThenBy(static c => c.Name, StringComparer.Ordinal).ToArray();
        var shown = strongest.Length <= MostBars ? strongest : strongest[..(MostBars - 1)];
        foreach (var (name, _) in shown)
        {
            foreach (var version in explanation.Versions)
            {
                var judge = version.Version.Judges.ToList().FindIndex(j => j.Name == name);
                if (judge < 0) continue;
                var score = version.Raw(judge, version.Rows.Points[pair.Row * version.Rows.Judges + judge]);
                bars.Add(new BarRow($"{name} = {(double.IsNaN(score) ? "missing" : ReportTable.Number(score))}", version.Contributions[place].Judges[judge], explanation.Versions.Count == 1 ? "" : version.Label));
            }
        }

        if (shown.Length < strongest.Length)
        {
            var kept = shown.Select(static s => s.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var version in explanation.Versions)
            {
                var rest = version.Contributions[place].Judges.Where((_, j) => !kept.Contains(version.Version.Judges[j].Name)).Sum();
                bars.Add(new BarRow(Text($"{strongest.Length - shown.Length} others"), rest, explanation.Versions.Count == 1 ? "" : version.Label));
            }
        }

        writer.Chart(new BarChart(bars) { Title = $"Contributions to {pair.Id}", XLabel = Unit(explanation.Versions[0]), YLabel = "judge", Width = 760, ShowTitle = false, Signed = true });
    }
}
