using System.Globalization;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Explaining;

namespace Orchestration.Core.Aggregation.Explaining;

/// <summary>An explanation as one HTML file. Writing it is string building; the same explanation gives the same text.</summary>
public static class ExplanationPage
{
    private const int MostNamed = 6;

    /// <summary>The page's text.</summary>
    /// <param name="explanation">What is said.</param>
    /// <param name="footer">What made the page; plain text.</param>
    public static string Write(AggregatorExplanation explanation, string footer)
    {
        ArgumentNullException.ThrowIfNull(explanation);
        var versions = explanation.Versions;
        var page = new ReportPage(versions.Count == 1 ? $"Aggregator {versions[0].Label}" : $"Aggregators {string.Join(", ", versions.Select(static v => v.Label))}")
        {
            Subtitle = Text($"{explanation.Rows.Count:N0} rows of {versions[0].Rows.Groups:N0} prompts, {(versions[0].Rows.AreComparisons ? "comparisons" : $"human score '{versions[0].Version.Version.Manifest.Basis.Target.Field}'")}"),
            Footer = footer,
        };
        page.Section("short", "In short", writer => Short(writer, explanation));
        if (versions.Count > 1) page.Section("versions", "Versions side by side", writer => FitSections.Versions(writer, explanation));
        page.Section("importance", "What each judge is worth", writer => JudgeSections.Importance(writer, explanation));
        page.Section("curves", "How the number depends on each judge", writer => JudgeSections.Curves(writer, explanation));
        if (JudgeSections.HasInteractions(explanation)) page.Section("together", "Judges that act together", writer => JudgeSections.Together(writer, explanation));
        page.Section("concurvity", "Which judges can stand in for each other", writer => JudgeSections.Concurvities(writer, explanation));
        page.Section("correlation", "How the judges go together", writer => JudgeSections.Correlations(writer, explanation));
        page.Section("calibration", "Calibration", writer => FitSections.Calibrations(writer, explanation));
        if (versions.Any(static v => v.Intervals is not null)) page.Section("intervals", "Intervals", writer => IntervalSection.Write(writer, explanation));
        page.Section("residuals", "Residuals", writer => FitSections.Residuals(writer, explanation));
        page.Section("contributions", "Contributions to chosen numbers", writer => FitSections.Contributions(writer, explanation));
        page.Section("method", "How this was made", writer => Method(writer, explanation));
        return page.ToHtml();
    }

    /// <summary>What a number of the model is, with its unit.</summary>
    internal static string Unit(VersionExplanation version) =>
        version.Rows.AreComparisons ? "log-odds" : $"points of '{version.Version.Version.Manifest.Basis.Target.Field}'";

    internal static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    internal static string Signed(double value) => value > 0 ? "+" + ReportTable.Number(value) : ReportTable.Number(value);

    /// <summary>Names of figures as they are read.</summary>
    internal static string FigureName(string name) => name switch
    {
        "r2" => "R²",
        "mse" => "mean squared error",
        "mae" => "mean absolute error",
        "spearman" => "Spearman's correlation",
        "pairwise_accuracy" => "accuracy within pairs of one prompt",
        "accuracy" => "accuracy, ties wrong",
        "half_tie_accuracy" => "accuracy, ties half",
        "log_loss" => "log loss",
        _ => name,
    };

    private static void Short(HtmlWriter writer, AggregatorExplanation explanation)
    {
        foreach (var note in explanation.Notes) writer.Warning(note);
        foreach (var version in explanation.Versions)
        {
            var basis = version.Version.Version.Manifest.Basis;
            if (explanation.Versions.Count > 1) writer.Heading(version.Label);
            if (version.Basis == FigureBasis.InSample) writer.Warning($"Figures of {version.Label} are in sample.");
            writer.Facts(
            [
                ("version", $"{version.Version.Version.Manifest.Name}, {version.Version.Id}"),
                ("model", basis.Recipe == basis.Model ? basis.Recipe : $"{basis.Recipe}, which became {basis.Model}"),
                ("judges", Judges(version)),
                ("rows", version.AreTrainingRows
                    ? Text($"the {basis.Training.Rows:N0} rows of {basis.Training.Groups:N0} prompts that it was trained on, by their hash")
                    : Text($"other rows than the {basis.Training.Rows:N0} that it was trained on: {version.Set.Facts.Rows:N0} of {version.Set.Facts.Groups:N0} prompts")),
                ("measured", version.BasisSentence),
                .. FiguresShown(explanation, version).Where(static f => !f.Key.EndsWith("_se", StringComparison.Ordinal)).Select(f => (
                    FigureName(f.Key),
                    version.Figures.TryGetValue(f.Key + "_se", out var error) ? $"{ReportTable.Number(f.Value)} ± {ReportTable.Number(error)} (one standard error, by prompt)" : ReportTable.Number(f.Value))),
                ("effective channels", Text($"{ReportTable.Number(version.Correlation.EffectiveChannels)} of {version.Correlation.Varying} judges that vary")),
            ]);
            writer.Lines(Findings(version));
        }
    }

    /// <summary>Of several versions the figures stand side by side in the next section.</summary>
    private static IEnumerable<KeyValuePair<string, double>> FiguresShown(AggregatorExplanation explanation, VersionExplanation version) =>
        explanation.Versions.Count > 1 ? [] : version.Figures;

