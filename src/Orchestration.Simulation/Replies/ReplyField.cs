using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orchestration.Core.Judging;

namespace Orchestration.Simulation.Replies;

/// <summary>What a place in a JSON reply holds.</summary>
internal enum FieldKind
{
    Text,
    Number,
    Flag,
    Choice,
    Object,
    List,
}

/// <summary>A place in a JSON reply: made from the schema that the call carries, or from the example in its instructions.</summary>
internal sealed record ReplyField(string Name, FieldKind Kind, Scale Scale, IReadOnlyList<ReplyField> Fields, IReadOnlyList<string> Choices)
{
    /// <summary>The reply that a schema describes; null where it describes no object.</summary>
    public static ReplyField? FromSchema(string schema, Scale scale)
    {
        try
        {
            using var document = JsonDocument.Parse(schema);
            return FromSchema("", document.RootElement, scale) is { Kind: FieldKind.Object } root ? root : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// The reply that an example like <c>{"rationale": "…", "scores": {"depth": &lt;score&gt;}}</c> shows; null where the text holds none.
    /// Members in quotation marks are texts, others numbers on the scale that the text states beside their name.
    /// </summary>
    public static ReplyField? FromExample(string text, Scale scale)
    {
        var at = text.IndexOf("{\"", StringComparison.Ordinal);
        return at < 0 ? null : Example(text, ref at, "", scale, 0);
    }

    private static ReplyField FromSchema(string name, JsonElement schema, Scale scale)
    {
        if (schema.ValueKind != JsonValueKind.Object) return Leaf(name, FieldKind.Text, scale);
        if (schema.TryGetProperty("enum", out var choices) && choices.ValueKind == JsonValueKind.Array)
            return Leaf(name, FieldKind.Choice, scale) with { Choices = [.. choices.EnumerateArray().Select(choice => choice.GetRawText())] };
        switch (schema.TryGetProperty("type", out var type) ? type.ToString() : "")
        {
            case "object":
                var fields = new List<ReplyField>();
                if (schema.TryGetProperty("properties", out var properties))
                {
                    foreach (var property in properties.EnumerateObject()) fields.Add(FromSchema(property.Name, property.Value, scale));
                }

                return Leaf(name, FieldKind.Object, scale) with { Fields = fields };
            case "array":
                return Leaf(name, FieldKind.List, scale) with { Fields = schema.TryGetProperty("items", out var items) ? [FromSchema("", items, scale)] : [] };
            case "number" or "integer":
                return Leaf(name, FieldKind.Number, NumberScale(schema, scale));
            case "boolean":
                return Leaf(name, FieldKind.Flag, scale);
            default:
                return Leaf(name, FieldKind.Text, scale);
        }
    }

    private static Scale NumberScale(JsonElement schema, Scale scale)
    {
        var described = schema.TryGetProperty("description", out var description) ? ScaleText.Find(description.ToString()) : null;
        var min = Bound(schema, "minimum");
        var max = Bound(schema, "maximum");
        if (min is not null && max > min) return new Scale(min.Value, max.Value, Bound(schema, "multipleOf") ?? (schema.GetProperty("type").ToString() == "integer" ? 1 : 0.1));
        return described ?? scale;
    }

    private static double? Bound(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static ReplyField? Example(string text, ref int at, string name, Scale scale, int depth)
    {
        var fields = new List<ReplyField>();
        at++;
        while (at < text.Length && depth < 4)
        {
            SkipTo(text, ref at, '"', '}');
            if (at >= text.Length) return null;
            if (text[at] == '}')
            {
                at++;
                return fields.Count == 0 ? null : Leaf(name, FieldKind.Object, scale) with { Fields = fields };
            }

            var key = Quoted(text, ref at);
            SkipTo(text, ref at, ':', '}');
            if (at >= text.Length || text[at] != ':') return null;
            at++;
            while (at < text.Length && text[at] == ' ') at++;
            if (at >= text.Length) return null;
            if (text[at] == '{')
            {
                if (Example(text, ref at, key, scale, depth + 1) is not { } inner) return null;
                fields.Add(inner);
            }
            else if (text[at] == '"')
            {
                Quoted(text, ref at);
                fields.Add(Leaf(key, FieldKind.Text, scale));
            }
            else
            {
                SkipTo(text, ref at, ',', '}');
                fields.Add(Leaf(key, FieldKind.Number, ScaleText.FindBeside(text, key) ?? scale));
            }
        }

        return null;
    }

    private static string Quoted(string text, ref int at)
    {
        var end = text.IndexOf('"', at + 1);
        if (end < 0) end = text.Length - 1;
        var result = text[(at + 1)..Math.Max(end, at + 1)];
        at = end + 1;
        return result;
    }

    private static void SkipTo(string text, ref int at, char one, char other)
    {
        while (at < text.Length && text[at] != one && text[at] != other) at++;
    }

    private static ReplyField Leaf(string name, FieldKind kind, Scale scale) => new(name, kind, scale, [], []);
}

/// <summary>Finds a scale in words: <c>a whole number from 0 to 4</c>, <c>from 0 to 4 in steps of 0.1</c>, <c>on a scale of 1-10</c>.</summary>
internal static partial class ScaleText
{
    /// <summary>The first scale that the text states; null where it states none.</summary>
    public static Scale? Find(string text)
    {
        var match = Range().Match(text);
        if (!match.Success) return null;
        var min = Number(match, "min");
        var max = Number(match, "max");
        if (max <= min) return null;
        var step = StepWords().Match(text);
        var before = text.AsSpan(Math.Max(0, match.Index - 30), Math.Min(30, match.Index));
        var isWhole = before.Contains("whole number", StringComparison.OrdinalIgnoreCase) || before.Contains("integer", StringComparison.OrdinalIgnoreCase);
        var sentence = text.AsSpan(match.Index, Math.Min(120, text.Length - match.Index));
        var direction = sentence.Contains("lower is better", StringComparison.Ordinal) ? Direction.LowerIsBetter : Direction.HigherIsBetter;
        return new Scale(min, max, step.Success ? Number(step, "step") : isWhole ? 1 : 0.1, direction);
    }

    /// <summary>The scale on the line of a list that begins with a name: <c>- depth (Depth): a number from 0 to 4</c>.</summary>
    public static Scale? FindBeside(string text, string name)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith($"- {name}", StringComparison.Ordinal) && Find(line) is { } scale) return scale;
        }

        return null;
    }

    private static double Number(Match match, string group) => double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<min>-?\d+(\.\d+)?)\s*(to|-|–|through|and)\s*(?<max>-?\d+(\.\d+)?)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Range();

    [GeneratedRegex(@"steps of (?<step>\d+(\.\d+)?)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StepWords();
}
