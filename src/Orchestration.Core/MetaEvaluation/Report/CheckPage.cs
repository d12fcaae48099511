using System.Globalization;
using Orchestration.Core.Reports;

namespace Orchestration.Core.MetaEvaluation.Report;

/// <summary>A check that the report does not have.</summary>
/// <param name="Check">Its name.</param>
/// <param name="Reason">Why, and what would cure it.</param>
public sealed record CheckNotMade(string Check, string Reason);

/// <summary>Checks as one HTML page that needs nothing outside it.</summary>
public static class CheckPage
{
    /// <summary>One check.</summary>
    /// <param name="section">What it found.</param>
    /// <param name="footer">A line at the foot.</param>
    public static string Of(CheckSection section, string footer = "")
    {
        ArgumentNullException.ThrowIfNull(section);
        return Of(section.Title, [section], [], footer);
    }

    /// <summary>Many checks: what each says first, then a section for each, then those that could not be made.</summary>
    /// <param name="title">The page's title.</param>
    /// <param name="sections">What was found, in the order of the page.</param>
    /// <param name="notMade">What is missing, and why.</param>
    /// <param name="footer">A line at the foot.</param>
    public static string Of(string title, IReadOnlyList<CheckSection> sections, IReadOnlyList<CheckNotMade> notMade, string footer = "")
    {
        ArgumentNullException.ThrowIfNull(sections);
        ArgumentNullException.ThrowIfNull(notMade);
        var page = new ReportPage(title)
        {
            Subtitle = sections.Count <= 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"{sections.Count} checks{(notMade.Count == 0 ? "" : $", {notMade.Count} not made")}"),
            Footer = footer,
        };
        var titles = Titles(sections);
        if (sections.Count > 1) page.Section("summary", "In short", w => Summary(w, sections, titles));
        var used = new HashSet<string>(StringComparer.Ordinal) { "summary", "not-made", "content" };
        for (var k = 0; k < sections.Count; k++)
        {
            var section = sections[k];
            page.Section(Anchor(section.Check, used), titles[k], w => Write(w, section));
        }

        if (notMade.Count != 0)
            page.Section("not-made", "Not made", w => w.Table(new ReportTable(["check", "why"], [.. notMade.Select(static n => (string[])[n.Check, n.Reason])])));
        return page.ToHtml();
    }

    private static void Summary(HtmlWriter page, IReadOnlyList<CheckSection> sections, string[] titles)
    {
        for (var k = 0; k < sections.Count; k++)
        {
            var section = sections[k];
            page.Heading(titles[k]);
            foreach (var warning in section.Warnings) page.Warning(warning);
            var headline = section.Headline.Length != 0 ? section.Headline : section.Meaning.Concat(section.Parts.SelectMany(static p => p.Sentences)).FirstOrDefault() ?? "";

            // What a check comes to may be its warning: a refusal is said once.
            if (!section.Warnings.Contains(headline)) page.Paragraph(headline);
        }
    }

    /// <summary>The sections' titles; one that the page has already, such as that of the same check on other data, is numbered.</summary>
    private static string[] Titles(IReadOnlyList<CheckSection> sections)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. sections.Select(section =>
        {
            var times = seen[section.Title] = seen.GetValueOrDefault(section.Title) + 1;
            return times == 1 ? section.Title : string.Create(CultureInfo.InvariantCulture, $"{section.Title} ({times})");
        })];
    }

    private static void Write(HtmlWriter page, CheckSection section)
    {
        foreach (var warning in section.Warnings) page.Warning(warning);
        page.Lines(section.Meaning);
        foreach (var part in section.Parts)
        {
            if (part.Heading.Length != 0) page.Heading(part.Heading);
            if (part.Chart is { } chart) page.Chart(chart);
            if (part.Table is { } table) page.Table(table);
            page.Lines(part.Sentences);
        }

        if (section.DoesNotMean.Length != 0) page.Note(section.DoesNotMean);
        if (section.Measured.Count != 0) page.Details("What was measured", inside => inside.Facts(section.Measured.Select(static f => (f.Name, f.Value))));
    }

    /// <summary>The check's name, with a number behind it where the page has it already.</summary>
    private static string Anchor(string check, HashSet<string> used)
    {
        for (var k = 1; ; k++)
        {
            var anchor = k == 1 ? check : string.Create(CultureInfo.InvariantCulture, $"{check}-{k}");
            if (used.Add(anchor)) return anchor;
        }
    }
}
