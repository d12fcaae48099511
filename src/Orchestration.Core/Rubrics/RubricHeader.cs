using System.Globalization;
using System.Text.RegularExpressions;
using Orchestration.Core.Judging;

namespace Orchestration.Core.Rubrics;

/// <summary>The front matter, read and checked: every fault names its line and what would be right.</summary>
internal sealed partial class RubricHeader(string path, FrontMatterMap fields)
{
    private static readonly string[] Keys = ["id", "title", "protocol", "reply", "scale", "dimensions", "needs-reference", "reference", "context", "think-first"];
    private static readonly string[] ScaleKeys = ["min", "max", "step", "direction"];
    private static readonly string[] DimensionKeys = ["name", "title", .. ScaleKeys];

    // A number of a scale; within these bounds decimal, double and the text of a version agree.
    private const decimal Largest = 1_000_000m;

    public string Id { get; private set; } = "";

    public string Title { get; private set; } = "";

    public RubricProtocol Protocol { get; private set; }

    public ReplyForm ReplyForm { get; private set; }

    public MaterialUse Reference { get; private set; }

    public MaterialUse Context { get; private set; }

    public bool ThinkFirst { get; private set; }

    public IReadOnlyList<RubricDimension> Dimensions { get; private set; } = [];

    /// <summary>True where the file states a scale, so that bands can be checked against it.</summary>
    public bool StatesScale { get; private set; }

    public RubricHeader Read()
    {
        OnlyKnown(fields, Keys, "a rubric's front matter");
        Id = Name(fields, "id");
        Title = Line(fields, "title", "the front matter");
        Protocol = OneOf(fields, "protocol", RubricNames.Protocols, "");
        ReplyForm = OneOf(fields, "reply", RubricNames.FormsOf(Protocol), $" to a {RubricNames.Of(Protocol)} rubric");
        Reference = ReadReference();
        Context = Use("context") ?? MaterialUse.Never;
        ThinkFirst = Flag("think-first");
        Dimensions = ReadDimensions();
        return this;
    }

    private MaterialUse ReadReference()
    {
        var needs = Flag("needs-reference");
        if (Use("reference") is not { } use) return needs ? MaterialUse.Required : MaterialUse.Never;
        return fields.Fields.TryGetValue("needs-reference", out var older)
            ? throw Fault(older.Line, $"'needs-reference' and 'reference' say the same thing; keep 'reference: {RubricNames.Of(use)}' and take this line out.")
            : use;
    }

    private MaterialUse? Use(string key) => fields.Fields.ContainsKey(key) ? OneOf(fields, key, RubricNames.Uses, "") : null;

    private IReadOnlyList<RubricDimension> ReadDimensions()
    {
        var scale = fields.Fields.GetValueOrDefault("scale");
        var list = fields.Fields.GetValueOrDefault("dimensions");
        if (scale is not null && list is not null)
            throw Fault(
                Math.Max(scale.Line, list.Line),
                "'scale' and 'dimensions' exclude each other: 'scale' is the one unnamed dimension. Keep one of them.");
        if (Protocol == RubricProtocol.Compare && list is not null)
            throw Fault(list.Line, "a comparison has one verdict and takes no 'dimensions'. Write one rubric for each thing to compare.");
        StatesScale = scale is not null || list is not null;
        if (Protocol == RubricProtocol.Compare) return [ComparisonDimension(scale)];
        if (ReplyForm == ReplyForm.Checklist && list is not null)
            throw Fault(list.Line, "a checklist comes to one score and takes no 'dimensions'. Write one rubric for each.");
        if (ReplyForm == ReplyForm.Checklist && scale is null) return [new RubricDimension(null, Title, Scale.Unit)];
        if (scale is not null) return [new RubricDimension(null, Title, ReadScale(Block(scale, "scale"), ScaleKeys, "scale"))];
        if (list is null)
            throw Missing(
                "scale",
                fields,
                "the front matter of a score rubric",
                "Write e.g. 'scale: {min: 0, max: 4, step: 0.1, direction: higher-is-better}', or 'dimensions'.");
        return NamedDimensions(list);
    }

    private RubricDimension ComparisonDimension(FrontMatterField? scale)
    {
        // Only JudgeLM's reply to a comparison carries scores; those need a scale to be on.
        if (ReplyForm != ReplyForm.JudgeLm && scale is not null)
            throw Fault(
                scale.Line,
                $"a comparison that replies with '{RubricNames.Of(ReplyForm)}' gives a verdict and no score; take 'scale' out.");
        if (ReplyForm == ReplyForm.JudgeLm && scale is null)
            throw Missing(
                "scale",
                fields,
                "the front matter",
                "A judgelm reply to a comparison scores both answers: state on which scale.");
        return new RubricDimension(null, Title, scale is null ? new Scale(-1, 1, 1) : ReadScale(Block(scale, "scale"), ScaleKeys, "scale"));
    }