    private static string Judges(VersionExplanation version)
    {
        var leftOut = version.Curves.Count(static c => !c.InModel);
        return leftOut == 0 ? Text($"{version.Curves.Count}") : Text($"{version.Curves.Count}, of which the model uses {version.Curves.Count - leftOut}");
    }

    private static IEnumerable<string> Findings(VersionExplanation version)
    {
        var judges = version.Version.Judges;
        var best = version.Importance.OrderByDescending(static i => i.Loss).Where(static i => i.Low > 0).Take(5).ToArray();
        yield return best.Length == 0
            ? "No judge is worth something beyond chance: without any one of them as much is lost as with it."
            : $"Worth most: {string.Join(", ", best.Select(i => $"{judges[i.Judge].Name} ({Signed(i.Loss)})"))}.";
        if (version.Inversions.Inverted.Count != 0)
            yield return $"A better score lowers the number on average, by so much from one end of the scale to the other: {Some(version.Inversions.Inverted, i => $"{judges[i.Judge].Name} ({ReportTable.Number(i.Effect)})")}.";
        var flat = version.Curves.Where(static c => c.Flat is { IsFlat: true }).ToArray();
        if (flat.Length != 0)
            yield return $"Flat as far as the bands can tell: {Some(flat, c => judges[c.Judge].Name)}; see the curves for the range and for what the bands still permit.";
        var high = Enumerable.Range(0, judges.Count).Where(j => version.Accumulated[j] is not null).ToArray();
        if (high.Length != 0)
            yield return $"Other judges can largely stand in for {Some(high, j => judges[j].Name)}: which of them an effect belongs to is uncertain.";
    }

    /// <summary>The first few by name, the others by number: the sections below have them all.</summary>
    private static string Some<T>(IReadOnlyList<T> all, Func<T, string> name) =>
        string.Join(", ", all.Take(MostNamed).Select(name)) + (all.Count > MostNamed ? Text($" and {all.Count - MostNamed} more") : "");

    private static void Method(HtmlWriter writer, AggregatorExplanation explanation)
    {
        var settings = explanation.Settings;
        writer.Lines(
        [
            "Curves. Of an additive model: its own parts. Of any other: the model's number averaged over up to 400 answers, each with the judge's score replaced (partial dependence), less the mean. Horizontal axes are the judges' own scales.",
            "Bands. Of an additive model of curves: from the covariance of its coefficients, Bayesian in the curvature, rows of one prompt correlated as far as their residuals are. Of any other: the recipe fitted again to whole prompts drawn with replacement, Student's t times the spread of the curves; that holds the recipe's choices and not its bias.",
            settings.Simultaneous
                ? "Bands are simultaneous, made to hold a whole curve with a chance of 95%. On 200 synthetic sets of 840 rows in 70 prompts those of additive models held 90% of the curves without an effect of the prompt, 86% with a strong one."
                : "Bands are pointwise, made to hold at a score, taken over the range, with a chance of 95%. On 200 synthetic sets of 840 rows in 70 prompts those of additive models held at 92% of the scores, with and without an effect of the prompt, and a whole curve lay inside in about 70%; simultaneous bands are wider.",
            "Flat is said only where some constant lies inside the band over the 5–95% range of the judge's scores, and with the largest difference that the band still permits.",
            "Concurvity: the share of the variance of a judge's curve over the answers that smooth curves of all other judges explain, adjusted for their number. From 0.5 on the accumulated local effect stands beside the curve: it moves a score only as far as answers near it go.",
            Text($"Importance: what is lost more a row (squared error, or log loss) when a judge's scores of whole prompts are exchanged between prompts; {settings.Resamples} resamples, each with an exchange and with prompts drawn to measure on. Intervals hold 95% of the resamples."),
            "Calibration and residuals: intervals of 95% by Student's t on whole prompts.",
            "Contributions. Of an additive model: its parts, exact. Of any other: Shapley values over 200 orders of the judges against answers drawn from these rows; they sum exactly, and each is uncertain by the draw. They are of the version itself, which has seen its training rows.",
            "Effective channels: the exponential of the entropy of the normalised eigenvalues of the judges' correlation matrix.",
            Text($"Seed {settings.Seed}; folds and fits have the versions' own seeds. The same rows, versions and build give the same page."),
        ]);
        foreach (var version in explanation.Versions)
        {
            var manifest = version.Version.Version.Manifest;
            writer.Heading(version.Label, 4).Facts(
            [
                ("hash of its training rows", manifest.Basis.Training.Sha256),
                ("simulated targets", manifest.Basis.Training.SimulatedSentence ?? "none"),
                ("hash of these rows", version.Set.Facts.Sha256),
                ("seed, folds, draws", Text($"{manifest.Basis.Seed}, {manifest.Basis.Folds}, {manifest.Basis.Repeats}")),
                ("monotone", manifest.Basis.Monotone switch { true => "asked for", false => "forbidden", null => "the recipe's own way" }),
            ]);
        }

        writer.Details("Files", inside => inside.Lines(explanation.Rows.Inputs.Select(static i => $"{i.Path}: {i.Sha256}")));
    }
}
