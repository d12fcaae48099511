using Orchestration.Core.Aggregation;
using Orchestration.Orleans.Contracts;
using Orleans;

namespace Orchestration.Orleans.Clients;

/// <summary>An aggregator of the cluster: asked in whichever silo is nearest, which predicts from its cache.</summary>
internal sealed class GrainAggregator(IGrainFactory grains, string name) : IAggregator
{
    private readonly IAggregatorWorkerGrain _worker = grains.GetGrain<IAggregatorWorkerGrain>(name);

    public string Name => name;

    public async ValueTask<AggregatorReply> PredictAsync(AggregatorRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await _worker.PredictAsync(request);
    }
}
