using System.Collections.ObjectModel;

namespace Orchestration.Core.Routing;

/// <summary>
/// The router actor: experts, policies, health, statistics. Picks an expert for a prompt, says why, and learns what came of it. Safe for concurrent use.
/// Deciding is local and makes no call; what is written to the ledger is written behind.
/// </summary>
public interface IRouter
{
    /// <summary>Decides who answers.</summary>
    /// <exception cref="OrchestrationException">
    /// No policy or expert has the name (<see cref="ErrorCodes.NotFound"/>); no expert can take the prompt, or none is healthy or affordable (<see cref="ErrorCodes.Deployment"/>).
    /// </exception>
    ValueTask<RouteDecision> DecideAsync(RouteRequest request, CancellationToken cancellationToken);

    /// <summary>Tells how one call to an expert ended, at once: health and cooldown follow from it.</summary>
    void Observe(string expert, in ExpertCall call);

    /// <summary>Records what came of a decision; judging in the background begins here. Never waits for judges.</summary>
    ValueTask CompleteAsync(RouteOutcome outcome, CancellationToken cancellationToken);

    /// <summary>Takes a rating of a routed answer, perhaps late, twice, or by somebody who means harm.</summary>
    ValueTask<FeedbackReceipt> FeedbackAsync(RouteFeedback feedback, CancellationToken cancellationToken);

    /// <summary>What is kept of a route; null where nothing is (never routed here, too old, deleted).</summary>
    ValueTask<RouteRecord?> FindAsync(string routeId, CancellationToken cancellationToken);

    /// <summary>Deletes what is kept of a route. False where nothing is.</summary>
    ValueTask<bool> DeleteAsync(string routeId, CancellationToken cancellationToken);
}

/// <summary>A request to be routed.</summary>
public sealed record RouteRequest
{
    /// <summary>A policy (<c>auto</c>, <c>auto:cheap</c>) or an expert, as the request's <c>model</c> names it.</summary>
    public required string Model { get; init; }

    /// <summary>The prompt.</summary>
    public required RoutingPrompt Prompt { get; init; }

    /// <summary>Who asks: the id of the API key; empty without keys.</summary>
    public string Key { get; init; } = "";

    /// <summary>US dollars that the request may cost at most; null for no limit but the budgets.</summary>
    public decimal? MaxUsd { get; init; }

    /// <summary>True where the request has images, which only some experts take.</summary>
    public bool HasImages { get; init; }
}

/// <summary>Why an expert was not on offer.</summary>
/// <param name="Expert">Its name.</param>
/// <param name="Reason">In a phrase for people: <c>cooling down for 12 s after 5 failures</c>, <c>quarantined: …</c>, <c>context of 8,192 tokens</c>.</param>
public readonly record struct ExcludedExpert(string Expert, string Reason);

/// <summary>A decision. Immutable.</summary>
public sealed record RouteDecision
{
    /// <summary>The route's id: <c>r_</c> and 26 letters and digits.</summary>
    public required string Id { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who asked.</summary>
    public string Key { get; init; } = "";

    /// <summary>The policy's name; empty where the request named an expert.</summary>
    public string Policy { get; init; } = "";

    /// <summary>The policy's version; empty where the request named an expert.</summary>
    public string PolicyVersion { get; init; } = "";

    /// <summary>The features' version; empty where the policy does not look at the prompt.</summary>
    public string FeaturesVersion { get; init; } = "";

    /// <summary>The plan, with its estimates. Where the router explored or fell back to the default, this is what is done, not what the policy wanted.</summary>
    public required RoutingChoice Choice { get; init; }

    /// <summary>Who was not on offer, and why.</summary>
    public IReadOnlyList<ExcludedExpert> Excluded { get; init; } = [];

    /// <summary>True where the expert was drawn at random.</summary>
    public bool IsExploration { get; init; }

    /// <summary>Probability, above 0 to 1, of asking this first expert, exploration included.</summary>
    public required double Probability { get; init; }

    /// <summary>True where the answer is to be judged.</summary>
    public bool IsSampled { get; init; }

    /// <summary>
    /// The call that fetched the prompt's embedding for this decision, where the router itself made it; null otherwise. It is on its way to the route's calls: whoever completes the decision hands it back, and
    /// it is kept among <see cref="RouteOutcome.Steps"/>.
    /// </summary>
    public RouteStep? Embedding { get; init; }

    /// <summary>The expert that is asked first.</summary>
    public string Expert => Choice.Experts[0];
}

/// <summary>How one call to an expert ended.</summary>
/// <param name="Kind">How.</param>
/// <param name="Latency">From sending to the end, or to the failure.</param>
/// <param name="RetryAfter">How long the endpoint asked to be left alone; null where it did not.</param>
public readonly record struct ExpertCall(ExpertCallKind Kind, TimeSpan Latency, TimeSpan? RetryAfter = null);

/// <summary>How a call ended.</summary>
public enum ExpertCallKind
{
    /// <summary>A whole reply.</summary>
    Answered,

    /// <summary>Refused for what the request itself is (400, 413, content filter): no fault of the expert's.</summary>
    Refused,

