using Orchestration.Core.Routing;
using Shouldly;
using Xunit;
using static Orchestration.Conformance.RouteSamples;

namespace Orchestration.Conformance;

/// <summary>What every <see cref="IRouterLedger"/> does.</summary>
public abstract class RouterLedgerConformance : StoreConformance
{
    [Fact]
    public async Task A_route_is_found_by_its_id_whoever_wrote_it_with_all_that_it_had()
    {
        await AppendAsync(One, 1, Route(1), Route(2), Route(3, isAnswered: false));
        await AppendAsync(Two, 1, Route(4));
        foreach (var number in (int[])[1, 2, 3, 4])
        {
            var found = (await Two.Routing.FindAsync(Id(number), Cancel)).ShouldNotBeNull();
            Text(found).ShouldBe(Text(Route(number, isAnswered: number != 3)));
        }

        (await One.Routing.FindAsync(Id(5), Cancel)).ShouldBeNull();
        (await One.Routing.FindAsync("r_nonsense", Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_batch_that_is_handed_in_again_is_written_once()
    {
        await AppendAsync(One, 1, Route(1));
        await AppendAsync(One, 1, Route(1));
        await AppendAsync(One, 2, Route(2));
        (await Two.Routing.ListAsync(0, 100, Cancel)).Routes.Count.ShouldBe(2);
        (await Two.Routing.TotalsAsync(DateOnly.MinValue, Cancel)).Sum(static t => t.Routes).ShouldBe(2);
    }

    [Fact]
    public async Task Routes_are_listed_once_each_from_wherever_one_goes_on()
    {
        for (var batch = 0; batch < 6; batch++) await AppendAsync(batch % 2 == 0 ? One : Two, (batch / 2) + 1, [.. Enumerable.Range(batch * 3, 3).Select(static n => Route(n))]);
        await One.Routing.RewardAsync([Reward(4)], Cancel);
        var seen = new List<RouteRecord>();
        for (long after = 0; ;)
        {
            var page = await Two.Routing.ListAsync(after, 4, Cancel);
            if (page.Routes.Count == 0) break;
            page.Routes.Count.ShouldBeLessThanOrEqualTo(6, "a page ends at a batch");
            seen.AddRange(page.Routes);
            after = page.Through;
        }

        seen.Select(static r => r.Decision.Id).ShouldBe(Enumerable.Range(0, 18).Select(Id));
        seen.Where(static r => r.Score is not null).ShouldHaveSingleItem().Scores["honesty@gpt"].ShouldBe(0.75);
    }

    [Fact]
    public async Task Routes_are_listed_from_the_newest_on_and_further_back()
    {
        (await One.Routing.LatestAsync(0, 10, Cancel)).Routes.ShouldBeEmpty();
        for (var batch = 0; batch < 6; batch++) await AppendAsync(batch % 2 == 0 ? One : Two, (batch / 2) + 1, [.. Enumerable.Range(batch * 3, 3).Select(static n => Route(n))]);
        await One.Routing.RewardAsync([Reward(4)], Cancel);
        var seen = new List<RouteRecord>();
        for (long before = 0; ;)
        {
            var page = await Two.Routing.LatestAsync(before, 4, Cancel);
            if (page.Routes.Count == 0) break;
            page.Routes.Count.ShouldBe(6, "a page ends at a batch");
            seen.AddRange(page.Routes);
            before = page.Through;
        }

        seen.Select(static r => r.Decision.Id).ShouldBe(Enumerable.Range(0, 18).Reverse().Select(Id));
        seen.Where(static r => r.Score is not null).ShouldHaveSingleItem().Scores["honesty@gpt"].ShouldBe(0.75);
        var newest = await Two.Routing.LatestAsync(0, 4, Cancel);
        await AppendAsync(One, 4, Route(18));
        (await Two.Routing.LatestAsync(0, 1, Cancel)).Routes.ShouldHaveSingleItem().Decision.Id.ShouldBe(Id(18));
        (await Two.Routing.LatestAsync(newest.Again, 4, Cancel)).Routes.Select(static r => r.Decision.Id).ShouldBe(newest.Routes.Select(static r => r.Decision.Id), "what was written since does not move a page");
    }

    [Fact]
    public async Task Totals_add_up_over_owners_days_and_experts_and_survive_all_deleting()
    {
        await AppendAsync(One, 1, Route(0), Route(1, isAnswered: false), Route(2, "large"));
        await AppendAsync(Two, 1, Route(3), Route(4, at: Start.AddDays(1)));
        RouteTotals[] expected =
        [
            new(new DateOnly(2026, 1, 1), "large", 1, 0, 0, 0.000_012_345m, 0.25m, 2, 345),
            new(new DateOnly(2026, 1, 1), "small", 3, 1, 1, 0.000_037_035m, 0.75m, 4, 1035),
            new(new DateOnly(2026, 1, 2), "small", 1, 0, 1, 0.000_012_345m, 0.25m, 2, 345),
        ];
        (await Two.Routing.TotalsAsync(new DateOnly(2026, 1, 1), Cancel)).ShouldBe(expected);
        (await Two.Routing.TotalsAsync(new DateOnly(2026, 1, 2), Cancel)).ShouldBe(expected[2..]);
        for (var i = 0; i < 5; i++) (await Two.Routing.DeleteAsync(Id(i), Cancel)).ShouldBeTrue();
        (await One.Routing.TotalsAsync(new DateOnly(2026, 1, 1), Cancel)).ShouldBe(expected);
    }

    [Fact]
    public async Task What_is_deleted_is_gone_with_its_reward_and_ratings_and_nothing_else_is()
    {
        await AppendAsync(One, 1, Route(1), Route(2), Route(3));
        await One.Routing.RewardAsync([Reward(1), Reward(2)], Cancel);
        await One.Routing.RateAsync(Rating(2, "k1", 1), Cancel);
        await One.Routing.RateAsync(Rating(3, "k1", 1), Cancel);
        (await Two.Routing.DeleteAsync(Id(2), Cancel)).ShouldBeTrue();
        (await One.Routing.DeleteAsync(Id(2), Cancel)).ShouldBeFalse();
        (await One.Routing.DeleteAsync("nonsense", Cancel)).ShouldBeFalse();
        (await One.Routing.FindAsync(Id(2), Cancel)).ShouldBeNull();
        (await One.Routing.ListAsync(0, 100, Cancel)).Routes.Select(static r => r.Decision.Id).ShouldBe([Id(1), Id(3)]);
        (await One.Routing.RewardsAsync(0, 100, Cancel)).Rewards.ShouldHaveSingleItem().RouteId.ShouldBe(Id(1));
        (await One.Routing.RatingsAsync(100, Cancel)).ShouldHaveSingleItem().Feedback.RouteId.ShouldBe(Id(3));
        Text(await One.Routing.FindAsync(Id(1), Cancel)).ShouldBe(Text(Route(1).With(Reward(1))));
        (await One.Routing.DeleteAsync(Id(1), Cancel)).ShouldBeTrue();
        (await One.Routing.DeleteAsync(Id(3), Cancel)).ShouldBeTrue();
        (await One.Routing.ListAsync(0, 100, Cancel)).Routes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_reward_that_came_before_its_route_is_deleted_by_the_same_id()
    {
        await One.Routing.RewardAsync([Reward(7)], Cancel);
        (await Two.Routing.DeleteAsync(Id(7), Cancel)).ShouldBeTrue();
        (await One.Routing.RewardsAsync(0, 10, Cancel)).Rewards.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_first_reward_of_a_route_stays_and_unscored_is_not_zero()
    {
        await One.Routing.RewardAsync([Reward(1), Reward(2, score: null)], Cancel);
        await Two.Routing.RewardAsync([Reward(1, score: 0.1), Reward(3)], Cancel);
        var page = await Two.Routing.RewardsAsync(0, 100, Cancel);
        page.Rewards.Select(static r => (r.RouteId, r.Score)).ShouldBe([(Id(1), 0.625), (Id(2), null), (Id(3), 0.625)]);
        Text(page.Rewards[0]).ShouldBe(Text(Reward(1)));
        page.Rewards[1].Interval.ShouldBeNull();
    }

    [Fact]
    public async Task Whoever_follows_the_feed_while_two_owners_write_misses_no_reward()
    {
        const int Each = 60;
        var writing = Task.WhenAll(
            Task.Run(async () => { for (var i = 0; i < Each; i++) await One.Routing.RewardAsync([Reward(i)], Cancel); }, Cancel),
            Task.Run(async () => { for (var i = 0; i < Each; i++) await Two.Routing.RewardAsync([Reward(1000 + i)], Cancel); }, Cancel));
        var seen = new List<string>();
        long after = 0;
        for (var isLast = false; ;)
        {
            var page = await One.Routing.RewardsAsync(after, 7, Cancel);
            seen.AddRange(page.Rewards.Select(static r => r.RouteId));
            after = page.Through;
            if (page.Rewards.Count == 0 && isLast) break;
            if (page.Rewards.Count == 0) isLast = writing.IsCompleted;
        }

        await writing;
        seen.Count.ShouldBe(2 * Each);
        seen.Distinct(StringComparer.Ordinal).Count().ShouldBe(2 * Each);
    }

    [Fact]
    public async Task A_later_rating_of_the_same_source_replaces_the_earlier_one()
    {
        await AppendAsync(One, 1, Route(1));
        (await One.Routing.RateAsync(Rating(1, "k1", 0.25), Cancel)).ShouldBeFalse();
        (await Two.Routing.RateAsync(Rating(1, "k2", 1, "rates too much"), Cancel)).ShouldBeFalse();
        (await Two.Routing.RateAsync(Rating(1, "k1", 0.75), Cancel)).ShouldBeTrue();
        (await One.Routing.RatingsAsync(100, Cancel)).ShouldBe([Rating(1, "k1", 0.75), Rating(1, "k2", 1, "rates too much")]);
        (await One.Routing.RatingsAsync(1, Cancel)).ShouldHaveSingleItem().Feedback.Source.ShouldBe("k1");
        (await One.Routing.FindAsync(Id(1), Cancel)).ShouldNotBeNull().Feedback.Select(static f => (f.Source, f.Rating)).ShouldBe([("k2", 1), ("k1", 0.75)]);
    }

    [Fact]
    public async Task The_same_source_at_two_owners_at_once_leaves_one_rating()
    {
        var replaced = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? One : Two).Routing.RateAsync(Rating(1, "k1", i / 20.0), Cancel).AsTask()));
        replaced.Count(static r => !r).ShouldBe(1);
        (await One.Routing.RatingsAsync(100, Cancel)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_too_old_is_forgotten_in_bounded_steps()
    {
        for (var batch = 0; batch < 5; batch++)
            await AppendAsync(One, batch + 1, [.. Enumerable.Range(batch * 4, 4).Select(static n => Route(n))]);
        await One.Routing.RewardAsync([.. Enumerable.Range(0, 20).Select(static n => Reward(n))], Cancel);
        await One.Routing.RateAsync(Rating(0, "k1", 1), Cancel);
        var before = Start.AddSeconds(12);
        var steps = new List<long>();
        for (long gone; (gone = await Two.Routing.ForgetAsync(before, 4, Cancel)) > 0;)
        {
            gone.ShouldBeLessThanOrEqualTo(12);
            steps.Add(gone);
        }

        steps.Sum().ShouldBe(12 + 12 + 1);
        steps.Count.ShouldBeGreaterThanOrEqualTo(3);
        (await One.Routing.ListAsync(0, 100, Cancel)).Routes.Select(static r => r.Decision.Id).ShouldBe(Enumerable.Range(12, 8).Select(Id));
        (await One.Routing.RewardsAsync(0, 100, Cancel)).Rewards.Count.ShouldBe(8);
        (await One.Routing.RatingsAsync(100, Cancel)).ShouldBeEmpty();
        (await One.Routing.TotalsAsync(DateOnly.MinValue, Cancel)).Sum(static t => t.Routes).ShouldBe(20);
    }

    [Fact]
    public async Task Numbers_are_not_used_again_after_the_newest_was_deleted()
    {
        await One.Routing.RewardAsync([Reward(1)], Cancel);
        await AppendAsync(One, 1, Route(1));
        var (rewards, routes) = (await One.Routing.RewardsAsync(0, 10, Cancel), await One.Routing.ListAsync(0, 10, Cancel));
        await One.Routing.DeleteAsync(Id(1), Cancel);
        await Two.Routing.RewardAsync([Reward(2)], Cancel);
        await AppendAsync(Two, 1, Route(2));
        (await One.Routing.RewardsAsync(rewards.Through, 10, Cancel)).Rewards.ShouldHaveSingleItem().RouteId.ShouldBe(Id(2));
        (await One.Routing.ListAsync(routes.Through, 10, Cancel)).Routes.ShouldHaveSingleItem().Decision.Id.ShouldBe(Id(2));
    }

    [Fact]
    public async Task A_writer_that_was_killed_leaves_what_it_had_counted()
    {
        await One.Routing.AppendAsync(new RouteBatch(1, [Route(1), Route(2)], Accepted: 7, Dropped: 1, IsLast: false), Cancel);
        await One.Routing.AppendAsync(new RouteBatch(2, [Route(3)], Accepted: 9, Dropped: 2, IsLast: false), Cancel);
        await Two.Routing.AppendAsync(new RouteBatch(1, [], Accepted: 0, Dropped: 0, IsLast: true), Cancel);
        var owner = One.Owner;
        await One.KillAsync();
        var writers = await (await OpenAsync()).Routing.WritersAsync(Cancel);
        writers.Single(w => w.Owner == owner).ShouldSatisfyAllConditions(
            w => w.Written.ShouldBe(3), w => w.Waiting.ShouldBe(4), w => w.Dropped.ShouldBe(2), w => w.HasEnded.ShouldBeFalse(), w => w.At.ShouldBe(World.Time.GetUtcNow()));
        writers.Single(w => w.Owner == Two.Owner).HasEnded.ShouldBeTrue();
    }

    [Fact]
    public async Task Quarantines_change_one_after_another_and_all_are_on_record()
    {
        (await One.Routing.QuarantinesAsync(Cancel)).ShouldSatisfyAllConditions(q => q.Epoch.ShouldBe(0), q => q.Held.ShouldBeEmpty());
        var now = World.Time.GetUtcNow();
        var small = new QuarantineChange(QuarantineKind.Expert, "small", true, "quality fell by 0.2", "drift");
        var judge = new QuarantineChange(QuarantineKind.Judge, "clarity@gpt", true, "30% of its replies cannot be read", "drift");
        var release = new QuarantineChange(QuarantineKind.Expert, "small", false, "looked at it", "ada");

        (await One.Routing.TryChangeAsync(0, small, Cancel)).ShouldNotBeNull().ShouldSatisfyAllConditions(q => q.Epoch.ShouldBe(1), q => q.Held.ShouldBe([small with { At = now }]));
        (await Two.Routing.TryChangeAsync(0, judge, Cancel)).ShouldBeNull("it was decided under an older list");
        (await Two.Routing.TryChangeAsync(1, judge, Cancel)).ShouldNotBeNull().Held.ShouldBe([small with { At = now }, judge with { At = now }]);
        (await One.Routing.TryChangeAsync(2, release, Cancel)).ShouldNotBeNull().Held.ShouldBe([judge with { At = now }]);
        var list = await Two.Routing.QuarantinesAsync(Cancel);
        list.Epoch.ShouldBe(3);
        list.Reasons(QuarantineKind.Judge).ShouldBe(new Dictionary<string, string> { ["clarity@gpt"] = judge.Reason });
        list.Reasons(QuarantineKind.Expert).ShouldBeEmpty();
        (await Two.Routing.QuarantineHistoryAsync(2, Cancel)).ShouldBe([release with { At = now }, judge with { At = now }]);
    }

    [Fact]
    public async Task Of_two_who_decide_under_the_same_list_one_is_written()
    {
        var changes = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? One : Two).Routing.TryChangeAsync(0, new QuarantineChange(QuarantineKind.Expert, "e" + i, true, "r", "by"), Cancel).AsTask()));
        changes.Count(static c => c is not null).ShouldBe(1);
    }

    private static ValueTask AppendAsync(IStoreOwner owner, long batch, params RouteRecord[] routes) =>
        owner.Routing.AppendAsync(new RouteBatch(batch, routes, Accepted: routes.Length, Dropped: 0, IsLast: false), Cancel);
}
