using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.Evaluation;

/// <summary>
/// The pair evaluation actor: gathers the judges' judgments for pairs or comparisons and tolerates missing ones. Stateless between calls.
/// </summary>
public interface IPairEvaluation
{
    /// <summary>Evaluates a batch. Each judge is reached through <see cref="IActors"/>.</summary>
    /// <param name="request">What to evaluate, by which columns, and what is known already.</param>
    /// <param name="cancellationToken">Stops starting calls; calls already sent are awaited and their judgments stored, then the call ends with <see cref="OperationCanceledException"/>.</param>
    ValueTask<EvaluationReply> EvaluateAsync(EvaluationRequest request, CancellationToken cancellationToken);
}

/// <summary>What a column of an evaluation holds.</summary>
public enum ColumnKind
{
    /// <summary>A pair's score on one dimension.</summary>
    Score,

    /// <summary>A comparison's verdict in the order shown: 1 prefers A, −1 B, 0 a tie.</summary>
    VerdictAsShown,

    /// <summary>The verdict with the answers exchanged, as the judge said it: 1 prefers the answer that was first then.</summary>
    VerdictSwapped,

    /// <summary>A scoring judge's score of answer A.</summary>
    ScoreA,

    /// <summary>A scoring judge's score of answer B.</summary>
    ScoreB,
}

/// <summary>One column of judgments in a sweep.</summary>
/// <param name="Name">Name in results.</param>
/// <param name="JudgeId">The judge that fills it.</param>
/// <param name="Dimension">Index of the judge's dimension.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Scale">Its stated scale; null where there is none.</param>
public sealed record EvaluationColumn(string Name, string JudgeId, int Dimension, ColumnKind Kind, Scale? Scale);

/// <summary>A batch to evaluate: pairs or comparisons, never both. Immutable apart from the table, which the callee fills.</summary>
public sealed record EvaluationRequest
{
    /// <summary>The pairs; empty where comparisons are given.</summary>
    public IReadOnlyList<Pair> Pairs { get; init; } = [];

    /// <summary>The comparisons; empty where pairs are given.</summary>
    public IReadOnlyList<Comparison> Comparisons { get; init; } = [];

    /// <summary>The columns wanted.</summary>
    public required IReadOnlyList<EvaluationColumn> Columns { get; init; }

    /// <summary>
    /// Rows × columns. Cells that are set already (recorded judgments; outcomes of an earlier, cut-off attempt) are kept and not asked again.
    /// </summary>
    public required JudgmentTable Table { get; init; }

    /// <summary>Whose budget pays.</summary>
    public string? Payer { get; init; }

    /// <summary>Served requests have one; judgments that miss it are <see cref="UnscoredReason.Timeout"/>.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Told of each paid judgment as it is made; may be called by several threads at once.</summary>
    public IEvaluationObserver? Observer { get; init; }
}

/// <summary>Follows a long evaluation: for progress, and to write down outcomes that must survive a kill.</summary>
public interface IEvaluationObserver
{
    /// <summary>A judgment without a score was made: awaited before it counts.</summary>
    ValueTask UnscoredAsync(int row, int column, string reason);

    /// <summary>A paid judge has answered for some cells.</summary>
    void Judged(int scored, int unscored, int fromStore, in CallTotals totals);
}

/// <summary>What an evaluation took; the judgments are in the request's table.</summary>
/// <param name="Totals">Calls, tokens and money.</param>
/// <param name="FromStore">Judgments found in the store.</param>
public sealed record EvaluationReply(CallTotals Totals, long FromStore);
