using System.Globalization;
using System.Text;

namespace Orchestration.Core.Reports;

/// <summary>
/// Writes the inside of a report. Every text that is given is data and is escaped, whatever it holds: names of judges and texts of pairs come from
/// users. There is no way to write markup of one's own.
/// </summary>
public sealed class HtmlWriter
{
    private readonly StringBuilder _text = new();

    /// <summary>A paragraph.</summary>
    /// <param name="text">Plain text; empty writes nothing.</param>
    public HtmlWriter Paragraph(string text) => Element("p", null, text);

    /// <summary>A remark in smaller letters.</summary>
    /// <inheritdoc cref="Paragraph" path="/param"/>
    public HtmlWriter Note(string text) => Element("p", "note", text);

    /// <summary>A paragraph that must not be overlooked.</summary>
    /// <inheritdoc cref="Paragraph" path="/param"/>
    public HtmlWriter Warning(string text) => Element("p", "warning", text);

    /// <summary>A heading inside a section.</summary>
    /// <param name="text">Plain text.</param>
    /// <param name="level">3 to 5; sections have 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another level.</exception>
    public HtmlWriter Heading(string text, int level = 3)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 3);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 5);
        return Element(string.Create(CultureInfo.InvariantCulture, $"h{level}"), null, text);
    }

    /// <summary>Text in its own line breaks and spaces: an answer, a rubric.</summary>
    /// <inheritdoc cref="Paragraph" path="/param"/>
    public HtmlWriter Preformatted(string text) => Element("pre", null, text);

    /// <summary>A list of short lines.</summary>
    /// <param name="lines">Plain text each; none writes nothing.</param>
    public HtmlWriter Lines(IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        if (all.Length == 0) return this;
        _text.Append("<ul>");
        foreach (var line in all) Element("li", null, line);
        return Raw("</ul>\n");
    }

    /// <summary>Names with what they are, in two columns.</summary>
    /// <param name="facts">Name and value, plain text both.</param>
    public HtmlWriter Facts(IEnumerable<(string Name, string Value)> facts)
    {
        _text.Append("<dl class=\"facts\">");
        foreach (var (name, value) in facts) Element("dt", null, name).Element("dd", null, value, keepEmpty: true);
        return Raw("</dl>\n");
    }

    /// <summary>A table.</summary>
    /// <param name="table">Heads and cells.</param>
    public HtmlWriter Table(ReportTable table)
    {
        table.Write(this);
        return this;
    }

    /// <summary>A chart with its data as a table behind a fold.</summary>
    /// <param name="chart">What to draw.</param>
    public HtmlWriter Chart(Charts.Chart chart)
    {
        chart.Write(this);
        return this;
    }

    /// <summary>Something to be unfolded.</summary>
    /// <param name="summary">What is read while it is folded; plain text.</param>
    /// <param name="inside">Writes what is behind it.</param>
    public HtmlWriter Details(string summary, Action<HtmlWriter> inside)
    {
        _text.Append("<details><summary>").Append(Escape(summary)).Append("</summary>\n");
        inside(this);
        return Raw("</details>\n");
    }

    /// <summary>Cards side by side, as many as the page is wide.</summary>
    /// <param name="inside">Writes them, with <see cref="Card"/>.</param>
    public HtmlWriter Cards(Action<HtmlWriter> inside)
    {
        _text.Append("<div class=\"cards\">\n");
        inside(this);
        return Raw("</div>\n");
    }

    /// <summary>One card among <see cref="Cards"/>.</summary>
    /// <param name="title">Its heading, plain text.</param>
    /// <param name="inside">Writes what is on it.</param>
    public HtmlWriter Card(string title, Action<HtmlWriter> inside)
    {
        _text.Append("<section class=\"card\">");
        Element("h3", null, title);
        inside(this);
        return Raw("</section>\n");
    }

    /// <summary>What was written.</summary>
    public override string ToString() => _text.ToString();

    /// <summary>
    /// Text as it may stand between tags and inside quoted attributes. Control characters that HTML does not allow become U+FFFD, and so does half
    /// of a surrogate pair.
    /// </summary>
    /// <param name="text">Any text.</param>
    public static string Escape(string text)
    {
        var plain = true;
        foreach (var c in text) plain &= c is >= ' ' and < '\u007f' and not ('<' or '>' or '&' or '"' or '\'');
        if (plain) return text;
        var safe = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                safe.Append(c).Append(text[++i]);
                continue;
            }

            _ = c switch
            {
                '<' => safe.Append("&lt;"),
                '>' => safe.Append("&gt;"),
                '&' => safe.Append("&amp;"),
                '"' => safe.Append("&quot;"),
                '\'' => safe.Append("&#39;"),
                '\t' or '\n' or '\r' => safe.Append(c),
                _ when char.IsControl(c) || char.IsSurrogate(c) || c >= '\ufffe' => safe.Append('\ufffd'),
                _ => safe.Append(c),
            };
        }

        return safe.ToString();
    }

    /// <summary>Markup of our own.</summary>
    internal HtmlWriter Raw(string markup)
    {
        _text.Append(markup);
        return this;
    }

    /// <summary>One element with a text.</summary>
    internal HtmlWriter Element(string name, string? style, string text, bool keepEmpty = false)
    {
        if (text.Length == 0 && !keepEmpty) return this;
        _text.Append('<').Append(name);
        if (style is not null) _text.Append(" class=\"").Append(style).Append('"');
        _text.Append('>').Append(Escape(text)).Append("</").Append(name).Append(">\n");
        return this;
    }
}
