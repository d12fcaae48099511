using Orchestration.Core.Routing;
using Orchestration.Orleans.Contracts;
using Orleans;

namespace Orchestration.Orleans.Clients;

/// <summary>The router of the cluster: decisions by the nearest silo's, what comes back to them by way of the one grain.</summary>
internal sealed class GrainRouter(IGrainFactory grains, string name) : IRouter
{
    private readonly IRouterWorkerGrain _worker = grains.GetGrain<IRouterWorkerGrain>(name);
    private readonly IRouterGrain _router = grains.GetGrain<IRouterGrain>(name);

    public async ValueTask<RouteDecision> DecideAsync(RouteRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await _worker.DecideAsync(request);
    }

    // Nobody waits for it: a lost observation is one that another call makes up for.
    public void Observe(string expert, in ExpertCall call) => _worker.ObserveAsync(expert, call).Ignore();

    public async ValueTask CompleteAsync(RouteOutcome outcome, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _worker.CompleteAsync(outcome);
    }

    public async ValueTask<FeedbackReceipt> FeedbackAsync(RouteFeedback feedback, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await _router.FeedbackAsync(feedback);
    }

    public async ValueTask<RouteRecord?> FindAsync(string routeId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await _router.FindAsync(routeId);
    }

    public async ValueTask<bool> DeleteAsync(string routeId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await _router.DeleteAsync(routeId);
    }
}
