using Orchestration.Learning.Drift;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Statistics;
using Orchestration.Learning.Valuing;

namespace Orchestration.Core.Routing.Loop;

/// <summary>Makes the report of a router from its ledger.</summary>
public static class RouterReporter
{
    /// <summary>Days that totals are shown for.</summary>
    public const int Days = 30;

    private const int MostRatings = 20_000;

    /// <summary>Reads the ledger through and reports: for a process that does not follow it.</summary>
    public static async ValueTask<RouterReport> ReadAsync(IRouterLedger ledger, TimeProvider time, DriftOptions? drift, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(time);
        var judged = new JudgedScores();
        var history = new RewardHistory(ledger, drift ?? new DriftOptions(), judged);
        await history.FollowAsync(cancellationToken);
        return await MakeAsync(ledger, history, judged, time, cancellationToken);
    }

    internal static async ValueTask<RouterReport> MakeAsync(IRouterLedger ledger, RewardHistory history, JudgedScores judged, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var from = DateOnly.FromDateTime(now.UtcDateTime.AddDays(-Days));
        var quarantines = await ledger.QuarantinesAsync(cancellationToken);
        var totals = await ledger.TotalsAsync(from, cancellationToken);
        var writers = await ledger.WritersAsync(cancellationToken);
        var ratings = RatingStudy.Of(await ledger.RatingsAsync(MostRatings, cancellationToken), judged.Find);
        var rewards = history.Last();
        return new RouterReport
        {
            At = now,
            From = from,
            Experts = Experts(totals, rewards, quarantines.Reasons(QuarantineKind.Expert), ratings),
            Judges = Judges(rewards, quarantines.Reasons(QuarantineKind.Judge)),
            Policies = RewardFigures.Policies(rewards),
            Agreement = RewardFigures.Agreement(rewards),
            Drift = history.Drift.Findings,
            Quarantines = quarantines,
            Sources = ratings.Sources,
            Dropped = writers.Sum(static w => w.Dropped),
            Waiting = writers.Where(static w => !w.HasEnded).Sum(static w => w.Waiting),
        };
    }

    private static ExpertReport[] Experts(IReadOnlyList<RouteTotals> totals, RouteReward[] rewards, IReadOnlyDictionary<string, string> held, RatingStudy ratings)
    {
        var byExpert = totals.ToLookup(static t => t.Expert, StringComparer.Ordinal);
        var judged = rewards.ToLookup(static r => r.Expert, StringComparer.Ordinal);
        var values = Corrected(rewards);
        var expected = RewardFigures.ExpectedUsd(rewards);
        return
        [
            .. byExpert.Select(static g => g.Key).Concat(judged.Select(static g => g.Key)).Concat(held.Keys).Concat(values.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name =>
            {
                var total = byExpert[name].Aggregate(new RouteTotals(default, name, 0, 0, 0, 0, 0, 0, 0), static (sum, t) => sum.Plus(t));
                var answered = total.Routes - total.Failed;
                var value = values.GetValueOrDefault(name);
                return new ExpertReport
                {
                    Expert = name,
                    Quarantine = held.GetValueOrDefault(name),
                    Routes = total.Routes,
                    Failed = total.Failed,
                    Explored = total.Explored,
                    CostUsd = total.CostUsd,
                    UnknownUsd = total.UnknownUsd,
                    LatencySeconds = answered > 0 ? total.LatencySeconds / answered : double.NaN,
                    Judged = judged[name].Count(static r => r.Score is not null),
                    Unscored = judged[name].Count(static r => r.Score is null),
                    OfWhatItWasSent = value?.OfWhatItWasSent ?? Estimate.Of(Mean(judged[name])),
                    Corrected = value is { Corrected.Refusal: ValueRefusal.None } ? value.Corrected.DoublyRobust : Estimate.Of(double.NaN),
                    NotCorrected = value is null ? "no answer of it was judged whose chance of being asked is known" : Why(value.Corrected.Refusal),
                    EffectiveRows = value?.Corrected.Overlap.EffectiveRows ?? 0,
                    ExpectedUsd = expected.GetValueOrDefault(name, double.NaN),
                    Ratings = ratings.Experts.FirstOrDefault(e => e.Expert == name),
                };
            }),
        ];
    }

