using System.Globalization;
using System.Threading.Channels;
using Orchestration.Core.Aggregation;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Grains;

public sealed class AggregatorGrainTests(LivingCluster cluster) : IClassFixture<LivingCluster>
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_change_is_pushed_into_the_caches_of_all_silos_and_predicting_is_local()
    {
        var catalog = cluster.Parts[0].Store.Aggregators;
        var versions = await Swaps.TrainAsync(cluster.At("rows.jsonl"), arguments => cluster.RunAsync(arguments), catalog);
        var caches = cluster.OfSilos<SiloAggregators>();
        foreach (var cache in caches) (await cache.Of(Swaps.Name).PredictAsync(Swaps.Request, TestContext.Current.CancellationToken)).ShouldNotBeNull();

        // Followed before anything is pushed; a silo asks for that twice a second.
        var grain = cluster.Client.GetGrain<IAggregatorGrain>(Swaps.Name);
        for (var swap = 0; swap < 6; swap++)
        {
            var setting = await catalog.SettingAsync(Swaps.Name, TestContext.Current.CancellationToken);
            var changed = (await catalog.TryChangeAsync(setting.Epoch, setting with { Active = versions[swap % 2] }, null, TestContext.Current.CancellationToken))!;
            var began = TimeProvider.System.GetTimestamp();
            (await grain.LookAsync()).ShouldBe(changed.Epoch);
            while (caches.Any(cache => cache.Of(Swaps.Name).Epoch != changed.Epoch))
            {
                TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(Within, string.Create(CultureInfo.InvariantCulture, $"swap {swap}"));
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
            }

            var reply = await cluster.Client.GetGrain<IAggregatorWorkerGrain>(Swaps.Name).PredictAsync(Swaps.Request);
            reply.Versions.ShouldContain(versions[swap % 2]);
        }

        caches.ShouldAllBe(cache => cache.Pushed > 0);
    }
}

/// <summary>What the grain does by itself, where no silo looks at the change feed.</summary>
public sealed class AggregatorPushTests(StillCluster cluster) : IClassFixture<StillCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_follows_is_told_of_each_change_once_though_nobody_asks_for_a_look()
    {
        var catalog = cluster.Parts[0].Store.Aggregators;
        var follower = new Follower();
        var reference = cluster.Client.CreateObjectReference<IAggregatorFollower>(follower);
        var grain = cluster.Client.GetGrain<IAggregatorGrain>("pushed");
        (await grain.FollowAsync(reference)).ShouldBe(0);
        for (var epoch = 1; epoch <= 3; epoch++)
        {
            var setting = await catalog.SettingAsync("pushed", Stop);
            (await catalog.TryChangeAsync(setting.Epoch, setting, null, Stop)).ShouldNotBeNull();
            (await follower.Told.Reader.ReadAsync(Stop).AsTask().WaitAsync(Patience, Stop)).ShouldBe(("pushed", epoch));
            (await grain.LookAsync()).ShouldBe(epoch);
        }

        cluster.Client.DeleteObjectReference<IAggregatorFollower>(reference);
    }

    private sealed class Follower : IAggregatorFollower
    {
        public Channel<(string Name, long Epoch)> Told { get; } = Channel.CreateUnbounded<(string Name, long Epoch)>();

        public Task ChangedAsync(string name, long epoch)
        {
            Told.Writer.TryWrite((name, epoch)).ShouldBeTrue();
            return Task.CompletedTask;
        }
    }
}
