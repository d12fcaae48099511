using Orchestration.Core.MetaEvaluation.Kept;
using System.Globalization;
using Npgsql;
using Orchestration.Conformance;
using Orchestration.Core.Access;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Batches;
using Orchestration.Core.Cluster;
using Orchestration.Core.Judging;
using Orchestration.Core.Quotas;
using Orchestration.Core.Routing;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Postgres;
using Orchestration.Testing;
using Orchestration.Testing.Postgres;

namespace Orchestration.Storage.Tests.Postgres;

/// <summary>A schema of its own on the shared server, removed afterwards.</summary>
public sealed class PostgresWorld : IStoreWorld
{
    private static int _count;

    private readonly PostgresServer _server;

    private PostgresWorld(PostgresServer server)
    {
        _server = server;
        Address = server.Address(string.Create(CultureInfo.InvariantCulture, $"world_{Environment.ProcessId}_{Interlocked.Increment(ref _count)}"));
    }

    public ManualTime Time { get; } = new();

    public string Address { get; }

    public static async ValueTask<IStoreWorld> NewAsync() => await CreateAsync();

    public static async Task<PostgresWorld> CreateAsync() => new(await PostgresServer.SharedAsync());

    public async ValueTask<IStoreOwner> OpenAsync(CancellationToken cancellationToken) =>
        new Opened(await PostgresStore.OpenAsync(new PostgresStoreOptions { Address = PostgresAddress.Parse(Address), Grace = TimeSpan.Zero, Clock = Time }, cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await using var connection = new NpgsqlConnection(_server.ConnectionString);
        await connection.OpenAsync();
        await using var drop = new NpgsqlCommand($"DROP SCHEMA IF EXISTS {PostgresAddress.Parse(Address).Schema} CASCADE", connection);
        await drop.ExecuteNonQueryAsync();
    }

    private sealed class Opened(PostgresStore store) : IStoreOwner
    {
        public string Owner { get; } = store.Owner;

        public IJudgmentStore Judgments => store.Judgments;

        public IJudgmentClaims? Claims => store.Claims;

        public ISweepStore Sweeps => store.Sweeps;

        public ISpendLedger Spending => store.Spending;

        public IBatchLog Batches => store.Batches;

        public IAggregatorCatalog Aggregators => store.Aggregators;

        public IQuotaAuthority Quotas => store.Quotas;

        public IClusterDirectory Cluster => store.Cluster;

        public IRouterLedger Routing => store.Routing;

        public IAccessDirectory Access => store.Access;

        public ICheckLog Checks => store.Checks;

        public ValueTask KillAsync() => store.AbandonAsync();

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }
}
