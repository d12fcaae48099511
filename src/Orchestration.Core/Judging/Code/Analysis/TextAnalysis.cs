namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>A word of a text.</summary>
internal struct Token
{
    /// <summary>Where it starts, in UTF-16 units.</summary>
    public int Start;

    /// <summary>Its length in UTF-16 units.</summary>
    public int Length;

    /// <summary>Its id in the vocabulary.</summary>
    public int Id;

    /// <summary>Number of its sentence from 0; −1 within a code fence.</summary>
    public int Sentence;

    /// <summary>It starts right after an apostrophe that ends the token before: the second part of "don't".</summary>
    public bool IsJoined;

    /// <summary>It has a Latin letter.</summary>
    public bool IsLatin;

    /// <summary>First unit after it.</summary>
    public readonly int End => Start + Length;

    /// <summary>It stands within a code fence.</summary>
    public readonly bool IsCode => Sentence < 0;
}

/// <summary>What a line is by its Markdown.</summary>
internal enum LineKind : byte
{
    /// <summary>Text.</summary>
    Prose,

    /// <summary>White space only.</summary>
    Blank,

    /// <summary>Opens or closes a code fence.</summary>
    Fence,

    /// <summary>Within a code fence.</summary>
    Code,

    /// <summary><c>#</c> to <c>######</c>.</summary>
    Heading,

    /// <summary><c>-</c>, <c>*</c>, <c>+</c> or <c>•</c>.</summary>
    Bullet,

    /// <summary><c>1.</c> or <c>1)</c>.</summary>
    Numbered,

    /// <summary>Starts with <c>|</c>.</summary>
    TableRow,

    /// <summary><c>---</c>, <c>***</c>, <c>___</c> or <c>===</c>.</summary>
    Rule,
}

/// <summary>A line of a text.</summary>
internal struct Line
{
    /// <summary>Where it starts, in UTF-16 units.</summary>
    public int Start;

    /// <summary>Where its content starts: after the indentation and the marker.</summary>
    public int Content;

    /// <summary>First unit after it, without its line break.</summary>
    public int End;

    /// <summary>What it is.</summary>
    public LineKind Kind;

    /// <summary>Level of a heading, number of a numbered item; otherwise 0.</summary>
    public int Number;

    /// <summary>Columns of white space before it, a tab counting as four.</summary>
    public int Indent;

    /// <summary>First of its tokens.</summary>
    public int FirstToken;

    /// <summary>First token after it.</summary>
    public int EndToken;
}

/// <summary>
/// A text cut into lines, sentences and words, once for all judges. A word is a maximal run of letters, marks and decimal digits in
/// lower case; an ideograph or kana is a word of its own. Reused from text to text: its arrays only grow.
/// </summary>
internal sealed partial class TextAnalysis
{
    private readonly Vocabulary _vocabulary;
    private Token[] _tokens = new Token[512];
    private Line[] _lines = new Line[64];
    private int _tokenCount;
    private int _lineCount;
    private int _sentence;
    private bool _sentenceEnded;
    private char[] _lower = new char[64];

    public TextAnalysis(Vocabulary vocabulary) => _vocabulary = vocabulary;

    /// <summary>The text.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Its words in order.</summary>
    public ReadOnlySpan<Token> Tokens => _tokens.AsSpan(0, _tokenCount);

    /// <summary>Its lines in order; none for an empty text.</summary>
    public ReadOnlySpan<Line> Lines => _lines.AsSpan(0, _lineCount);

    /// <summary>Sentences that hold at least one word, code fences left out.</summary>
    public int SentenceCount => _sentence + 1;

    /// <summary>Words, the parts of a contraction counted as one.</summary>
    public int WordCount { get; private set; }

    /// <summary>A code fence that is opened and not closed.</summary>
    public bool HasOpenFence { get; private set; }

    /// <summary>The lower-case word of a token.</summary>
    public ReadOnlySpan<char> Word(in Token token) => _vocabulary.Word(token.Id);

    /// <summary>Analyses a text, replacing what was here.</summary>
    public void Read(string text)
    {
        Text = text;
        _tokenCount = 0;
        _lineCount = 0;
        _sentence = -1;
        _sentenceEnded = true;
        WordCount = 0;
        HasOpenFence = false;
        var fence = default(Fence);
        for (var start = 0; start < text.Length;)
        {
            var length = text.AsSpan(start).IndexOf('\n');
            var next = length < 0 ? text.Length : start + length + 1;
            var end = length < 0 ? text.Length : start + length;
            if (end > start && text[end - 1] == '\r') end--;
            ReadLine(start, end, ref fence);
            start = next;
        }

        HasOpenFence = fence.Length > 0;
    }

    private void ReadLine(int start, int end, ref Fence fence)
    {
        if (_lineCount == _lines.Length) Array.Resize(ref _lines, _lines.Length * 2);
        ref var line = ref _lines[_lineCount++];
        line = new Line { Start = start, End = end, FirstToken = _tokenCount };
        MarkdownLine.Classify(Text.AsSpan(start, end - start), ref line, ref fence);
        line.Content += start;
        switch (line.Kind)
        {
            case LineKind.Blank or LineKind.Fence or LineKind.Rule:
                _sentenceEnded = true;
                break;
            case LineKind.Code:
                ReadWords(line.Start, end, isCode: true);
                break;
            case LineKind.Prose:
                ReadWords(line.Content, end, isCode: false);
                // "Here is how:" above a list and a line of bold type used as a heading end a sentence.
                if (Text[end - 1] is ':' or '*') _sentenceEnded = true;
                break;
            default:
                _sentenceEnded = true;

                // The number of an item is a word of it; the full stop after it ends no sentence.
                if (line.Kind == LineKind.Numbered) ReadWords(start, line.Content - 2, isCode: false);
                ReadWords(line.Content, end, isCode: false);
                if (line.Kind is LineKind.Heading or LineKind.TableRow) _sentenceEnded = true;
                break;
        }

        line.EndToken = _tokenCount;
    }

    /// <summary>An open code fence; length 0 where none is open.</summary>
    internal struct Fence
    {
        public char Mark;
        public int Length;
    }
}
