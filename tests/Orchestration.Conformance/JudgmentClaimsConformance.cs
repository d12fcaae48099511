using Orchestration.Core;
using Orchestration.Core.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Conformance;

/// <summary>What every <see cref="IJudgmentClaims"/> does, whichever owner asks.</summary>
public abstract class JudgmentClaimsConformance : StoreConformance
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task One_owner_claims_and_the_other_waits()
    {
        var claim = await ClaimAsync(One, Address(1));
        (claim.State, claim.IsGranted).ShouldBe((ClaimState.Granted, true));
        var other = await ClaimAsync(Two, Address(1));
        (other.State, other.IsGranted, other.Values).ShouldBe((ClaimState.Held, false, null));
        (await ClaimAsync(Two, Address(2))).State.ShouldBe(ClaimState.Granted);
        (await ClaimAsync(Two, Address(1, judge: 2))).State.ShouldBe(ClaimState.Granted);
        (await ClaimAsync(Two, Address(1, repeat: 1))).State.ShouldBe(ClaimState.Granted);
    }

    [Fact]
    public async Task What_is_stored_is_not_claimed_and_takes_its_claim_with_it()
    {
        (await ClaimAsync(One, Address(1))).IsGranted.ShouldBeTrue();
        await One.Judgments.PutAsync([new StoredJudgment { Address = Address(1), Values = [3, 4] }], Cancel);
        foreach (var owner in new[] { One, Two })
        {
            var claim = await ClaimAsync(owner, Address(1));
            (claim.State, claim.IsGranted).ShouldBe((ClaimState.Stored, false));
            claim.Values.ShouldBe([3, 4]);
        }
    }

    [Fact]
    public async Task What_another_stored_while_it_was_claimed_is_found()
    {
        (await ClaimAsync(One, Address(1))).IsGranted.ShouldBeTrue();
        await Two.Judgments.PutAsync([new StoredJudgment { Address = Address(1), Values = [3] }], Cancel);
        (await ClaimAsync(Two, Address(1))).State.ShouldBe(ClaimState.Stored);
    }

    [Fact]
    public async Task A_released_claim_is_free_at_once()
    {
        var claim = await ClaimAsync(One, Address(1));
        await One.ClaimsOrFail().ReleaseAsync(claim);
        (await ClaimAsync(Two, Address(1))).State.ShouldBe(ClaimState.Granted);
        (await One.ClaimsOrFail().RenewAsync(claim, Lease, Cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_dead_owners_claim_is_taken_over_at_once_and_says_so()
    {
        var sweep = await SweepSamples.SealedAsync(Two, 1, Cancel);
        (await ClaimAsync(One, Address(1))).IsGranted.ShouldBeTrue();
        await One.KillAsync();
        (await Two.ClaimsOrFail().ClaimAsync(Address(1), sweep, Lease, Cancel)).State.ShouldBe(ClaimState.TakenOver);
        (await Two.ClaimsOrFail().ClaimAsync(Address(2), sweep, Lease, Cancel)).State.ShouldBe(ClaimState.Granted);
        (await Two.Sweeps.FindAsync(sweep, Cancel)).ShouldNotBeNull().Totals.Repaid.ShouldBe(1);
    }

    [Fact]
    public async Task A_claim_that_nobody_renews_is_taken_over_when_its_lease_has_run_out()
    {
        var claim = await ClaimAsync(One, Address(1));
        World.Time.Advance(Lease * 0.9);
        (await One.ClaimsOrFail().RenewAsync(claim, Lease, Cancel)).ShouldBeTrue();
        World.Time.Advance(Lease * 0.9);
        (await ClaimAsync(Two, Address(1))).State.ShouldBe(ClaimState.Held);
        World.Time.Advance(Lease * 0.2);
        var taken = await ClaimAsync(Two, Address(1));
        taken.State.ShouldBe(ClaimState.TakenOver);

        // The late one has lost it, and gives back nothing of the other's.
        (await One.ClaimsOrFail().RenewAsync(claim, Lease, Cancel)).ShouldBeFalse();
        await One.ClaimsOrFail().ReleaseAsync(claim);
        (await ClaimAsync(One, Address(1))).State.ShouldBe(ClaimState.Held);
        (await Two.ClaimsOrFail().RenewAsync(taken, Lease, Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task An_owner_that_claims_again_has_it_and_nobody_paid_twice()
    {
        var first = await ClaimAsync(One, Address(1));
        var second = await ClaimAsync(One, Address(1));
        second.State.ShouldBe(ClaimState.Granted);
        await One.ClaimsOrFail().ReleaseAsync(first);
        (await ClaimAsync(Two, Address(1))).State.ShouldBe(ClaimState.Held, "the second stands");
    }

    [Fact]
    public async Task Of_many_who_claim_at_once_one_gets_it()
    {
        for (var pair = 0; pair < 10; pair++)
        {
            var address = Address(pair);
            var claims = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => ClaimAsync(i % 2 == 0 ? One : Two, address).AsTask()));
            claims.Where(static claim => claim.IsGranted).Select(static claim => claim.Token).ShouldNotBeEmpty();
            claims.Count(static claim => claim.State == ClaimState.Held).ShouldBe(6, "those of one owner are told apart by whoever keeps them in flight");
        }
    }

    [Fact]
    public async Task Many_callers_claim_renew_and_release_at_once()
    {
        var claims = await Task.WhenAll(Enumerable.Range(0, 600).Select(i => ClaimAsync(i % 2 == 0 ? One : Two, Address(i)).AsTask()));
        claims.ShouldAllBe(static claim => claim.State == ClaimState.Granted);
        claims.Select(static claim => claim.Token).Distinct().Count().ShouldBe(600);
        var renewed = Enumerable.Range(0, 600).Select(i => (i % 2 == 0 ? One : Two).ClaimsOrFail().RenewAsync(claims[i], Lease, Cancel).AsTask());
        (await Task.WhenAll(renewed)).ShouldAllBe(static stands => stands);
        await Task.WhenAll(Enumerable.Range(0, 600).Select(i => (i % 2 == 0 ? One : Two).ClaimsOrFail().ReleaseAsync(claims[i]).AsTask()));
        (await Task.WhenAll(Enumerable.Range(0, 600).Select(i => ClaimAsync(i % 2 == 0 ? Two : One, Address(i)).AsTask()))).ShouldAllBe(static claim => claim.State == ClaimState.Granted);
    }

    private static JudgmentAddress Address(int pair, int judge = 1, int repeat = 0) => new(new Hash128((ulong)pair * 0x9E3779B97F4A7C15, (ulong)pair), new Hash128((ulong)judge, 7), repeat);

    private static ValueTask<JudgmentClaim> ClaimAsync(IStoreOwner owner, JudgmentAddress address) => owner.ClaimsOrFail().ClaimAsync(address, null, Lease, Cancel);
}

internal static class ClaimsOfOwner
{
    public static IJudgmentClaims ClaimsOrFail(this IStoreOwner owner) => owner.Claims ?? throw new InvalidOperationException("This store keeps no claims.");
}
