namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>What a length is counted in.</summary>
internal enum LengthUnit
{
    /// <summary>Words, a contraction being one.</summary>
    Words,

    /// <summary>Sentences.</summary>
    Sentences,

    /// <summary>Blocks of text between blank lines.</summary>
    Paragraphs,

    /// <summary>Lines that hold a word.</summary>
    Lines,

    /// <summary>Things in a list.</summary>
    Items,

    /// <summary>UTF-16 units between the first and the last that is not white space.</summary>
    Characters,
}

/// <summary>A length that a prompt asks for.</summary>
/// <param name="Unit">What is counted.</param>
/// <param name="Least">The shortest that serves; at least 1.</param>
/// <param name="Most">The longest that serves; may be infinite.</param>
internal readonly record struct LengthDemand(LengthUnit Unit, double Least, double Most)
{
    /// <summary>1 within the demand; outside, the smaller of length and bound over the larger: half as long and twice as long are 0.5.</summary>
    public double Fit(double length) => length < Least ? length / Least : length > Most ? Most / length : 1;
}

/// <summary>
/// What a prompt demands of the length and the form of its answer: lengths that it names, otherwise the band that answers to such a
/// prompt lie in. Read from the first and the last 150 words, where instructions stand.
/// </summary>
internal sealed class PromptDemand
{
    private const int WordsAtEachEnd = 150;
    private const int MostDemands = 4;

    private readonly List<LengthDemand> _named = [];

    private PromptDemand()
    {
    }

    /// <summary>The lengths that the prompt names, in its order.</summary>
    public IReadOnlyList<LengthDemand> Named => _named;

    /// <summary>The band of words for a prompt of its kind.</summary>
    public LengthDemand Usual { get; private set; }

    /// <summary>It asks for a list or for steps.</summary>
    public bool WantsList { get; private set; }

    /// <summary>It asks for a program.</summary>
    public bool WantsCode { get; private set; }

    /// <summary>Reads a prompt.</summary>
    public static PromptDemand Read(TextAnalysis prompt)
    {
        var demand = new PromptDemand();
        var cues = default(PromptCues);
        var tokens = prompt.Tokens;
        for (var at = 0; at < tokens.Length; at++)
        {
            if (at == WordsAtEachEnd) at = Math.Max(at, tokens.Length - WordsAtEachEnd);
            cues.Add(prompt, at);
            if (demand._named.Count < MostDemands && DemandReader.TryRead(prompt, at, out var named, out var last))
            {
                demand._named.Add(named);
                while (++at <= last) cues.Add(prompt, at);
                at = last;
            }
        }

        demand.WantsList = cues.HasList || demand._named.Exists(static named => named.Unit == LengthUnit.Items);
        demand.WantsCode = cues is { HasProgramVerb: true, HasProgramNoun: true };
        var (least, most) = cues.Band(demand.WantsCode);
        demand.Usual = new LengthDemand(LengthUnit.Words, least, most);
        return demand;
    }
}

/// <summary>Words of a prompt that tell what kind of answer it wants.</summary>
internal struct PromptCues
{
    private bool _yesOrNo;
    private bool _brief;
    private bool _longForm;
    private bool _letter;
    private bool _explain;
    private bool _asksFact;

    public bool HasList { get; private set; }

    public bool HasProgramVerb { get; private set; }

    public bool HasProgramNoun { get; private set; }

    /// <summary>Takes one more token.</summary>
    public void Add(TextAnalysis prompt, int at)
    {
        var tokens = prompt.Tokens;
        var next = at + 1 < tokens.Length ? prompt.Word(tokens[at + 1]) : default;
        var afterNext = at + 2 < tokens.Length ? prompt.Word(tokens[at + 2]) : default;
        switch (prompt.Word(tokens[at]))
        {
            case "yes" when next is "or" && afterNext is "no":
            case "true" when next is "or" && afterNext is "false":
                _yesOrNo = true;
                break;
            case "brief" or "briefly" or "concise" or "concisely" or "succinct" or "succinctly" or "tldr" or "summarize" or "summarise" or "summary":
            case "in" when next is "short" or "brief":
            case "short" when next is "answer" or "response" or "explanation" or "reply" or "description":
                _brief = true;
                break;
            case "essay" or "article" or "report" or "story" or "speech" or "chapter" or "detailed" or "comprehensive" or "thorough" or "thoroughly":
            case "blog" when next is "post":
            case "in" when next is "detail" or "depth":
                _longForm = true;
                break;
            case "letter" or "email" when at > 0:
                _letter = true;
                break;
            case "explain" or "describe" or "discuss" or "compare" or "contrast" or "why" or "how" when !(next is "many" or "much" or "old" or "long" or "far"):
                _explain = true;
                break;
            case "what" or "who" or "when" or "where" or "which" or "how" when at == 0 || tokens[at].Sentence != tokens[at - 1].Sentence:
                _asksFact = true;
                break;
            case "list" or "enumerate" or "itemize" or "bullet" or "bulleted" or "bullets" or "numbered":
            case "step" when next is "by" && afterNext is "step":
            case "steps":
                HasList = true;
                break;
            case "write" or "implement" or "create" or "code" or "develop" or "build" or "fix" or "refactor" or "complete":
                HasProgramVerb = true;
                break;
        }

        HasProgramNoun |= prompt.Word(tokens[at]) is "function" or "program" or "script" or "code" or "python" or "javascript" or "java" or "sql"
            or "regex" or "algorithm" or "class" or "method" or "html" or "css" or "typescript" or "rust" or "golang" or "bash";
    }

    /// <summary>The band of words that answers to such a prompt lie in, widest last.</summary>
    public readonly (double Least, double Most) Band(bool wantsCode)
    {
        if (_yesOrNo) return (1, 80);
        if (_brief) return (5, 120);
        if (wantsCode) return (20, 700);
        if (_longForm) return (150, 1500);
        if (_letter) return (60, 500);
        if (_explain) return (50, 600);
        return _asksFact ? (1, 300) : (10, 600);
    }
}
