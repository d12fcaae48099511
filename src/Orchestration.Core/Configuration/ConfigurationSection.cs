using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Orchestration.Core.Configuration;

/// <summary>
/// One block of keys: hands out checked values and notes what is wrong with them. A value that is wrong reads as absent, so that reading goes
/// on and finds the rest; nothing that was read is used where a problem was noted.
/// </summary>
internal sealed class ConfigurationSection
{
    private readonly Dictionary<string, KeyValuePair<YamlNode, YamlNode>> _entries = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];
    private readonly ConfigurationProblems _problems;

    public ConfigurationSection(YamlMappingNode node, string path, ConfigurationProblems problems)
    {
        Line = node.Start.Line;
        Path = path;
        _problems = problems;
        foreach (var entry in node.Children)
        {
            if (entry.Key is YamlScalarNode { Value: { } key }) _entries[key] = entry;
            else _problems.Add(entry.Key.Start.Line, $"a key of {Path} is not a plain word. Write 'name: value'.");
        }
    }

    /// <summary>Where it begins.</summary>
    public long Line { get; }

    /// <summary>Its option, dotted; empty for the whole file.</summary>
    public string Path { get; }

    /// <summary>Its keys in the order of the file, for blocks whose keys are names.</summary>
    public IEnumerable<string> Keys => _entries.Keys;

    public bool Has(string key) => _entries.ContainsKey(key);

    public long LineOf(string key) => _entries.TryGetValue(key, out var entry) ? entry.Key.Start.Line : Line;

    public void Problem(string key, string message) => _problems.Add(LineOf(key), message);

    /// <summary>The dotted name of one of its options.</summary>
    public string Option(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    /// <summary>A text; null where absent or wrong.</summary>
    public string? Text(string key) => Node(key) is { } node ? Scalar(node, Option(key)) : null;

    /// <summary>A text that must be there; null and a problem where it is not.</summary>
    public string? RequiredText(string key, string cure)
    {
        if (!Has(key)) _problems.Add(Line, $"{Option(key)} is missing. {cure}");
        return Text(key);
    }

    public int? Integer(string key, int min, int max, string unit)
    {
        if (Text(key) is not { } text) return null;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max) return value;
        Problem(key, string.Create(CultureInfo.InvariantCulture,
            $"{Option(key)} is {SecretShape.Quote(text)}; it is a whole number of {unit} from {min} to {max}."));
        return null;
    }

    public double? Number(string key, double min, double max, string unit)
    {
        if (Text(key) is not { } text) return null;
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (double.TryParse(text, Style, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max) return value;
        Problem(key, string.Create(CultureInfo.InvariantCulture, $"{Option(key)} is {SecretShape.Quote(text)}; it is {unit} from {min} to {max}."));
        return null;
    }

    /// <summary>An amount of US dollars, 0 to 100,000.</summary>
    public decimal? Money(string key, string unit)
    {
        if (Text(key) is not { } text) return null;
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value <= 100_000m) return value;
        Problem(key, $"{Option(key)} is {SecretShape.Quote(text)}; it is {unit} from 0 to 100000, written like 0.40.");
        return null;
    }

    public bool? Flag(string key)
    {
        if (Text(key) is not { } text) return null;
        if (text is "true") return true;
        if (text is "false") return false;
        Problem(key, $"{Option(key)} is {SecretShape.Quote(text)}; it is true or false.");
        return null;
    }

    public T? OneOf<T>(string key, params ReadOnlySpan<(string Name, T Value)> choices)
        where T : struct
    {
        if (Text(key) is not { } text) return null;
        var names = new List<string>(choices.Length);
        foreach (var (name, value) in choices)
        {
            if (string.Equals(name, text, StringComparison.Ordinal)) return value;
            names.Add(name);
        }

        var nearest = NearestName.Of(text, names);
        Problem(key, $"{Option(key)} is {SecretShape.Quote(text)}; it is one of {string.Join(", ", names)}.{(nearest is null ? "" : $" Did you mean '{nearest}'?")}");
        return null;
    }

    /// <summary>A block of keys; null where absent or something else.</summary>
    public ConfigurationSection? Section(string key, string cure)
    {
        var node = Node(key);
        if (node is YamlMappingNode mapping) return new ConfigurationSection(mapping, Option(key), _problems);
        if (node is not null) Problem(key, $"{Option(key)} is {Kind(node)}; it is a block of keys. {cure}");
        return null;
    }

    /// <summary>A list of blocks; null where absent or something else.</summary>
    public IReadOnlyList<ConfigurationSection>? Sections(string key, string cure)
    {
        var node = Node(key);
        if (node is null) return null;
        if (node is not YamlSequenceNode sequence)
        {
            Problem(key, $"{Option(key)} is {Kind(node)}; it is a list. {cure}");
            return null;
        }

        var sections = new List<ConfigurationSection>();
        foreach (var item in sequence.Children)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"{Option(key)}[{sections.Count}]");
            if (item is YamlMappingNode mapping) sections.Add(new ConfigurationSection(mapping, path, _problems));
            else _problems.Add(item.Start.Line, $"{path} is {Kind(item)}; it is a block of keys. {cure}");
        }

        return sections;
    }

    /// <summary>True where the key holds a single value rather than a block or a list.</summary>
    public bool IsScalar(string key) => _entries.TryGetValue(key, out var entry) && entry.Value is YamlScalarNode;

    /// <summary>A list of texts with their lines, a single text counting as a list of one; null where absent or something else.</summary>
    public IReadOnlyList<(string Text, long Line)>? Texts(string key, string cure)
    {
        var node = Node(key);
        if (node is null) return null;
        if (node is YamlScalarNode) return Scalar(node, Option(key)) is { } single ? [(single, node.Start.Line)] : null;
        if (node is not YamlSequenceNode sequence)
        {
            Problem(key, $"{Option(key)} is {Kind(node)}; it is a list. {cure}");
            return null;
        }

        var texts = new List<(string, long)>();
        foreach (var item in sequence.Children)
        {
            if (Scalar(item, $"an entry of {Option(key)}") is { } text) texts.Add((text, item.Start.Line));
        }

        return texts;
    }

    /// <summary>Notes every key that nobody asked for, with the known one it resembles.</summary>
    public void RefuseUnknown()
    {
        foreach (var key in _entries.Keys)
        {
            if (_known.Contains(key, StringComparer.Ordinal)) continue;
            var nearest = NearestName.Of(key, _known);
            var cure = nearest is not null ? $"Did you mean '{nearest}'?" : $"Known here: {string.Join(", ", _known.Order(StringComparer.Ordinal))}.";
            Problem(key, $"{(Path.Length == 0 ? "the file" : Path)} has an unknown key {SecretShape.Quote(key)}. {cure}");
        }
    }

    /// <summary>Counts a key as known, whether or not it is there.</summary>
    public void Know(string key)
    {
        if (!_known.Contains(key, StringComparer.Ordinal)) _known.Add(key);
    }

    private YamlNode? Node(string key)
    {
        Know(key);
        return _entries.TryGetValue(key, out var entry) ? entry.Value : null;
    }

    private string? Scalar(YamlNode node, string option)
    {
        if (node is not YamlScalarNode { Value: { } value })
        {
            _problems.Add(node.Start.Line, $"{option} is {Kind(node)}; it takes a single value.");
            return null;
        }

        if (value.Trim().Length == 0 || (node is YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain } && value is "~" or "null"))
        {
            _problems.Add(node.Start.Line, $"{option} has no value. Write one, or take the line out.");
            return null;
        }

        if (!SecretShape.LooksLikeKey(value)) return value;
        _problems.Add(node.Start.Line, $"{option} looks like a key. Keys never stand in this file: put it into an environment variable and write that variable's name, e.g. 'key-env: MY_KEY'.");
        return null;
    }

    private static string Kind(YamlNode node) => node switch
    {
        YamlMappingNode => "a block of keys",
        YamlSequenceNode => "a list",
        _ => "a single value",
    };
}
