using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>What a field of a row is to us.</summary>
internal enum FieldSlot
{
    /// <summary>Only passed through.</summary>
    None,
    Id,
    Prompt,
    Answer,
    AnswerB,
    Reference,
    Group,
    Category,
    Source,
    Target,
    Label,
    Context,

    // The names of JudgeBench's own files; read where a row has both of its answers under them.
    NativeId,
    NativePrompt,
    NativeAnswerA,
    NativeAnswerB,
}

/// <summary>The fields that are read, by their names in the files: our own names, <c>--map</c> and <c>--keep</c>.</summary>
internal sealed class FieldTable
{
    /// <summary>So many that the fields seen in a row fit one word.</summary>
    private const int MaxEntries = 64;

    // What results write themselves: a kept field of that name would stand there twice.
    private static readonly string[] PairResults =
        ["id", "group", "category", "source", "target", "scores", "unscored", "score", "interval", "coverage", "aggregator"];

    private static readonly string[] ComparisonResults = ["id", "category", "label", "verdicts", "scores", "unscored"];

    private readonly Entry[] _entries;

    public FieldTable(IngestOptions options)
    {
        Kind = options.Kind;
        var ours = Kind == DataKind.Pairs ? PairFields : ComparisonFields;
        var entries = new List<Entry>();
        foreach (var (name, theirs) in options.Map)
        {
            if (!ours.Any(f => f.Name == name))
            {
                throw new OrchestrationException(
                    ErrorCodes.Usage,
                    $"--map {name}={theirs}: there is no field '{name}' of {Plural}. The fields are {string.Join(", ", ours.Select(f => f.Name))}; write --map OURS=THEIRS.");
            }

            if (string.IsNullOrEmpty(theirs)) throw new OrchestrationException(ErrorCodes.Usage, $"--map {name}=: name the field of the file, as in --map {name}=response.");
            if (entries.Any(e => e.Text == theirs))
                throw new OrchestrationException(ErrorCodes.Usage, $"--map {name}={theirs}: the field '{theirs}' is mapped twice. Name each field of the file once.");
            entries.Add(new Entry(theirs, ours.First(f => f.Name == name).Slot, -1));
        }

        foreach (var (name, slot) in ours)
        {
            if (entries.All(e => e.Slot != slot && e.Text != name)) entries.Add(new Entry(name, slot, -1));
        }

        if (Kind == DataKind.Comparisons)
        {
            foreach (var (name, slot) in NativeFields)
            {
                if (entries.All(e => e.Text != name)) entries.Add(new Entry(name, slot, -1));
            }
        }

        for (var i = 0; i < options.Keep.Count; i++)
        {
            var name = options.Keep[i];
            if ((Kind == DataKind.Pairs ? PairResults : ComparisonResults).Contains(name, StringComparer.Ordinal))
                throw new OrchestrationException(ErrorCodes.Usage, $"--keep {name}: results have a field '{name}' of their own. Rename the field in the data, or leave it out.");
            var known = entries.FindIndex(e => e.Text == name);
            if (known >= 0 && entries[known].Keep >= 0) throw new OrchestrationException(ErrorCodes.Usage, $"--keep {name}: named twice.");
            if (known >= 0) entries[known] = entries[known] with { Keep = i };
            else entries.Add(new Entry(name, FieldSlot.None, i));
        }

        if (entries.Count > MaxEntries)
            throw new OrchestrationException(ErrorCodes.Usage, $"--keep names {options.Keep.Count} fields; at most {MaxEntries - (entries.Count - options.Keep.Count)} fit.");
        KeptNames = [.. options.Keep.Select(k => Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(k, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\":"))];
        _entries = [.. entries];
    }

    public DataKind Kind { get; }

    /// <summary>The kept fields' names as they are written: quoted, escaped and with a colon.</summary>
    public IReadOnlyList<byte[]> KeptNames { get; }

    public int Count => _entries.Length;

    public string Plural => Kind == DataKind.Pairs ? "pairs" : "comparisons";

    /// <summary>Our fields, by the names under which this run reads them.</summary>
    public IEnumerable<string> Names => _entries.Where(e => e.Slot is > FieldSlot.None and < FieldSlot.NativeId).Select(e => e.Text);

    public static IReadOnlyList<(string Name, FieldSlot Slot)> PairFields { get; } =
    [
        ("id", FieldSlot.Id), ("prompt", FieldSlot.Prompt), ("answer", FieldSlot.Answer), ("reference", FieldSlot.Reference), ("group", FieldSlot.Group),
        ("category", FieldSlot.Category), ("source", FieldSlot.Source), ("target", FieldSlot.Target), ("context", FieldSlot.Context),
    ];

    public static IReadOnlyList<(string Name, FieldSlot Slot)> ComparisonFields { get; } =
    [
        ("id", FieldSlot.Id), ("prompt", FieldSlot.Prompt), ("answer_a", FieldSlot.Answer), ("answer_b", FieldSlot.AnswerB), ("label", FieldSlot.Label),
        ("reference", FieldSlot.Reference), ("group", FieldSlot.Group), ("category", FieldSlot.Category), ("source", FieldSlot.Source),
        ("context", FieldSlot.Context),
    ];

    private static IReadOnlyList<(string Name, FieldSlot Slot)> NativeFields { get; } =
    [
        ("pair_id", FieldSlot.NativeId), ("question", FieldSlot.NativePrompt),
        ("response_A", FieldSlot.NativeAnswerA), ("response_B", FieldSlot.NativeAnswerB),
    ];

    public ref readonly Entry this[int index] => ref _entries[index];

    /// <summary>The entry of a field's name; −1 for a field that is not read.</summary>
    /// <param name="name">The name, UTF-8, unescaped.</param>
    /// <param name="hint">Where to look first; left behind the entry found. Rows of one file name their fields in one order.</param>
    public int Find(ReadOnlySpan<byte> name, ref int hint)
    {
        for (var i = 0; i < _entries.Length; i++)
        {
            var index = hint + i;
            if (index >= _entries.Length) index -= _entries.Length;
            if (!_entries[index].Name.AsSpan().SequenceEqual(name)) continue;
            hint = index + 1 == _entries.Length ? 0 : index + 1;
            return index;
        }

        return -1;
    }

    /// <summary>The name under which a slot is read.</summary>
    public string NameOf(FieldSlot slot) => _entries.First(e => e.Slot == slot).Text;

    /// <param name="Text">Name in the files.</param>
    /// <param name="Slot">What it is to us.</param>
    /// <param name="Keep">Its place among the kept fields; −1 where it is not kept.</param>
    internal readonly record struct Entry(string Text, FieldSlot Slot, int Keep)
    {
        public byte[] Name { get; } = Encoding.UTF8.GetBytes(Text);
    }
}
