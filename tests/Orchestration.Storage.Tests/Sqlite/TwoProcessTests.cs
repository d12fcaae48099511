using System.Globalization;
using Orchestration.Conformance;
using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Judging;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace Orchestration.Storage.Tests.Sqlite;

/// <summary>Real processes on one file, killed for real.</summary>
public sealed class TwoProcessTests : IAsyncLifetime
{
    private const int Judges = 5;
    private readonly SqliteWorld _world = new() { FoldEntries = 300 };
    private SqliteStore _store = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        // The system's clock, as the other process has it.
        _store = await SqliteStore.OpenAsync(_world.Options with { TimeProvider = TimeProvider.System }, Cancel);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task A_killed_processs_shards_and_unscored_outcomes_are_taken_over_at_once()
    {
        var sweep = await SealedAsync(4);
        using var peer = await PeerProcess.StartAsync("serve", _world.FilePath, 300);
        (await peer.AskAsync($"claim {sweep} 3")).ShouldBe("0:1,1:1,2:1");
        (await peer.AskAsync($"unscored {sweep} 1 1")).ShouldBe("True");
        (await peer.AskAsync($"checkpoint {sweep} 0 1")).ShouldBe("True");
        (await _store.Sweeps.ClaimAsync(sweep, _store.Owner, 9, TimeSpan.FromHours(1), Cancel)).Select(static lease => lease.Shard).ShouldBe([3], "the process lives");

        await peer.KillAsync();

        var taken = await _store.Sweeps.ClaimAsync(sweep, _store.Owner, 9, TimeSpan.FromHours(1), Cancel);
        taken.ShouldBe([new ShardLease(sweep, 1, 2, _store.Owner), new ShardLease(sweep, 2, 2, _store.Owner)]);
        (await _store.Sweeps.UnscoredAsync(sweep, 1, Cancel)).ShouldBe([new UnscoredOutcome(0, 0, "refused")]);
        (await _store.Sweeps.ReadShardAsync(sweep, 0, ShardParts.Block, Cancel)).ShouldNotBeNull().Block.ShouldBe([9]);
    }

    [Fact]
    public async Task A_process_that_was_taken_over_while_it_stood_still_can_write_nothing_more()
    {
        var sweep = await SealedAsync(1);
        using var peer = await PeerProcess.StartAsync("serve", _world.FilePath, 300);
        (await peer.AskAsync($"claim {sweep} 1")).ShouldBe("0:1");
        (await _store.Sweeps.ClaimAsync(sweep, _store.Owner, 1, TimeSpan.FromHours(1), Cancel)).ShouldBeEmpty();

        // Its clock is the system's and its lease an hour; this one's is far ahead of that.
        _world.Time.Advance(TimeSpan.FromDays(365_000));
        await using var later = await SqliteStore.OpenAsync(_world.Options, Cancel);
        (await later.Sweeps.ClaimAsync(sweep, later.Owner, 1, TimeSpan.FromHours(1), Cancel)).ShouldHaveSingleItem().Epoch.ShouldBe(2);
        (await peer.AskAsync($"unscored {sweep} 0 1")).ShouldBe("False");
        (await peer.AskAsync($"checkpoint {sweep} 0 1")).ShouldBe("False");
        (await _store.Sweeps.ReadShardAsync(sweep, 0, ShardParts.Block, Cancel)).ShouldNotBeNull().IsDone.ShouldBeFalse();
    }

