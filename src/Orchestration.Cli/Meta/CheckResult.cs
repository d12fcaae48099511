using System.Text.Json.Nodes;
using Orchestration.Core.MetaEvaluation.Report;

namespace Orchestration.Cli.Meta;

/// <summary>What a check came to: its section of a page, and its figures for programs.</summary>
/// <param name="Section">Told on the terminal and on pages.</param>
/// <param name="Json">Figures by name; the section is added to them when they are written.</param>
internal sealed record CheckResult(CheckSection Section, JsonObject Json)
{
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
