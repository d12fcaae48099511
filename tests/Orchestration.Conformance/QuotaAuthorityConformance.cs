using Orchestration.Core.Quotas;
using Shouldly;
using Xunit;

namespace Orchestration.Conformance;

/// <summary>What every <see cref="IQuotaAuthority"/> does, whichever owner asks.</summary>
public abstract class QuotaAuthorityConformance : StoreConformance
{
    private static readonly TimeSpan Horizon = TimeSpan.FromMilliseconds(200);

    private static readonly QuotaBucket Requests = new("deployment/a", 600, null);

    [Fact]
    public async Task An_idle_minute_is_not_saved_up()
    {
        await TakeAsync(One, [Requests], 1);
        World.Time.Advance(TimeSpan.FromMinutes(5));
        var grant = await One.Quotas.GrantAsync(new QuotaAsk([Requests], Zeros(100), Horizon), Cancel);

        // A fifth of a second's share early, and the horizon's: not five minutes' worth.
        grant.Permits.Count.ShouldBe(4);
        grant.Permits[0].NotBefore.ShouldBe(TimeSpan.Zero);
        grant.AskAgainAfter.ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public async Task Two_owners_together_never_pass_the_quota_and_use_nearly_all_of_it()
    {
        var dates = new List<double>();
        var end = World.Time.GetUtcNow() + TimeSpan.FromMinutes(3);
        for (var turn = 0; World.Time.GetUtcNow() < end; turn++)
        {
            var now = Seconds();
            var grant = await (turn % 2 == 0 ? One : Two).Quotas.GrantAsync(new QuotaAsk([Requests], Zeros(50), Horizon), Cancel);
            dates.AddRange(grant.Permits.Select(p => now + p.NotBefore.TotalSeconds));
            foreach (var permit in grant.Permits) (permit.Expires - permit.NotBefore).TotalSeconds.ShouldBe(BucketState.Validity, 1e-6);
            World.Time.Advance(TimeSpan.FromMilliseconds(70));
        }

        dates.Sort();
        Most(dates, 60).ShouldBeLessThanOrEqualTo(600);

        // A sixtieth of the quota plus half a second's share.
        Most(dates, 1).ShouldBeLessThanOrEqualTo(15);
        dates.Count.ShouldBeGreaterThanOrEqualTo((int)(1800 * 0.985));
    }

    [Fact]
    public async Task Tokens_count_where_they_are_limited()
    {
        var bucket = new QuotaBucket("deployment/t", null, 6000);
        var first = await One.Quotas.GrantAsync(new QuotaAsk([bucket], [300, 300], Horizon), Cancel);
        first.Permits.ShouldHaveSingleItem().Tokens.ShouldBe(300);
        World.Time.Advance(first.AskAgainAfter + TimeSpan.FromMilliseconds(1));
        (await Two.Quotas.GrantAsync(new QuotaAsk([bucket], [300], Horizon), Cancel)).Permits.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_was_not_used_comes_back_and_what_was_used_beyond_is_paid()
    {
        var bucket = new QuotaBucket("deployment/t", null, 6000);
        (await One.Quotas.GrantAsync(new QuotaAsk([bucket], [3000], Horizon), Cancel)).Permits.Count.ShouldBe(1);
        (await Two.Quotas.GrantAsync(new QuotaAsk([bucket], [100], Horizon), Cancel)).Permits.ShouldBeEmpty();
        (await One.Quotas.GrantAsync(new QuotaAsk([bucket], [], Horizon) { Corrections = [new QuotaCorrection(TimeSpan.Zero, -3000)] }, Cancel)).Permits.ShouldBeEmpty();
        (await Two.Quotas.GrantAsync(new QuotaAsk([bucket], [100], Horizon), Cancel)).Permits.Count.ShouldBe(1);
        (await Two.Quotas.GrantAsync(new QuotaAsk([bucket], [100], Horizon) { Corrections = [new QuotaCorrection(TimeSpan.Zero, 2000)] }, Cancel)).AskAgainAfter.TotalSeconds.ShouldBeGreaterThan(20);
    }

    [Fact]
    public async Task A_call_in_two_buckets_keeps_to_both()
    {
        var judge = new QuotaBucket("judge/j", 60, null);
        var grant = await One.Quotas.GrantAsync(new QuotaAsk([Requests, judge], Zeros(5), TimeSpan.FromSeconds(2.1)), Cancel);
        grant.Permits.Count.ShouldBe(3);
        grant.Permits[1].NotBefore.TotalSeconds.ShouldBe(1.005, 0.01);

        // The dates in the judge's bucket are those of the deployment's too: between them there is room for others.
        var other = await Two.Quotas.GrantAsync(new QuotaAsk([Requests], Zeros(1), TimeSpan.FromSeconds(5)), Cancel);
        other.Permits.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Buckets_do_not_know_of_one_another()
    {
        await TakeAsync(One, [Requests], 2);
        (await Two.Quotas.GrantAsync(new QuotaAsk([Requests with { Name = "deployment/b" }], Zeros(1), Horizon), Cancel)).Permits[0].NotBefore.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_call_larger_than_a_minutes_quota_waits_for_an_empty_minute_and_goes_alone()
    {
        var bucket = new QuotaBucket("deployment/t", null, 1000);
        (await One.Quotas.GrantAsync(new QuotaAsk([bucket], [100], Horizon), Cancel)).Permits.Count.ShouldBe(1);
        var grant = await One.Quotas.GrantAsync(new QuotaAsk([bucket], [5000], Horizon), Cancel);
        grant.Permits.ShouldBeEmpty();
        World.Time.Advance(TimeSpan.FromSeconds(61));
        (await Two.Quotas.GrantAsync(new QuotaAsk([bucket], [5000], Horizon), Cancel)).Permits.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Permits_of_a_killed_owner_are_lost_and_not_given_out_again()
    {
        var three = await OpenAsync();
        (await three.Quotas.GrantAsync(new QuotaAsk([Requests], Zeros(50), Horizon), Cancel)).Permits.Count.ShouldBe(4);
        await three.KillAsync();
        (await One.Quotas.GrantAsync(new QuotaAsk([Requests], Zeros(50), TimeSpan.Zero), Cancel)).Permits.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_taken_in_the_last_minute_is_told_to_every_owner()
    {
        (await Two.Quotas.UseAsync(Cancel)).ShouldBeEmpty();
        var tokens = new QuotaBucket("deployment/t", null, 60_000);
        await TakeAsync(One, [Requests], 3);
        (await Two.Quotas.GrantAsync(new QuotaAsk([tokens, Requests], [500], TimeSpan.FromMinutes(1)), Cancel)).Permits.Count.ShouldBe(1);
        World.Time.Advance(TimeSpan.FromSeconds(1));
        (await One.Quotas.UseAsync(Cancel)).ShouldBe([new QuotaUse("deployment/a", 4, 500), new QuotaUse("deployment/t", 1, 500)]);
        World.Time.Advance(TimeSpan.FromSeconds(61));
        (await One.Quotas.UseAsync(Cancel)).ShouldBeEmpty();
    }

    private static long[] Zeros(int count) => new long[count];

    private static int Most(List<double> dates, double seconds)
    {
        var most = 0;
        for (int first = 0, last = 0; last < dates.Count; last++)
        {
            while (dates[last] - dates[first] >= seconds) first++;
            most = Math.Max(most, last - first + 1);
        }

        return most;
    }

    private double Seconds() => (double)World.Time.GetTimestamp() / World.Time.TimestampFrequency;

    private static async Task TakeAsync(IStoreOwner owner, IReadOnlyList<QuotaBucket> buckets, int count) =>
        (await owner.Quotas.GrantAsync(new QuotaAsk(buckets, Zeros(count), TimeSpan.FromMinutes(1)), Cancel)).Permits.Count.ShouldBe(count);
}
