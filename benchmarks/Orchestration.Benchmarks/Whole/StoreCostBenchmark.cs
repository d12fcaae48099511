using System.Globalization;
using Npgsql;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Quotas;
using Orchestration.Core.Spending;
using Orchestration.Core.Stores;
using Orchestration.Core.Sweeps;
using Orchestration.Storage;
using Orchestration.Testing.Postgres;

namespace Orchestration.Benchmarks.Whole;

/// <summary>What each thing that a silo asks of PostgreSQL costs the server: processor time, bytes kept, bytes of its log.</summary>
internal static class StoreCostBenchmark
{
    private const int Callers = 128;

    public static async Task RunAsync(string folder, Report report)
    {
        await using var server = await PostgresServer.StartNewAsync(isDurable: true);
        await using var store = await StoreLocation.OpenAsync(server.Address("costs"), TimeProvider.System, null, null, CancellationToken.None);
        const int Judgments = 300_000;
        await MeasureAsync(server, report, "judgment stored, 300 bytes of rationale", Judgments, "judgments", i => store.Judgments.PutAsync([Judgment(i)], CancellationToken.None).AsTask());
        await MeasureAsync(server, report, "judgment claimed and stored", 100_000, "judgments", async i =>
        {
            await store.Claims!.ClaimAsync(Judgment(Judgments + i).Address, null, TimeSpan.FromSeconds(30), CancellationToken.None);
            await store.Judgments.PutAsync([Judgment(Judgments + i)], CancellationToken.None);
        });
        await MeasureAsync(server, report, "judgment found, ten of a pair in one question", 30_000, null, i =>
            store.Judgments.GetAsync([.. Enumerable.Range(0, 10).Select(k => Judgment((i * 10 % Judgments) + k).Address)], CancellationToken.None).AsTask(), perCall: 10);
        await MeasureAsync(server, report, "call reserved and settled", 100_000, "spent", async _ =>
            await store.Spending.SettleAsync((await store.Spending.ReserveAsync("s1", new SpendPurpose("judge", "deployment"), 0.01m, CancellationToken.None))!, 0.001m, 0));
        var bucket = new QuotaBucket("deployment/a", 6_000_000, null);
        await MeasureAsync(server, report, "permits asked for, twenty at a time", 5_000, "quotas", _ => store.Quotas.GrantAsync(new QuotaAsk([bucket], new long[20], TimeSpan.FromMinutes(1)), CancellationToken.None).AsTask(), callers: 8);
        await ShardsAsync(server, store, report);
    }

    private static async Task ShardsAsync(PostgresServer server, IStore store, Report report)
    {
        const int Shards = 2000;
        var random = new Random(5);
        var (head, text, block) = (new byte[8 << 10], new byte[56 << 10], new byte[12 << 10]);
        foreach (var bytes in new[] { head, text, block }) random.NextBytes(bytes);
        var sweep = await store.Sweeps.CreateAsync(new NewSweep("{}", "", "", store.Owner), CancellationToken.None);
        await MeasureAsync(server, report, "shard of 256 pairs registered, 64 KB", Shards, "shard_data", i => store.Sweeps.AppendShardsAsync(sweep.Id, [new ShardData(i, 256, head, text)], CancellationToken.None).AsTask(), callers: 1);
        await store.Sweeps.SealAsync(sweep.Id, new SweepSeal("{}", 256L * Shards, 0), CancellationToken.None);
        await MeasureAsync(server, report, "shard claimed, read, renewed once and checkpointed with 12 KB", Shards, "shard_blocks", async _ =>
        {
            var lease = (await store.Sweeps.ClaimAsync(sweep.Id, store.Owner, 1, TimeSpan.FromSeconds(30), CancellationToken.None)).Single();
            await store.Sweeps.ReadShardAsync(sweep.Id, lease.Shard, ShardParts.Head | ShardParts.Text, CancellationToken.None);
            await store.Sweeps.RenewAsync([lease], TimeSpan.FromSeconds(30), CancellationToken.None);
            await store.Sweeps.CheckpointAsync(lease, new ShardResult(block, 2560, 0, 0), CancellationToken.None);
        }, callers: 8);
        await MeasureAsync(server, report, "look for work, a sweep of 2,000 shards", 500, null, _ => store.Sweeps.OpenAsync(CancellationToken.None).AsTask(), callers: 1);
    }

    private static async Task MeasureAsync(PostgresServer server, Report report, string what, int count, string? table, Func<int, Task> doOne, int callers = Callers, int perCall = 1)
    {
        var (bytes, log) = await SizesAsync(server, table);
        var processor = server.ProcessorTime();
        var startedAt = TimeProvider.System.GetTimestamp();
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next)) await doOne(i);
        })));
        var seconds = TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
        var spent = server.ProcessorTime() - processor;
        var (bytesAfter, logAfter) = await SizesAsync(server, table);
        var all = (double)count * perCall;
        report.Figure($"{what}: rate, client and server on the same cores", all / seconds, "/s");
        report.Figure($"{what}: processor time of the server", spent.TotalMicroseconds / all, "µs");
        report.Figure($"{what}: log written", (logAfter - log) / all, "bytes");
        if (table is "judgments" or "shard_data" or "shard_blocks") report.Figure($"{what}: kept, index included", (bytesAfter - bytes) / all, "bytes");
    }

    private static async Task<(long Table, long Log)> SizesAsync(PostgresServer server, string? table)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT {(table is null ? "0::bigint" : $"pg_total_relation_size('costs.{table}')")}, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint", connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private static StoredJudgment Judgment(int i) => new()
    {
        // Ten judges a pair, pairs at random places as hashes are.
        Address = new JudgmentAddress(new Hash128((ulong)(i / 10) * 0x9E3779B97F4A7C15, (ulong)(i / 10) * 0xC2B2AE3D27D4EB4F), new Hash128((ulong)(i % 10) + 1, 1), 0),
        Values = [i % 5],
        Detail = new JudgmentDetail
        {
            Rationale = string.Create(CultureInfo.InvariantCulture, $"Case {i}: ") + string.Concat(Enumerable.Range(0, 25).Select(k => string.Create(CultureInfo.InvariantCulture, $"{(i * 7919) + k:x8} ok "))),
            ServedModel = "model-2031-01-01",
            Totals = new CallTotals(1, 0, new TokenUsage(1200, 0, 55, 0), 0.0005m),
        },
    };
}
