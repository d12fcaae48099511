using System.Collections.Concurrent;
using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Orchestration.Core.Spending;
using Orchestration.Silo.Gateway.Calls;
using Orchestration.Silo.Gateway.Money;
using Orchestration.Silo.Gateway.Plans;

namespace Orchestration.Silo.Gateway.Deciding;

/// <summary>
/// Has answers scored while their client waits: by a plan's judge set without those that are quarantined or of an answering expert's own family, aggregated by the active version of the router's aggregator
/// where it has one, by the mean elsewhere. The judges' calls are paid by the same budgets as the experts'.
/// </summary>
internal sealed class DecidingJudges(
    IActors actors, IAggregatorCatalog catalog, RouterConfig config, IReadOnlyDictionary<string, RouterJudges> sets, ServedLedger ledger, Func<IReadOnlyDictionary<string, string>> quarantined)
{
    private const string LeftOut = "left_out";

    /// <summary>Least share of the judges that were asked which must have scored an answer for a mean.</summary>
    private const double MinCoverage = 0.5;

    /// <summary>Time that is left to the plan behind the judges: an answer that nobody judged in time is still returned.</summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(string Name, string Version), AggregatorTarget?> _targets = new();

    /// <summary>The judge sets, by name.</summary>
    public IReadOnlyDictionary<string, RouterJudges> Sets => sets;

    /// <summary>Where the judges and aggregators are found.</summary>
    public IActors Actors => actors;

    /// <summary>Scores answers to the run's prompt, 0–1 each, NaN where there is no score; notes in the run who did. Answers have texts.</summary>
    public async ValueTask<double[]> ScoreAsync(RouteRun run, IReadOnlyList<ExpertAnswer> answers, CancellationToken cancellationToken)
    {
        if ((run.Decision.Choice.Judges ?? config.Judges) is not { } name || !sets.TryGetValue(name, out var judges)) return None(answers.Count);
        var table = new JudgmentTable(answers.Count, judges.Columns.Count);
        var asked = LeaveOut(table, judges, answers);
        if (asked.Count == 0) return None(answers.Count);
        var prompt = run.Order.Body.Prompt;
        var group = PairHash.Group(prompt);
        try
        {
            await actors.PairEvaluation(run.Decision.Id).EvaluateAsync(
                new EvaluationRequest
                {
                    Pairs = [.. answers.Select((answer, i) => new Pair { Id = $"{run.Decision.Id}/{i}", Prompt = prompt, Answer = answer.Text!, Group = group })],
                    Columns = judges.Columns,
                    Table = table,
                    Payer = ledger.PayerOf(run.Order.Key, run.Order.Payers),
                    Deadline = run.Deadline - Reserve,
                },
                cancellationToken);
        }
        catch (SpendCapReachedException)
        {
            // What was judged before counts; the rest has no score.
        }

        var (scores, version) = await AggregateAsync(judges, asked, table, cancellationToken);
        if (scores.Any(static s => !double.IsNaN(s)))
        {
            run.ChosenBy = [.. run.ChosenBy.Union(asked.Select(static c => c.Name), StringComparer.Ordinal)];
            run.AggregatorVersion = version;
        }

        return scores;
    }

    /// <summary>
    /// Marks the judges that have no say: quarantined ones, and those of the family of any of the experts, for all answers alike, so that these are compared by the same judges.
    /// </summary>
    private List<EvaluationColumn> LeaveOut(JudgmentTable table, RouterJudges judges, IReadOnlyList<ExpertAnswer> answers)
    {
        var silenced = quarantined();
        var asked = new List<EvaluationColumn>(judges.Columns.Count);
        for (var i = 0; i < judges.Judges.Count; i++)
        {
            var judge = judges.Judges[i];
            var isOwn = !config.JudgesOwnFamily && answers.Any(a => a.Expert.Config.Family is { Length: > 0 } family && judge.Families.Contains(family, StringComparer.OrdinalIgnoreCase));
            if (!isOwn && !judge.IsNamedBy(silenced.Keys))
            {
                asked.Add(judge.Column);
                continue;
            }

            for (var row = 0; row < answers.Count; row++) table.SetUnscored(row, i, LeftOut);
        }

        return asked;
    }

    private async ValueTask<(double[] Scores, string Version)> AggregateAsync(RouterJudges judges, List<EvaluationColumn> asked, JudgmentTable table, CancellationToken cancellationToken)
    {
        if (config.Aggregator is { } name)
        {
            var raw = new double[table.Rows * table.Columns];
            for (var i = 0; i < raw.Length; i++) raw[i] = table.IsScored(i / table.Columns, i % table.Columns) ? table.Value(i / table.Columns, i % table.Columns) : double.NaN;
            var reply = await actors.Aggregator(name).PredictAsync(new AggregatorRequest { Columns = judges.ForAggregator, Scores = raw, WithIntervals = false }, cancellationToken);
            if (reply.Refusal is null && await TargetAsync(name, reply.Version(0), cancellationToken) is { } target)
                return ([.. reply.Scores.Select(s => Math.Clamp((s - target.Min) / (target.Max - target.Min), 0, 1))], reply.Version(0));
        }

        return (Means(judges, asked, table), MeanScore.Version);
    }

    /// <summary>Means over the judges that were asked: those left out are no part of what must be covered.</summary>
    private static double[] Means(RouterJudges judges, List<EvaluationColumn> asked, JudgmentTable table)
    {
        var among = new JudgmentTable(table.Rows, asked.Count);
        for (int column = 0, next = 0; next < asked.Count; column++)
        {
            if (!ReferenceEquals(judges.Columns[column], asked[next])) continue;
            for (var row = 0; row < table.Rows; row++)
            {
                if (table.IsScored(row, column)) among.SetScored(row, next, table.Value(row, column));
            }

            next++;
        }

        return new MeanScore(asked, MinCoverage).Scores(among);
    }

    /// <summary>The scale of a version's scores, which maps them to 0–1; null where it has none to go by.</summary>
    private async ValueTask<AggregatorTarget?> TargetAsync(string name, string version, CancellationToken cancellationToken)
    {
        if (_targets.TryGetValue((name, version), out var known)) return known;
        var target = await catalog.FindAsync(version, name, cancellationToken) is { } stored ? LoadedVersion.Load(stored).Version.Manifest.Basis.Target : null;
        return _targets.GetOrAdd((name, version), target is not null && target.Max > target.Min ? target : null);
    }

    private static double[] None(int count)
    {
        var none = new double[count];
        Array.Fill(none, double.NaN);
        return none;
    }
}
