using Orchestration.Core.Routing;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Concurrency;

namespace Orchestration.Orleans.Grains;

/// <summary>Behind <see cref="IRouterGrain"/>: the <see cref="IRouter"/> of the silo that it lives in.</summary>
[Reentrant]
internal sealed class RouterGrain(SiloActors actors) : Grain, IRouterGrain
{
    private IRouter Router => actors.Router(this.GetPrimaryKeyString());

    public Task<FeedbackReceipt> FeedbackAsync(RouteFeedback feedback) => Router.FeedbackAsync(feedback, CancellationToken.None).AsTask();

    public Task<RouteRecord?> FindAsync(string routeId) => Router.FindAsync(routeId, CancellationToken.None).AsTask();

    public Task<bool> DeleteAsync(string routeId) => Router.DeleteAsync(routeId, CancellationToken.None).AsTask();
}

/// <summary>Behind <see cref="IRouterWorkerGrain"/>: this silo's <see cref="IRouter"/>.</summary>
[StatelessWorker, Reentrant]
internal sealed class RouterWorkerGrain(SiloActors actors) : Grain, IRouterWorkerGrain
{
    private IRouter Router => actors.Router(this.GetPrimaryKeyString());

    public Task<RouteDecision> DecideAsync(RouteRequest request) => Router.DecideAsync(request, CancellationToken.None).AsTask();

    public Task ObserveAsync(string expert, ExpertCall call)
    {
        Router.Observe(expert, call);
        return Task.CompletedTask;
    }

    public Task CompleteAsync(RouteOutcome outcome) => Router.CompleteAsync(outcome, CancellationToken.None).AsTask();
}