    /// <summary>Busy: 429 to the last attempt.</summary>
    Busy,

    /// <summary>5xx, lost, timed out, out of reach, or a stream that broke.</summary>
    Failed,

    /// <summary>The caller went away first.</summary>
    Cancelled,
}

/// <summary>One call made for a route.</summary>
/// <param name="Expert">Who was asked.</param>
/// <param name="Role">Why: <c>first</c>, <c>fallback</c>, <c>hedge</c>, <c>escalation</c>, <c>candidate</c>, <c>synthesizer</c>; <c>embedding</c> of the prompt, by a deployment of that name.</param>
/// <param name="Status">HTTP status; 0 where none arrived.</param>
/// <param name="CostUsd">Known to be charged, US dollars.</param>
/// <param name="UnknownUsd">May have been charged, US dollars.</param>
/// <param name="Latency">How long it took.</param>
/// <param name="Score">What judges that decide gave its answer, 0–1; NaN where none were asked.</param>
/// <param name="Problem">What went wrong; null where nothing did.</param>
public readonly record struct RouteStep(string Expert, string Role, int Status, decimal CostUsd, decimal UnknownUsd, TimeSpan Latency, double Score, string? Problem);

/// <summary>What came of a decision.</summary>
public sealed record RouteOutcome
{
    /// <summary>The decision.</summary>
    public required RouteDecision Decision { get; init; }

    /// <summary>Calls made, in order.</summary>
    public required IReadOnlyList<RouteStep> Steps { get; init; }

    /// <summary>Whose answer was returned; null where none was.</summary>
    public string? AnsweredBy { get; init; }

    /// <summary>HTTP status returned.</summary>
    public int Status { get; init; }

    /// <summary>Prompt as text, for judging and keeping; null where neither is wanted.</summary>
    public string? Prompt { get; init; }

    /// <summary>Answer as text; null where neither is wanted, or where it has none (tool calls).</summary>
    public string? Answer { get; init; }

    /// <summary>Prompt tokens of the answer's call.</summary>
    public long InputTokens { get; init; }

    /// <summary>Output tokens of the answer's call.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Known cost of all steps, US dollars.</summary>
    public decimal CostUsd { get; init; }

    /// <summary>Judges whose scores took part in choosing the answer: they do not report its quality.</summary>
    public IReadOnlyList<string> ChosenBy { get; init; } = [];

    /// <summary>Version of the aggregator whose score took part in choosing; null where none did.</summary>
    public string? AggregatorVersion { get; init; }

    /// <summary>From the request's arrival to the last byte.</summary>
    public TimeSpan Latency { get; init; }
}

/// <summary>A rating of a routed answer.</summary>
/// <param name="RouteId">Which.</param>
/// <param name="Rating">0–1, higher is better.</param>
/// <param name="Source">Who rates: the id of an API key, <c>judges</c>.</param>
/// <param name="Comment">A remark; null for none. At most 2,000 characters are kept.</param>
public sealed record RouteFeedback(string RouteId, double Rating, string Source, string? Comment = null);

/// <summary>What became of a rating.</summary>
public enum FeedbackReceipt
{
    /// <summary>It counts.</summary>
    Taken,

    /// <summary>The same source rated this route before: the later rating replaces the earlier one.</summary>
    Replaced,

    /// <summary>No such route, or one too old to be rated.</summary>
    Unknown,

    /// <summary>Not counted: its source rates more, or otherwise, than it plausibly could; the reason is shown to operators.</summary>
    HeldBack,
}

/// <summary>What is known of a route: the decision, its outcome, its judgments.</summary>
public sealed record RouteRecord
{
    /// <summary>The decision.</summary>
    public required RouteDecision Decision { get; init; }

    /// <summary>What came of it; null while it runs, and where its silo died.</summary>
    public RouteOutcome? Outcome { get; init; }

    /// <summary>The judged score, 0–1; null where it has not been judged.</summary>
    public double? Score { get; init; }

    /// <summary>Lower and upper end of its interval; null where there is none.</summary>
    public (double Lower, double Upper)? Interval { get; init; }

    /// <summary>Version of the aggregator that made the score; <c>mean</c> where none did. Null where it has not been judged.</summary>
    public string? AggregatorVersion { get; init; }

    /// <summary>Scores by judge, as mapped, 0–1; a reason in <see cref="Unscored"/> where there is none.</summary>
    public IReadOnlyDictionary<string, double> Scores { get; init; } = ReadOnlyDictionary<string, double>.Empty;

    /// <summary>Reasons by judge.</summary>
    public IReadOnlyDictionary<string, string> Unscored { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Ratings by people.</summary>
    public IReadOnlyList<RouteFeedback> Feedback { get; init; } = [];

    /// <summary>The same with what judges said.</summary>
    public RouteRecord With(RouteReward? reward) => reward is null ? this : this with
    {
        Score = reward.Score,
        Interval = reward.Interval,
        AggregatorVersion = reward.AggregatorVersion,
        Scores = reward.Scores,
        Unscored = reward.Unscored,
    };
}
