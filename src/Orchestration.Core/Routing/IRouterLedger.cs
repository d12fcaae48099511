using System.Collections.ObjectModel;

namespace Orchestration.Core.Routing;

/// <summary>
/// What came of routed traffic, shared by every silo of a store: routes that ended, judged rewards, ratings by people, totals, quarantines. Routes are immutable once written;
/// a judged reward too, and the first writer wins; a source's later rating replaces its earlier one. What is deleted survives in totals only. Safe for concurrent use.
/// </summary>
public interface IRouterLedger
{
    /// <summary>Writes routes that ended, in one commit, with what their writer has counted so far. Handing in the same batch again writes it once.</summary>
    ValueTask AppendAsync(RouteBatch batch, CancellationToken cancellationToken);

    /// <summary>What is kept of a route, with its reward and ratings; null where nothing is.</summary>
    ValueTask<RouteRecord?> FindAsync(string routeId, CancellationToken cancellationToken);

    /// <summary>Deletes what is kept of a route: decision, outcome, texts, reward, ratings. False where nothing is kept.</summary>
    ValueTask<bool> DeleteAsync(string routeId, CancellationToken cancellationToken);

    /// <summary>Deletes the oldest of what was decided before a moment, a bounded step at a time.</summary>
    /// <param name="before">Decided before this.</param>
    /// <param name="most">Routes at most; a step ends at a batch, and so may pass it by less than one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many routes, rewards and ratings went; 0 when there are none left.</returns>
    ValueTask<long> ForgetAsync(DateTimeOffset before, int most, CancellationToken cancellationToken);

    /// <summary>Routes in the order in which they were written, with their rewards; pages end at batches.</summary>
    /// <param name="after">Where to go on: 0 for the beginning.</param>
    /// <param name="most">Routes of a page, about.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<RoutePage> ListAsync(long after, int most, CancellationToken cancellationToken);

    /// <summary>Routes, those written last first, with their rewards; pages end at batches.</summary>
    /// <param name="before">Where to go on: 0 for the newest.</param>
    /// <param name="most">Routes of a page, about; 1 or more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<RoutePage> LatestAsync(long before, int most, CancellationToken cancellationToken);

    /// <summary>Writes judged rewards; one whose route has one already is not written.</summary>
    ValueTask RewardAsync(IReadOnlyList<RouteReward> rewards, CancellationToken cancellationToken);

    /// <summary>The feed of rewards, in the order of their commits: every silo follows it, and none is missed.</summary>
    /// <param name="after">Where to go on: 0 for the beginning.</param>
    /// <param name="most">Rewards at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<RewardPage> RewardsAsync(long after, int most, CancellationToken cancellationToken);

    /// <summary>Writes a rating; the source's earlier one of that route is replaced. True where there was one.</summary>
    ValueTask<bool> RateAsync(StoredRating rating, CancellationToken cancellationToken);

    /// <summary>Ratings of routes, newest first.</summary>
    ValueTask<IReadOnlyList<StoredRating>> RatingsAsync(int most, CancellationToken cancellationToken);

    /// <summary>Totals by day and expert, days from one on, in their order.</summary>
    ValueTask<IReadOnlyList<RouteTotals>> TotalsAsync(DateOnly from, CancellationToken cancellationToken);

    /// <summary>What each writer had counted with its last batch.</summary>
    ValueTask<IReadOnlyList<RouteWriter>> WritersAsync(CancellationToken cancellationToken);

    /// <summary>Who is quarantined, and the epoch of that list.</summary>
    ValueTask<QuarantineList> QuarantinesAsync(CancellationToken cancellationToken);

    /// <summary>Quarantines or releases, if the list's epoch is still the one that it was decided under; null where it is not, and then nothing is written.</summary>
    ValueTask<QuarantineList?> TryChangeAsync(long epoch, QuarantineChange change, CancellationToken cancellationToken);

    /// <summary>All changes of quarantines, newest first.</summary>
    ValueTask<IReadOnlyList<QuarantineChange>> QuarantineHistoryAsync(int most, CancellationToken cancellationToken);
}

/// <summary>Routes that ended, in one commit.</summary>
/// <param name="Number">The writer's number of the batch, from 1 on: the same number is the same batch.</param>
/// <param name="Routes">The routes; each has an outcome. May be empty: then only the counts are written.</param>
/// <param name="Accepted">Routes that ended at this writer so far, those that still wait and those that were dropped included.</param>
/// <param name="Dropped">Of them dropped, because the queue was full.</param>
/// <param name="IsLast">True where the writer ends in order with it.</param>
public sealed record RouteBatch(long Number, IReadOnlyList<RouteRecord> Routes, long Accepted, long Dropped, bool IsLast);

