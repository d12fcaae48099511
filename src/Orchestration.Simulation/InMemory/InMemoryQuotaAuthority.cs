using Orchestration.Core.Quotas;
using Orchestration.Simulation.Host;

namespace Orchestration.Simulation.InMemory;

/// <summary>The states of all buckets.</summary>
internal sealed class QuotaRows : Dictionary<string, BucketState>
{
    private int _asks;

    public QuotaRows()
        : base(StringComparer.Ordinal)
    {
    }

    /// <summary>The states as they would be if nobody had asked: what is booked in them is forgotten.</summary>
    public BucketState[] CopyOf(IReadOnlyList<QuotaBucket> buckets) => [.. Of(buckets).Select(static state => BucketState.FromBytes(state.ToBytes()))];

    public bool IsNth(int every) => ++_asks % every == 0;

    public BucketState[] Of(IReadOnlyList<QuotaBucket> buckets)
    {
        var states = new BucketState[buckets.Count];
        for (var i = 0; i < states.Length; i++)
        {
            if (!TryGetValue(buckets[i].Name, out var state)) Add(buckets[i].Name, state = new BucketState());
            states[i] = state;
        }

        return states;
    }
}

/// <summary>The quota that all owners share; its clock is the data's.</summary>
internal sealed class InMemoryQuotaAuthority(InMemoryOwner owner) : IQuotaAuthority
{
    public ValueTask<QuotaGrant> GrantAsync(QuotaAsk ask, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ask);
        return owner.StepAsync(data => QuotaDating.Grant(
                data.Planted == PlantedBug.PermitGrantedTwice && data.Quotas.IsNth(3) ? data.Quotas.CopyOf(ask.Buckets) : data.Quotas.Of(ask.Buckets), ask, Now(data)), cancellationToken);
    }

    public ValueTask<IReadOnlyList<QuotaUse>> UseAsync(CancellationToken cancellationToken) => owner.StepAsync(data => QuotaDating.Use(data.Quotas, Now(data)), cancellationToken);

    private static double Now(InMemoryData data) => (double)data.Time.GetTimestamp() / data.Time.TimestampFrequency;
}
