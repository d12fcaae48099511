using Orchestration.Core.Access;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Batches;
using Orchestration.Core.Cluster;
using Orchestration.Core.Judging;
using Orchestration.Core.MetaEvaluation.Kept;
using Orchestration.Core.Quotas;
using Orchestration.Core.Routing;
using Orchestration.Core.Spending;
using Orchestration.Core.Stores;
using Orchestration.Core.Sweeps;
using Orchestration.Simulation.InMemory;

namespace Orchestration.Simulation.Host;

/// <summary>The store as one silo of a world has it open: the ports of memory behind a <see cref="Courier"/>, with the checks looking at what they answer.</summary>
internal sealed class SimulatedStore : IStore
{
    private readonly InMemoryOwner _inner;

    public SimulatedStore(SimulatedWorld world, SimulatedProcess process, InMemoryOwner inner)
    {
        _inner = inner;
        var courier = new Courier(world, process);
        Judgments = new CarriedJudgments(courier, inner.Judgments, world.Checks, inner.Owner);
        Claims = new CarriedClaims(courier, inner.Claims!, world.Checks, inner.Owner);
        Sweeps = new CarriedSweeps(courier, inner.Sweeps, world.Checks);
        Spending = new CarriedLedger(courier, inner.Spending);
        Aggregators = new CarriedCatalog(courier, inner.Aggregators, process.Clock, world.Checks);
        Quotas = new CarriedQuotas(courier, inner.Quotas);
    }

    public string Owner => _inner.Owner;

    public IJudgmentStore Judgments { get; }

    public IJudgmentClaims Claims { get; }

    public ISweepStore Sweeps { get; }

    public ISpendLedger Spending { get; }

    // Batches are no part of what silos share; nobody in a world asks for them.
    public IBatchLog Batches => _inner.Batches;

    public IAggregatorCatalog Aggregators { get; }

    public IQuotaAuthority Quotas { get; }

    public IClusterDirectory Cluster => _inner.Cluster;

    // Nobody routes in a world.
    public IRouterLedger Routing => _inner.Routing;

    public IAccessDirectory Access => _inner.Access;

    public ICheckLog Checks => _inner.Checks;

    public ValueTask DisposeAsync() => _inner.DisposeAsync();
}

internal sealed class CarriedJudgments(Courier courier, IJudgmentStore inner, WorldChecks checks, string owner) : IJudgmentStore
{
    public ValueTask<IReadOnlyList<IReadOnlyList<double>?>> GetAsync(IReadOnlyList<JudgmentAddress> addresses, CancellationToken cancellationToken) =>
        courier.SendAsync("judgments: get", Repetition.IsDoneAgain, () => inner.GetAsync(addresses, CancellationToken.None), cancellationToken);

    public ValueTask<StoredJudgment?> FindAsync(JudgmentAddress address, CancellationToken cancellationToken) =>
        courier.SendAsync("judgments: find", Repetition.IsDoneAgain, () => inner.FindAsync(address, CancellationToken.None), cancellationToken);

    public ValueTask<IReadOnlyList<IReadOnlyList<double>>> PutAsync(IReadOnlyList<StoredJudgment> judgments, CancellationToken cancellationToken) => courier.SendAsync(
        "judgments: put",
        Repetition.MayComeLate,
        async () =>
        {
            var held = await inner.PutAsync(judgments, CancellationToken.None);
            foreach (var judgment in judgments) checks.Put(owner, judgment.Address);
            return held;
        },
        cancellationToken);

    public ValueTask<long> CountAsync(CancellationToken cancellationToken) =>
        courier.SendAsync("judgments: count", Repetition.IsDoneAgain, () => inner.CountAsync(CancellationToken.None), cancellationToken);
}

internal sealed class CarriedClaims(Courier courier, IJudgmentClaims inner, WorldChecks checks, string owner) : IJudgmentClaims
{
    public ValueTask<JudgmentClaim> ClaimAsync(JudgmentAddress address, string? payer, TimeSpan lease, CancellationToken cancellationToken) => courier.SendAsync(
        "claims: claim",
        Repetition.IsDoneAgain,
        async () =>
        {
            var claim = await inner.ClaimAsync(address, payer, lease, CancellationToken.None);
            if (claim.IsGranted) checks.Given(owner, address);
            return claim;
        },
        cancellationToken);

    public ValueTask<bool> RenewAsync(JudgmentClaim claim, TimeSpan lease, CancellationToken cancellationToken) =>
        courier.SendAsync("claims: renew", Repetition.MayComeLate, () => inner.RenewAsync(claim, lease, CancellationToken.None), cancellationToken);

    public ValueTask ReleaseAsync(JudgmentClaim claim) =>
        courier.SendAsync("claims: release", Repetition.MayComeLate, () => inner.ReleaseAsync(claim), CancellationToken.None);
}

internal sealed class CarriedLedger(Courier courier, ISpendLedger inner) : ISpendLedger
{
    public ValueTask SetCapAsync(string payer, decimal? capUsd, CancellationToken cancellationToken) =>
        courier.SendAsync("ledger: cap", Repetition.IsDoneAgain, () => inner.SetCapAsync(payer, capUsd, CancellationToken.None), cancellationToken);

