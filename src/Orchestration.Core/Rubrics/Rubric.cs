using Orchestration.Core.Judging;

namespace Orchestration.Core.Rubrics;

/// <summary>What a rubric asks of the model.</summary>
public enum RubricProtocol
{
    /// <summary>Score one answer on a scale. In files: <c>score</c>.</summary>
    Score,

    /// <summary>Say which of two answers is better. In files: <c>compare</c>.</summary>
    Compare,
}

/// <summary>The form in which the model is asked to reply; the judge states it to the model and reads it back.</summary>
public enum ReplyForm
{
    /// <summary>A JSON object with a rationale and one number for each dimension. Score rubrics.</summary>
    Json,

    /// <summary>A bare number. Score rubrics.</summary>
    Number,

    /// <summary>A verdict in double brackets that names the better answer or a tie. Comparison rubrics.</summary>
    Verdict,

    /// <summary>Prometheus: feedback, then a marked result. Score rubrics.</summary>
    Prometheus,

    /// <summary>JudgeLM: a first line with one number for each of two answers. Both protocols.</summary>
    JudgeLm,

    /// <summary>Auto-J: a critique, then a rating or a decision. Both protocols.</summary>
    AutoJ,

    /// <summary>PandaLM: 1, 2 or Tie. Comparison rubrics.</summary>
    PandaLm,

    /// <summary>Skywork critics: the better answer's letter in double brackets. Comparison rubrics.</summary>
    Skywork,

    /// <summary>
    /// A JSON object with a critique (strengths, weaknesses, a suggestion) and then the score or verdict. Both protocols.
    /// </summary>
    Critique,

    /// <summary>A JSON object with a verdict and quotes for each criterion of a checklist; the program adds up the points. Score rubrics.</summary>
    Checklist,
}

/// <summary>Whether a rubric wants a part of the material that not every pair has.</summary>
public enum MaterialUse
{
    /// <summary>The judge is not shown it. In files: <c>never</c>.</summary>
    Never,

    /// <summary>The judge is shown it where the pair has it. In files: <c>optional</c>.</summary>
    Optional,

    /// <summary>A pair without it is not judged. In files: <c>required</c>.</summary>
    Required,
}

/// <summary>One thing a rubric scores.</summary>
/// <param name="Name">Its name, the second half of the column <c>rubric/name</c>; null for a rubric's only, unnamed dimension.</param>
/// <param name="Title">What people read: the dimension's title, else its name, else the rubric's title.</param>
/// <param name="Scale">
/// Its stated scale. A comparison that states none has the scale of a preference: −1 (B) to 1 (A) in steps of 1.
/// </param>
public sealed record RubricDimension(string? Name, string Title, Scale Scale);

/// <summary>
/// A versioned text that tells a judge what to score and on which scale. Made by <see cref="RubricFile"/> only, so that
/// <see cref="Version"/> always is the hash of what the others say; two rubrics with the same version are equal.
/// </summary>
public sealed record Rubric
{
    internal Rubric(
        string file,
        string id,
        string title,
        IReadOnlyList<RubricDimension> dimensions,
        RubricProtocol protocol,
        ReplyForm replyForm,
        bool needsReference,
        bool thinkFirst,
        string text,
        MaterialUse? reference = null,
        MaterialUse context = MaterialUse.Never,
        RubricChecklist? checklist = null)
    {
        File = file;
        Id = id;
        Title = title;
        Dimensions = dimensions;
        Protocol = protocol;
        ReplyForm = replyForm;
        Reference = reference ?? (needsReference ? MaterialUse.Required : MaterialUse.Never);
        Context = context;
        Checklist = checklist;
        ThinkFirst = thinkFirst;
        Text = text;
        Version = RubricVersion.Of(this);
    }

    /// <summary>Identity: lower case words joined by hyphens.</summary>
    public string Id { get; }

    /// <summary>What people read, on one line.</summary>
    public string Title { get; }

    /// <summary>What it scores, in the file's order; at least one, and exactly one for a comparison.</summary>
    public IReadOnlyList<RubricDimension> Dimensions { get; }

    /// <summary>Whether it scores one answer or compares two.</summary>
    public RubricProtocol Protocol { get; }

    /// <summary>The form of the model's reply. The text does not state it: the judge does.</summary>
    public ReplyForm ReplyForm { get; }

    /// <summary>True where a pair without a reference cannot be judged by it.</summary>
    public bool NeedsReference => Reference == MaterialUse.Required;

    /// <summary>Whether the judge is shown the pair's reference.</summary>
    public MaterialUse Reference { get; }

    /// <summary>Whether the judge is shown the pair's context.</summary>
    public MaterialUse Context { get; }

    /// <summary>The criteria of a compiled bundle; null for a rubric in Markdown, which is compiled before anybody judges by its checklist.</summary>
    public RubricChecklist? Checklist { get; }

    /// <summary>True where the model is asked to answer the question itself before it judges.</summary>
    public bool ThinkFirst { get; }

    /// <summary>The body in its canonical form: LF line ends, no white space at line ends, form C, one final LF.</summary>
    public string Text { get; }

    /// <summary>
    /// SHA-256 of the canonical content, 64 lower-case hexadecimal digits. docs/reference/rubric-format.md states what is hashed.
    /// </summary>
    public string Version { get; }

    /// <summary>The file it was read from, as it was given. Not part of the version.</summary>
    public string File { get; }

    /// <summary>True where the versions are the same.</summary>
    public bool Equals(Rubric? other) => other is not null && string.Equals(Version, other.Version, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Version);
}
