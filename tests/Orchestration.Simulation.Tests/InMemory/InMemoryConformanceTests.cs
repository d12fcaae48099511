using Orchestration.Conformance;
using Orchestration.Core.Access;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Batches;
using Orchestration.Core.Cluster;
using Orchestration.Core.Judging;
using Orchestration.Core.MetaEvaluation.Kept;
using Orchestration.Core.Quotas;
using Orchestration.Core.Routing;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;
using Orchestration.Simulation.InMemory;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.InMemory;

public sealed class InMemoryJudgmentStoreTests : JudgmentStoreConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new InMemoryWorld());
}

public sealed class InMemoryJudgmentClaimsTests : JudgmentClaimsConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new InMemoryWorld());
}

public sealed class InMemorySweepStoreTests : SweepStoreConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new InMemoryWorld());
}

public sealed class InMemoryShardLeaseTests : ShardLeaseConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new InMemoryWorld());
}

public sealed class InMemoryAccessDirectoryTests : AccessDirectoryConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new InMemoryWorld());
}

public sealed class InMemoryClusterDirectoryTests : ClusterDirectoryConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new InMemoryWorld());
}

public sealed class InMemoryQuotaAuthorityTests : QuotaAuthorityConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new InMemoryWorld());
}

public sealed class InMemorySpendLedgerTests : SpendLedgerConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new InMemoryWorld());
}

public sealed class InMemoryRouterLedgerTests : RouterLedgerConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new InMemoryWorld());
}

public sealed class InMemoryBatchLogTests : BatchLogConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new InMemoryWorld());
}

public sealed class InMemoryCheckLogTests : CheckLogConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new InMemoryWorld());
}

public sealed class InMemoryAggregatorCatalogTests : AggregatorCatalogConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new InMemoryWorld());
}

public sealed class InMemoryOwnerTests
{
    [Fact]
    public async Task A_killed_owners_late_call_is_refused()
    {
        var data = new InMemoryData(new ManualTime());
        var silo = data.Open();
        silo.Kill();
        await Should.ThrowAsync<ObjectDisposedException>(async () => await silo.Judgments.CountAsync(TestContext.Current.CancellationToken));
    }
}

internal sealed class InMemoryWorld : IStoreWorld
{
    private readonly InMemoryData _data;

    public InMemoryWorld()
    {
        _data = new InMemoryData(Time);
    }

    public ManualTime Time { get; } = new();

    public ValueTask<IStoreOwner> OpenAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IStoreOwner>(new Opened(_data.Open()));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Opened(InMemoryOwner owner) : IStoreOwner
    {
        public string Owner => owner.Owner;

        public IJudgmentStore Judgments => owner.Judgments;

        public IJudgmentClaims? Claims => owner.Claims;

        public ISweepStore Sweeps => owner.Sweeps;

        public ISpendLedger Spending => owner.Spending;

        public IBatchLog Batches => owner.Batches;

        public IAggregatorCatalog Aggregators => owner.Aggregators;

        public IQuotaAuthority Quotas => owner.Quotas;

        public IClusterDirectory Cluster => owner.Cluster;

        public IRouterLedger Routing => owner.Routing;

        public IAccessDirectory Access => owner.Access;

        public ICheckLog Checks => owner.Checks;

        public ValueTask KillAsync()
        {
            owner.Kill();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => owner.DisposeAsync();
    }
}
