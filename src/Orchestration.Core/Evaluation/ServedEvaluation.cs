using Orchestration.Core.Judging;

namespace Orchestration.Core.Evaluation;

/// <summary>What a served evaluation came to.</summary>
/// <param name="Judgments">One a column.</param>
/// <param name="IsLate">For each column, true where its judgment missed the deadline of an earlier request and has come since.</param>
/// <param name="Totals">What this request took.</param>
/// <param name="FromStore">Judgments found in the store.</param>
public sealed record ServedReply(IReadOnlyList<Judgment> Judgments, IReadOnlyList<bool> IsLate, CallTotals Totals, long FromStore);

/// <summary>
/// The evaluation of one pair or comparison as a service: asked again, it gives the scores that it gave before and asks judges only for what is missing. A judge that misses the deadline is
/// missing from that reply; what it says later stands in a later one, marked as late. Safe for concurrent use; a second owner of the same pair does no harm.
/// </summary>
public sealed class ServedEvaluation
{
    private readonly IPairEvaluation _evaluation;
    private readonly Lock _lock = new();
    private IReadOnlyList<EvaluationColumn>? _columns;
    private Judgment?[] _scored = [];
    private bool[] _missed = [];
    private bool[] _late = [];

    /// <summary>Creates it; what is evaluated comes with the first request.</summary>
    public ServedEvaluation(IPairEvaluation evaluation)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        _evaluation = evaluation;
    }

    /// <summary>Evaluates the pair or comparison.</summary>
    /// <param name="request">One pair or one comparison, always the same, with always the same columns; its table is filled.</param>
    /// <param name="cancellationToken">See <see cref="IPairEvaluation.EvaluateAsync"/>.</param>
    /// <exception cref="OrchestrationException">More or less than one row, or other columns than before (<see cref="ErrorCodes.Usage"/>).</exception>
    public async ValueTask<ServedReply> EvaluateAsync(EvaluationRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Table.Rows != 1) throw new OrchestrationException(ErrorCodes.Usage, $"One pair at a time is evaluated here, not {request.Table.Rows}. Ask once for each.");
        var isComplete = Prefill(request);
        var reply = isComplete ? new EvaluationReply(CallTotals.None, 0) : await _evaluation.EvaluateAsync(request, cancellationToken);
        return Take(request.Table, reply);
    }

    private bool Prefill(EvaluationRequest request)
    {
        lock (_lock)
        {
            if (_columns is null)
            {
                _columns = request.Columns;
                (_scored, _missed, _late) = (new Judgment?[_columns.Count], new bool[_columns.Count], new bool[_columns.Count]);
            }
            else if (!ReferenceEquals(_columns, request.Columns) && !_columns.SequenceEqual(request.Columns))
            {
                throw new OrchestrationException(ErrorCodes.Usage, "This pair was evaluated by other judges before. Other judges are another version of the judge set: name it so.");
            }

            var missing = 0;
            for (var column = 0; column < _scored.Length; column++)
            {
                if (_scored[column] is { } known) request.Table.Set(0, column, known);
                else missing++;
            }

            return missing == 0;
        }
    }

    private ServedReply Take(JudgmentTable table, EvaluationReply reply)
    {
        var judgments = new Judgment[table.Columns];
        lock (_lock)
        {
            for (var column = 0; column < judgments.Length; column++)
            {
                // The first score stands, as in the store: of two requests at once both give the same.
                if (_scored[column] is null && table.IsScored(0, column))
                {
                    _scored[column] = Judgment.Scored(table.Value(0, column));
                    _late[column] = _missed[column];
                }

                judgments[column] = _scored[column] ?? Judgment.Unscored(table.Reason(0, column) ?? UnscoredReason.Unavailable);
                _missed[column] |= judgments[column].Reason == UnscoredReason.Timeout;
            }

            return new ServedReply(judgments, [.. _late], reply.Totals, reply.FromStore);
        }
    }
}
