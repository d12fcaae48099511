using Orchestration.Core.Quotas;
using Orchestration.Orleans.Contracts;
using Orleans;
using Orleans.Runtime;

namespace Orchestration.Orleans.Hosting;

/// <summary>
/// Permits by way of the deployment's grain, so that a deployment's row in the store is asked by one silo and not by all. Where the grain does not answer (its silo died, this one is leaving) the
/// store is asked itself: it is where the truth is in either case.
/// </summary>
internal sealed class GrainQuotaAuthority(IQuotaAuthority store) : IQuotaAuthority
{
    private IGrainFactory? _grains;

    /// <summary>The store's own authority, for the grain.</summary>
    public IQuotaAuthority Store => store;

    /// <summary>Asks that were answered by grains, and by the store itself.</summary>
    public (long ByGrain, long ByStore) Answered => (Interlocked.Read(ref _byGrain), Interlocked.Read(ref _byStore));

    private long _byGrain;
    private long _byStore;

    /// <summary>The cluster is there.</summary>
    public void Join(IGrainFactory grains) => Volatile.Write(ref _grains, grains);

    /// <summary>The cluster is there no more, for this silo.</summary>
    public void Leave() => Volatile.Write(ref _grains, null);

    public async ValueTask<QuotaGrant> GrantAsync(QuotaAsk ask, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ask);
        if (Volatile.Read(ref _grains) is { } grains)
        {
            try
            {
                var grant = await grains.GetGrain<IDeploymentGrain>(ask.Buckets[0].Name).GrantAsync(ask).WaitAsync(cancellationToken);
                Interlocked.Increment(ref _byGrain);
                return grant;
            }
            catch (Exception e) when (e is OrleansException or TimeoutException or ObjectDisposedException)
            {
                // What the grain may have granted all the same expires unused.
            }
        }

        Interlocked.Increment(ref _byStore);
        return await store.GrantAsync(ask, cancellationToken);
    }

    public ValueTask<IReadOnlyList<QuotaUse>> UseAsync(CancellationToken cancellationToken) => store.UseAsync(cancellationToken);
}
