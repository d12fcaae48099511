using System.Diagnostics;
using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Sqlite;

namespace Orchestration.Benchmarks.Storage;

/// <summary>
/// Whole-process figures of the SQLite store: durable puts by many callers, fully cached reads, registration of shards, reservations.
/// Fills a store with judgments first; the figures are those of a store of that size.
/// </summary>
public static class StorageBenchmark
{
    private const int JudgesPerPair = 10;
    private const int PairsPerRead = 1024;

    /// <summary>Runs everything and writes one line a figure.</summary>
    /// <param name="folder">An empty folder on the disk to measure.</param>
    /// <param name="judgments">Judgments in the store before the measured part; a multiple of 10.</param>
    /// <param name="output">Where the lines go.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(string folder, int judgments, TextWriter output, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        await using var store = await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = Path.Combine(folder, "store.db") }, cancellationToken);
        var pairs = judgments / JudgesPerPair;

        await MeasureAsync("fill, batches of 640", judgments, () => PutBatchesAsync(store, 0, pairs, 640, cancellationToken));
        var next = pairs;
        foreach (var (callers, pairsEach) in new[] { (64, 60), (256, 40), (640, 30) })
        {
            var first = next;
            next += callers * pairsEach;
            await MeasureAsync(
                $"puts of one judgment, {callers} callers", (next - first) * JudgesPerPair, () => PutSinglesAsync(store, first, callers, pairsEach, cancellationToken));
        }

        await MeasureAsync("gets, journal and pairs, 1 reader, judgments", pairs * JudgesPerPair, () => GetAsync(store, 0, pairs, 1, cancellationToken));
        await MeasureAsync("gets again, 1 reader, judgments", pairs * JudgesPerPair, () => GetAsync(store, 0, pairs, 1, cancellationToken));
        await MeasureAsync("gets, 2 readers, judgments", pairs * JudgesPerPair, () => GetAsync(store, 0, pairs, 2, cancellationToken));
        await MeasureAsync("finds with detail", 2000, () => FindAsync(store, pairs, 2000, cancellationToken));
        await MeasureAsync("reservations and settlements, 256 callers", 256 * 80, () => SpendAsync(store, 256, 80, cancellationToken));
        await MeasureAsync("registered shards, MB", 600, () => RegisterAsync(store, 600, cancellationToken));
        await MeasureAsync("read shards, MB", 600, () => ReadShardsAsync(store, "s1", cancellationToken));
        var megabytes = new DirectoryInfo(folder).EnumerateFiles().Sum(static file => file.Length) / 1e6;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{"file, MB",-55}{megabytes,14:0}"));
        await output.WriteLineAsync(
            string.Create(CultureInfo.InvariantCulture, $"{"peak memory, MB",-55}{Process.GetCurrentProcess().PeakWorkingSet64 / 1e6,14:0}"));