/// <summary>Routes in the order of the ledger.</summary>
/// <param name="Through">Where to go on.</param>
/// <param name="Routes">The routes; empty at the end.</param>
public sealed record RoutePage(long Through, IReadOnlyList<RouteRecord> Routes)
{
    /// <summary>Of a page of the latest routes, what to go on before to get the same page again, whatever was written since; 0 for an empty page.</summary>
    public long Again { get; init; }
}

/// <summary>Rewards in the order of the feed.</summary>
/// <param name="Through">Where to go on.</param>
/// <param name="Rewards">The rewards; empty at the end.</param>
public sealed record RewardPage(long Through, IReadOnlyList<RouteReward> Rewards);

/// <summary>A judged answer, with what a learner needs of its decision. Immutable.</summary>
public sealed record RouteReward
{
    /// <summary>The route.</summary>
    public required string RouteId { get; init; }

    /// <summary>When it was decided, UTC.</summary>
    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>When it was judged, UTC.</summary>
    public required DateTimeOffset JudgedAt { get; init; }

    /// <summary>Whose answer was judged.</summary>
    public required string Expert { get; init; }

    /// <summary>Who was asked first: another one where the answer is a fallback's or was chosen among several.</summary>
    public required string Chosen { get; init; }

    /// <summary>The plan.</summary>
    public PlanKind Kind { get; init; }

    /// <summary>The policy; empty where the request named an expert.</summary>
    public string Policy { get; init; } = "";

    /// <summary>Its version.</summary>
    public string PolicyVersion { get; init; } = "";

    /// <summary>The features' version.</summary>
    public string FeaturesVersion { get; init; } = "";

    /// <summary>The prompt's features, where its policy learns from rewards.</summary>
    public IReadOnlyList<float> Features { get; init; } = [];

    /// <summary>What the policy predicted of every expert on offer, with the probability that each was asked first: what corrections for who was sent what are made with.</summary>
    public IReadOnlyList<ExpertEstimate> Estimates { get; init; } = [];

    /// <summary>Probability of asking <see cref="Chosen"/> first, exploration included.</summary>
    public double Probability { get; init; }

    /// <summary>The judged score, 0–1; null where no judge scored it: never 0 in its stead.</summary>
    public double? Score { get; init; }

    /// <summary>Ends of its interval, 0–1; null where there is none.</summary>
    public (double Lower, double Upper)? Interval { get; init; }

    /// <summary>Version of the aggregator that made the score; <c>mean</c> where none did.</summary>
    public required string AggregatorVersion { get; init; }

    /// <summary>Mapped scores, 0–1, by judge.</summary>
    public IReadOnlyDictionary<string, double> Scores { get; init; } = ReadOnlyDictionary<string, double>.Empty;

    /// <summary>Why there is no score, by judge; judges that were left out (of the expert's family, quarantined, took part in choosing) are among them.</summary>
    public IReadOnlyDictionary<string, string> Unscored { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Known cost of the route, US dollars.</summary>
    public decimal CostUsd { get; init; }

    /// <summary>True where the score is of the expert that was asked, alone and first: only then does <see cref="Probability"/> weigh it.</summary>
    public bool IsOfDecision => Kind == PlanKind.Single && Expert == Chosen;
}

/// <summary>A rating as kept.</summary>
/// <param name="Feedback">The rating.</param>
/// <param name="Expert">Whose answer was rated.</param>
/// <param name="At">When, UTC.</param>
/// <param name="HeldBack">Why it is not counted; null where it is.</param>
public sealed record StoredRating(RouteFeedback Feedback, string Expert, DateTimeOffset At, string? HeldBack);

/// <summary>What was routed to one expert on one day (UTC).</summary>
/// <param name="Day">The day of the decisions.</param>
/// <param name="Expert">Whose answer was returned; where none was, who was asked first.</param>
/// <param name="Routes">Routes that ended.</param>
/// <param name="Failed">Of them without an answer.</param>
/// <param name="Explored">Of them drawn at random.</param>
/// <param name="CostUsd">Known cost, US dollars.</param>
/// <param name="UnknownUsd">May have been charged, US dollars.</param>
/// <param name="LatencySeconds">Sum over those with an answer.</param>
/// <param name="OutputTokens">Sum.</param>
public sealed record RouteTotals(DateOnly Day, string Expert, long Routes, long Failed, long Explored, decimal CostUsd, decimal UnknownUsd, double LatencySeconds, long OutputTokens)
{
    /// <summary>The totals of some routes, by day and expert in their order.</summary>
    public static IReadOnlyList<RouteTotals> Of(IEnumerable<RouteRecord> routes) =>
    [
        .. routes.GroupBy(static r => (Day: DateOnly.FromDateTime(r.Decision.At.UtcDateTime), Expert: r.Outcome?.AnsweredBy ?? r.Decision.Expert))
            .OrderBy(static g => g.Key.Day).ThenBy(static g => g.Key.Expert, StringComparer.Ordinal)
            .Select(static g => Of(g.Key.Day, g.Key.Expert, g)),
    ];

