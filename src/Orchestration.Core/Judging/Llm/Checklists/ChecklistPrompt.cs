using System.Text;
using System.Text.Json;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm.Checklists;

/// <summary>
/// The words in which a checklist is put to a model. The model is shown no points: what a criterion is worth is no reason to find it met.
/// </summary>
internal static class ChecklistPrompt
{
    /// <summary>Raised whenever a word here changes: it is part of the version of every judge with a checklist.</summary>
    public const int Revision = 1;

    public const string Opening =
        "You are an impartial judge. You check one answer to a prompt against the checklist below, criterion by criterion, and by nothing else. You give no "
        + "score: it is added up from your verdicts.\n\n";

    public const string Closing = "Check the answer against the criteria. Reply in the form you were told, and in no other.\n";

    /// <summary>The criteria, behind the rubric's text.</summary>
    public static void Criteria(StringBuilder text, RubricChecklist checklist)
    {
        text.Append("# Checklist\n\n");
        foreach (var criterion in checklist.Criteria)
        {
            text.Append("## ").Append(criterion.Id).Append("\n\n").Append(criterion.Text).Append("\n\n");
        }
    }

    /// <summary>The form of the reply.</summary>
    public static void Reply(StringBuilder text, RubricChecklist checklist)
    {
        text.Append("Reply with one JSON object and nothing after it. It has one member for each criterion, in their order:\n\n{\"criteria\": {");
        text.AppendJoin(", ", checklist.Criteria.Select(c => $"\"{c.Id}\": {{\"quotes\": [\"<words of the answer>\"], \"reason\": \"<one sentence>\", \"met\": <true or false>}}"));
        text.Append("}}\n\nFor a criterion that the answer meets, quote the words of the answer that show it: a few words at a time, copied letter by letter, each passage "
            + "a quote of its own and nothing left out within it. Every quote is looked for in the answer; one that does not stand there, or stands only in the prompt "
            + "or in other material, voids the point. For a criterion that the answer does not meet, and where you are in doubt, met is false and quotes is empty.");
        var unquoted = checklist.Criteria.Where(static c => !c.NeedsQuote).Select(static c => c.Id).ToArray();
        if (unquoted.Length != 0)
        {
            text.Append("\n\nThese are met by what the answer does not do, so that there is nothing to quote, and quotes is empty: ").AppendJoin(", ", unquoted).Append('.');
        }
    }

    /// <summary>Which criteria apply, where some do not.</summary>
    public static string Part(IReadOnlyList<Criterion> criteria) =>
        $"Of the checklist, check these criteria and leave all others out of your reply: {string.Join(", ", criteria.Select(c => c.Id))}.\n";

    /// <summary>The schema of a reply about some criteria. Strict: quotes and reasons stand before the verdict that they are for.</summary>
    public static string Schema(IReadOnlyList<Criterion> criteria)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            SchemaObject.Write(json, ["criteria"], _ => SchemaObject.Write(json, [.. criteria.Select(c => c.Id)], _ => SchemaObject.Write(json, ["quotes", "reason", "met"], name =>
            {
                json.WriteString("type", name switch { "quotes" => "array", "reason" => "string", _ => "boolean" });
                if (name != "quotes") return;
                json.WriteStartObject("items");
                json.WriteString("type", "string");
                json.WriteEndObject();
            })));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
