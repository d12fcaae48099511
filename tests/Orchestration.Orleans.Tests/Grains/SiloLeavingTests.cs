using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Grains;
using Orchestration.Orleans.Hosting;
using Orchestration.Testing;
using Orleans;
using Orleans.Hosting;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Grains;

/// <summary>Silos that live, and whose shares of judges are seen to be given back.</summary>
public sealed class LeavingCluster : GrainCluster
{
    internal ConcurrentQueue<(string Judge, string Holder)> Released { get; } = new();

    internal override void Configure(ISiloBuilder silo) => silo.AddIncomingGrainCallFilter(call =>
    {
        if (call.Grain is JudgeGrain && call.MethodName == nameof(IJudgeGrain.ReleaseAsync)) Released.Enqueue((call.TargetId.Key.ToString()!, (string)call.Request.GetArgument(0)!));
        return call.Invoke();
    });
}

public sealed class SiloLeavingTests(LeavingCluster cluster) : IClassFixture<LeavingCluster>
{
    [Fact]
    public async Task A_silo_works_by_itself_and_once_it_has_left_it_works_no_more_and_holds_neither_shards_nor_shares()
    {
        // Nobody starts the sweep: it is there, and so are the hands.
        await cluster.RunAsync("sweep", "run", "--pairs", Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl"), "--judges", "clarity@local", "--out", cluster.At("out"), "--max-cost", "8", "--rows-per-shard", "16", "--detach");
        var silo = cluster.Cluster.Silos[1];
        var (work, parts) = (silo.ServiceProvider.GetRequiredService<SiloWork>(), silo.ServiceProvider.GetRequiredService<SiloParts>());
        while (work.Status.Judgments == 0 && !work.Running.IsCompleted) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        var others = cluster.Parts.Single(other => other != parts);

        await cluster.Cluster.StopSiloAsync(silo, TestContext.Current.CancellationToken);

        work.Running.IsCompletedSuccessfully.ShouldBeTrue("it has drained");
        (await others.Store.Sweeps.HeldAsync(TestContext.Current.CancellationToken)).ShouldNotContain(held => held.Owner == parts.Store.Owner);
        cluster.Released.ShouldContain(("clarity@local", parts.Store.Owner));
        var (byGrain, byStore) = parts.Quotas.Answered;
        byGrain.ShouldBeGreaterThan(0);
        byStore.ShouldBe(0, "while it drained, grains still answered");
    }
}
