namespace Orchestration.Core.Pairs;

/// <summary>Which of two answers is preferred. The numeric values are what blocks store.</summary>
public enum Preference
{
    /// <summary>The second answer is better: <c>B&gt;A</c>.</summary>
    B = -1,

    /// <summary>Neither is better: <c>A=B</c>.</summary>
    Tie = 0,

    /// <summary>The first answer is better: <c>A&gt;B</c>.</summary>
    A = 1,
}

/// <summary>One prompt with answers A and B and, where known, which one people prefer.</summary>
public sealed record Comparison
{
    /// <summary>Identity within its data set; unique there.</summary>
    public required string Id { get; init; }

    /// <summary>What was asked.</summary>
    public required string Prompt { get; init; }

    /// <summary>The first answer as the data set shows it.</summary>
    public required string AnswerA { get; init; }

    /// <summary>The second answer as the data set shows it.</summary>
    public required string AnswerB { get; init; }

    /// <summary>The human label, where known.</summary>
    public Preference? Label { get; init; }

    /// <summary>A reference answer, where the data has one.</summary>
    public string? Reference { get; init; }

    /// <summary>What the answers were to work from, where the data has it.</summary>
    public string? Context { get; init; }

    /// <summary>The prompt this comparison belongs to.</summary>
    public required string Group { get; init; }

    /// <summary>Category, where known.</summary>
    public string? Category { get; init; }

    /// <summary>The same comparison with its answers exchanged and its label flipped.</summary>
    public Comparison Swapped() => this with
    {
        AnswerA = AnswerB,
        AnswerB = AnswerA,
        Label = Label is { } label ? label.Flip() : null,
    };
}

/// <summary>How preferences are written in files, and what they mean when the answers are exchanged.</summary>
public static class PreferenceText
{
    /// <summary>The same preference seen with the answers exchanged: A&gt;B becomes B&gt;A, a tie stays.</summary>
    public static Preference Flip(this Preference preference) => (Preference)(-(int)preference);

    /// <summary>The form in files: <c>A&gt;B</c>, <c>B&gt;A</c> or <c>A=B</c>.</summary>
    public static string ToText(this Preference preference) => preference switch
    {
        Preference.A => "A>B",
        Preference.B => "B>A",
        _ => "A=B",
    };

    /// <summary>Reads the form in files. Also reads the spellings of public data sets: <c>A&gt;&gt;B</c>, <c>A</c>, <c>B</c>, <c>tie</c>.</summary>
    /// <returns>Null where the text is none of them.</returns>
    public static Preference? Parse(ReadOnlySpan<char> text) => text.Trim() switch
    {
        "A>B" or "A>>B" or "B<A" or "B<<A" or "A" or "a" => Preference.A,
        "B>A" or "B>>A" or "A<B" or "A<<B" or "B" or "b" => Preference.B,
        "A=B" or "B=A" or "tie" or "Tie" or "TIE" => Preference.Tie,
        _ => null,
    };
}
