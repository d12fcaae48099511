using System.Text.RegularExpressions;

namespace Orchestration.Core.Rubrics;

/// <summary>
/// When a criterion applies: <c>has reference</c>, <c>no context</c>, <c>category is refunds, returns</c>, <c>category is not chat</c>,
/// <c>prompt matches REGEX</c>, <c>context does not match REGEX</c>. It looks at the pair's fields and never at the answer.
/// </summary>
public sealed class CriterionCondition : IEquatable<CriterionCondition>
{
    /// <summary>The forms, for messages.</summary>
    internal const string Forms =
        "'has reference', 'no reference', 'has context', 'no context', 'category is NAME, NAME', 'category is not NAME', "
        + "'FIELD matches REGEX' and 'FIELD does not match REGEX' with a FIELD of prompt, context, reference and category";

    private static readonly string[] Fields = ["prompt", "context", "reference", "category"];

    private readonly string _field;
    private readonly bool _isNegated;
    private readonly string[] _names = [];
    private readonly Regex? _pattern;

    private CriterionCondition(string text, string field, bool isNegated, string[]? names = null, Regex? pattern = null)
    {
        Text = text;
        _field = field;
        _isNegated = isNegated;
        _names = names ?? [];
        _pattern = pattern;
    }

    /// <summary>As it is written, with single blanks.</summary>
    public string Text { get; }

    /// <summary>Reads a condition.</summary>
    /// <param name="text">As it is written.</param>
    /// <param name="fault">What is wrong with it; null where nothing is.</param>
    internal static CriterionCondition? Parse(string text, out string? fault)
    {
        fault = null;
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words)
        {
            case ["has" or "no", "reference" or "context"]:
                return new CriterionCondition($"{words[0]} {words[1]}", words[1], words[0] == "no");
            case ["category", "is", "not", _, ..]:
                return Category("category is not ", After(text, "not"), true);
            case ["category", "is", _, ..]:
                return Category("category is ", After(text, "is"), false);
            case [var field, "matches", _, ..] when Fields.Contains(field, StringComparer.Ordinal):
                return Matching(field, "matches", After(text, "matches"), false, out fault);
            case [var field, "does", "not", "match", _, ..] when Fields.Contains(field, StringComparer.Ordinal):
                return Matching(field, "does not match", After(text, "match"), true, out fault);
            default:
                fault = words is ["answer", ..]
                    ? $"'{text}' looks at the answer: an answer could then be written so that a criterion does not apply to it. A condition is one of {Forms}."
                    : $"'{text}' is no condition. A condition is one of {Forms}.";
                return null;
        }

        CriterionCondition Category(string head, string names, bool isNegated)
        {
            var list = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return new CriterionCondition(head + string.Join(", ", list), "category", isNegated, list);
        }
    }

    /// <summary>True where it holds of a pair.</summary>
    internal bool Holds(in PairFacts facts)
    {
        var value = _field switch
        {
            "prompt" => facts.Prompt,
            "context" => facts.Context,
            "reference" => facts.Reference,
            _ => facts.Category,
        };
        if (_pattern is not null) return (value is not null && _pattern.IsMatch(value)) != _isNegated;
        if (_names.Length != 0) return (value is not null && _names.Contains(value, StringComparer.Ordinal)) != _isNegated;
        return value is not null != _isNegated;
    }

    /// <inheritdoc/>
    public bool Equals(CriterionCondition? other) => other is not null && string.Equals(Text, other.Text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CriterionCondition);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Text);

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static string After(string text, string word) =>
        text[(text.IndexOf(word + " ", StringComparison.Ordinal) + word.Length)..].Trim();

    // Without backtracking no pattern and no prompt can make it slow.
    private static CriterionCondition? Matching(string field, string verb, string pattern, bool isNegated, out string? fault)
    {
        fault = null;
        try
        {
            var regex = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return new CriterionCondition($"{field} {verb} {pattern}", field, isNegated, pattern: regex);
        }
        catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
        {
            fault = $"'{pattern}' is no pattern that can be used here ({wrong.Message.TrimEnd('.')}). Patterns have no lookarounds and no backreferences; (?i) at the front ignores case.";
            return null;
        }
    }
}
