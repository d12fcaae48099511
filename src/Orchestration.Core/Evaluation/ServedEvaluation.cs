using Orchestration.Core.Judging;

namespace Orchestration.Core.Evaluation;

/// <summary>What a served evaluation came to.</summary>
/// <param name="Judgments">One a column.</param>
/// <param name="IsLate">For each column, true where its judgment missed the deadline of an earlier request and has come since; empty where none did.</param>
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
    private ServedReply? _complete;

    // What is known of an incomplete one; let go once it is complete, as there may be very many.
    private Cell[] _cells = [];

    /// <summary>Creates it; what is evaluated comes with the first request.</summary>
    public ServedEvaluation(IPairEvaluation evaluation)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        _evaluation = evaluation;
    }

    /// <summary>The reply, where every judge has given its score already; null where some have to be asked.</summary>
    /// <param name="columns">The columns of the request.</param>
    /// <exception cref="OrchestrationException">Other columns than before (<see cref="ErrorCodes.Usage"/>).</exception>
    public ServedReply? Known(IReadOnlyList<EvaluationColumn> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        lock (_lock)
        {
            if (_complete is not null) Check(columns);
            return _complete;
        }
    }

    /// <summary>Evaluates the pair or comparison.</summary>
    /// <param name="request">One pair or one comparison, always the same, with always the same columns; its table is filled.</param>
    /// <param name="cancellationToken">See <see cref="IPairEvaluation.EvaluateAsync"/>.</param>
    /// <exception cref="OrchestrationException">More or less than one row, or other columns than before (<see cref="ErrorCodes.Usage"/>).</exception>
    public async ValueTask<ServedReply> EvaluateAsync(EvaluationRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Table.Rows != 1) throw new OrchestrationException(ErrorCodes.Usage, $"One pair at a time is evaluated here, not {request.Table.Rows}. Ask once for each.");
        if (Prefill(request) is { } known) return known;
        return Take(request.Table, await _evaluation.EvaluateAsync(request, cancellationToken));
    }

    private ServedReply? Prefill(EvaluationRequest request)
    {
        lock (_lock)
        {
            if (_columns is null) (_columns, _cells) = (request.Columns, new Cell[request.Columns.Count]);
            else Check(request.Columns);
            for (var column = 0; column < _columns.Count; column++)
            {
                if (_complete is not null) request.Table.Set(0, column, _complete.Judgments[column]);
                else if (_cells[column].IsScored) request.Table.SetScored(0, column, _cells[column].Score);
            }

            return _complete;
        }
    }

    private void Check(IReadOnlyList<EvaluationColumn> columns)
    {
        if (!ReferenceEquals(_columns, columns) && !_columns!.SequenceEqual(columns))
            throw new OrchestrationException(ErrorCodes.Usage, "This pair was evaluated by other judges before. Other judges are another version of the judge set: name it so.");
    }

    private ServedReply Take(JudgmentTable table, EvaluationReply reply)
    {
        lock (_lock)
        {
            if (_complete is not null) return _complete with { Totals = reply.Totals, FromStore = reply.FromStore };
            var (judgments, late, missing) = (new Judgment[table.Columns], (bool[]?)null, 0);
            for (var column = 0; column < judgments.Length; column++)
            {
                // The first score stands, as in the store: of two requests at once both give the same.
                ref var cell = ref _cells[column];
                if (!cell.IsScored && table.IsScored(0, column)) cell = new Cell(true, table.Value(0, column), cell.Missed, IsLate: cell.Missed);
                if (cell.IsLate) (late ??= new bool[judgments.Length])[column] = true;
                judgments[column] = cell.IsScored ? Judgment.Scored(cell.Score) : Judgment.Unscored(table.Reason(0, column) ?? UnscoredReason.Unavailable);
                if (cell.IsScored) continue;
                missing++;
                if (judgments[column].Reason == UnscoredReason.Timeout) cell = cell with { Missed = true };
            }

            var served = new ServedReply(judgments, late ?? [], reply.Totals, reply.FromStore);
            if (missing == 0) (_complete, _cells) = (served with { Totals = CallTotals.None, FromStore = 0 }, []);
            return served;
        }
    }

    private readonly record struct Cell(bool IsScored, double Score, bool Missed, bool IsLate);
}
