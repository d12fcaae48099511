using System.Globalization;
using System.Text;

namespace Orchestration.Core.Reports;

/// <summary>
/// One HTML file that needs nothing else: no script, no font, no image from anywhere, and a policy in its head that forbids them. Light and dark
/// follow the reader's system; on paper it is light. Writing it is string building: who wants a file writes the string.
/// </summary>
/// <param name="title">What the page is of; plain text.</param>
public sealed class ReportPage(string title)
{
    private readonly List<(string Id, string Title, string Body)> _sections = [];

    /// <summary>A line under the title; plain text.</summary>
    public string Subtitle { get; init; } = "";

    /// <summary>A line at the foot: what made the page, from what. The project reads no clock here; who wants a date says it.</summary>
    public string Footer { get; init; } = "";

    /// <summary>Adds a section, which stands in the table of contents.</summary>
    /// <param name="id">Anchor, unique on the page: lower-case letters, digits and '-'.</param>
    /// <param name="title">Plain text.</param>
    /// <param name="inside">Writes the section.</param>
    /// <exception cref="ArgumentException">An anchor of other characters, or twice the same.</exception>
    public ReportPage Section(string id, string title, Action<HtmlWriter> inside)
    {
        if (id.Length == 0 || !id.All(static c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-')) throw new ArgumentException($"'{id}' is no anchor.", nameof(id));
        if (_sections.Any(s => s.Id == id)) throw new ArgumentException($"There are two sections '{id}'.", nameof(id));
        var body = new HtmlWriter();
        inside(body);
        _sections.Add((id, title, body.ToString()));
        return this;
    }

    /// <summary>The whole file's text, to be stored as UTF-8. The same calls give the same text.</summary>
    public string ToHtml()
    {
        var page = new StringBuilder();
        var name = HtmlWriter.Escape(title);
        page.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>{name}</title>
            <style>
            {ReportStyle.Css}
            </style>
            </head>
            <body>
            <a class="skip" href="#content">To the content</a>
            <header><h1>{name}</h1>

            """);
        if (Subtitle.Length != 0) page.Append(CultureInfo.InvariantCulture, $"<p class=\"subtitle\">{HtmlWriter.Escape(Subtitle)}</p>\n");
        page.Append("</header>\n<div class=\"columns\">\n<nav aria-label=\"Contents\"><h2>Contents</h2><ol>\n");
        foreach (var (id, heading, _) in _sections) page.Append(CultureInfo.InvariantCulture, $"<li><a href=\"#{id}\">{HtmlWriter.Escape(heading)}</a></li>\n");
        page.Append("</ol></nav>\n<main id=\"content\">\n");
        foreach (var (id, heading, body) in _sections)
            page.Append(CultureInfo.InvariantCulture, $"<section id=\"{id}\" aria-labelledby=\"{id}-title\"><h2 id=\"{id}-title\">{HtmlWriter.Escape(heading)}</h2>\n{body}</section>\n");
        page.Append("</main>\n</div>\n");
        if (Footer.Length != 0) page.Append(CultureInfo.InvariantCulture, $"<footer><p>{HtmlWriter.Escape(Footer)}</p></footer>\n");
        return page.Append("</body>\n</html>\n").ToString();
    }
}
