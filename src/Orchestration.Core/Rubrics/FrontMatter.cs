using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orchestration.Core.Rubrics;

/// <summary>A value of the front matter with the line of the file on which it begins.</summary>
internal abstract record FrontMatterNode(int Line)
{
    /// <summary>What it is, for a message.</summary>
    public abstract string Kind { get; }
}

/// <summary>A single value; empty where the file gives none (<c>title:</c>, <c>~</c> and <c>null</c>).</summary>
internal sealed record FrontMatterScalar(int Line, string Value) : FrontMatterNode(Line)
{
    public override string Kind => "a single value";
}

/// <summary>A list.</summary>
internal sealed record FrontMatterList(int Line, IReadOnlyList<FrontMatterNode> Items) : FrontMatterNode(Line)
{
    public override string Kind => "a list";
}

/// <summary>A block of keys and values.</summary>
internal sealed record FrontMatterMap(int Line, IReadOnlyDictionary<string, FrontMatterField> Fields) : FrontMatterNode(Line)
{
    public override string Kind => "a block of keys";
}

/// <summary>A key's line and its value.</summary>
internal sealed record FrontMatterField(int Line, FrontMatterNode Value);

/// <summary>
/// Reads the YAML between the two lines <c>---</c> into values that know their line. A rubric needs plain values, lists and blocks three
/// deep; anchors, tags and several documents are refused, so that nothing is hidden in a file and no depth of nesting can hurt.
/// </summary>
internal sealed class FrontMatter
{
    private const int MaxDepth = 4;

    private readonly string _path;
    private readonly int _linesBefore;
    private readonly Parser _parser;

    private FrontMatter(string path, string yaml, int linesBefore)
    {
        _path = path;
        _linesBefore = linesBefore;
        _parser = new Parser(new StringReader(yaml));
    }

    /// <summary>Reads the front matter.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="yaml">The text between the two lines.</param>
    /// <param name="linesBefore">How many lines of the file stand before it.</param>
    public static FrontMatterMap Read(string path, string yaml, int linesBefore)
    {
        var reader = new FrontMatter(path, yaml, linesBefore);
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException fault)
        {
            throw reader.NotYaml((int)fault.Start.Line, $": {fault.Message.TrimEnd('.')}", fault);
        }
        catch (InvalidOperationException fault)
        {
            // YamlDotNet's scanner gives up in this way on some unclosed brackets; the line is that of the last value it understood.
            throw reader.NotYaml((int)(reader._parser.Current?.Start.Line ?? 1), " from here on", fault);
        }
    }

    private OrchestrationException NotYaml(int line, string why, Exception fault) => RubricFault.At(
        _path,
        line + _linesBefore,
        $"the front matter is not well-formed YAML{why}. "
        + "Put values that hold ': ' or '#' in quotation marks, close brackets and indent with spaces.",
        fault);

    private FrontMatterMap ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
            throw Fault(_linesBefore + 1, "the front matter is empty. State at least id, title, protocol and reply.");
        _parser.Consume<DocumentStart>();
        var root = ReadNode(0);
        _parser.Consume<DocumentEnd>();
        if (!_parser.Accept<StreamEnd>(out var next))
            throw Fault(LineOf(next ?? _parser.Current!), "the front matter is one YAML document; take out the line '...'.");
        return root as FrontMatterMap
            ?? throw Fault(root.Line, $"the front matter is {root.Kind}; write one 'key: value' a line.");
    }

    private FrontMatterNode ReadNode(int depth)
    {
        var current = _parser.Consume<ParsingEvent>();
        var line = LineOf(current);
        if (depth > MaxDepth) throw Fault(line, "the front matter is nested too deeply; dimensions are a list of blocks and go no deeper.");
        if (current is AnchorAlias or NodeEvent { Anchor.IsEmpty: false } or NodeEvent { Tag.IsEmpty: false })
            throw Fault(line, "YAML anchors, aliases and tags are not used in a rubric; write the value out.");
        return current switch
        {
            Scalar scalar => new FrontMatterScalar(line, ValueOf(scalar)),
            SequenceStart => ReadList(line, depth),
            MappingStart => ReadMap(line, depth),
            _ => throw Fault(line, "the front matter is not well-formed YAML."),
        };
    }

    private FrontMatterList ReadList(int line, int depth)
    {
        var items = new List<FrontMatterNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _)) items.Add(ReadNode(depth + 1));
        return new FrontMatterList(line, items);
    }

    private FrontMatterMap ReadMap(int line, int depth)
    {
        var fields = new Dictionary<string, FrontMatterField>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var node = ReadNode(depth + 1);
            if (node is not FrontMatterScalar key) throw Fault(node.Line, "a key is a single word.");
            if (fields.TryGetValue(key.Value, out var first))
                throw Fault(key.Line, $"key '{key.Value}' stands twice, first on line {RubricFault.Number(first.Line)}; keep one.");
            fields.Add(key.Value, new FrontMatterField(key.Line, ReadNode(depth + 1)));
        }

        return new FrontMatterMap(line, fields);
    }

    private static string ValueOf(Scalar scalar) => scalar is { Style: ScalarStyle.Plain, Value: "~" or "null" } ? "" : scalar.Value;

    private int LineOf(ParsingEvent current) => (int)current.Start.Line + _linesBefore;

    private OrchestrationException Fault(int line, string message) => RubricFault.At(_path, line, message);
}
