using Orchestration.Core.Routing;
using Orchestration.Simulation.InMemory;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.Routing;

public sealed class RouteWritingTests
{
    private readonly ManualTime _time = new();
    private readonly InMemoryData _data;

    public RouteWritingTests() => _data = new InMemoryData(_time);

    private static CancellationToken Cancel => LoopSilo.Cancel;

    [Fact]
    public async Task Routes_are_written_behind_the_requests_and_found_meanwhile()
    {
        await using var silo = New();
        var decision = await silo.RouteAsync();
        (await silo.Store.Routing.FindAsync(decision.Id, Cancel)).ShouldBeNull();
        (await silo.Router.FindAsync(decision.Id, Cancel)).ShouldNotBeNull().Outcome.ShouldNotBeNull();
        silo.Run();
        await silo.WrittenAsync(1);
        (await silo.Store.Routing.FindAsync(decision.Id, Cancel)).ShouldNotBeNull().Decision.Expert.ShouldBe("a");
    }

    [Fact]
    public async Task Ending_in_order_writes_all_that_waits_and_says_so()
    {
        await using var silo = New();
        for (var i = 0; i < 20_000; i++) await silo.RouteAsync();
        silo.Loop.Counts.ShouldSatisfyAllConditions(c => c.Accepted.ShouldBe(20_000), c => c.Dropped.ShouldBe(20_000 - 16_384));
        silo.Run();
        await silo.StopAsync();
        (await silo.Store.Routing.WritersAsync(Cancel)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            w => w.Accepted.ShouldBe(20_000), w => w.Written.ShouldBe(16_384), w => w.Dropped.ShouldBe(3616), w => w.Waiting.ShouldBe(0), w => w.HasEnded.ShouldBeTrue());
        (await silo.Store.Routing.TotalsAsync(DateOnly.MinValue, Cancel)).ShouldHaveSingleItem().Routes.ShouldBe(16_384);
    }

    [Fact]
    public async Task A_full_queue_makes_nobody_wait_and_is_counted()
    {
        await using var silo = New(queue: 8);
        for (var i = 0; i < 20; i++) await silo.RouteAsync();
        silo.Loop.Counts.Dropped.ShouldBe(12);
        silo.Run();
        await silo.WrittenAsync(8);
        await silo.RouteAsync();
        await silo.WrittenAsync(9);
        silo.Loop.Counts.ShouldSatisfyAllConditions(c => c.Accepted.ShouldBe(21), c => c.Dropped.ShouldBe(12), c => c.Written.ShouldBe(9));
    }

    [Fact]
    public async Task A_silo_that_is_killed_loses_what_waits_and_what_it_had_counted_is_known_afterwards()
    {
        var other = _data.Open();
        var silo = New().Run();
        for (var i = 0; i < 5; i++) await silo.RouteAsync();
        await silo.WrittenAsync(5);
        for (var i = 0; i < 3; i++) await silo.RouteAsync();
        silo.Store.Kill();
        _time.Advance(TimeSpan.FromMilliseconds(50));
        await Should.ThrowAsync<ObjectDisposedException>(silo.StopAsync);
        var writer = (await other.Routing.WritersAsync(Cancel)).ShouldHaveSingleItem();
        writer.HasEnded.ShouldBeFalse();
        writer.Written.ShouldBe(5);
        writer.Waiting.ShouldBeInRange(0, 3);
        (await other.Routing.ListAsync(0, 100, Cancel)).Routes.Count.ShouldBe(5);
    }

