using Orchestration.Core.Routing;
using Orleans;

namespace Orchestration.Orleans.Contracts;

/// <summary>
/// What comes back to a router of the cluster: ratings, looking up, deleting. Key: the router's name. It decides nothing: that is local. What routers of all silos learn is merged in the ledger, whose feed
/// each of them follows.
/// </summary>
[Alias("orchestration.router")]
public interface IRouterGrain : IGrainWithStringKey
{
    /// <summary>See <see cref="IRouter.FeedbackAsync"/>. Ratings of one route come to one place, whoever gives them.</summary>
    [Alias("feedback")]
    Task<FeedbackReceipt> FeedbackAsync([Immutable] RouteFeedback feedback);

    /// <summary>See <see cref="IRouter.FindAsync"/>.</summary>
    [Alias("find")]
    Task<RouteRecord?> FindAsync(string routeId);

    /// <summary>See <see cref="IRouter.DeleteAsync"/>.</summary>
    [Alias("delete")]
    Task<bool> DeleteAsync(string routeId);
}

/// <summary>A silo's router, for those outside: in the silo that they are connected to. Key: the router's name.</summary>
[Alias("orchestration.router-worker")]
public interface IRouterWorkerGrain : IGrainWithStringKey
{
    /// <summary>See <see cref="IRouter.DecideAsync"/>.</summary>
    [Alias("decide")]
    Task<RouteDecision> DecideAsync([Immutable] RouteRequest request);

    /// <summary>See <see cref="IRouter.Observe"/>.</summary>
    [Alias("observe")]
    Task ObserveAsync(string expert, ExpertCall call);

    /// <summary>See <see cref="IRouter.CompleteAsync"/>.</summary>
    [Alias("complete")]
    Task CompleteAsync([Immutable] RouteOutcome outcome);
}
