using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Core.Judging;

namespace Orchestration.Core.Rubrics;

/// <summary>
/// A compiled rubric as a file: JSON that states its own version and is refused where its content has another. docs/reference/rubric-format.md states
/// the format and what is hashed.
/// </summary>
public static class RubricBundle
{
    /// <summary>What the name of a bundle's file ends in.</summary>
    public const string FileSuffix = ".bundle.json";

    private const int Format = 1;
    private const string Scoring = "share-of-points";

    private static readonly string[] Members = ["bundle", "id", "title", "version", "compiled_from", "reference", "context", "scale", "scoring", "guidance", "criteria"];
    private static readonly string[] CriterionMembers = ["id", "points", "evidence", "when", "text"];

    /// <summary>True where a rubric's text is a bundle rather than Markdown, whose first character is a hyphen.</summary>
    internal static bool IsBundle(string content) => content.AsSpan().TrimStart("\uFEFF \t\r\n").StartsWith("{", StringComparison.Ordinal);

    /// <summary>
    /// What a bundle's version is the hash of: every text stands behind its length in UTF-8 bytes, so that no two contents look alike.
    /// </summary>
    internal static string Content(Rubric rubric)
    {
        var content = new StringBuilder("orchestration-rubric-bundle 1\n");
        Line("id", rubric.Id);
        Line("title", rubric.Title);
        Line("reference", RubricNames.Of(rubric.Reference));
        Line("context", RubricNames.Of(rubric.Context));
        var scale = rubric.Dimensions[0].Scale;
        Line("scale", $"{RubricVersion.Number(scale.Min)} {RubricVersion.Number(scale.Max)} {RubricNames.Of(scale.Direction)}");
        Line("scoring", Scoring);
        Sized("guidance", rubric.Text);
        foreach (var criterion in rubric.Checklist!.Criteria)
        {
            Line("criterion", $"{criterion.Id} {Number(criterion.Points)} {Evidence(criterion)}");
            foreach (var condition in criterion.Conditions) Sized("when", condition.Text);
            Sized("text", criterion.Text);
        }

        return content.ToString();

        void Line(string key, string value) => content.Append(key).Append(": ").Append(value).Append('\n');

        void Sized(string key, string value) => Line(key, $"{Encoding.UTF8.GetByteCount(value).ToString(CultureInfo.InvariantCulture)} {value}");
    }