    [Theory]
    [InlineData(KeptTraffic.Nothing, null, null)]
    [InlineData(KeptTraffic.Hash, "sha256:f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData(KeptTraffic.Text, "test\n", "test")]
    public async Task What_is_kept_of_texts_is_what_the_setting_says(KeptTraffic kept, string? prompt, string? answer)
    {
        await using var silo = New(LoopSilo.Config("a") with { Keep = kept });
        var decision = await silo.RouteAsync(answer: "test", change: static o => o with { Prompt = "test\n" });
        (await silo.Router.FindAsync(decision.Id, Cancel)).ShouldNotBeNull().Outcome.ShouldNotBeNull().Prompt.ShouldBe(prompt);
        silo.Run();
        await silo.WrittenAsync(1);
        var found = (await silo.Store.Routing.FindAsync(decision.Id, Cancel)).ShouldNotBeNull().Outcome.ShouldNotBeNull();
        (found.Prompt, found.Answer).ShouldBe((prompt, answer));
    }

    [Fact]
    public async Task What_is_deleted_while_it_waits_is_never_written()
    {
        await using var silo = New();
        var (gone, stays) = (await silo.RouteAsync(), await silo.RouteAsync());
        (await silo.Router.DeleteAsync(gone.Id, Cancel)).ShouldBeTrue();
        silo.Run();
        await silo.WrittenAsync(2);
        (await silo.Router.FindAsync(gone.Id, Cancel)).ShouldBeNull();
        (await silo.Store.Routing.ListAsync(0, 10, Cancel)).Routes.ShouldHaveSingleItem().Decision.Id.ShouldBe(stays.Id);
        (await silo.Router.DeleteAsync(stays.Id, Cancel)).ShouldBeTrue();
        (await silo.Router.DeleteAsync(stays.Id, Cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_reward_of_a_route_that_was_deleted_meanwhile_is_not_written()
    {
        using var judging = new SemaphoreSlim(0);
        using var asked = new SemaphoreSlim(0);
        var judge = new ScoringJudge("j", _ =>
        {
            asked.Release();
            judging.Wait(Cancel);
            return Core.Judging.Judgment.Scored(4);
        });
        await using var silo = New(judges: [judge]);
        silo.Run();
        var gone = await silo.RouteAsync();
        await asked.WaitAsync(Cancel);
        await silo.Router.DeleteAsync(gone.Id, Cancel);
        judging.Release(2);
        var stays = await silo.RouteAsync();
        await silo.RewardAsync(stays.Id);
        (await silo.Store.Routing.RewardsAsync(0, 10, Cancel)).Rewards.ShouldHaveSingleItem().RouteId.ShouldBe(stays.Id);
    }

    [Fact]
    public async Task What_is_older_than_it_is_kept_is_forgotten()
    {
        await using var silo = New(LoopSilo.Config("a") with { KeepFor = TimeSpan.FromDays(1) });
        silo.Run();
        var old = await silo.RouteAsync();
        await silo.WrittenAsync(1);
        _time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromMinutes(20));
        await silo.UntilAsync(async () =>
        {
            _time.Advance(TimeSpan.FromMinutes(10));
            return await silo.Store.Routing.FindAsync(old.Id, Cancel) is null;
        });
        (await silo.Store.Routing.TotalsAsync(DateOnly.MinValue, Cancel)).ShouldHaveSingleItem().Routes.ShouldBe(1);
    }

    [Fact]
    public async Task A_quarantine_made_anywhere_takes_an_expert_off_offer_here()
    {
        await using var silo = New(LoopSilo.Config("a", "b"));
        (await silo.DecideAsync()).Expert.ShouldBe("a");
        var list = await _data.Open().Routing.TryChangeAsync(0, new QuarantineChange(QuarantineKind.Expert, "a", true, "quality fell", "drift"), Cancel);
        await silo.Loop.FollowAsync(Cancel);
        (await silo.DecideAsync()).ShouldSatisfyAllConditions(d => d.Expert.ShouldBe("b"), d => d.Excluded.ShouldBe([new("a", "quarantined: quality fell")]));
        await silo.Store.Routing.TryChangeAsync(list!.Epoch, new QuarantineChange(QuarantineKind.Expert, "a", false, "looked at it", "ada"), Cancel);
        await silo.Loop.FollowAsync(Cancel);
        (await silo.DecideAsync()).Expert.ShouldBe("a");
    }

    private LoopSilo New(RouterConfig? config = null, IReadOnlyList<ScoringJudge>? judges = null, int queue = 16_384) => new(_data, _time, config ?? LoopSilo.Config("a"), judges, queue: queue);
}