    /// <summary>
    /// Values by expert from the answers of experts that were asked alone, first, and with a known chance. What the policy predicted of every expert on offer is what the outcome model goes by; where it predicted
    /// nothing the chances alone correct.
    /// </summary>
    private static Dictionary<string, ArmValue> Corrected(RouteReward[] rewards)
    {
        RouteReward[] rows = [.. rewards.Where(static r => r is { IsOfDecision: true, Score: not null, Policy.Length: > 0, Probability: > 0 } && r.Estimates.Count > 0)];
        if (rows.Length == 0) return [];
        string[] experts = [.. rows.SelectMany(static r => r.Estimates.Select(static e => e.Expert)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var places = experts.Select(static (name, i) => (name, i)).ToDictionary(static e => e.name, static e => e.i, StringComparer.Ordinal);
        var isPredicted = rows.Any(static r => r.Estimates.Any(static e => !double.IsNaN(e.Quality)));
        var dimension = isPredicted ? experts.Length : 0;
        var features = new float[rows.Length * dimension];
        var chances = new double[rows.Length * experts.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            foreach (var estimate in rows[i].Estimates)
            {
                chances[(i * experts.Length) + places[estimate.Expert]] = estimate.Probability;
                if (isPredicted && !double.IsNaN(estimate.Quality)) features[(i * dimension) + places[estimate.Expert]] = (float)(estimate.Quality - 0.5);
            }
        }

        var log = new LoggedDecisions(
            experts.Length, [.. rows.Select(r => places[r.Expert])], [.. rows.Select(static r => r.Probability)], [.. rows.Select(static r => r.Score!.Value)], dimension, features, null, chances);
        return new OffPolicyStudy(log, new ValueOptions()).Arms().Select((value, i) => (experts[i], value)).ToDictionary(static e => e.Item1, static e => e.value, StringComparer.Ordinal);
    }

    private static JudgeReport[] Judges(RouteReward[] rewards, IReadOnlyDictionary<string, string> held) =>
    [
        .. rewards.SelectMany(static r => r.Scores.Keys.Concat(r.Unscored.Keys)).Concat(held.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name =>
        {
            var scores = default(RunningMoments);
            foreach (var reward in rewards)
            {
                if (reward.Scores.TryGetValue(name, out var score)) scores = scores.Add(score);
            }

            var unscored = rewards.Where(r => r.Unscored.ContainsKey(name)).GroupBy(r => r.Unscored[name], StringComparer.Ordinal)
                .OrderBy(static g => g.Key, StringComparer.Ordinal).ToDictionary(static g => g.Key, static g => g.Count(), StringComparer.Ordinal);
            return new JudgeReport(name, held.GetValueOrDefault(name), (int)scores.Count, scores.Mean, unscored) { Deviation = scores.StandardDeviation, WithOthers = RewardFigures.WithOthers(rewards, name) };
        }),
    ];

    private static double Mean(IEnumerable<RouteReward> rewards)
    {
        double[] scores = [.. rewards.Where(static r => r.Score is not null).Select(static r => r.Score!.Value)];
        return scores.Length == 0 ? double.NaN : scores.Average();
    }

    private static string? Why(ValueRefusal refusal) => refusal switch
    {
        ValueRefusal.None => null,
        ValueRefusal.TooFewRows => "too few answers were judged",
        ValueRefusal.Unsupported => "it was never asked for some of the prompts, not even at random: let the router explore",
        ValueRefusal.TooFewEffective => "too few answers of it were judged for what it was sent to be corrected",
        _ => "the chances that stand in the ledger are not those that were chosen with",
    };
}
