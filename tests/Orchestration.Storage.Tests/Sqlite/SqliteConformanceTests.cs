using Orchestration.Conformance;

namespace Orchestration.Storage.Tests.Sqlite;

public sealed class SqliteJudgmentStoreTests : JudgmentStoreConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new SqliteWorld());
}

/// <summary>The same with a journal that is folded after every commit.</summary>
public sealed class SqliteJudgmentStoreFoldingAlwaysTests : JudgmentStoreConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new SqliteWorld { FoldEntries = 1 });
}

public sealed class SqliteSweepStoreTests : SweepStoreConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new SqliteWorld());
}

public sealed class SqliteShardLeaseTests : ShardLeaseConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new SqliteWorld());
}

public sealed class SqliteAccessDirectoryTests : AccessDirectoryConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new SqliteWorld());
}

public sealed class SqliteClusterDirectoryTests : ClusterDirectoryConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new SqliteWorld());
}

public sealed class SqliteQuotaAuthorityTests : QuotaAuthorityConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new SqliteWorld());
}

public sealed class SqliteSpendLedgerTests : SpendLedgerConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new SqliteWorld());
}

public sealed class SqliteRouterLedgerTests : RouterLedgerConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new SqliteWorld());
}

public sealed class SqliteBatchLogTests : BatchLogConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new SqliteWorld());
}

public sealed class SqliteCheckLogTests : CheckLogConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new SqliteWorld());
}

public sealed class SqliteAggregatorCatalogTests : AggregatorCatalogConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => ValueTask.FromResult<IStoreWorld>(new SqliteWorld());
}