    public ValueTask<SpendReservation?> ReserveAsync(string payer, SpendPurpose purpose, decimal amountUsd, CancellationToken cancellationToken) =>
        courier.SendAsync("ledger: reserve", Repetition.IsKnown, () => inner.ReserveAsync(payer, purpose, amountUsd, CancellationToken.None), cancellationToken);

    public ValueTask SettleAsync(SpendReservation reservation, long calls, decimal settledUsd, decimal unknownUsd) =>
        courier.SendAsync("ledger: settle", Repetition.MayComeLate, () => inner.SettleAsync(reservation, calls, settledUsd, unknownUsd), CancellationToken.None);

    public ValueTask<SpendStatus> StatusAsync(string payer, CancellationToken cancellationToken) =>
        courier.SendAsync("ledger: status", Repetition.IsDoneAgain, () => inner.StatusAsync(payer, CancellationToken.None), cancellationToken);

    public ValueTask<IReadOnlyList<SpendEntry>> ListAsync(string? payer, CancellationToken cancellationToken) =>
        courier.SendAsync("ledger: list", Repetition.IsDoneAgain, () => inner.ListAsync(payer, CancellationToken.None), cancellationToken);
}

internal sealed class CarriedQuotas(Courier courier, IQuotaAuthority inner) : IQuotaAuthority
{
    // A grant whose answer was lost is asked for again, and the first one's permits are nobody's.
    public ValueTask<QuotaGrant> GrantAsync(QuotaAsk ask, CancellationToken cancellationToken) =>
        courier.SendAsync("quotas: grant", Repetition.IsDoneAgain, () => inner.GrantAsync(ask, CancellationToken.None), cancellationToken);

    public ValueTask<IReadOnlyList<QuotaUse>> UseAsync(CancellationToken cancellationToken) =>
        courier.SendAsync("quotas: use", Repetition.IsDoneAgain, () => inner.UseAsync(CancellationToken.None), cancellationToken);
}

internal sealed class CarriedCatalog(Courier courier, IAggregatorCatalog inner, TimeProvider clock, WorldChecks checks) : IAggregatorCatalog
{
    public ValueTask<bool> AddAsync(StoredAggregator version, CancellationToken cancellationToken) =>
        courier.SendAsync("aggregators: add", Repetition.MayComeLate, () => inner.AddAsync(version, CancellationToken.None), cancellationToken);

    public ValueTask<StoredAggregator?> FindAsync(string id, string? name, CancellationToken cancellationToken) =>
        courier.SendAsync("aggregators: find", Repetition.IsDoneAgain, () => inner.FindAsync(id, name, CancellationToken.None), cancellationToken);

    public ValueTask<IReadOnlyList<AggregatorHead>> ListAsync(string? name, CancellationToken cancellationToken) =>
        courier.SendAsync("aggregators: list", Repetition.IsDoneAgain, () => inner.ListAsync(name, CancellationToken.None), cancellationToken);

    public ValueTask<AggregatorSetting> SettingAsync(string name, CancellationToken cancellationToken) =>
        courier.SendAsync("aggregators: setting", Repetition.IsDoneAgain, () => inner.SettingAsync(name, CancellationToken.None), cancellationToken);

    public ValueTask<AggregatorSetting?> TryChangeAsync(long epoch, AggregatorSetting setting, ActivationAttempt? attempt, CancellationToken cancellationToken) => courier.SendAsync(
        "aggregators: change",
        Repetition.IsKnown,
        async () =>
        {
            var changed = await inner.TryChangeAsync(epoch, setting, attempt, CancellationToken.None);
            if (changed is not null) checks.Changed(changed);
            return changed;
        },
        cancellationToken);

    public ValueTask RecordAsync(ActivationAttempt attempt, CancellationToken cancellationToken) =>
        courier.SendAsync("aggregators: record", Repetition.IsKnown, () => inner.RecordAsync(attempt, CancellationToken.None), cancellationToken);

    public ValueTask<IReadOnlyList<ActivationAttempt>> AttemptsAsync(string name, CancellationToken cancellationToken) =>
        courier.SendAsync("aggregators: attempts", Repetition.IsDoneAgain, () => inner.AttemptsAsync(name, CancellationToken.None), cancellationToken);

    public ValueTask<AggregatorChanges> ChangesAsync(long after, CancellationToken cancellationToken) =>
        courier.SendAsync("aggregators: changes", Repetition.IsDoneAgain, () => inner.ChangesAsync(after, CancellationToken.None), cancellationToken);

    public async ValueTask WaitAsync(TimeSpan most, CancellationToken cancellationToken) => await Task.Delay(most, clock, cancellationToken);

    public ValueTask AddComparisonAsync(string name, LiveComparison comparison, CancellationToken cancellationToken) =>
        courier.SendAsync("aggregators: compare", Repetition.IsKnown, () => inner.AddComparisonAsync(name, comparison, CancellationToken.None), cancellationToken);

    public ValueTask<IReadOnlyList<LiveComparison>> ComparisonsAsync(string name, CancellationToken cancellationToken) =>
        courier.SendAsync("aggregators: comparisons", Repetition.IsDoneAgain, () => inner.ComparisonsAsync(name, CancellationToken.None), cancellationToken);
}
