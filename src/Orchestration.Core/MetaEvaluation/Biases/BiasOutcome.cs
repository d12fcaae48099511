using Orchestration.Learning.Intervals;

namespace Orchestration.Core.MetaEvaluation.Biases;

/// <summary>A judge that takes part in a study of biases.</summary>
/// <param name="Name">Its column.</param>
/// <param name="Revised">The column of the same judge with a second look; null where there is none.</param>
/// <param name="ReadsReference">True where it is shown the reference.</param>
/// <param name="Family">The family of its model, such as <c>gpt</c>; null where it has none.</param>
/// <param name="Own">Sources that are its own by what the caller says; empty to go by the family.</param>
public sealed record BiasJudge(string Name, string? Revised, bool ReadsReference, string? Family, IReadOnlyList<string> Own);

/// <summary>What becomes of a bias under a mitigation.</summary>
/// <param name="Name"><c>both orders</c>, <c>length control</c> or <c>revision</c>.</param>
/// <param name="Remaining">The shift that is left, in the unit of the line.</param>
/// <param name="Removed">The shift less what is left, in the direction of the shift, paired by row: above 0 it helps.</param>
/// <param name="Unscored">Rows without a judgment under it, or without the one that it is held against.</param>
public sealed record BiasMitigation(string Name, Estimate Remaining, Estimate Removed, int Unscored)
{
    /// <summary>True where it surely removes something and leaves less than there was; taking out more than there was is no help.</summary>
    public bool HelpsAgainst(in Estimate shift) => Removed.Lower > 0 && Math.Abs(Remaining.Value) < Math.Abs(shift.Value);

    /// <summary>True where it surely changes something and leaves more than there was.</summary>
    public bool WorsensFrom(in Estimate shift) => (Removed.Lower > 0 || Removed.Upper < 0) && Math.Abs(Remaining.Value) > Math.Abs(shift.Value);
}

/// <summary>One judge and one bias.</summary>
public sealed record BiasLine
{
    /// <summary>The judge's column.</summary>
    public required string Judge { get; init; }

    /// <summary>The bias's id.</summary>
    public required string Bias { get; init; }

    /// <summary>What the judgments are held against.</summary>
    public required string Against { get; init; }

    /// <summary>Items with all judgments that it takes.</summary>
    public required int Rows { get; init; }

    /// <summary>Prompts that they are of.</summary>
    public required int Prompts { get; init; }

    /// <summary>Items of which a judgment is missing: counted, and no part of any figure.</summary>
    public required int Unscored { get; init; }

    /// <summary>
    /// The mean shift towards the injected answer (the first place; the own family), 0 for a judge that is not moved: of scores in shares of the scale, of verdicts in shares of the way from
    /// preferring the other answer to preferring this one.
    /// </summary>
    public required Estimate Shift { get; init; }

    /// <summary>Share of verdicts that are others than those with the control; not defined for pairs.</summary>
    public required Estimate Flips { get; init; }

    /// <summary>Share of verdicts that moved towards the injected answer; not defined for pairs.</summary>
    public required Estimate Toward { get; init; }

    /// <summary>Whether the shift is other than 0, two-sided, by prompt; not corrected.</summary>
    public required double PValue { get; init; }

    /// <summary>The same corrected for all lines of the outcome (Holm).</summary>
    public double Corrected { get; init; } = double.NaN;

    /// <summary>True where scores have no stated scale, so that the shift is in standard deviations of the judge's scores of untouched answers.</summary>
    public bool IsInDeviations { get; init; }

    /// <summary>Mitigations with what they remove.</summary>
    public IReadOnlyList<BiasMitigation> Mitigations { get; init; } = [];

    /// <summary>True where chance among so many lines would seldom make such a shift.</summary>
    public bool IsSure => Corrected < 0.05;
}

/// <summary>A judge that could not take part, or not in all.</summary>
/// <param name="Judge">Its specification.</param>
/// <param name="Reason">Why.</param>
public sealed record LeftOutJudge(string Judge, string Reason);

/// <summary>What a study of biases found.</summary>
/// <param name="Kind">Pairs or comparisons.</param>
/// <param name="Items">Items probed.</param>
/// <param name="Prompts">Their prompts.</param>
/// <param name="Lines">A line a judge and bias.</param>
/// <param name="Unsuited">By bias, items that it could not be injected into.</param>
/// <param name="LeftOut">Judges that took no part, and why.</param>
/// <param name="Meaning">What the figures mean, a sentence each.</param>
public sealed record BiasOutcome(
    Pairs.Reading.DataKind Kind, int Items, int Prompts, IReadOnlyList<BiasLine> Lines, IReadOnlyDictionary<string, int> Unsuited, IReadOnlyList<LeftOutJudge> LeftOut, IReadOnlyList<string> Meaning);
