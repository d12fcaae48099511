using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Orchestration.Silo.Access;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Requests;

namespace Orchestration.Silo.Judging;

/// <summary>Judging as a service: pairs and comparisons in, evaluations out. Judgments that are stored are not bought again, new ones are stored, as in a sweep.</summary>
/// <param name="state">The silo.</param>
/// <param name="judges">Its judges.</param>
/// <param name="budget">On whose account calls are.</param>
/// <param name="compared">Told of each comparison with both verdicts, see <see cref="JudgeTally"/>.</param>
internal sealed class JudgeService(SiloState state, SiloJudges judges, KeyBudget budget, Action<string, bool> compared)
{
    /// <summary>Rows of a request, at most; more is a sweep.</summary>
    public const int MostRows = 256;

    /// <summary>Rows in work at once, of all requests.</summary>
    public const int MostRowsAtOnce = 2048;

    /// <summary>Judges of a request, at most.</summary>
    public const int MostJudges = 64;

    private const int UsualDeadlineMs = 30_000;
    private const int LongestDeadlineMs = 600_000;
    private const double UsualCoverage = 0.8;

    private readonly Bulkhead _rows = new(MostRowsAtOnce);

    /// <summary>Counts what judges said.</summary>
    public JudgeTally Tally { get; } = new(compared);

    /// <summary>Rows in work.</summary>
    public int RowsInWork => _rows.Taken;

    /// <summary>Judges pairs.</summary>
    /// <exception cref="OrchestrationException">The request is wrong; or there is no room for it (<see cref="BusyException"/>).</exception>
    public async Task<JudgeAnswer> JudgeAsync(JudgeBody body, Caller caller, CancellationToken cancellationToken)
    {
        var pairs = Pairs(body.Pairs);
        var request = new Asked(body.Judges, body.Aggregator, body.MinCoverage, body.DeadlineMs);
        var bench = Bench(DataKind.Pairs, request, pairs.Length, pairs.Any(static p => p.Reference is not null), caller);
        var (table, reply, elapsed) = await EvaluateAsync(
            bench, new EvaluationRequest { Pairs = pairs, Columns = bench.Definition.Columns, Table = new JudgmentTable(pairs.Length, bench.Definition.Columns.Count) }, request, caller, cancellationToken);
        var scores = await ScoreAsync(bench, table, request, [.. pairs.Select(static p => PairHash.Of(p))], cancellationToken);
        var lines = new EvaluationLine[pairs.Length];
        for (var row = 0; row < lines.Length; row++)
        {
            var mapped = new Dictionary<string, double>(StringComparer.Ordinal);
            var said = new Dictionary<string, double?>(StringComparer.Ordinal);
            var unscored = new Dictionary<string, string>(StringComparer.Ordinal);
            for (var column = 0; column < bench.Definition.Columns.Count; column++)
            {
                var (name, scale) = (bench.Definition.Columns[column].Name, bench.Definition.Columns[column].Scale);
                said[name] = table.IsScored(row, column) ? table.Value(row, column) : null;
                if (table.Reason(row, column) is { } reason) unscored[name] = reason;
                else if (scale is not null) mapped[name] = scale.Map(table.Value(row, column));
            }

            lines[row] = new EvaluationLine
            {
                Id = pairs[row].Id,
                Score = Number(scores.Scores[row]),
                Interval = scores.Interval(row),
                Coverage = scores.Coverage[row],
                Aggregator = scores.Version(row),
                Scores = said,
                Mapped = mapped,
                Unscored = unscored,
            };
        }

        return new JudgeAnswer(request.Aggregator ?? MeanScore.Version, Lines(bench), lines, Usage(reply, elapsed));
    }

