using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Judging;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Sqlite;

namespace Orchestration.Storage.Peer;

/// <summary>
/// One process on a store's file. It says on standard output what the store has acknowledged, one line each, and does on standard input's lines what
/// they say, so that a test decides when it goes on and when it dies.
/// </summary>
internal static class PeerProgram
{
    private static async Task<int> Main(string[] args)
    {
        var options = new SqliteStoreOptions { Path = args[1], FoldEntries = int.Parse(args[2], CultureInfo.InvariantCulture) };
        await using var store = await SqliteStore.OpenAsync(options, CancellationToken.None);
        await SayAsync($"open {store.Owner}");
        switch (args[0])
        {
            case "put":
                await PutAsync(store, Number(args[3]), Number(args[4]), Number(args[5]));
                await SayAsync("done");
                break;
            case "serve":
                while (await Console.In.ReadLineAsync() is { } line) await SayAsync(await ServeAsync(store, line.Split(' ')));
                break;
            default:
                return 2;
        }

        return 0;
    }

    /// <summary>The judgment that everybody would store at an address: its value says who it was.</summary>
    private static StoredJudgment Judgment(int pair, int judge, int value) => new()
    {
        Address = new JudgmentAddress(new Hash128((ulong)pair * 0x9E3779B97F4A7C15, (ulong)pair), new Hash128((ulong)judge, 7), 0),
        Values = [value],
        Detail = new JudgmentDetail { Rationale = string.Create(CultureInfo.InvariantCulture, $"pair {pair} judge {judge} value {value} {new string('x', pair % 300)}") },
    };

    // Says "ack pair judge held" for each judgment once it is durable.
    private static Task PutAsync(SqliteStore store, int firstPair, int pairs, int callers) => Task.WhenAll(
        Enumerable.Range(0, callers).Select(caller => Task.Run(
            async () =>
            {
                for (var pair = firstPair + caller; pair < firstPair + pairs; pair += callers)
                {
                    for (var judge = 0; judge < 5; judge++)
                    {
                        var held = await store.Judgments.PutAsync([Judgment(pair, judge, Environment.ProcessId)], CancellationToken.None);
                        await SayAsync(string.Create(CultureInfo.InvariantCulture, $"ack {pair} {judge} {held[0][0]}"));
                    }
                }
            })));

    private static async Task<string> ServeAsync(SqliteStore store, string[] words)
    {
        var none = CancellationToken.None;
        switch (words[0])
        {
            case "register":
                var sweep = await store.Sweeps.CreateAsync(new NewSweep("{}", "f", "/out", store.Owner), none);
                await store.Sweeps.AppendShardsAsync(sweep.Id, [new ShardData(0, 1, [1], [2])], none);
                return sweep.Id;
            case "clean":
                return (await store.Sweeps.DeleteUnsealedAsync(none)).ToString(CultureInfo.InvariantCulture);
            case "claim":
                var leases = await store.Sweeps.ClaimAsync(words[1], store.Owner, Number(words[2]), TimeSpan.FromHours(1), none);
                return string.Join(',', leases.Select(static lease => string.Create(CultureInfo.InvariantCulture, $"{lease.Shard}:{lease.Epoch}")));
            case "checkpoint":
                var lease = new ShardLease(words[1], Number(words[2]), Number(words[3]), store.Owner);
                return (await store.Sweeps.CheckpointAsync(lease, new ShardResult([9], 1, 0, 0), none)).ToString();
            case "unscored":
                var held = new ShardLease(words[1], Number(words[2]), Number(words[3]), store.Owner);
                return (await store.Sweeps.RecordUnscoredAsync(held, [new UnscoredOutcome(0, 0, "refused")], none)).ToString();
            case "reserve":
                var amount = decimal.Parse(words[2], CultureInfo.InvariantCulture);
                var reservations = await Task.WhenAll(
                    Enumerable.Range(0, Number(words[3])).Select(_ => store.Spending.ReserveAsync(words[1], amount, none).AsTask()));
                return reservations.Count(static reservation => reservation is not null).ToString(CultureInfo.InvariantCulture);
            case "add":
                return (await store.Aggregators.AddAsync(new StoredAggregator(words[1], words[2], "mean-fit", [1], [2]), none)).ToString();
            case "activate":
                // Decided under an epoch that may be stale by now.
                var setting = new AggregatorSetting { Name = words[1], Active = words[2] };
                var attempt = new ActivationAttempt(words[1], words[2], null, AttemptOutcome.Accepted, "asked", null);
                return (await store.Aggregators.TryChangeAsync(Number(words[3]), setting, attempt, none))?.Epoch.ToString(CultureInfo.InvariantCulture) ?? "stale";
            case "active":
                return (await store.Aggregators.SettingAsync(words[1], none)).Active ?? "none";
            default:
                return "?";
        }
    }

    private static Task SayAsync(string line) => Console.Out.WriteLineAsync(line);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
