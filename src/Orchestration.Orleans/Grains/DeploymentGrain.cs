using Orchestration.Core.Quotas;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Concurrency;

namespace Orchestration.Orleans.Grains;

/// <summary>Behind <see cref="IDeploymentGrain"/>: the store's <see cref="IQuotaAuthority"/>. Asks of several silos wait for the store together.</summary>
[Reentrant]
internal sealed class DeploymentGrain(SiloParts parts) : Grain, IDeploymentGrain
{
    public Task<QuotaGrant> GrantAsync(QuotaAsk ask) => Task.Run(() => parts.Quotas.Store.GrantAsync(ask, CancellationToken.None).AsTask());
}