    /// <summary>Judges comparisons, in both orders.</summary>
    /// <inheritdoc cref="JudgeAsync" path="/exception"/>
    public async Task<CompareAnswer> CompareAsync(CompareBody body, Caller caller, CancellationToken cancellationToken)
    {
        var comparisons = Comparisons(body.Comparisons);
        var request = new Asked(body.Judges, body.Aggregator, body.MinCoverage, body.DeadlineMs);
        var bench = Bench(DataKind.Comparisons, request, comparisons.Length, comparisons.Any(static c => c.Reference is not null), caller);
        var (table, reply, elapsed) = await EvaluateAsync(
            bench, new EvaluationRequest { Comparisons = comparisons, Columns = bench.Definition.Columns, Table = new JudgmentTable(comparisons.Length, bench.Definition.Columns.Count) }, request, caller, cancellationToken);
        var scores = await ScoreAsync(bench, table, request, [.. comparisons.Select(static c => PairHash.Of(c))], cancellationToken);
        var lines = new ComparisonLine[comparisons.Length];
        for (var row = 0; row < lines.Length; row++)
        {
            var verdicts = new Dictionary<string, string?[]>(StringComparer.Ordinal);
            var said = new Dictionary<string, double?[]>(StringComparer.Ordinal);
            var unscored = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var judge in bench.Verdicts)
            {
                verdicts[judge.Name] = [judge.AsShown(table, row)?.ToText(), judge.Swapped(table, row)?.ToText()];
                if (judge.HasScores) said[judge.Name] = [Cell(table, row, judge.ScoreA), Cell(table, row, judge.ScoreB)];
                var (shown, swapped) = judge.Reasons(table, row);
                if ((shown ?? swapped) is { } reason) unscored[judge.Name] = reason;
            }

            lines[row] = new ComparisonLine
            {
                Id = comparisons[row].Id,
                Preference = VerdictColumns.Preferred(scores.Scores[row])?.ToText(),
                Score = Number(scores.Scores[row]),
                Coverage = scores.Coverage[row],
                Aggregator = scores.Version(row),
                Verdicts = verdicts,
                Scores = said,
                Unscored = unscored,
            };
        }