    [Fact]
    public async Task A_registration_that_a_kill_cut_off_is_removed_and_that_of_a_living_process_is_not()
    {
        using var dies = await PeerProcess.StartAsync("serve", _world.FilePath, 300);
        using var lives = await PeerProcess.StartAsync("serve", _world.FilePath, 300);
        var cutOff = await dies.AskAsync("register");
        var registering = await lives.AskAsync("register");
        (await _store.Sweeps.DeleteUnsealedAsync(Cancel)).ShouldBe(0);
        await dies.KillAsync();
        (await _store.Sweeps.DeleteUnsealedAsync(Cancel)).ShouldBe(1);
        (await _store.Sweeps.FindAsync(cutOff, Cancel)).ShouldBeNull();
        (await _store.Sweeps.FindAsync(registering, Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Two_processes_that_reserve_at_once_do_not_pass_the_cap_and_a_killed_ones_reservations_are_unknown()
    {
        await _store.Spending.SetCapAsync("s1", 1, Cancel);
        using var peer = await PeerProcess.StartAsync("serve", _world.FilePath, 300);
        var theirs = peer.AskAsync("reserve s1 0.004 200");
        var ours = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => _store.Spending.ReserveAsync("s1", 0.004m, Cancel).AsTask()));
        var granted = ours.Count(static reservation => reservation is not null);
        var grantedToThem = int.Parse(await theirs, CultureInfo.InvariantCulture);
        (granted + grantedToThem).ShouldBe(250);
        await peer.KillAsync();
        (await _store.Spending.StatusAsync("s1", Cancel)).ShouldBe(new SpendStatus(0, granted * 0.004m, grantedToThem * 0.004m, 1));
    }

    [Fact]
    public async Task A_processs_activation_stands_after_its_kill_and_one_decided_under_a_stale_epoch_is_refused()
    {
        var ids = new[] { new string('a', 64), new string('b', 64) };
        using var peer = await PeerProcess.StartAsync("serve", _world.FilePath, 300);
        foreach (var id in ids) (await peer.AskAsync($"add helpful {id}")).ShouldBe("True");
        (await _store.Aggregators.AddAsync(new StoredAggregator("helpful", ids[0], "gam", [3], [4]), Cancel)).ShouldBeFalse("the other process was first");
        (await peer.AskAsync($"activate helpful {ids[0]} 0")).ShouldBe("1");
        var feed = await _store.Aggregators.ChangesAsync(0, Cancel);
        feed.Names.ShouldBe(["helpful"]);

        var ours = await _store.Aggregators.TryChangeAsync(1, new AggregatorSetting { Name = "helpful", Active = ids[1], Earlier = [ids[0]] }, null, Cancel);
        ours.ShouldNotBeNull().Epoch.ShouldBe(2);
        (await peer.AskAsync($"activate helpful {ids[0]} 1")).ShouldBe("stale");
        (await peer.AskAsync("active helpful")).ShouldBe(ids[1]);
        (await peer.AskAsync($"activate helpful {ids[0]} 2")).ShouldBe("3");
        await peer.KillAsync();

        (await _store.Aggregators.SettingAsync("helpful", Cancel)).Active.ShouldBe(ids[0]);
        (await _store.Aggregators.AttemptsAsync("helpful", Cancel)).Count.ShouldBe(2, "the stale one is not recorded");
        (await _store.Aggregators.ChangesAsync(feed.Through, Cancel)).Names.ShouldBe(["helpful"]);
    }

    [Fact]
    public async Task A_killed_processs_lock_file_is_removed_by_the_next_to_open()
    {
        using var peer = await PeerProcess.StartAsync("serve", _world.FilePath, 300);
        var file = Path.Combine(_world.FilePath + "-owners", peer.Owner + ".lock");
        File.Exists(file).ShouldBeTrue();
        await peer.KillAsync();
        File.Exists(file).ShouldBeTrue("a killed process removes nothing");
        await using (await SqliteStore.OpenAsync(_world.Options, Cancel)) File.Exists(file).ShouldBeFalse();
        File.Exists(Path.Combine(_world.FilePath + "-owners", _store.Owner + ".lock")).ShouldBeTrue("its owner lives");
    }

    [Fact]
    public async Task Without_locks_of_the_system_nobody_is_taken_for_dead()
    {
        var sweep = await SealedAsync(2);
        using var one = await PeerProcess.StartWithoutLocksAsync(_world.FilePath);
        using var two = await PeerProcess.StartWithoutLocksAsync(_world.FilePath);
        (await one.AskAsync($"claim {sweep} 1")).ShouldBe("0:1");
        (await two.AskAsync($"claim {sweep} 2")).ShouldBe("1:1");
        var registering = await one.AskAsync("register");
        await one.KillAsync();
        (await two.AskAsync($"claim {sweep} 2")).ShouldBe("", "its lease runs out in an hour");
        (await two.AskAsync("clean")).ShouldBe("0");
        (await _store.Sweeps.FindAsync(registering, Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Two_processes_that_put_the_same_judgments_and_fold_agree_on_the_first()
    {
        const int Pairs = 400;
        using var peer = await PeerProcess.StartAsync("put", _world.FilePath, 170, 0, Pairs, 16);
        var held = new double?[Pairs * Judges];
        var mine = Task.WhenAll(Enumerable.Range(0, 16).Select(caller => Task.Run(
            async () =>
            {
                for (var pair = caller; pair < Pairs; pair += 16)
                {
                    // From the other end, so that both are first somewhere.
                    var back = Pairs - 1 - pair;
                    for (var judge = 0; judge < Judges; judge++)
                        held[back * Judges + judge] = (await _store.Judgments.PutAsync([Judgment(back, judge, -1)], Cancel))[0][0];
                }
            },
            Cancel)));
        var acknowledged = 0;
        while (await peer.HearAsync() is { } line && line != "done")
        {
            var (pair, judge, value) = Acknowledgement(line);
            acknowledged++;
            (await _store.Judgments.GetAsync([Judgment(pair, judge, 0).Address], Cancel))[0].ShouldBe([value], "what one was told, the other reads");
        }

        await mine;
        acknowledged.ShouldBe(Pairs * Judges);
        var addresses = Enumerable.Range(0, Pairs * Judges).Select(static i => Judgment(i / Judges, i % Judges, 0).Address).ToArray();
        (await _store.Judgments.GetAsync(addresses, Cancel)).Select(static values => values?[0]).ShouldBe(held);
        (await _store.Judgments.CountAsync(Cancel)).ShouldBe(Pairs * Judges);
        held.Distinct().Count().ShouldBe(2, "each of them was first somewhere");
        foreach (var i in new[] { 0, 777, Pairs * Judges - 1 })
        {
            var found = (await _store.Judgments.FindAsync(addresses[i], Cancel)).ShouldNotBeNull();
            found.Detail.Rationale.ShouldNotBeNull().ShouldStartWith($"pair {i / Judges} judge {i % Judges} value {held[i]} ");
        }
    }

    [Fact]
    public async Task Whatever_a_writer_acknowledged_before_it_was_killed_is_there()
    {
        const int Rounds = 6;
        const int PairsPerRound = 2000;
        var random = new Random(20310517);
        var acknowledged = new Dictionary<(int Pair, int Judge), double>();
        var ours = 0;
        for (var round = 0; round < Rounds; round++)
        {
            using var peer = await PeerProcess.StartAsync("put", _world.FilePath, 200, round * PairsPerRound, PairsPerRound, 32);
            var killAfter = random.Next(1, 1000);
            for (var heard = 0; await peer.HearAsync() is { } line && line != "done"; heard++)
            {
                Hear(line);
                if (heard % 64 == 0) await _store.Judgments.PutAsync([Judgment(1_000_000 + ours++, 0, 1)], Cancel);
                if (heard != killAfter) continue;
                await peer.KillAsync();
            }
        }

        acknowledged.Count.ShouldBeGreaterThan(Rounds * 100);
        await CheckAsync(_store);
        await using (var another = await SqliteStore.OpenAsync(_world.Options, Cancel)) await CheckAsync(another);
        await _store.DisposeAsync();
        using (var connection = Connection.Open(_world.FilePath, create: false, TimeSpan.FromSeconds(5)))
        {
            using var check = connection.Use("PRAGMA integrity_check");
            check.Step();
            check.Text(0).ShouldBe("ok");
        }

        await using var reopened = await SqliteStore.OpenAsync(_world.Options, Cancel);
        await CheckAsync(reopened);

        void Hear(string line)
        {
            // A killed process may have been cut off in the middle of its last line.
            if (line.Split(' ') is not ["ack", _, _, _]) return;
            var (pair, judge, value) = Acknowledgement(line);
            acknowledged[(pair, judge)] = value;
        }

        async Task CheckAsync(SqliteStore store)
        {
            var addresses = acknowledged.Keys.Select(static key => Judgment(key.Pair, key.Judge, 0).Address).ToArray();
            var values = await store.Judgments.GetAsync(addresses, Cancel);
            values.Count(static value => value is null).ShouldBe(0);
            (await store.Judgments.GetAsync(Enumerable.Range(0, ours).Select(static i => Judgment(1_000_000 + i, 0, 0).Address).ToArray(), Cancel))
                .ShouldAllBe(static value => value != null);
            (await store.Judgments.CountAsync(Cancel)).ShouldBeGreaterThanOrEqualTo(acknowledged.Count + ours);
            var (pair, judge) = acknowledged.Keys.Last();
            (await store.Judgments.FindAsync(Judgment(pair, judge, 0).Address, Cancel)).ShouldNotBeNull().Detail.Rationale.ShouldNotBeNull().ShouldStartWith($"pair {pair} ");
        }
    }

    private static (int Pair, int Judge, double Value) Acknowledgement(string line)
    {
        var words = line.Split(' ');
        return (int.Parse(words[1], CultureInfo.InvariantCulture), int.Parse(words[2], CultureInfo.InvariantCulture), double.Parse(words[3], CultureInfo.InvariantCulture));
    }

    // The address is the one that the other process makes of the same numbers.
    private static StoredJudgment Judgment(int pair, int judge, int value) => new()
    {
        Address = new JudgmentAddress(new Hash128((ulong)pair * 0x9E3779B97F4A7C15, (ulong)pair), new Hash128((ulong)judge, 7), 0),
        Values = [value],
        Detail = new JudgmentDetail { Rationale = $"pair {pair} judge {judge} value {value} " },
    };

    private async Task<string> SealedAsync(int shards)
    {
        var sweep = await _store.Sweeps.CreateAsync(SweepSamples.Sweep(_store.Owner), Cancel);
        await _store.Sweeps.AppendShardsAsync(sweep.Id, Enumerable.Range(0, shards).Select(static index => SweepSamples.Shard(index)).ToArray(), Cancel);
        await _store.Sweeps.SealAsync(sweep.Id, new SweepSeal("{}", 10 * shards, 0), Cancel);
        return sweep.Id;
    }
}
