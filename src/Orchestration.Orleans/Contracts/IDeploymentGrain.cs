using Orchestration.Core.Quotas;
using Orleans;

namespace Orchestration.Orleans.Contracts;

/// <summary>The front of the permits of one deployment: all silos ask it, and it alone asks the store. Key: the first bucket's name.</summary>
[Alias("orchestration.deployment")]
public interface IDeploymentGrain : IGrainWithStringKey
{
    /// <summary>See <see cref="IQuotaAuthority.GrantAsync"/>. Times of permits are counted on the asker's own clock, so that the way through here makes nobody early and nobody late.</summary>
    [Alias("grant")]
    Task<QuotaGrant> GrantAsync(QuotaAsk ask);
}
