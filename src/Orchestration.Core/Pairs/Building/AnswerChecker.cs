using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Code;
using Orchestration.Core.Judging.Solving;

namespace Orchestration.Core.Pairs.Building;

/// <summary>What a checker says of an answer.</summary>
public enum AnswerVerdict
{
    /// <summary>It is right.</summary>
    Right,

    /// <summary>It is wrong.</summary>
    Wrong,

    /// <summary>It says nothing that can be checked: no final answer, cut off, or none at all.</summary>
    Unreadable,
}

/// <summary>
/// Says by code alone whether an answer is right: a code judge with a reference, on the answer's final line <c>Answer: …</c>. An answer without such a line is unreadable, except to <c>numeric-match</c>, which
/// finds the final number by itself (<c>####</c>, <c>\boxed{}</c>, the last one); <c>choice</c> compares the letter of an option. Nothing is guessed.
/// </summary>
public sealed class AnswerChecker
{
    /// <summary>The instruction that goes with it.</summary>
    public const string Instruction = "Answer the question. Think it through step by step, and end with one line that holds the final answer alone:\n\nAnswer: <the final answer>";

    private const string Choice = "choice";
    private const string Numeric = "numeric-match";
    private const string Exact = "exact-match";

    private readonly ICodeJudge? _judge;

    private AnswerChecker(string name, ICodeJudge? judge) => (Name, _judge) = (name, judge);

    /// <summary>The checkers there are.</summary>
    public static IReadOnlyList<string> Names { get; } = [Numeric, Exact, Choice];

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The checker of a name.</summary>
    /// <exception cref="OrchestrationException">There is none (<see cref="ErrorCodes.NotFound"/>).</exception>
    public static AnswerChecker Find(string name) => name switch
    {
        Choice => new AnswerChecker(name, null),
        Numeric or Exact => new AnswerChecker(name, CodeJudges.Find(name)!),
        _ => throw new OrchestrationException(ErrorCodes.NotFound, $"No checker is called '{name}'. {(NearestName.Of(name, Names) is { } nearest ? $"Did you mean '{nearest}'?" : $"There are {string.Join(", ", Names)}.")}"),
    };

    /// <summary>True where a reference is one that answers can be checked against.</summary>
    /// <param name="reference">The truth.</param>
    public bool CanCheck(string reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return _judge is null ? Letter(FinalLine(reference) ?? reference) is not null : Says(reference, FinalLine(reference) ?? reference) == AnswerVerdict.Right;
    }

    /// <summary>Checks an answer.</summary>
    /// <param name="reference">The truth.</param>
    /// <param name="answer">The answer, whole.</param>
    public AnswerVerdict Check(string reference, string answer)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(answer);
        var final = FinalLine(answer);
        if (_judge is null) return Letter(final ?? "") is { } letter ? letter == Letter(FinalLine(reference) ?? reference) ? AnswerVerdict.Right : AnswerVerdict.Wrong : AnswerVerdict.Unreadable;
        if (Name == Numeric) return answer.AsSpan().ContainsAnyInRange('0', '9') ? Says(reference, final ?? answer) : AnswerVerdict.Unreadable;
        return final is null ? AnswerVerdict.Unreadable : Says(reference, final);
    }

    private AnswerVerdict Says(string reference, string answer)
    {
        var judgment = _judge!.Score(new Pair { Id = "", Group = "", Prompt = "", Answer = answer, Reference = FinalLine(reference) ?? reference });
        return !judgment.IsScored ? AnswerVerdict.Unreadable : judgment.Value == 1 ? AnswerVerdict.Right : AnswerVerdict.Wrong;
    }

    /// <summary>What stands behind the last line's <c>Answer:</c>, read as a solver's is; null without one or with nothing behind it.</summary>
    private static string? FinalLine(string text) => FinalAnswer.Read(text, AnswerForm.Line)?.Value;

    /// <summary>An option's letter: <c>B</c>, <c>(b)</c>, <c>B.</c>, <c>B) forty</c>; null where the text begins otherwise.</summary>
    private static char? Letter(string text)
    {
        var plain = text.TrimStart('(', '[', ' ', '$', '\\', '{');
        if (plain.Length == 0 || !char.IsAsciiLetter(plain[0])) return null;
        return plain.Length == 1 || !char.IsLetterOrDigit(plain[1]) && plain[1] is not ('\'' or ' ' or '-') || (plain[1] == ' ' && plain.Trim().Length == 1) ? char.ToUpperInvariant(plain[0]) : null;
    }
}
