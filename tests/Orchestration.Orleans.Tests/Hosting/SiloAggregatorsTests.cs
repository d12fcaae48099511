using System.Threading.Channels;
using Orchestration.Core.Aggregation;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Runtime;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Hosting;

/// <summary>A silo's cache of aggregators without the change feed beside it: what the grains push, and when they are followed.</summary>
public sealed class SiloAggregatorsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(500);

    private readonly Channel<string> _followed = Channel.CreateUnbounded<string>();
    private Func<string, Task<long>> _answer = static _ => Task.FromResult(0L);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_pushed_is_in_effect_at_once_and_what_is_old_or_unknown_is_not_looked_at()
    {
        await using var still = await StillParts.OpenAsync();
        var cache = new SiloAggregators(still.Parts);
        await cache.Of("a").RefreshAsync(Stop);
        cache.Of("a").Epoch.ShouldBe(0);

        await ChangeAsync(still, "a");
        await cache.ChangedAsync("a", 1);
        cache.Of("a").Epoch.ShouldBe(1);

        await ChangeAsync(still, "a");
        await cache.ChangedAsync("a", 1);
        cache.Of("a").Epoch.ShouldBe(1, "it knows that one already");
        await cache.ChangedAsync("b", 1);
        cache.Hosted.ShouldHaveSingleItem("nobody has asked for the other");
        cache.Pushed.ShouldBe(3);
    }

    [Fact]
    public async Task Names_in_use_are_followed_soon_again_after_a_while_and_at_the_next_turn_where_a_grain_failed()
    {
        await using var still = await StillParts.OpenAsync();
        var cache = new SiloAggregators(still.Parts);
        cache.Of("a");
        cache.Of("b");
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var following = cache.FollowAsync(GrainsByHand.Of((_, name) => new Grain(this, name)), leaving.Token);
        await still.Time.WaitBegunAsync(static wait => wait == Turn).WaitAsync(Patience, Stop);

        // One of them fails, and is followed again at the next turn; the other stands for a while.
        _answer = static name => name == "a" ? Task.FromException<long>(new OrleansException("Its silo is gone.")) : Task.FromResult(0L);
        still.Time.Advance(Turn);
        (await FollowedAsync(2)).ShouldBe(["a", "b"]);

        // The answer names an epoch that was missed while nobody was followed.
        await ChangeAsync(still, "a");
        _answer = static _ => Task.FromResult(1L);
        still.Time.Advance(Turn);
        (await FollowedAsync(1)).ShouldBe(["a"]);
        while (cache.Of("a").Epoch != 1)
        {
            following.IsCompleted.ShouldBeFalse();
            await Task.Yield();
        }

        // Ten seconds after that both have been followed once more, and no more often.
        for (var turn = 0; turn < 20; turn++)
        {
            still.Time.Advance(Turn);
            if (turn == 18) (await FollowedAsync(1)).ShouldBe(["b"]);
        }

        (await FollowedAsync(1)).ShouldBe(["a"]);
        await leaving.CancelAsync();
        await following;
        _followed.Reader.TryRead(out _).ShouldBeFalse();
    }

    private static async Task ChangeAsync(StillParts still, string name)
    {
        var setting = await still.Parts.Store.Aggregators.SettingAsync(name, Stop);
        (await still.Parts.Store.Aggregators.TryChangeAsync(setting.Epoch, setting, null, Stop)).ShouldNotBeNull();
    }

    private async Task<string[]> FollowedAsync(int count)
    {
        var names = new string[count];
        for (var i = 0; i < count; i++) names[i] = await _followed.Reader.ReadAsync(Stop).AsTask().WaitAsync(Patience, Stop);
        return [.. names.Order(StringComparer.Ordinal)];
    }

    private sealed class Grain(SiloAggregatorsTests test, string name) : IAggregatorGrain
    {
        public Task<long> FollowAsync(IAggregatorFollower follower)
        {
            var answer = test._answer(name);
            test._followed.Writer.TryWrite(name).ShouldBeTrue();
            return answer;
        }

        public Task<long> LookAsync() => throw new NotSupportedException();
    }
}
