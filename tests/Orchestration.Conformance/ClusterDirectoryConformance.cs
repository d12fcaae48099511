using Orchestration.Core.Cluster;
using Shouldly;
using Xunit;

namespace Orchestration.Conformance;

/// <summary>What every <see cref="IClusterDirectory"/> does.</summary>
public abstract class ClusterDirectoryConformance : StoreConformance
{
    private static readonly SiloReport Report = new()
    {
        Role = "worker",
        Slots = 8,
        Shards = 3,
        Judgments = 100,
        Calls = 40,
        Failures = 2,
        CostUsd = 0.000_012m,
        JudgmentsPerSecond = 12.5,
        CallsPerSecond = 4.25,
    };

    [Fact]
    public async Task What_a_silo_tells_is_seen_by_every_silo()
    {
        await One.Cluster.TellAsync(Report, Cancel);
        await Two.Cluster.TellAsync(Report with { Role = "gateway" }, Cancel);
        var silos = await Two.Cluster.ListAsync(TimeSpan.Zero, Cancel);
        silos.Select(static silo => (silo.Owner, silo.IsAlive, silo.Report.Role)).ShouldBe([(Two.Owner, true, "gateway"), (One.Owner, true, "worker")]);
        silos[1].Report.ShouldBe(Report);
        (await One.Cluster.ListAsync(TimeSpan.Zero, Cancel)).Select(static silo => silo.Owner).ShouldBe(silos.Select(static silo => silo.Owner));

        await One.Cluster.TellAsync(Report with { Calls = 41 }, Cancel);
        (await Two.Cluster.ListAsync(TimeSpan.Zero, Cancel))[1].Report.Calls.ShouldBe(41);
    }

    [Fact]
    public async Task How_long_a_silo_has_been_silent_is_counted_on_the_stores_clock()
    {
        await One.Cluster.TellAsync(Report, Cancel);
        var told = World.Time.GetUtcNow();
        await Two.Cluster.TellAsync(Report, Cancel);
        var silo = (await Two.Cluster.ListAsync(TimeSpan.Zero, Cancel)).Single(silo => silo.Owner == One.Owner);
        (silo.SeenAt, silo.Silence).ShouldBe((told, TimeSpan.Zero));
    }

    [Fact]
    public async Task A_silo_that_was_killed_is_shown_as_gone_for_a_while()
    {
        await One.Cluster.TellAsync(Report, Cancel);
        await Two.Cluster.TellAsync(Report, Cancel);
        await One.KillAsync();
        World.Time.Advance(TimeSpan.FromMinutes(1));
        (await Two.Cluster.ListAsync(TimeSpan.FromMinutes(2), Cancel)).Single(silo => silo.Owner == One.Owner).IsAlive.ShouldBeFalse();
        (await Two.Cluster.ListAsync(TimeSpan.FromSeconds(30), Cancel)).Select(static silo => silo.Owner).ShouldBe([Two.Owner]);
    }

    [Fact]
    public async Task A_silo_that_left_in_order_is_gone()
    {
        await One.Cluster.TellAsync(Report, Cancel);
        await Two.Cluster.TellAsync(Report, Cancel);
        await One.DisposeAsync();
        World.Time.Advance(TimeSpan.FromMinutes(1));
        (await Two.Cluster.ListAsync(TimeSpan.FromMinutes(2), Cancel)).Count(static silo => silo.IsAlive).ShouldBe(1);
    }
}
