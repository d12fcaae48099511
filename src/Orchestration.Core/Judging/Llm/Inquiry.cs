using Orchestration.Core.Judging.Exemplars;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm;

/// <summary>What a judge asks of one material: what it is shown of it, which criteria it checks, or why it is not asked at all.</summary>
internal sealed record Inquiry
{
    public required Material Material { get; init; }

    /// <summary>Why no call is made, one of <see cref="UnscoredReason"/>; null where one is.</summary>
    public string? Reason { get; init; }

    /// <summary>The reference as the judge is shown it; null where it is shown none.</summary>
    public string? Reference { get; init; }

    /// <summary>The context as the judge is shown it; null where it is shown none.</summary>
    public string? Context { get; init; }

    /// <summary>The criteria that apply; empty for a rubric that is no checklist.</summary>
    public IReadOnlyList<Criterion> Criteria { get; init; } = [];

    /// <summary>True where some criteria of the checklist do not apply, and the model is told which do.</summary>
    public bool IsPartial { get; init; }

    /// <summary>Judged pairs that are shown, nearest first.</summary>
    public IReadOnlyList<Exemplar> Exemplars { get; init; } = [];

    /// <summary>
    /// Hash of what is shown or asked beside the pair and is in neither its hash nor the judge's version; null where there is nothing of the kind, so that the
    /// addresses of judges that know nothing of it are what they always were.
    /// </summary>
    public Hash128? Beside { get; init; }
}