    private List<RubricDimension> NamedDimensions(FrontMatterField field)
    {
        if (field.Value is not FrontMatterList { Items.Count: > 0 } list)
            throw Fault(field.Line, "'dimensions' is a list of at least one block '- name: …' with min, max, step and direction.");
        var dimensions = new List<RubricDimension>();
        foreach (var item in list.Items)
        {
            if (item is not FrontMatterMap map)
                throw Fault(item.Line, $"a dimension is a block of keys, not {item.Kind}: {string.Join(", ", DimensionKeys)}.");
            OnlyKnown(map, DimensionKeys, "a dimension");
            var name = Name(map, "name");
            if (dimensions.Exists(d => string.Equals(d.Name, name, StringComparison.Ordinal)))
                throw Fault(map.Fields["name"].Line, $"dimension '{name}' stands twice; names are columns of the results and must differ.");
            var title = map.Fields.ContainsKey("title") ? Line(map, "title", "a dimension") : name;
            dimensions.Add(new RubricDimension(name, title, ReadScale(map, DimensionKeys, $"dimension '{name}'")));
        }

        if (dimensions.Count > 1 && ReplyForm is not (ReplyForm.Json or ReplyForm.Critique))
            throw Fault(
                fields.Fields["reply"].Line,
                $"reply '{RubricNames.Of(ReplyForm)}' carries one number and the rubric has "
                + $"{RubricFault.Number(dimensions.Count)} dimensions; use 'reply: json' or 'reply: critique'.");
        return dimensions;
    }

    private Scale ReadScale(FrontMatterMap map, string[] known, string where)
    {
        OnlyKnown(map, known, where);
        var min = Number(map, "min", where);
        var max = Number(map, "max", where);
        var step = Number(map, "step", where);
        var direction = OneOf(map, "direction", RubricNames.Directions, "");
        if (max <= min) throw Fault(map.Fields["max"].Line, $"max {Text(max)} of {where} must be greater than min {Text(min)}.");
        if (step < 0)
            throw Fault(map.Fields["step"].Line, $"step {Text(step)} of {where} must not be negative; 0 means a continuous scale.");
        if (step > 0 && (max - min) % step != 0)
            throw Fault(
                map.Fields["step"].Line,
                $"step {Text(step)} of {where} does not lead from min {Text(min)} to max {Text(max)}; use a step that divides "
                + $"{Text(max - min)}.");
        return new Scale((double)min, (double)max, (double)step, direction);
    }

    private decimal Number(FrontMatterMap map, string key, string where)
    {
        var field = Required(map, key, where);
        var text = Single(field, key);
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (!decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out var value))
            throw Fault(field.Line, $"{key} of {where} is '{text}', which is no number; write it as 4, 0.1 or -1.");
        if (Math.Abs(value) > Largest || decimal.Round(value, 6) != value)
            throw Fault(field.Line, $"{key} of {where} is {text}; a number of a scale lies within ±1000000 and has at most six decimals.");
        return value;
    }

    private string Name(FrontMatterMap map, string key)
    {
        var field = Required(map, key, key == "name" ? "a dimension" : "the front matter");
        var text = Single(field, key);
        return NamePattern().IsMatch(text)
            ? text
            : throw Fault(
                field.Line,
                $"{key} '{text}' must be lower case words of a–z and 0–9 joined by single hyphens, beginning with a letter, e.g. "
                + "'logical-consistency'.");
    }

    private string Line(FrontMatterMap map, string key, string where)
    {
        var field = Required(map, key, where);
        var text = CanonicalComposition.Compose(Single(field, key)).Trim();
        if (text.Length == 0) throw Fault(field.Line, $"{key} has no value; write what people should read.");
        return text.Any(c => char.IsControl(c) || c is '\u2028' or '\u2029')
            ? throw Fault(field.Line, $"{key} must be one line without control characters.")
            : text;
    }

    private T OneOf<T>(FrontMatterMap map, string key, IReadOnlyList<(string Name, T Value)> choices, string to)
    {
        var field = Required(map, key, key == "direction" ? "a scale" : "the front matter");
        var text = Single(field, key);
        foreach (var (name, value) in choices)
        {
            if (string.Equals(name, text, StringComparison.Ordinal)) return value;
        }

        throw Fault(field.Line, $"{key} '{text}' is unknown{to}; write one of: {string.Join(", ", choices.Select(c => c.Name))}.");
    }

    private bool Flag(string key)
    {
        if (!fields.Fields.TryGetValue(key, out var field)) return false;
        return Single(field, key) switch
        {
            "true" => true,
            "false" => false,
            var other => throw Fault(field.Line, $"{key} is '{other}'; write true or false."),
        };
    }

    private FrontMatterMap Block(FrontMatterField field, string key) => field.Value as FrontMatterMap
        ?? throw Fault(field.Line, $"'{key}' is {field.Value.Kind}; it is a block of keys: {string.Join(", ", ScaleKeys)}.");

    private string Single(FrontMatterField field, string key) => field.Value is FrontMatterScalar scalar
        ? scalar.Value
        : throw Fault(field.Line, $"{key} is {field.Value.Kind}; it takes a single value.");

    private FrontMatterField Required(FrontMatterMap map, string key, string where) =>
        map.Fields.GetValueOrDefault(key) ?? throw Missing(key, map, where, "");

    private OrchestrationException Missing(string key, FrontMatterMap map, string where, string cure) =>
        Fault(map.Line, $"{where} has no '{key}'. {(cure.Length == 0 ? $"Add a line '{key}: …'." : cure)}");

    private void OnlyKnown(FrontMatterMap map, string[] known, string where)
    {
        foreach (var (key, field) in map.Fields)
        {
            if (!known.Contains(key, StringComparer.Ordinal))
                throw Fault(field.Line, $"unknown key '{key}'. The keys of {where} are: {string.Join(", ", known)}.");
        }
    }

    private static string Text(decimal value) => RubricVersion.Number((double)value);

    private OrchestrationException Fault(int line, string message) => RubricFault.At(path, line, message);

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex NamePattern();
}
