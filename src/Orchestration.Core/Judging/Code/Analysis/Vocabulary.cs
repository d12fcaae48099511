namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>
/// Ids of words: those of the shipped lists first, then those met in the texts. Ids only say which words are the same; no score may
/// depend on their order, because the vocabulary outlives a pair.
/// </summary>
internal sealed class Vocabulary
{
    private const byte UnknownSyllables = 255;

    private readonly Lexicon _lexicon = Lexicon.Shared;
    private readonly WordTable _met = new();
    private int[] _stems = new int[512];
    private byte[] _syllables = new byte[4096];
    private int _syllablesKnown;

    /// <summary>The shipped lists.</summary>
    public Lexicon Lexicon => _lexicon;

    /// <summary>Words known so far; every id is below.</summary>
    public int Count => _lexicon.Words.Count + _met.Count;

    /// <summary>Words met in texts that are in no list.</summary>
    public int MetCount => _met.Count;

    /// <summary>The lower-case word of an id.</summary>
    public ReadOnlySpan<char> Word(int id) => id < _lexicon.Words.Count ? _lexicon.Words.Word(id) : _met.Word(id - _lexicon.Words.Count);

    /// <summary>The id of a lower-case word.</summary>
    public int Intern(ReadOnlySpan<char> word, uint hash)
    {
        var listed = _lexicon.Words.Find(word, hash);
        return listed >= 0 ? listed : _lexicon.Words.Count + _met.Intern(word, hash);
    }

    /// <summary>The id of a word's stem.</summary>
    public int StemOf(int id)
    {
        var listed = _lexicon.Words.Count;
        if (id < listed) return _lexicon.StemOf(id);
        var met = id - listed;
        if (met >= _stems.Length) Array.Resize(ref _stems, Math.Max(_stems.Length * 2, met + 1));
        if (_stems[met] == 0) _stems[met] = FindStem(id) + 1;
        return _stems[met] - 1;
    }

    /// <summary>Background weight: the surprise of meeting the word. A word in no list weighs what its stem does where that is listed.</summary>
    public double WeightOf(int id)
    {
        if (id < _lexicon.Words.Count && _lexicon.WeightOf(id) is { } own) return own;
        var stem = StemOf(id);
        if (stem < _lexicon.Words.Count && _lexicon.WeightOf(stem) is { } stems) return stems;
        var word = Word(id);
        if (!word.ContainsAnyExceptInRange('0', '9')) return _lexicon.NumberWeight;
        return word.Length == 1 && CharClass.KindOf(word[0]) != CharKind.Ideograph ? _lexicon.LetterWeight : _lexicon.UnseenWeight;
    }

    /// <summary>Syllables of a word; see <see cref="Syllables"/>.</summary>
    public int SyllablesOf(int id)
    {
        if (id >= _syllables.Length) Array.Resize(ref _syllables, Math.Max(_syllables.Length * 2, id + 1));
        if (id >= _syllablesKnown)
        {
            _syllables.AsSpan(_syllablesKnown, id + 1 - _syllablesKnown).Fill(UnknownSyllables);
            _syllablesKnown = id + 1;
        }

        if (_syllables[id] != UnknownSyllables) return _syllables[id];
        var count = Syllables.Count(Word(id));
        // A word of 255 syllables or more is counted anew each time.
        if (count < UnknownSyllables) _syllables[id] = (byte)count;
        return count;
    }

    /// <summary>Forgets the words met in texts.</summary>
    public void Clear()
    {
        _stems.AsSpan(0, Math.Min(_stems.Length, _met.Count)).Clear();
        _met.Clear();
        _syllablesKnown = Math.Min(_syllablesKnown, _lexicon.Words.Count);
    }

    private int FindStem(int id)
    {
        Span<char> stem = stackalloc char[64];
        var length = Stemmer.Stem(Word(id), stem);
        return length < 0 ? id : Intern(stem[..length], WordTable.Hash(stem[..length]));
    }
}
