using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.Evaluation;

/// <summary>
/// Gathers the judges' judgments for a batch. Judges that compute take the whole batch at once; judges that call an endpoint are first looked up
/// in the store for all of the batch, and then asked item by item, as many at a time as their deployment takes, so that each outcome counts
/// as soon as it is there.
/// </summary>
public sealed class PairEvaluation : IPairEvaluation
{
    private readonly IActors _actors;
    private readonly IJudgmentStore? _judgments;
    private readonly TimeProvider _time;
    private Plan? _plan;

    /// <summary>Creates it.</summary>
    /// <param name="actors">Finds the judges.</param>
    /// <param name="judgments">Where paid judgments are looked up; null where nothing is stored.</param>
    /// <param name="time">Measures deadlines.</param>
    public PairEvaluation(IActors actors, IJudgmentStore? judgments, TimeProvider time)
    {
        _actors = actors;
        _judgments = judgments;
        _time = time;
    }

    /// <inheritdoc/>
    public async ValueTask<EvaluationReply> EvaluateAsync(EvaluationRequest request, CancellationToken cancellationToken)
    {
        var rows = request.Pairs.Count + request.Comparisons.Count;
        if (request.Pairs.Count != 0 && request.Comparisons.Count != 0)
            throw new ArgumentException("A batch holds pairs or comparisons, not both.", nameof(request));
        if (rows != request.Table.Rows && rows != 0)
            throw new ArgumentException($"The table has {request.Table.Rows} rows, the batch {rows}.", nameof(request));

        var tally = new Tally();
        var questions = Questions(request);
        var computed = 0;
        foreach (var question in questions)
        {
            if (question.Judge.Concurrency != 0) continue;
            computed++;
            await ComputeAsync(question, request, tally, cancellationToken);
        }

        if (computed != questions.Count)
        {
            var paid = questions.Where(static question => question.Judge.Concurrency > 0).ToArray();
            await RecallAsync(paid, request, tally, cancellationToken);
            await AskAsync(paid, request, tally, cancellationToken);
        }

        return new EvaluationReply(tally.Totals, tally.FromStore);
    }

    /// <summary>One judge asked in one way (a pair; answer A; answer B; as shown; swapped) for the rows whose cells are not set.</summary>
    private sealed record Question(IJudge Judge, ColumnKind Kind, (int Column, int Dimension)[] Columns, List<int> Rows);

    private sealed class Tally
    {
        private readonly Lock _lock = new();

        public CallTotals Totals { get; private set; }

        public long FromStore { get; private set; }

        public void Add(in CallTotals totals, int fromStore)
        {
            lock (_lock)
            {
                Totals += totals;
                FromStore += fromStore;
            }
        }
    }

    /// <summary>Which columns one judge gives when it is asked in one way.</summary>
    private sealed record Share(string JudgeId, ColumnKind Kind, (int Column, int Dimension)[] Columns);

    /// <summary>The columns of a request, cut into what each judge is asked.</summary>
    private sealed record Plan(IReadOnlyList<EvaluationColumn> Columns, Share[] Shares);

    private Plan PlanOf(IReadOnlyList<EvaluationColumn> columns)
    {
        // One request follows another with the same columns.
        if (Volatile.Read(ref _plan) is { } last && ReferenceEquals(last.Columns, columns)) return last;
        var plan = new Plan(columns, [.. columns
            .Select((column, index) => (column, index))
            .GroupBy(static c => (c.column.JudgeId, c.column.Kind))
            .Select(static group => new Share(group.Key.JudgeId, group.Key.Kind, [.. group.Select(static c => (c.index, c.column.Dimension))]))]);
        Volatile.Write(ref _plan, plan);
        return plan;
    }

    private List<Question> Questions(EvaluationRequest request)
    {
        var shares = PlanOf(request.Columns).Shares;
        var questions = new List<Question>(shares.Length);
        foreach (var share in shares)
        {
            List<int>? rows = null;
            for (var row = 0; row < request.Table.Rows; row++)
            {
                if (IsMissing(request.Table, row, share.Columns)) (rows ??= new List<int>(request.Table.Rows - row)).Add(row);
            }

            // A recorded judge has no actor: its cells were set when the data was read.
            if (rows is not null) questions.Add(new Question(_actors.Judge(share.JudgeId), share.Kind, share.Columns, rows));
        }

        return questions;
    }

