using System.Globalization;

namespace Orchestration.Core.Reports;

/// <summary>One column of a table.</summary>
/// <param name="Head">Plain text.</param>
/// <param name="IsNumber">True: set to the right.</param>
public readonly record struct ReportColumn(string Head, bool IsNumber)
{
    /// <summary>A column of numbers.</summary>
    /// <param name="head">Plain text.</param>
    public static ReportColumn Number(string head) => new(head, true);

    /// <summary>A column of text.</summary>
    /// <param name="head">Plain text.</param>
    public static implicit operator ReportColumn(string head) => new(head, false);
}

/// <summary>A table of a report: heads and rows of plain text.</summary>
/// <param name="Columns">Its columns; a string is a column of text.</param>
/// <param name="Rows">Cells, as many a row as there are columns. The first cell of a row is its head.</param>
public sealed record ReportTable(IReadOnlyList<ReportColumn> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>What the table shows, above it; null for none.</summary>
    public string? Caption { get; init; }

    /// <summary>A number as tables show it: four significant digits, invariant; an em dash where there is none.</summary>
    /// <param name="value">Any number.</param>
    public static string Number(double value)
    {
        if (!double.IsFinite(value)) return "—";
        if (value == 0) return "0";
        var size = Math.Abs(value);
        if (size >= 1e6 || size < 1e-4) return value.ToString("0.###e0", CultureInfo.InvariantCulture).Replace('-', '−');
        var digits = Math.Clamp(3 - (int)Math.Floor(Math.Log10(size)), 0, 4);
        var text = value.ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return text.Replace('-', '−');
    }

    internal void Write(HtmlWriter page)
    {
        if (Rows.FirstOrDefault(row => row.Count != Columns.Count) is { } odd)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"A row of {odd.Count} cells under {Columns.Count} heads."));
        page.Raw("<div class=\"scroll\" tabindex=\"0\"><table>");
        if (Caption is not null) page.Element("caption", null, Caption);
        page.Raw("<thead><tr>");
        foreach (var column in Columns) page.Raw(column.IsNumber ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">").Raw(HtmlWriter.Escape(column.Head)).Raw("</th>");

        page.Raw("</tr></thead>\n<tbody>\n");
        foreach (var row in Rows)
        {
            page.Raw("<tr>");
            for (var i = 0; i < row.Count; i++)
            {
                var isNumber = Columns[i].IsNumber;
                page.Raw(i == 0 ? isNumber ? "<th scope=\"row\" class=\"number\">" : "<th scope=\"row\">" : isNumber ? "<td class=\"number\">" : "<td>");
                page.Raw(HtmlWriter.Escape(row[i])).Raw(i == 0 ? "</th>" : "</td>");
            }

            page.Raw("</tr>\n");
        }

        page.Raw("</tbody></table></div>\n");
    }
}
