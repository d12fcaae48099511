using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Core.MetaEvaluation.Report;

namespace Orchestration.Cli.Meta;

/// <summary>What a check came to: its section of a page, and its figures for programs.</summary>
/// <param name="Section">Told on the terminal and on pages.</param>
/// <param name="Json">Figures by name; the section is added to them when they are written.</param>
internal sealed record CheckResult(CheckSection Section, JsonObject Json)
{
    /// <summary>The same with what has to be said where labels are simulated; itself where none is.</summary>
    /// <param name="simulated">Rows that say <c>simulated: true</c>.</param>
    /// <param name="rows">All rows.</param>
    public CheckResult Marked(long simulated, long rows)
    {
        if (simulated == 0) return this;
        var json = Json.DeepClone().AsObject();
        json["simulated_rows"] = simulated;
        var warning = string.Create(CultureInfo.InvariantCulture, $"SIMULATED: the labels of {simulated:N0} of {rows:N0} rows were given by personas, not by people; figures against them say how well a model's idea of people is met.");
        return new CheckResult(Section with { Warnings = [warning, .. Section.Warnings] }, json);
    }

    /// <summary>The line that <c>--json</c> writes.</summary>
    public string ToLine()
    {
        var json = new JsonObject { ["check"] = Section.Check };
        foreach (var (name, value) in Json)
        {
            if (name != "check") json[name] = value?.DeepClone();
        }

        json["section"] = SectionJson.Write(Section);
        return MetaText.ToLine(json);
    }
}