    private static bool IsMissing(JudgmentTable table, int row, (int Column, int Dimension)[] columns)
    {
        foreach (var (column, _) in columns)
        {
            if (!table.IsSet(row, column)) return true;
        }

        return false;
    }

    private static async ValueTask ComputeAsync(Question question, EvaluationRequest request, Tally tally, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var reply = await SendAsync(question, question.Rows, request, cancellationToken);
        var dimensions = question.Judge.Descriptor.Dimensions.Count;
        for (var i = 0; i < question.Rows.Count; i++)
        {
            foreach (var (column, dimension) in question.Columns)
                request.Table.Set(question.Rows[i], column, reply.Judgments[i * dimensions + dimension]);
        }

        tally.Add(reply.Totals, reply.FromStore);
    }

    private async ValueTask RecallAsync(Question[] questions, EvaluationRequest request, Tally tally, CancellationToken cancellationToken)
    {
        var known = questions.Where(q => q.Judge.Descriptor is { IsPaid: true, HasSingleAddress: true }).ToArray();
        if (_judgments is null || known.Length == 0) return;

        // Row by row, so that the addresses of one pair follow one another: they lie together in the store.
        var addresses = new List<JudgmentAddress>(known.Sum(q => q.Rows.Count));
        var cells = new List<(Question Question, int Row)>(addresses.Capacity);
        var hashes = new Dictionary<ColumnKind, Hash128>();
        var next = new int[known.Length];
        for (var row = 0; row < request.Table.Rows; row++)
        {
            hashes.Clear();
            for (var q = 0; q < known.Length; q++)
            {
                var question = known[q];
                if (next[q] >= question.Rows.Count || question.Rows[next[q]] != row) continue;
                next[q]++;
                var reference = request.Pairs.Count != 0 ? request.Pairs[row].Reference : request.Comparisons[row].Reference;
                if (question.Judge.Descriptor.NeedsReference && reference is null) continue;
                if (!hashes.TryGetValue(question.Kind, out var hash))
                    hashes[question.Kind] = hash = HashOf(question.Kind, request, row);
                addresses.Add(JudgmentAddress.Of(question.Judge.Descriptor, hash, reference));
                cells.Add((question, row));
            }
        }

        var values = await _judgments.GetAsync(addresses, cancellationToken);
        var found = new Dictionary<Question, HashSet<int>>();
        for (var i = 0; i < values.Count; i++)
        {
            if (values[i] is not { } stored) continue;
            var (question, row) = cells[i];
            foreach (var (column, dimension) in question.Columns) request.Table.SetScored(row, column, stored[dimension]);
            if (!found.TryGetValue(question, out var rows)) found[question] = rows = [];
            rows.Add(row);
        }

        foreach (var (question, rows) in found)
        {
            if (rows.Count == question.Rows.Count) question.Rows.Clear();
            else question.Rows.RemoveAll(rows.Contains);
            tally.Add(CallTotals.None, rows.Count * question.Columns.Length);
            request.Observer?.Judged(rows.Count * question.Columns.Length, 0, rows.Count * question.Columns.Length, CallTotals.None);
        }
    }

    private static Hash128 HashOf(ColumnKind kind, EvaluationRequest request, int row) => kind switch
    {
        ColumnKind.Score => PairHash.Of(request.Pairs[row]),
        ColumnKind.ScoreA or ColumnKind.ScoreB => PairHash.Of(PairOf(request.Comparisons[row], kind)),
        ColumnKind.VerdictAsShown => PairHash.Of(request.Comparisons[row]),
        _ => PairHash.Of(request.Comparisons[row].Swapped()),
    };

