using Orchestration.Core.Aggregation;
using Orchestration.Orleans.Contracts;
using Orleans;

namespace Orchestration.Orleans.Clients;

/// <summary>An aggregator of the cluster: asked in whichever silo is nearest, which predicts from its cache.</summary>
internal sealed class GrainAggregator(IGrainFactory grains, string name) : IAggregator
{
    public string Name => name;

    public async ValueTask<AggregatorReply> PredictAsync(AggregatorRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await grains.GetGrain<IAggregatorWorkerGrain>(name).PredictAsync(request);
    }
}
