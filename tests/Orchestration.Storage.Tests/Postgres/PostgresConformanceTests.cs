using Orchestration.Conformance;

namespace Orchestration.Storage.Tests.Postgres;

public sealed class PostgresJudgmentStoreTests : JudgmentStoreConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => PostgresWorld.NewAsync();
}

public sealed class PostgresSweepStoreTests : SweepStoreConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => PostgresWorld.NewAsync();
}

public sealed class PostgresShardLeaseTests : ShardLeaseConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => PostgresWorld.NewAsync();
}

public sealed class PostgresAccessDirectoryTests : AccessDirectoryConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => PostgresWorld.NewAsync();
}

public sealed class PostgresClusterDirectoryTests : ClusterDirectoryConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => PostgresWorld.NewAsync();
}

public sealed class PostgresQuotaAuthorityTests : QuotaAuthorityConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => PostgresWorld.NewAsync();
}

public sealed class PostgresSpendLedgerTests : SpendLedgerConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => PostgresWorld.NewAsync();
}

public sealed class PostgresRouterLedgerTests : RouterLedgerConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => PostgresWorld.NewAsync();
}

public sealed class PostgresBatchLogTests : BatchLogConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => PostgresWorld.NewAsync();
}

public sealed class PostgresCheckLogTests : CheckLogConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => PostgresWorld.NewAsync();
}

public sealed class PostgresAggregatorCatalogTests : AggregatorCatalogConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => PostgresWorld.NewAsync();
}

public sealed class PostgresJudgmentClaimsTests : JudgmentClaimsConformance
{
    protected override ValueTask<IStoreWorld> NewWorldAsync() => PostgresWorld.NewAsync();
}