        async Task MeasureAsync(string name, long count, Func<Task> work)
        {
            var processor = Process.GetCurrentProcess().TotalProcessorTime;
            var start = time.GetTimestamp();
            await work();
            var seconds = time.GetElapsedTime(start).TotalSeconds;
            processor = Process.GetCurrentProcess().TotalProcessorTime - processor;
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-55}{count / seconds,14:N0}/s {seconds,8:0.00} s, of a processor {processor.TotalSeconds,6:0.00} s = {count / processor.TotalSeconds,12:N0}/s"));
        }
    }

    private static async Task PutBatchesAsync(SqliteStore store, int firstPair, int pairs, int batch, CancellationToken cancel)
    {
        var pending = new List<Task>();
        List<StoredJudgment> judgments = [];
        for (var i = 0; i < pairs * JudgesPerPair; i++)
        {
            judgments.Add(Judgment(firstPair + i / JudgesPerPair, i % JudgesPerPair));
            if (judgments.Count < batch && i < pairs * JudgesPerPair - 1) continue;
            pending.Add(store.Judgments.PutAsync(judgments, cancel).AsTask());
            judgments = [];
            if (pending.Count < 8) continue;
            await Task.WhenAll(pending);
            pending.Clear();
        }

        await Task.WhenAll(pending);
    }

    private static Task PutSinglesAsync(SqliteStore store, int firstPair, int callers, int pairsEach, CancellationToken cancel) => Task.WhenAll(
        Enumerable.Range(0, callers).Select(caller => Task.Run(
            async () =>
            {
                for (var i = 0; i < pairsEach * JudgesPerPair; i++)
                    await store.Judgments.PutAsync([Judgment(firstPair + caller * pairsEach + i / JudgesPerPair, i % JudgesPerPair)], cancel);
            },
            cancel)));

    private static Task GetAsync(SqliteStore store, int firstPair, int pairs, int readers, CancellationToken cancel) => Task.WhenAll(
        Enumerable.Range(0, readers).Select(reader => Task.Run(
            async () =>
            {
                var addresses = new JudgmentAddress[PairsPerRead * JudgesPerPair];
                for (var first = firstPair + reader * PairsPerRead; first < firstPair + pairs; first += readers * PairsPerRead)
                {
                    var count = Math.Min(PairsPerRead, firstPair + pairs - first) * JudgesPerPair;
                    for (var i = 0; i < count; i++) addresses[i] = Address(first + i / JudgesPerPair, i % JudgesPerPair);
                    var values = await store.Judgments.GetAsync(new ArraySegment<JudgmentAddress>(addresses, 0, count), cancel);
                    for (var i = 0; i < count; i++)
                    {
                        if (values[i] is null) throw new InvalidOperationException($"Judgment {i % JudgesPerPair} of pair {first + i / JudgesPerPair} is missing.");
                    }
                }
            },
            cancel)));

    private static async Task FindAsync(SqliteStore store, int pairs, int count, CancellationToken cancel)
    {
        for (var i = 0; i < count; i++)
        {
            var found = await store.Judgments.FindAsync(Address((int)((long)i * 7919 % pairs), i % JudgesPerPair), cancel);
            if (found?.Detail.Rationale is null) throw new InvalidOperationException("A stored judgment has no detail.");
        }
    }

    private static Task SpendAsync(SqliteStore store, int callers, int each, CancellationToken cancel) => Task.WhenAll(
        Enumerable.Range(0, callers).Select(_ => Task.Run(
            async () =>
            {
                for (var i = 0; i < each; i++)
                {
                    var reservation = await store.Spending.ReserveAsync("s1", 0.000_12m, cancel);
                    await store.Spending.SettleAsync(reservation!, 0.000_034_5m, 0);
                }
            },
            cancel)));

    private static async Task RegisterAsync(SqliteStore store, int megabytes, CancellationToken cancel)
    {
        var sweep = await store.Sweeps.CreateAsync(new NewSweep("{}", "f", "/out", store.Owner), cancel);
        var head = new byte[200_000];
        var text = new byte[800_000];
        new Random(1).NextBytes(text);
        for (var i = 0; i < megabytes; i += 4)
        {
            var shards = Enumerable.Range(i, Math.Min(4, megabytes - i)).Select(index => new ShardData(index, 2000, head, text)).ToArray();
            await store.Sweeps.AppendShardsAsync(sweep.Id, shards, cancel);
        }

        await store.Sweeps.SealAsync(sweep.Id, new SweepSeal("{}", 2000L * megabytes, 0), cancel);
    }

    private static async Task ReadShardsAsync(SqliteStore store, string id, CancellationToken cancel)
    {
        for (var index = 0; await store.Sweeps.ReadShardAsync(id, index, ShardParts.Head | ShardParts.Text, cancel) is not null; index++)
        {
            // Each read is its own call, as a worker makes it.
        }
    }

    private static JudgmentAddress Address(int pair, int judge)
    {
        return new JudgmentAddress(
            new Hash128(Mix((ulong)pair), Mix(~(ulong)pair)), new Hash128(0x1234_5678_9abc_def0 + (ulong)judge * 0x9E37_79B9, (ulong)judge), 0);

        // Numbers as scattered as a hash's, without its time (the finaliser of SplitMix64).
        static ulong Mix(ulong value)
        {
            value += 0x9E37_79B9_7F4A_7C15;
            value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
            value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
            return value ^ (value >> 31);
        }
    }

    // About 300 bytes of detail, in words that repeat as rationales do.
    private static StoredJudgment Judgment(int pair, int judge)
    {
        ReadOnlySpan<string> phrases =
        [
            "The answer follows the instruction closely", "It names its source", "One claim is not supported by the text", "The second step does not follow",
            "It could be half as long", "The tone suits the reader", "An edge case is missing", "The example is wrong", "Every part of the question is met",
        ];
        var rationale = string.Join(
            ". ", phrases[(pair + judge) % 9], phrases[(pair / 9 + 2 * judge) % 9], phrases[(pair / 81 + 5 * judge) % 9], phrases[(pair / 729 + judge) % 9],
            $"Row {pair} stands at {(pair * 31 + judge) % 41 / 10.0:0.0} for reasons {pair % 97} and {judge * pair % 89}", phrases[(pair * judge) % 9 < 0 ? 0 : (int)((long)pair * judge % 9)]);
        return new StoredJudgment
        {
            Address = Address(pair, judge),
            Values = [(pair * 31 + judge) % 41 / 10.0],
            Detail = new JudgmentDetail
            {
                Rationale = rationale,
                ServedModel = "judge-model-2031-01-01",
                Fingerprint = "fp_0123456789",
                Totals = new CallTotals(1, 0, new TokenUsage(900 + pair % 300, 512, 60 + pair % 40, 0), 0.000_123_4m + pair % 100 * 0.000_000_1m),
            },
        };
    }
}