    /// <summary>Both together; of one day and expert.</summary>
    public RouteTotals Plus(RouteTotals more) => this with
    {
        Routes = Routes + more.Routes,
        Failed = Failed + more.Failed,
        Explored = Explored + more.Explored,
        CostUsd = CostUsd + more.CostUsd,
        UnknownUsd = UnknownUsd + more.UnknownUsd,
        LatencySeconds = LatencySeconds + more.LatencySeconds,
        OutputTokens = OutputTokens + more.OutputTokens,
    };

    private static RouteTotals Of(DateOnly day, string expert, IEnumerable<RouteRecord> routes)
    {
        var (count, failed, explored, output) = (0L, 0L, 0L, 0L);
        var (cost, unknown, latency) = (0m, 0m, 0.0);
        foreach (var route in routes)
        {
            count++;
            if (route.Decision.IsExploration) explored++;
            if (route.Outcome?.AnsweredBy is null) failed++;
            if (route.Outcome is not { } outcome) continue;
            foreach (var step in outcome.Steps) unknown += step.UnknownUsd;
            cost += outcome.CostUsd;
            output += outcome.OutputTokens;
            if (outcome.AnsweredBy is not null) latency += outcome.Latency.TotalSeconds;
        }

        return new RouteTotals(day, expert, count, failed, explored, cost, unknown, latency, output);
    }
}

/// <summary>What a writer had counted with its last batch.</summary>
/// <param name="Owner">The store's owner that wrote.</param>
/// <param name="Accepted">Routes that had ended there.</param>
/// <param name="Written">Of them in the ledger (or deleted since).</param>
/// <param name="Dropped">Of them dropped, because its queue was full.</param>
/// <param name="HasEnded">True where it ended in order: nothing waits any more.</param>
/// <param name="At">When, UTC.</param>
public sealed record RouteWriter(string Owner, long Accepted, long Written, long Dropped, bool HasEnded, DateTimeOffset At)
{
    /// <summary>Routes that waited when the last batch was written: of a writer that was killed they are lost, with those that ended after that batch.</summary>
    public long Waiting => Accepted - Written - Dropped;
}

/// <summary>What can be quarantined.</summary>
public enum QuarantineKind
{
    /// <summary>An expert: it is off offer.</summary>
    Expert,

    /// <summary>A judge: it is left out of what judges routed answers.</summary>
    Judge,
}

/// <summary>A change of the list, as recorded.</summary>
/// <param name="Kind">Of what.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsHeld">True where it is put into quarantine, false where it is released.</param>
/// <param name="Reason">Why.</param>
/// <param name="By">Who asked; <c>drift</c> where a monitor did.</param>
/// <param name="At">When, UTC; stamped by the ledger.</param>
public sealed record QuarantineChange(QuarantineKind Kind, string Name, bool IsHeld, string Reason, string By, DateTimeOffset At = default);

/// <summary>Who is quarantined.</summary>
/// <param name="Epoch">Raised by every change; 0 before the first.</param>
/// <param name="Held">The changes that put them there, in order of kind and name.</param>
public sealed record QuarantineList(long Epoch, IReadOnlyList<QuarantineChange> Held)
{
    /// <summary>Reasons by name.</summary>
    public IReadOnlyDictionary<string, string> Reasons(QuarantineKind kind) => Held.Where(h => h.Kind == kind).ToDictionary(static h => h.Name, static h => h.Reason, StringComparer.Ordinal);
}
