using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.MetaEvaluation;

/// <summary>Which fields of which files a check reads.</summary>
public sealed record FieldInput
{
    /// <summary>JSON lines or CSV, plain or gzip; <c>-</c> for standard input.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Fields of numbers, by name or path (<c>score</c>, <c>scores.helpful</c>, <c>ratings[0]</c>). Absent, null or an empty CSV field is no number.</summary>
    public required IReadOnlyList<string> Numbers { get; init; }

    /// <summary>Fields of text, by name or path; a number or a truth value counts as its text.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>Those of <see cref="Texts"/> that every row must have, and that tell rows of one id apart.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>The field that says which rows are of one prompt. Null: <c>group</c>, else the prompt's hash, else the id.</summary>
    public string? Group { get; init; }

    /// <summary>Where bad rows go; null where they are only counted.</summary>
    public string? RejectsPath { get; init; }

    /// <summary>What <c>-</c> among the files is; null for the process's own standard input.</summary>
    public Stream? StandardInput { get; init; }
}

/// <summary>Columns as read. Nothing is left out but bad rows.</summary>
public sealed class FieldRows
{
    private readonly FieldInput _input;
    private readonly List<double>[] _numbers;
    private readonly List<string>[] _texts;
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    internal FieldRows(FieldInput input)
    {
        _input = input;
        _numbers = [.. input.Numbers.Select(static _ => new List<double>())];
        _texts = [.. input.Texts.Select(static _ => new List<string>())];
    }

    /// <summary>How many rows.</summary>
    public int Count => Ids.Count;

    /// <summary>Each row's id.</summary>
    public List<string> Ids { get; } = [];

    /// <summary>Each row's group.</summary>
    public List<string> Groups { get; } = [];

    /// <summary>True where a row had neither group nor prompt: its id stands for its prompt.</summary>
    public bool HasLoneRows { get; private set; }

    /// <summary>Bad rows.</summary>
    public int Rejected { get; internal set; }

    /// <summary>Rows whose labels are simulated (<c>simulated: true</c>).</summary>
    public int Simulated { get; internal set; }

    /// <summary>The first bad row's message, with file and line; null for none.</summary>
    public string? FirstReject { get; internal set; }

    /// <summary>A field's numbers, one a row; NaN where there is none.</summary>
    /// <param name="field">One of those read.</param>
    public IReadOnlyList<double> Number(string field) => _numbers[Place(_input.Numbers, field)];

    /// <summary>A field's texts, one a row; empty where there is none.</summary>
    /// <param name="field">One of those read.</param>
    public IReadOnlyList<string> Text(string field) => _texts[Place(_input.Texts, field)];

    /// <summary>Names as numbers 0 …, in order of first appearance.</summary>
    /// <param name="names">One a row.</param>
    public static (int[] Of, IReadOnlyList<string> Names) Numbered(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var (known, of) = (new Dictionary<string, int>(StringComparer.Ordinal), new List<int>());
        foreach (var name in names)
        {
            if (!known.TryGetValue(name, out var number)) known.Add(name, number = known.Count);
            of.Add(number);
        }

        return ([.. of], [.. known.Keys]);
    }

    /// <summary>Takes a row in, or says what is wrong with it.</summary>
    internal RowFault? Add(string? id, string? group, string? prompt, double[] numbers, string[] texts, IReadOnlyList<string> present)
    {
        if (string.IsNullOrEmpty(id))
            return new RowFault(RejectReason.MissingField, $"There is no field 'id', or it is empty; the row has {FieldHints.List(present)}. Rows are told apart by it.");
        var key = id;
        foreach (var field in _input.Keys)
        {
            var value = texts[Place(_input.Texts, field)];
            if (value.Length == 0) return new RowFault(RejectReason.MissingField, $"There is no value in '{field}'; the row has {FieldHints.List(present)}.");
            key += "\u001f" + value;
        }

        if (_input.Group is { } named && string.IsNullOrEmpty(group))
            return new RowFault(RejectReason.MissingField, $"There is no value in '{named}', which groups the rows; the row has {FieldHints.List(present)}.");
        if (!_keys.Add(key))
        {
            return new RowFault(
                RejectReason.DuplicateId, $"The id '{id}' is that of an earlier row{(_input.Keys.Count == 0 ? "" : $" with the same {string.Join(" and ", _input.Keys.Select(static k => $"'{k}'"))}")}. Leave one of the two out.");
        }

        if (string.IsNullOrEmpty(group))
        {
            HasLoneRows |= string.IsNullOrEmpty(prompt);
            group = string.IsNullOrEmpty(prompt) ? id : Pairs.PairHash.Group(prompt);
        }

        Ids.Add(id);
        Groups.Add(group);
        for (var k = 0; k < numbers.Length; k++) _numbers[k].Add(numbers[k]);
        for (var k = 0; k < texts.Length; k++) _texts[k].Add(texts[k]);
        return null;
    }

    private static int Place(IReadOnlyList<string> fields, string field)
    {
        for (var k = 0; k < fields.Count; k++)
        {
            if (fields[k] == field) return k;
        }

        throw new ArgumentException($"The field '{field}' was not read.", nameof(field));
    }
}
