using Orchestration.Core.Aggregation;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Concurrency;

namespace Orchestration.Orleans.Grains;

/// <summary>Behind <see cref="IAggregatorWorkerGrain"/>: this silo's cache.</summary>
[StatelessWorker, Reentrant]
internal sealed class AggregatorWorkerGrain(SiloAggregators aggregators) : Grain, IAggregatorWorkerGrain
{
    public Task<AggregatorReply> PredictAsync(AggregatorRequest request) => aggregators.Of(this.GetPrimaryKeyString()).PredictAsync(request, CancellationToken.None).AsTask();
}
