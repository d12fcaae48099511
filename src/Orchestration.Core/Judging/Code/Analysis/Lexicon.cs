using System.Globalization;
using System.Reflection;

namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>Which list an expression stands in.</summary>
internal enum PhraseKind : byte
{
    /// <summary>An expression that weakens a claim.</summary>
    Hedge,

    /// <summary>An expression that declines the task.</summary>
    Refusal,

    /// <summary>An insult, an oath or a threat.</summary>
    Toxic,
}

/// <summary>An entry of a list: what it is and what it weighs; weight 0 marks an exception, which is found and not counted.</summary>
internal readonly record struct Phrase(PhraseKind Kind, double Weight);

/// <summary>
/// The word lists that ship with the judges: background frequencies and expressions. They belong to the revision of the judges that
/// read them. Read once, from resources of this assembly, and never changed.
/// </summary>
internal sealed class Lexicon
{
    private const string ResourcePrefix = "Orchestration.Core.Judging.Code.Words.";
    private const double NotListed = -1;

    private readonly List<double> _weights = [];
    private readonly PairIds _trie = new();
    private readonly List<Phrase?> _phraseAtNode = [null];
    private readonly HashSet<int> _fillers = [];
    private readonly bool[] _opens;
    private readonly bool[] _isFiller;
    private readonly int[] _stems;

    private Lexicon()
    {
        ReadFrequencies();
        foreach (var kind in Enum.GetValues<PhraseKind>()) ReadPhrases(kind);

        // Stems may be words of their own, so the table grows while they are added.
        var stems = new List<int>();
        Span<char> stem = stackalloc char[64];
        for (var id = 0; id < Words.Count; id++)
        {
            var length = Stemmer.Stem(Words.Word(id), stem);
            stems.Add(length < 0 ? id : Add(stem[..length]));
        }

        _stems = [.. stems];
        _opens = new bool[Words.Count];
        _isFiller = new bool[Words.Count];
        for (var id = 0; id < Words.Count; id++) _opens[id] = _trie.Find(0, id) >= 0;
        foreach (var id in _fillers) _isFiller[id] = true;
    }

    /// <summary>The lists as they ship.</summary>
    public static Lexicon Shared { get; } = new();

    /// <summary>Every word of every list. Its ids come before those of the words of a pair.</summary>
    public WordTable Words { get; } = new();

    /// <summary>Weight of a word that is in no band.</summary>
    public double UnseenWeight { get; private set; }

    /// <summary>Weight of digits.</summary>
    public double NumberWeight { get; private set; }

    /// <summary>Weight of a single letter.</summary>
    public double LetterWeight { get; private set; }

    /// <summary>The stem's id of a word of the lists.</summary>
    public int StemOf(int id) => _stems[id];

    /// <summary>The background weight of a word of the lists; null where it is in no band.</summary>
    public double? WeightOf(int id) => _weights[id] is var weight && weight >= 0 ? weight : null;

    /// <summary>True where some expression starts with this word.</summary>
    public bool OpensPhrase(int id) => (uint)id < (uint)_opens.Length && _opens[id];

    /// <summary>The state after one more word of an expression, from state 0; −1 where no expression goes on so.</summary>
    public int Next(int state, int id)
    {
        var edge = _trie.Find(state, id);
        return edge < 0 ? -1 : edge + 1;
    }

    /// <summary>True for the words that may stand inside an expression without belonging to it.</summary>
    public bool IsFiller(int id) => (uint)id < (uint)_isFiller.Length && _isFiller[id];

    /// <summary>The expression that ends in a state, or null.</summary>
    public Phrase? PhraseAt(int state) => _phraseAtNode[state];

    /// <summary>The text of a list. The tests pin it to the revisions of the judges that read it.</summary>
    public static string ReadResource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(ResourcePrefix + name)
            ?? throw new InvalidOperationException($"The word list {name} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string ResourceOf(PhraseKind kind) => kind switch
    {
        PhraseKind.Hedge => "hedges.txt",
        PhraseKind.Refusal => "refusals.txt",
        _ => "toxic.txt",
    };

    private static double ReadWeight(ReadOnlySpan<char> text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    private int Add(ReadOnlySpan<char> word)
    {
        var id = Words.Intern(word, WordTable.Hash(word));
        while (_weights.Count <= id) _weights.Add(NotListed);
        return id;
    }

    private void ReadFrequencies()
    {
        var weight = 0.0;
        foreach (var line in ReadResource("frequency.txt").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split(' ');
            if (parts[0] == "#") continue;
            if (parts[0] == "=") weight = ReadWeight(parts[1]);
            else if (parts[0] == "unseen") UnseenWeight = ReadWeight(parts[1]);
            else if (parts[0] == "number" && parts.Length == 2) NumberWeight = ReadWeight(parts[1]);
            else if (parts[0] == "letter" && parts.Length == 2) LetterWeight = ReadWeight(parts[1]);
            else foreach (var word in parts) _weights[Add(word)] = weight;
        }
    }

    private void ReadPhrases(PhraseKind kind)
    {
        var weight = 1.0;
        foreach (var line in ReadResource(ResourceOf(kind)).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '#') continue;
            if (line[0] == '=') weight = ReadWeight(line.AsSpan(1));
            else if (line[0] == '~') foreach (var filler in line[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries)) _fillers.Add(Add(filler));
            else if (line[0] == '!') AddPhrases(line[1..], new Phrase(kind, 0));
            else AddPhrases(line, new Phrase(kind, weight));
        }
    }

    private void AddPhrases(string pattern, Phrase phrase)
    {
        var states = new List<int> { 0 };
        foreach (var (choices, isGroup) in Segments(pattern))
        {
            var reached = new List<int>();
            foreach (var choice in isGroup ? choices.Split('|') : [choices])
            {
                foreach (var state in states) reached.Add(Walk(state, choice));
            }

            states = reached;
        }

        foreach (var state in states) _phraseAtNode[state] = phrase;
    }

    // "i (do not|don't) know" is read as the segments "i", (do not|don't), "know".
    private static IEnumerable<(string Text, bool IsGroup)> Segments(string pattern)
    {
        var rest = pattern;
        while (rest.Length > 0)
        {
            var open = rest.IndexOf('(', StringComparison.Ordinal);
            if (open != 0) yield return (open < 0 ? rest : rest[..open], false);
            if (open < 0) yield break;
            var close = rest.IndexOf(')', StringComparison.Ordinal);
            yield return (rest[(open + 1)..close], true);
            rest = rest[(close + 1)..];
        }
    }

    private int Walk(int state, string words)
    {
        foreach (var word in words.Split([' ', '\''], StringSplitOptions.RemoveEmptyEntries))
        {
            state = _trie.Intern(state, Add(word)) + 1;
            if (state == _phraseAtNode.Count) _phraseAtNode.Add(null);
        }

        return state;
    }
}
