using Orchestration.Core.Evaluation;

namespace Orchestration.Core.Sweeps.Browsing;

/// <summary>Where a text is looked for.</summary>
[Flags]
public enum SearchedTexts
{
    /// <summary>Nowhere.</summary>
    None = 0,

    /// <summary>In ids.</summary>
    Id = 1,

    /// <summary>In prompts.</summary>
    Prompt = 2,

    /// <summary>In answers; of comparisons in both.</summary>
    Answer = 4,

    /// <summary>In all of them.</summary>
    All = Id | Prompt | Answer,
}

/// <summary>Which rows of a sweep are wanted. A row is wanted where everything that is stated holds.</summary>
public sealed record PairFilter
{
    /// <summary>Every reason.</summary>
    public const string AnyReason = "any";

    /// <summary>Every row.</summary>
    public static PairFilter None { get; } = new();

    /// <summary>The judge that <see cref="ScoreMin"/>, <see cref="ScoreMax"/> and <see cref="Unscored"/> are about, as results call it; null for the aggregated score, and for any judge.</summary>
    public string? Judge { get; init; }

    /// <summary>Least score, on the scale of the judge or of the aggregated score.</summary>
    public double? ScoreMin { get; init; }

    /// <summary>Greatest score, likewise.</summary>
    public double? ScoreMax { get; init; }

    /// <summary>Rows with a judgment that has no score for this reason; <see cref="AnyReason"/> for all reasons.</summary>
    public string? Unscored { get; init; }

    /// <summary>True for rows without an aggregated score alone.</summary>
    public bool WithoutScore { get; init; }

    /// <summary>The category, exactly.</summary>
    public string? Category { get; init; }

    /// <summary>The source, exactly.</summary>
    public string? Source { get; init; }

    /// <summary>A text that stands in the row, in capital letters or small ones.</summary>
    public string? Text { get; init; }

    /// <summary>Where <see cref="Text"/> is looked for.</summary>
    public SearchedTexts In { get; init; } = SearchedTexts.All;

    internal bool HasScoreRange => ScoreMin is not null || ScoreMax is not null;

    /// <summary>True where prompts and answers must be read to decide.</summary>
    internal bool NeedsTexts => Text is not null && (In & (SearchedTexts.Prompt | SearchedTexts.Answer)) != SearchedTexts.None;

    /// <summary>True where judgments must be read to decide.</summary>
    internal bool NeedsJudgments => HasScoreRange || Unscored is not null || WithoutScore;

    /// <summary>The columns that the judge's filters are about, in a sweep.</summary>
    /// <exception cref="OrchestrationException">The sweep has no such judge (<see cref="ErrorCodes.Usage"/>).</exception>
    internal int[] ColumnsIn(SweepDefinition definition)
    {
        int[] all = [.. Enumerable.Range(0, definition.Columns.Count)];
        if (Judge is null) return all;
        int[] columns = [.. all.Where(c => definition.Columns[c].Name == Judge)];
        if (columns.Length == 0) throw new OrchestrationException(ErrorCodes.Usage, $"This sweep has no judge '{(Judge.Length > 60 ? Judge[..60] : Judge)}'. It has {string.Join(", ", definition.Columns.Select(static c => c.Name).Distinct(StringComparer.Ordinal))}.");
        if (HasScoreRange && definition.Columns[columns[0]].Kind is ColumnKind.VerdictAsShown or ColumnKind.VerdictSwapped)
            throw new OrchestrationException(ErrorCodes.Usage, $"'{Judge}' gives verdicts on comparisons, which lie on no scale: leave the score range out.");
        return columns;
    }
}
