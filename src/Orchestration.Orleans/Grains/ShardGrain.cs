using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;

namespace Orchestration.Orleans.Grains;

/// <summary>Behind <see cref="IShardGrain"/>: the silo's <see cref="SiloWork"/>.</summary>
[OwnSiloPlacement]
internal sealed class ShardGrain(SiloWork work) : Grain, IShardGrain
{
    public Task StartAsync()
    {
        work.Start();
        return Task.CompletedTask;
    }

    public Task<ShardStatus> StatusAsync() => Task.FromResult(work.Status);

    public Task DrainAsync()
    {
        work.Drain();
        return Task.CompletedTask;
    }
}
