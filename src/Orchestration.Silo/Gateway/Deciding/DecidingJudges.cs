using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Routing;
using Orchestration.Core.Spending;
using Orchestration.Silo.Gateway.Money;
using Orchestration.Silo.Gateway.Plans;

namespace Orchestration.Silo.Gateway.Deciding;

/// <summary>What judges said of some answers.</summary>
/// <param name="Scores">0–1 for each answer; NaN where there is none.</param>
internal readonly record struct JudgedAnswers(double[] Scores);

/// <summary>
/// Has answers scored while their client waits: by a plan's judge set, aggregated by the active version of the router's aggregator where it has one, by the mean elsewhere. The judges' calls are paid by the
/// same budgets as the experts'.
/// </summary>
internal sealed class DecidingJudges(IActors actors, RouterConfig config, IReadOnlyDictionary<string, JudgeSetColumns> sets, ServedLedger ledger)
{
    /// <summary>Time that is left to the plan behind the judges: an answer that nobody judged in time is still returned.</summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(1);

    /// <summary>Scores answers to the run's prompt, and notes in it who did.</summary>
    public async ValueTask<JudgedAnswers> ScoreAsync(RouteRun run, IReadOnlyList<string> answers, CancellationToken cancellationToken)
    {
        var none = new double[answers.Count];
        Array.Fill(none, double.NaN);
        if ((run.Decision.Choice.Judges ?? config.Judges) is not { } name || !sets.TryGetValue(name, out var set)) return new JudgedAnswers(none);
        var prompt = run.Order.Body.Prompt;
        var group = PairHash.Group(prompt);
        var table = new JudgmentTable(answers.Count, set.Columns.Count);
        var payer = ledger.PayerOf(run.Order.Key, run.Order.Payers);
        try
        {
            await actors.PairEvaluation(run.Decision.Id).EvaluateAsync(
                new EvaluationRequest
                {
                    Pairs = [.. answers.Select((answer, i) => new Pair { Id = $"{run.Decision.Id}/{i}", Prompt = prompt, Answer = answer, Group = group })],
                    Columns = set.Columns,
                    Table = table,
                    Payer = payer,
                    Deadline = run.Deadline - Reserve,
                },
                cancellationToken);
        }
        catch (SpendCapReachedException)
        {
            // What was judged before counts; the rest has no score.
        }

        var (scores, version) = await AggregateAsync(set, table, cancellationToken);
        if (scores.Any(static s => !double.IsNaN(s)))
        {
            run.ChosenBy = [.. run.ChosenBy.Union(set.Judges, StringComparer.Ordinal)];
            run.AggregatorVersion = version;
        }

        return new JudgedAnswers(scores);
    }

    private async ValueTask<(double[] Scores, string Version)> AggregateAsync(JudgeSetColumns set, JudgmentTable table, CancellationToken cancellationToken)
    {
        if (config.Aggregator is { } name)
        {
            var raw = new double[table.Rows * table.Columns];
            for (var row = 0; row < table.Rows; row++)
            {
                for (var column = 0; column < table.Columns; column++)
                    raw[(row * table.Columns) + column] = table.IsSet(row, column) && table.IsScored(row, column) ? table.Value(row, column) : double.NaN;
            }

            var reply = await actors.Aggregator(name).PredictAsync(new AggregatorRequest { Columns = set.ForAggregator, Scores = raw, WithIntervals = false }, cancellationToken);
            if (reply.Refusal is null && await set.TargetAsync(name, reply.Version(0), cancellationToken) is { } target)
                return ([.. reply.Scores.Select(s => Math.Clamp((s - target.Min) / (target.Max - target.Min), 0, 1))], reply.Version(0));
        }

        return (new MeanScore(set.Columns, minCoverage: 0.5).Scores(table), MeanScore.Version);
    }
}
