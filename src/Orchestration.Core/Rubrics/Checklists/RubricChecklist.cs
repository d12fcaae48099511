namespace Orchestration.Core.Rubrics;

/// <summary>One criterion of a checklist: met or not met, and worth points.</summary>
/// <param name="Id">Identity within the checklist: lower case words joined by hyphens.</param>
/// <param name="Text">What has to hold of the answer; one line or several, LF between them.</param>
/// <param name="Points">What it is worth: above 0, at most 1,000, at most three decimals.</param>
/// <param name="NeedsQuote">
/// True where its point takes words of the answer that show it. False for what an answer must <em>not</em> do: there is nothing to quote then.
/// </param>
/// <param name="Conditions">All of them must hold of a pair for the criterion to apply; empty for one that always applies.</param>
public sealed record Criterion(string Id, string Text, decimal Points, bool NeedsQuote, IReadOnlyList<CriterionCondition> Conditions)
{
    /// <summary>True where the criterion applies to a pair.</summary>
    internal bool AppliesTo(in PairFacts facts)
    {
        foreach (var condition in Conditions)
        {
            if (!condition.Holds(facts)) return false;
        }

        return true;
    }
}

/// <summary>
/// The criteria of a bundle. Its score is the share that the points granted have of the points of the criteria that apply, put on the rubric's scale.
/// </summary>
/// <param name="Criteria">In the order of the rubric; at least one, no id twice.</param>
/// <param name="SourceId">The id of the rubric that it was compiled from. No part of the version.</param>
/// <param name="SourceVersion">The version of that rubric. No part of the version either: bands, which the bundle leaves out, change nothing in it.</param>
public sealed record RubricChecklist(IReadOnlyList<Criterion> Criteria, string SourceId, string SourceVersion)
{
    /// <summary>The most criteria that a checklist has.</summary>
    public const int MaxCriteria = 100;

    /// <summary>The points of all criteria.</summary>
    public decimal Points => Criteria.Sum(static c => c.Points);
}

/// <summary>What conditions look at: never the answer, which could be written so that criteria do not apply to it.</summary>
internal readonly record struct PairFacts(string Prompt, string? Reference, string? Context, string? Category);
