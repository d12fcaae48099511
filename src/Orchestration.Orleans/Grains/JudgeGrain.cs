using Orchestration.Core.Judging.Leases;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Runtime;

namespace Orchestration.Orleans.Grains;

/// <summary>Behind <see cref="IJudgeGrain"/>: <see cref="JudgeLeases"/>, with who holds what kept in grain state, so that a grain that moves does not lease the limit twice.</summary>
internal sealed class JudgeGrain : Grain, IJudgeGrain
{
    private readonly SiloParts _parts;
    private readonly SiloJudges _judges;
    private readonly IPersistentState<JudgeHolders> _state;
    private JudgeLeases? _leases;

    public JudgeGrain(SiloParts parts, SiloJudges judges, [PersistentState("holders", OrleansSilo.StorageName)] IPersistentState<JudgeHolders> state) =>
        (_parts, _judges, _state) = (parts, judges, state);

    public Task<JudgeTerms> DescribeAsync()
    {
        var judge = _judges.Own(this.GetPrimaryKeyString());
        return Task.FromResult(new JudgeTerms(judge.Descriptor with { Id = this.GetPrimaryKeyString() }, judge.Concurrency));
    }

    public async Task<JudgeLease> LeaseAsync(string holder)
    {
        var lease = Leases().Grant(holder);
        await KeepAsync();
        return lease;
    }

    public async Task ReleaseAsync(string holder)
    {
        Leases().Release(holder);
        await KeepAsync();
    }

    private JudgeLeases Leases()
    {
        if (_leases is not null) return _leases;
        _leases = new JudgeLeases(_judges.Own(this.GetPrimaryKeyString()).Concurrency, _parts.Options.JudgeLease, _parts.Time);
        _leases.Adopt(_state.State.Shares.Select(static share => (share.Key, share.Value)));
        return _leases;
    }

    /// <summary>Written when shares change, not when they are renewed.</summary>
    private async Task KeepAsync()
    {
        var holders = Leases().Holders();
        if (holders.Count == _state.State.Shares.Count && holders.All(holder => _state.State.Shares.TryGetValue(holder.Holder, out var share) && share == holder.Share)) return;
        _state.State.Shares = holders.ToDictionary(static holder => holder.Holder, static holder => holder.Share, StringComparer.Ordinal);
        await _state.WriteStateAsync();
    }
}

/// <summary>Who holds which share of a judge's limit.</summary>
[GenerateSerializer, Alias("orchestration.judge-holders")]
internal sealed class JudgeHolders
{
    [Id(0)]
    public Dictionary<string, int> Shares { get; set; } = new(StringComparer.Ordinal);
}
