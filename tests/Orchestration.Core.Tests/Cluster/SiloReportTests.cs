using Orchestration.Core.Cluster;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Cluster;

public sealed class SiloReportTests
{
    [Theory]
    [InlineData("command", null, false)]
    [InlineData("worker", null, true)]
    [InlineData("gateway", null, true)]
    [InlineData("orleans", null, false)]
    [InlineData("gateway", 0, false)]
    [InlineData("orleans", 0, false)]
    [InlineData("orleans", 8, true)]
    [InlineData("worker", 1, true)]
    public void A_silo_takes_shards_where_it_has_places_for_them_and_an_older_one_by_what_it_does(string role, int? slots, bool takes) =>
        new SiloReport { Role = role, Slots = slots }.TakesShards().ShouldBe(takes);
}
