using System.Text;
using System.Text.Json;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm;

/// <summary>Tells the model how to write a critique and the judgment that follows from it.</summary>
internal static class CritiqueInstructions
{
    /// <summary>Raised whenever a word here changes: it is part of the version of every judge that writes critiques.</summary>
    public const int Revision = 1;

    private static readonly string[] Verdicts = ["A", "B", "tie"];

    /// <summary>The form of the reply.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="rubric">The rubric.</param>
    /// <param name="range">A scale in words.</param>
    public static void Write(StringBuilder text, Rubric rubric, Func<Scale, string> range)
    {
        if (rubric.Protocol == RubricProtocol.Compare)
        {
            text.Append("Write a critique of each answer, then your verdict. Reply with one JSON object and nothing after it:\n\n"
                + "{\"critique_a\": \"<what answer A does well and what badly>\", \"critique_b\": \"<the same of answer B>\", \"suggestion\": \"<what would most improve the weaker one>\", "
                + "\"verdict\": <the verdict>}\n\nThe verdict is a text: \"A\" where answer A is better, \"B\" where answer B is better, \"tie\" where they are equally good.");
            return;
        }

        var isSingle = rubric.Dimensions.Count == 1;
        text.Append("Write a critique, then the ").Append(isSingle ? "score" : "scores").Append(" that it bears out. Reply with one JSON object and nothing after it:\n\n"
            + "{\"strengths\": \"<what the answer does well by the rubric>\", \"weaknesses\": \"<what it does badly or leaves out>\", \"suggestion\": \"<what would most improve it>\", ");
        if (isSingle)
        {
            text.Append("\"score\": <the score>}\n\nThe score is ").Append(range(rubric.Dimensions[0].Scale)).Append(". Write it as a number, not in quotation marks and not as a fraction.");
            return;
        }

        text.Append("\"scores\": {").AppendJoin(", ", rubric.Dimensions.Select(d => $"\"{d.Name}\": <score>")).Append("}}\n\nThe scores, each written as a number, not in quotation marks and not as a fraction:\n");
        foreach (var dimension in rubric.Dimensions) text.Append("\n- ").Append(dimension.Name).Append(" (").Append(dimension.Title).Append("): ").Append(range(dimension.Scale)).Append('.');
    }

    /// <summary>The schema of the reply: the critique first, so that the judgment follows from it. Strict.</summary>
    public static string Schema(Rubric rubric)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (rubric.Protocol == RubricProtocol.Compare) SchemaObject.Write(json, [.. CritiqueReply.OfComparison.Select(m => m.Member), "verdict"], name => Verdict(json, name));
            else if (rubric.Dimensions.Count == 1) SchemaObject.Write(json, [.. CritiqueReply.OfScore.Select(m => m.Member), "score"], name => Leaf(json, name == "score" ? rubric.Dimensions[0] : null));
            else SchemaObject.Write(json, [.. CritiqueReply.OfScore.Select(m => m.Member), "scores"], name => Scores(json, name, rubric.Dimensions));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Scores(Utf8JsonWriter json, string name, IReadOnlyList<RubricDimension> dimensions)
    {
        if (name != "scores") Leaf(json, null);
        else SchemaObject.Write(json, [.. dimensions.Select(d => d.Name!)], inner => Leaf(json, dimensions.First(d => d.Name == inner)));
    }

    private static void Verdict(Utf8JsonWriter json, string name)
    {
        json.WriteString("type", "string");
        if (name != "verdict") return;
        json.WriteStartArray("enum");
        foreach (var verdict in Verdicts) json.WriteStringValue(verdict);
        json.WriteEndArray();
    }

    private static void Leaf(Utf8JsonWriter json, RubricDimension? dimension)
    {
        json.WriteString("type", dimension is null ? "string" : "number");
        if (dimension is not null) json.WriteString("description", $"{dimension.Title}: {ReplyInstructions.Range(dimension.Scale)}");
    }
}

/// <summary>Objects of strict schemas: every member is required, and there are no others.</summary>
internal static class SchemaObject
{
    /// <summary>Writes the members of an object's schema.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<string> names, Action<string> write)
    {
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach (var name in names)
        {
            json.WriteStartObject(name);
            write(name);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartArray("required");
        foreach (var name in names) json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteBoolean("additionalProperties", false);
    }
}