    private async Task AskAsync(Question[] questions, EvaluationRequest request, Tally tally, CancellationToken cancellationToken)
    {
        // The first failure stops the others from starting calls; those in flight are awaited, as their replies are paid for.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var workers = new List<Task>();
        foreach (var question in questions)
        {
            var next = -1;
            for (var w = Math.Min(question.Judge.Concurrency, question.Rows.Count); w > 0; w--)
                workers.Add(WorkAsync(question, () => Interlocked.Increment(ref next)));
        }

        await Task.WhenAll(workers);

        async Task WorkAsync(Question question, Func<int> take)
        {
            try
            {
                int index;
                while ((index = take()) < question.Rows.Count)
                {
                    stop.Token.ThrowIfCancellationRequested();
                    await AskOneAsync(question, question.Rows[index], request, tally, stop.Token);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                await ActorTasks.CancelAsync(stop);
                throw;
            }
        }
    }

    private async ValueTask AskOneAsync(Question question, int row, EvaluationRequest request, Tally tally, CancellationToken cancellationToken)
    {
        var reply = await WithinDeadlineAsync(question, row, request, cancellationToken);
        var unscored = 0;
        foreach (var (column, dimension) in question.Columns)
        {
            var judgment = reply.Judgments[dimension];
            if (!judgment.IsScored)
            {
                unscored++;
                if (request.Observer is { } observer) await observer.UnscoredAsync(row, column, judgment.Reason!);
            }

            request.Table.Set(row, column, judgment);
        }

        var fromStore = reply.FromStore * question.Columns.Length;
        tally.Add(reply.Totals, fromStore);
        request.Observer?.Judged(question.Columns.Length - unscored, unscored, fromStore, reply.Totals);
    }

    /// <summary>A judge that misses the deadline is missing from this evaluation; its late judgment is still stored by the judge itself.</summary>
    private async ValueTask<JudgeReply> WithinDeadlineAsync(Question question, int row, EvaluationRequest request, CancellationToken cancellationToken)
    {
        if (request.Deadline is not { } deadline) return await SendAsync(question, [row], request, cancellationToken);
        var left = deadline - _time.GetUtcNow();
        try
        {
            if (left <= TimeSpan.Zero) throw new TimeoutException();
            return await SendAsync(question, [row], request, cancellationToken).AsTask().WaitAsync(left, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return new JudgeReply { Judgments = Enumerable.Repeat(Judgment.Unscored(UnscoredReason.Timeout), question.Judge.Descriptor.Dimensions.Count).ToArray() };
        }
    }

    private static ValueTask<JudgeReply> SendAsync(Question question, IReadOnlyList<int> rows, EvaluationRequest request, CancellationToken cancellationToken)
    {
        switch (question.Kind)
        {
            case ColumnKind.VerdictAsShown or ColumnKind.VerdictSwapped:
                var swap = question.Kind == ColumnKind.VerdictSwapped;
                var comparisons = new Comparison[rows.Count];
                for (var i = 0; i < comparisons.Length; i++)
                    comparisons[i] = swap ? request.Comparisons[rows[i]].Swapped() : request.Comparisons[rows[i]];
                return question.Judge.CompareAsync(
                    new JudgeRequest<Comparison> { Items = comparisons, Payer = request.Payer, Deadline = request.Deadline }, cancellationToken);
            default:
                var pairs = new Pair[rows.Count];
                for (var i = 0; i < pairs.Length; i++)
                    pairs[i] = question.Kind == ColumnKind.Score ? request.Pairs[rows[i]] : PairOf(request.Comparisons[rows[i]], question.Kind);
                return question.Judge.JudgeAsync(
                    new JudgeRequest<Pair> { Items = pairs, Payer = request.Payer, Deadline = request.Deadline }, cancellationToken);
        }
    }

    /// <summary>One answer of a comparison as a pair, for judges that score.</summary>
    public static Pair PairOf(Comparison comparison, ColumnKind kind) => new()
    {
        Id = comparison.Id,
        Prompt = comparison.Prompt,
        Answer = kind == ColumnKind.ScoreA ? comparison.AnswerA : comparison.AnswerB,
        Reference = comparison.Reference,
        Context = comparison.Context,
        Group = comparison.Group,
        Category = comparison.Category,
    };
}