    /// <summary>The file's text: UTF-8, LF line ends. The same bundle gives the same bytes on every machine.</summary>
    internal static string Write(Rubric rubric)
    {
        using var bytes = new MemoryStream();

        // The file is read by people and in reviews, never put into a web page: texts stay as they are written.
        var options = new JsonWriterOptions { Indented = true, IndentSize = 2, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(bytes, options))
        {
            var scale = rubric.Dimensions[0].Scale;
            json.WriteStartObject();
            json.WriteNumber("bundle", Format);
            json.WriteString("id", rubric.Id);
            json.WriteString("title", rubric.Title);
            json.WriteString("version", rubric.Version);
            json.WriteStartObject("compiled_from");
            json.WriteString("id", rubric.Checklist!.SourceId);
            json.WriteString("version", rubric.Checklist.SourceVersion);
            json.WriteEndObject();
            json.WriteString("reference", RubricNames.Of(rubric.Reference));
            json.WriteString("context", RubricNames.Of(rubric.Context));
            json.WriteStartObject("scale");
            json.WritePropertyName("min");
            json.WriteRawValue(RubricVersion.Number(scale.Min));
            json.WritePropertyName("max");
            json.WriteRawValue(RubricVersion.Number(scale.Max));
            json.WriteString("direction", RubricNames.Of(scale.Direction));
            json.WriteEndObject();
            json.WriteString("scoring", Scoring);
            json.WriteString("guidance", rubric.Text);
            json.WriteStartArray("criteria");
            foreach (var criterion in rubric.Checklist.Criteria) Write(json, criterion);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    /// <summary>Reads a bundle and holds it to the version that it states.</summary>
    internal static Rubric Parse(string path, string content)
    {
        try
        {
            using var document = JsonDocument.Parse(content.Trim('\uFEFF', ' ', '\t', '\r', '\n'), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Read(path, document.RootElement);
        }
        catch (JsonException fault)
        {
            throw RubricFault.At(path, (int)(fault.LineNumber ?? 0) + 1, $"the bundle is not well-formed JSON. {Cure}", fault);
        }
    }

    private const string Cure = "A bundle is not edited: change the rubric that it was compiled from, and run `orchestrate rubric compile` on that.";

    private static Rubric Read(string path, JsonElement root)
    {
        Only(path, root, Members, "a bundle");
        if (root.GetProperty("bundle") is not { ValueKind: JsonValueKind.Number } number || !number.TryGetInt32(out var format) || format != Format)
            throw RubricFault.At(path, 1, $"its format is {root.GetProperty("bundle").GetRawText()} and this build reads format {RubricFault.Number(Format)}. Compile the rubric anew, or use a newer build.");
        if (Text(path, root, "scoring") != Scoring) throw Broken(path, $"its scoring is not '{Scoring}'");
        var source = root.GetProperty("compiled_from");
        Only(path, source, ["id", "version"], "compiled_from");
        var reference = Use(path, root, "reference");
        var title = Text(path, root, "title");
        var criteria = root.GetProperty("criteria");
        if (criteria.ValueKind != JsonValueKind.Array || criteria.GetArrayLength() is 0 or > RubricChecklist.MaxCriteria) throw Broken(path, "its criteria are no list of 1 to 100");
        var bundle = new Rubric(
            path,
            Text(path, root, "id"),
            title,
            [new RubricDimension(null, title, ReadScale(path, root.GetProperty("scale")))],
            RubricProtocol.Score,
            ReplyForm.Checklist,
            reference == MaterialUse.Required,
            thinkFirst: false,
            Text(path, root, "guidance"),
            reference,
            Use(path, root, "context"),
            new RubricChecklist([.. criteria.EnumerateArray().Select(c => ReadCriterion(path, c))], Text(path, source, "id"), Text(path, source, "version")));
        var stated = Text(path, root, "version");
        return string.Equals(stated, bundle.Version, StringComparison.Ordinal)
            ? bundle
            : throw RubricFault.At(path, 1, $"the bundle was changed after it was compiled: it states version {Short(stated)}, and its content has {Short(bundle.Version)}. {Cure}");
    }

    private static Scale ReadScale(string path, JsonElement scale)
    {
        Only(path, scale, ["min", "max", "direction"], "its scale");
        var direction = Text(path, scale, "direction");
        if (scale.GetProperty("min") is not { ValueKind: JsonValueKind.Number } min || scale.GetProperty("max") is not { ValueKind: JsonValueKind.Number } max
            || !(min.GetDouble() < max.GetDouble()) || RubricNames.Directions.All(d => d.Name != direction))
            throw Broken(path, "its scale has no min below a max and a direction");
        return new Scale(min.GetDouble(), max.GetDouble(), 0, RubricNames.Directions.First(d => d.Name == direction).Value);
    }

    private static Criterion ReadCriterion(string path, JsonElement criterion)
    {
        Only(path, criterion, CriterionMembers, "a criterion");
        var id = Text(path, criterion, "id");
        var evidence = Text(path, criterion, "evidence");
        if (criterion.GetProperty("points") is not { ValueKind: JsonValueKind.Number } number || !number.TryGetDecimal(out var points) || points <= 0 || evidence is not ("quote" or "none"))
            throw Broken(path, $"criterion '{id}' has no points above 0, or its evidence is neither quote nor none");
        var when = criterion.GetProperty("when");
        if (when.ValueKind != JsonValueKind.Array || when.EnumerateArray().Any(w => w.ValueKind != JsonValueKind.String)) throw Broken(path, $"'when' of criterion '{id}' is no list of texts");
        return new Criterion(id, Text(path, criterion, "text"), points, evidence == "quote", [.. when.EnumerateArray().Select(w =>
            CriterionCondition.Parse(w.GetString()!, out var fault) ?? throw Broken(path, $"criterion '{id}': {fault!.TrimEnd('.')}"))]);
    }

    private static void Write(Utf8JsonWriter json, Criterion criterion)
    {
        json.WriteStartObject();
        json.WriteString("id", criterion.Id);
        json.WritePropertyName("points");
        json.WriteRawValue(Number(criterion.Points));
        json.WriteString("evidence", Evidence(criterion));
        json.WriteStartArray("when");
        foreach (var condition in criterion.Conditions) json.WriteStringValue(condition.Text);
        json.WriteEndArray();
        json.WriteString("text", criterion.Text);
        json.WriteEndObject();
    }

    private static void Only(string path, JsonElement element, string[] members, string what)
    {
        if (element.ValueKind != JsonValueKind.Object) throw Broken(path, $"{what} is no object");
        if (Array.Find(members, m => !element.TryGetProperty(m, out _)) is { } missing) throw Broken(path, $"{what} has no '{missing}'");
        foreach (var property in element.EnumerateObject())
        {
            if (!members.Contains(property.Name, StringComparer.Ordinal)) throw Broken(path, $"{what} has an unknown member '{property.Name}'");
        }
    }

    private static MaterialUse Use(string path, JsonElement root, string name)
    {
        var text = Text(path, root, name);
        return RubricNames.Uses.Any(u => u.Name == text) ? RubricNames.Uses.First(u => u.Name == text).Value : throw Broken(path, $"'{name}' is none of never, optional and required");
    }

    private static string Text(string path, JsonElement element, string name) => element.GetProperty(name) is { ValueKind: JsonValueKind.String } text
        ? text.GetString()!
        : throw Broken(path, $"'{name}' is no text");

    private static string Evidence(Criterion criterion) => criterion.NeedsQuote ? "quote" : "none";

    private static string Number(decimal value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Short(string version) => version.Length > 12 ? version[..12] : version;

    private static OrchestrationException Broken(string path, string what) => RubricFault.At(path, 1, $"this is no bundle of a rubric: {what}. {Cure}");
}
