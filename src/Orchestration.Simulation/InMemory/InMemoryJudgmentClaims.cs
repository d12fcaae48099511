using Orchestration.Core.Judging;
using Orchestration.Simulation.Host;

namespace Orchestration.Simulation.InMemory;

/// <summary>Claims as rows of memory.</summary>
internal sealed class ClaimRows : Dictionary<JudgmentAddress, ClaimRow>
{
    /// <summary>Numbers the claims of all owners.</summary>
    public long Tokens { get; set; }
}

/// <summary>One claim.</summary>
internal sealed record ClaimRow(string Owner, long Token, DateTimeOffset Until);

/// <inheritdoc/>
internal sealed class InMemoryJudgmentClaims(InMemoryOwner owner) : IJudgmentClaims
{
    public ValueTask<JudgmentClaim> ClaimAsync(JudgmentAddress address, string? payer, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        return owner.StepAsync(
            data =>
            {
                if (data.Judgments.TryGetValue(address, out var stored)) return new JudgmentClaim(address, ClaimState.Stored, 0, stored.Values);
                var now = data.Time.GetUtcNow();
                var before = data.Claims.GetValueOrDefault(address);
                var isOthers = before is not null && !owner.IsOwn(before.Owner);
                if (isOthers && before!.Until > now && !data.IsDead(before.Owner) && data.Planted != PlantedBug.ClaimGivenTwice) return new JudgmentClaim(address, ClaimState.Held, 0, null);
                var row = new ClaimRow(owner.Owner, ++data.Claims.Tokens, now + lease);
                data.Claims[address] = row;
                if (isOthers && payer is not null && data.Sweeps.Find(payer) is { } sweep) sweep.Totals = sweep.Totals with { Repaid = sweep.Totals.Repaid + 1 };
                return new JudgmentClaim(address, isOthers ? ClaimState.TakenOver : ClaimState.Granted, row.Token, null);
            },
            cancellationToken);
    }

    public ValueTask<bool> RenewAsync(JudgmentClaim claim, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        return owner.StepAsync(
            data =>
            {
                if (data.Claims.GetValueOrDefault(claim.Address) is not { } row || row.Token != claim.Token) return false;
                data.Claims[claim.Address] = row with { Until = data.Time.GetUtcNow() + lease };
                return true;
            },
            cancellationToken);
    }

    public async ValueTask ReleaseAsync(JudgmentClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        await owner.StepAsync(
            data => data.Planted != PlantedBug.ClaimNeverReleased && data.Claims.GetValueOrDefault(claim.Address)?.Token == claim.Token && data.Claims.Remove(claim.Address), CancellationToken.None).ConfigureAwait(false);
    }
}
