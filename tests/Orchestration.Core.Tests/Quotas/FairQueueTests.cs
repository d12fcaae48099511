using Orchestration.Core.Quotas;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Quotas;

public sealed class FairQueueTests
{
    [Fact]
    public void A_small_sweep_is_not_starved_by_a_huge_one()
    {
        var queue = new FairQueue<string>();
        for (var i = 0; i < 1000; i++) queue.Add("huge", 1, "huge");
        for (var i = 0; i < 10; i++) queue.TryTake(out _);
        for (var i = 0; i < 5; i++) queue.Add("small", 1, "small");

        var served = Enumerable.Range(0, 10).Select(_ => queue.TryTake(out var entry) ? entry.Item : "").ToArray();

        served.Count(s => s == "small").ShouldBe(5);
        served.Count(s => s == "huge").ShouldBe(5);
    }

    [Fact]
    public void Shares_go_by_cost_and_not_by_number()
    {
        var queue = new FairQueue<string>();
        for (var i = 0; i < 100; i++) queue.Add("long", 10, "long");
        for (var i = 0; i < 1000; i++) queue.Add("short", 1, "short");

        var served = Enumerable.Range(0, 220).Select(_ => queue.TryTake(out var entry) ? entry.Item : "").ToArray();

        served.Count(s => s == "long").ShouldBeInRange(19, 21);
    }

    [Fact]
    public void What_was_taken_and_put_back_keeps_its_place()
    {
        var queue = new FairQueue<int>();
        for (var i = 0; i < 10; i++) queue.Add("a", 1, i);
        var taken = new List<FairQueue<int>.Entry>();
        while (queue.TryTake(out var entry)) taken.Add(entry);
        foreach (var entry in taken.Skip(3).Reverse()) queue.PutBack(entry);
        queue.Add("a", 1, 10);

        Enumerable.Range(0, 8).Select(_ => queue.TryTake(out var entry) ? entry.Item : -1).ShouldBe([3, 4, 5, 6, 7, 8, 9, 10]);
    }

    [Fact]
    public void Who_comes_late_has_nothing_saved_up()
    {
        var queue = new FairQueue<string>();
        for (var i = 0; i < 100; i++) queue.Add("early", 1, "early");
        for (var i = 0; i < 50; i++) queue.TryTake(out _);
        for (var i = 0; i < 100; i++) queue.Add("late", 1, "late");

        Enumerable.Range(0, 20).Count(_ => queue.TryTake(out var entry) && entry.Item == "late").ShouldBeInRange(9, 11);
    }
}
