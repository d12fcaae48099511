using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>
/// What the judges share about one pair, each part made when first asked for: the words of its texts, the expressions in its answer,
/// what its prompt demands. The parts of the prompt and of the reference are kept while the next pair has the same ones, as the
/// answers to one prompt do. For one thread at a time; nothing that is kept may change a score.
/// </summary>
internal sealed class PairAnalysis
{
    // Beyond these the memory is given back rather than kept for the next pair.
    private const int LargestKeptText = 1 << 17;
    private const int LargestKeptVocabulary = 1 << 13;

    [ThreadStatic]
    private static PairAnalysis? t_idle;

    private readonly TextAnalysis _prompt;
    private readonly TextAnalysis _answer;
    private readonly TextAnalysis _reference;
    private readonly List<PhraseHit> _hits = [];
    private readonly IdList _answerSquad = new();
    private readonly IdList _referenceSquad = new();
    private Pair _pair = null!;
    private string? _promptText;
    private string? _referenceText;
    private PromptDemand? _demand;
    private bool _hasPrompt;
    private bool _hasReference;
    private bool _hasReferenceSquad;
    private bool _hasAnswer;
    private bool _hasHits;
    private bool _hasAnswerSquad;
    private int[] _counts = new int[4096];
    private char[] _buffer = new char[256];

    private PairAnalysis()
    {
        _prompt = new TextAnalysis(Vocabulary);
        _answer = new TextAnalysis(Vocabulary);
        _reference = new TextAnalysis(Vocabulary);
    }

    /// <summary>The ids of words, shared by the texts.</summary>
    public Vocabulary Vocabulary { get; } = new();

    /// <summary>A table for one judge at a time; to be cleared before use.</summary>
    public PairIds Scratch { get; } = new();

    /// <summary>A list for one judge at a time.</summary>
    public IdList ScratchIds { get; } = new();

    /// <summary>The character n-grams that answer and reference share.</summary>
    public CharNgrams CharNgrams { get; } = new();

    /// <summary>The pair.</summary>
    public Pair Pair => _pair;

    /// <summary>The words of the prompt.</summary>
    public TextAnalysis Prompt => _hasPrompt ? _prompt : Read(_prompt, _promptText!, out _hasPrompt);

    /// <summary>The words of the answer.</summary>
    public TextAnalysis Answer => _hasAnswer ? _answer : Read(_answer, _pair.Answer, out _hasAnswer);

    /// <summary>The words of the reference, which the pair must have.</summary>
    public TextAnalysis Reference => _hasReference ? _reference : Read(_reference, _referenceText!, out _hasReference);

    /// <summary>What the prompt demands of an answer's length and form.</summary>
    public PromptDemand Demand => _demand ??= PromptDemand.Read(Prompt);

    /// <summary>The expressions of the word lists in the answer.</summary>
    public IReadOnlyList<PhraseHit> Hits
    {
        get
        {
            if (!_hasHits) PhraseFinder.Find(Answer, Vocabulary.Lexicon, _hits);
            _hasHits = true;
            return _hits;
        }
    }

    /// <summary>The answer normalised as SQuAD does.</summary>
    public ReadOnlySpan<int> AnswerSquad
    {
        get
        {
            if (!_hasAnswerSquad) SquadTokens.Read(_pair.Answer, Vocabulary, _answerSquad, ref _buffer);
            _hasAnswerSquad = true;
            return _answerSquad.Items;
        }
    }

    /// <summary>The reference, which the pair must have, normalised as SQuAD does.</summary>
    public ReadOnlySpan<int> ReferenceSquad
    {
        get
        {
            if (!_hasReferenceSquad) SquadTokens.Read(_referenceText!, Vocabulary, _referenceSquad, ref _buffer);
            _hasReferenceSquad = true;
            return _referenceSquad.Items;
        }
    }

    /// <summary>
    /// A counter for each word known so far, all 0. Who counts here sets every counter back to 0 before the next judge is asked.
    /// </summary>
    public Span<int> Counts
    {
        get
        {
            if (_counts.Length < Vocabulary.Count) _counts = new int[Vocabulary.Count * 2];
            return _counts;
        }
    }

    /// <summary>An analysis of a pair, made of what this thread used last. To be given back with <see cref="Return"/>.</summary>
    public static PairAnalysis Rent(Pair pair)
    {
        // Taken out of the slot, so that a judge that scores another pair meanwhile gets one of its own.
        var analysis = t_idle ?? new PairAnalysis();
        t_idle = null;
        analysis.Begin(pair);
        return analysis;
    }

    /// <summary>Gives an analysis back. One that is not given back, because of an exception, is simply lost.</summary>
    public static void Return(PairAnalysis analysis)
    {
        var pair = analysis._pair;
        if (pair.Prompt.Length > LargestKeptText || pair.Answer.Length > LargestKeptText || pair.Reference?.Length > LargestKeptText) return;
        t_idle = analysis;
    }

    private static TextAnalysis Read(TextAnalysis analysis, string text, out bool isRead)
    {
        analysis.Read(text);
        isRead = true;
        return analysis;
    }

    private void Begin(Pair pair)
    {
        _pair = pair;
        _hasAnswer = false;
        _hasHits = false;
        _hasAnswerSquad = false;
        if (Vocabulary.MetCount > LargestKeptVocabulary)
        {
            Vocabulary.Clear();
            _promptText = null;
            _referenceText = null;
        }

        if (_promptText != pair.Prompt)
        {
            _promptText = pair.Prompt;
            _hasPrompt = false;
            _demand = null;
        }

        if (_referenceText is null || _referenceText != pair.Reference)
        {
            _referenceText = pair.Reference;
            _hasReference = false;
            _hasReferenceSquad = false;
        }
    }
}
