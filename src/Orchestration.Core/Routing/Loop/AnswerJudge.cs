using System.Collections.Concurrent;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Spending;

namespace Orchestration.Core.Routing.Loop;

/// <summary>
/// Has one routed answer judged: by the judge set without those that may not reward it, aggregated by the active version where there is one, by the mean elsewhere, on 0–1. Missing judges are tolerated;
/// an answer that nobody scored has no score.
/// </summary>
internal sealed class AnswerJudge(IActors actors, IAggregatorCatalog catalog, TimeProvider time)
{
    /// <summary>Why a judge was left out: it is of the expert's family.</summary>
    public const string OwnFamily = "own_family";

    /// <summary>Why a judge was left out: it is quarantined.</summary>
    public const string Quarantined = "quarantined";

    /// <summary>Why a judge was left out: its score took part in choosing the answer.</summary>
    public const string Chose = "took_part_in_choosing";

    /// <summary>Why a judge was not asked: the day's money for judging is spent.</summary>
    public const string SpendCap = "spend_cap";

    /// <summary>Least share of the judges that may reward an answer which must have scored it for a mean.</summary>
    private const double MinCoverage = 0.5;

    private readonly ConcurrentDictionary<(string Name, string Version), AggregatorTarget?> _targets = new();

    /// <summary>Judges an answer.</summary>
    /// <param name="outcome">With the texts of prompt and answer.</param>
    /// <param name="config">As it was when the route ended.</param>
    /// <param name="judges">The judge set.</param>
    /// <param name="quarantined">Judges that are left out.</param>
    /// <param name="payer">Who pays.</param>
    /// <param name="deadline">Judges that have not answered by then are missing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<RouteReward> JudgeAsync(
        RouteOutcome outcome, RouterConfig config, RouterJudges judges, IReadOnlyDictionary<string, string> quarantined, string payer, DateTimeOffset deadline, CancellationToken cancellationToken)
    {
        var decision = outcome.Decision;
        var expert = outcome.AnsweredBy!;
        var table = new JudgmentTable(1, judges.Columns.Count);
        LeaveOut(table, judges, config, expert, outcome.ChosenBy, quarantined);
        var pair = new Pair { Id = decision.Id, Prompt = outcome.Prompt!, Answer = outcome.Answer!, Group = PairHash.Group(outcome.Prompt!) };
        try
        {
            await actors.PairEvaluation(decision.Id).EvaluateAsync(
                new EvaluationRequest { Pairs = [pair], Columns = judges.Columns, Table = table, Payer = payer, Deadline = deadline }, cancellationToken);
        }
        catch (SpendCapReachedException)
        {
            for (var column = 0; column < table.Columns; column++)
            {
                if (!table.IsSet(0, column)) table.SetUnscored(0, column, SpendCap);
            }
        }

        var (score, interval, version) = await AggregateAsync(table, config, judges, cancellationToken);
        var scores = new Dictionary<string, double>(StringComparer.Ordinal);
        var unscored = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var column = 0; column < table.Columns; column++)
        {
            var name = judges.Columns[column].Name;
            if (!table.IsScored(0, column)) unscored[name] = table.Reason(0, column) ?? Judging.UnscoredReason.Unavailable;
            else if (judges.Columns[column].Scale is { } scale) scores[name] = scale.Map(table.Value(0, column));
            else scores[name] = table.Value(0, column);
        }

        return new RouteReward
        {
            RouteId = decision.Id,
            DecidedAt = decision.At,
            JudgedAt = time.GetUtcNow(),
            Expert = expert,
            Chosen = decision.Expert,
            Kind = decision.Choice.Kind,
            Policy = decision.Policy,
            PolicyVersion = decision.PolicyVersion,
            FeaturesVersion = decision.FeaturesVersion,
            Features = decision.Choice.Features,
            Estimates = decision.Choice.Estimates,
            Probability = decision.Probability,
            Score = score,
            Interval = interval,
            AggregatorVersion = version,
            Scores = scores,
            Unscored = unscored,
            CostUsd = outcome.CostUsd,
        };
    }

    /// <summary>
    /// Marks the judges that may not reward this answer. Where all that are left took part in choosing it, those that can be asked again are: another judgment than the one that chose.
    /// </summary>
    private static void LeaveOut(JudgmentTable table, RouterJudges judges, RouterConfig config, string expert, IReadOnlyList<string> chosenBy, IReadOnlyDictionary<string, string> quarantined)
    {
        var family = config.Expert(expert)?.Family ?? "";
        var isAnyFree = false;
        for (var i = 0; i < judges.Judges.Count; i++)
        {
            var judge = judges.Judges[i];
            if (judge.IsNamedBy(quarantined.Keys)) table.SetUnscored(0, i, Quarantined);
            else if (!config.JudgesOwnFamily && family.Length > 0 && judge.Families.Contains(family, StringComparer.OrdinalIgnoreCase)) table.SetUnscored(0, i, OwnFamily);
            else isAnyFree |= !judge.IsNamedBy(chosenBy);
        }

        for (var i = 0; i < judges.Judges.Count; i++)
        {
            if (!table.IsSet(0, i) && judges.Judges[i].IsNamedBy(chosenBy) && (isAnyFree || !judges.Judges[i].IsRepeatable)) table.SetUnscored(0, i, Chose);
        }
    }

    private async ValueTask<(double? Score, (double, double)? Interval, string Version)> AggregateAsync(JudgmentTable table, RouterConfig config, RouterJudges judges, CancellationToken cancellationToken)
    {
        if (config.Aggregator is { } name)
        {
            var raw = new double[table.Columns];
            for (var column = 0; column < raw.Length; column++) raw[column] = table.IsScored(0, column) ? table.Value(0, column) : double.NaN;
            var reply = await actors.Aggregator(name).PredictAsync(new AggregatorRequest { Columns = judges.ForAggregator, Scores = raw }, cancellationToken);
            if (reply.Refusal is null && await TargetAsync(name, reply.Version(0), cancellationToken) is { } target)
            {
                double Unit(double value) => Math.Clamp((value - target.Min) / (target.Max - target.Min), 0, 1);
                if (double.IsNaN(reply.Scores[0])) return (null, null, reply.Version(0));
                var hasInterval = reply.Lower.Length > 0 && !double.IsNaN(reply.Lower[0]);
                return (Unit(reply.Scores[0]), hasInterval ? (Unit(reply.Lower[0]), Unit(reply.Upper[0])) : null, reply.Version(0));
            }
        }

        // Judges that were left out on purpose are no part of what must be covered.
        EvaluationColumn[] asked = [.. judges.Columns.Where((_, i) => table.Reason(0, i) is not (OwnFamily or Quarantined or Chose))];
        var among = new JudgmentTable(1, asked.Length);
        for (int column = 0, next = 0; column < table.Columns; column++)
        {
            if (next == asked.Length || !ReferenceEquals(judges.Columns[column], asked[next])) continue;
            if (table.IsScored(0, column)) among.SetScored(0, next, table.Value(0, column));
            next++;
        }

        var mean = new MeanScore(asked, MinCoverage).Score(among, 0);
        return (double.IsNaN(mean) ? null : mean, null, MeanScore.Version);
    }

    /// <summary>The scale of a version's scores, which maps them to 0–1; null where it has none to go by.</summary>
    private async ValueTask<AggregatorTarget?> TargetAsync(string name, string version, CancellationToken cancellationToken)
    {
        if (_targets.TryGetValue((name, version), out var known)) return known;
        var target = await catalog.FindAsync(version, name, cancellationToken) is { } stored ? LoadedVersion.Load(stored).Version.Manifest.Basis.Target : null;
        return _targets.GetOrAdd((name, version), target is not null && target.Max > target.Min ? target : null);
    }
}