        return new CompareAnswer(request.Aggregator ?? MeanScore.Version, Lines(bench), lines, Usage(reply, elapsed));
    }

    private JudgeBench Bench(DataKind kind, Asked request, int rows, bool hasReferences, Caller caller)
    {
        Require(rows is > 0 and <= MostRows, string.Create(CultureInfo.InvariantCulture, $"{rows} rows: a request has 1 to {MostRows}; more is a sweep (POST /v1/sweeps)."));
        Require(request.Judges.Count <= MostJudges, string.Create(CultureInfo.InvariantCulture, $"{request.Judges.Count} judges: at most {MostJudges}."));
        Require(request.DeadlineMs is null or (>= 10 and <= LongestDeadlineMs), string.Create(CultureInfo.InvariantCulture, $"deadline_ms is {request.DeadlineMs}; milliseconds, 10 to {LongestDeadlineMs}."));
        Require(request.MinCoverage is null or (>= 0 and <= 1), string.Create(CultureInfo.InvariantCulture, $"min_coverage is {request.MinCoverage}; a share from 0 to 1."));
        var bench = judges.Bench(kind, request.Judges, hasReferences);
        KeyBudget.RequirePrices(caller, judges.Config, bench.Deployments);
        return bench;
    }

    private async Task<(JudgmentTable Table, EvaluationReply Reply, TimeSpan Elapsed)> EvaluateAsync(
        JudgeBench bench, EvaluationRequest request, Asked asked, Caller caller, CancellationToken cancellationToken)
    {
        var rows = request.Table.Rows;
        if (!_rows.TryTake(rows))
            throw new BusyException(string.Create(CultureInfo.InvariantCulture, $"This silo is judging {_rows.Taken} rows, as many as it takes at once. Try again, or make a sweep of them."), TimeSpan.FromSeconds(1));
        try
        {
            var began = state.Options.Time.GetTimestamp();
            var deadline = state.Options.Time.GetUtcNow() + TimeSpan.FromMilliseconds(asked.DeadlineMs ?? UsualDeadlineMs);
            var reply = await bench.Actors.PairEvaluation("request").EvaluateAsync(
                request with { Payer = await budget.PayerAsync(caller, cancellationToken), Deadline = deadline }, cancellationToken);
            Tally.Add(bench.Definition.Columns, request.Table);
            if (bench.Verdicts.Length != 0) Tally.AddVerdicts(bench.Verdicts, request.Table);
            return (request.Table, reply, state.Options.Time.GetElapsedTime(began));
        }
        finally
        {
            _rows.Return(rows);
        }
    }

    private static async ValueTask<Scored> ScoreAsync(JudgeBench bench, JudgmentTable table, Asked request, Hash128[] hashes, CancellationToken cancellationToken)
    {
        var least = request.MinCoverage ?? UsualCoverage;
        var isPairs = bench.Definition.Kind == DataKind.Pairs;
        if (request.Aggregator is { } name && name != MeanScore.Version)
        {
            var reply = await bench.Actors.Aggregator(name).PredictAsync(
                new AggregatorRequest { Columns = bench.Columns, Scores = isPairs ? Scores(table) : Verdicts(bench, table), Pairs = hashes, MinCoverage = least }, cancellationToken);
            return reply.Refusal is { } refusal
                ? throw new OrchestrationException(ErrorCodes.Configuration, refusal)
                : new Scored(reply.Scores, reply.Coverage, reply.Lower, reply.Upper, reply);
        }

        if (isPairs)
        {
            var mean = new MeanScore(bench.Definition.Columns, least);
            return new Scored(mean.Scores(table), [.. Enumerable.Range(0, table.Rows).Select(row => mean.Coverage(table, row))], [], [], null);
        }

        var verdicts = Verdicts(bench, table);
        var (means, coverage) = (new double[table.Rows], new double[table.Rows]);
        for (var row = 0; row < table.Rows; row++)
        {
            var known = verdicts.AsSpan(row * bench.Verdicts.Length, bench.Verdicts.Length).ToArray().Where(static v => !double.IsNaN(v)).ToArray();
            coverage[row] = (double)known.Length / bench.Verdicts.Length;
            means[row] = known.Length == 0 || coverage[row] < least ? double.NaN : known.Sum() / known.Length;
        }

        return new Scored(means, coverage, [], [], null);
    }

    private static double[] Scores(JudgmentTable table)
    {
        var scores = new double[table.Rows * table.Columns];
        for (var i = 0; i < scores.Length; i++) scores[i] = Cell(table, i / table.Columns, i % table.Columns) ?? double.NaN;
        return scores;
    }

    private static double[] Verdicts(JudgeBench bench, JudgmentTable table)
    {
        var verdicts = new double[table.Rows * bench.Verdicts.Length];
        for (var i = 0; i < verdicts.Length; i++) verdicts[i] = bench.Verdicts[i % bench.Verdicts.Length].Mean(table, i / bench.Verdicts.Length);
        return verdicts;
    }

    private static double? Cell(JudgmentTable table, int row, int column) => table.IsScored(row, column) ? table.Value(row, column) : null;

    private static double? Number(double value) => double.IsNaN(value) ? null : value;

    private static JudgeLine[] Lines(JudgeBench bench) =>
        [.. bench.Judges.Planned.Select(static j => new JudgeLine(j.Fixed.Id, j.Descriptor.Kind.ToString().ToLowerInvariant(), j.Fixed.Version, j.Fixed.Model))];

    private static JudgeUsage Usage(EvaluationReply reply, TimeSpan elapsed) => new(
        reply.Totals.Calls, reply.Totals.Failures, reply.FromStore, reply.Totals.Usage.Input, reply.Totals.Usage.Output, reply.Totals.CostUsd, Math.Round(elapsed.TotalMilliseconds, 3));

    private static Pair[] Pairs(IReadOnlyList<PairBody> bodies)
    {
        var pairs = new Pair[bodies.Count];
        for (var i = 0; i < pairs.Length; i++)
        {
            var body = bodies[i];
            Require(body is not null, string.Create(CultureInfo.InvariantCulture, $"pairs[{i}] is null."));
            pairs[i] = new Pair
            {
                Id = body.Id ?? i.ToString(CultureInfo.InvariantCulture),
                Prompt = body.Prompt,
                Answer = body.Answer,
                Reference = body.Reference,
                Context = body.Context,
                Group = body.Group ?? PairHash.Group(body.Prompt),
                Category = body.Category,
                Source = body.Source,
            };
        }

        RequireUnique(pairs.Select(static p => p.Id));
        return pairs;
    }

    private static Comparison[] Comparisons(IReadOnlyList<ComparisonBody> bodies)
    {
        var comparisons = new Comparison[bodies.Count];
        for (var i = 0; i < comparisons.Length; i++)
        {
            var body = bodies[i];
            Require(body is not null, string.Create(CultureInfo.InvariantCulture, $"comparisons[{i}] is null."));
            comparisons[i] = new Comparison
            {
                Id = body.Id ?? i.ToString(CultureInfo.InvariantCulture),
                Prompt = body.Prompt,
                AnswerA = body.AnswerA,
                AnswerB = body.AnswerB,
                Reference = body.Reference,
                Context = body.Context,
                Group = PairHash.Group(body.Prompt),
                Category = body.Category,
            };
        }

        RequireUnique(comparisons.Select(static c => c.Id));
        return comparisons;
    }

    private static void RequireUnique(IEnumerable<string> ids)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in ids) Require(seen.Add(id), $"The id '{(id.Length > 100 ? id[..100] : id)}' stands twice. Give every row an id of its own, or none.");
    }

    private static void Require([DoesNotReturnIf(false)] bool condition, string message)
    {
        if (!condition) throw new OrchestrationException(ErrorCodes.Input, message);
    }

    private sealed record Asked(IReadOnlyList<string> Judges, string? Aggregator, double? MinCoverage, int? DeadlineMs);

    private sealed record Scored(double[] Scores, double[] Coverage, double[] Lower, double[] Upper, AggregatorReply? Reply)
    {
        public string Version(int row) => Reply?.Version(row) ?? MeanScore.Version;

        public double[]? Interval(int row) => Lower.Length == 0 || double.IsNaN(Lower[row]) || double.IsNaN(Upper[row]) ? null : [Lower[row], Upper[row]];
    }
}
