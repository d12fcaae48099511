using System.Globalization;
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
