using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Storage.Sqlite;
using Orchestration.Storage.Sqlite.Judgments;
using Shouldly;
using Xunit;

namespace Orchestration.Storage.Tests.Sqlite;

/// <summary>The journal, its index in memory and its fold into pairs, by several owners at once.</summary>
public sealed class FoldTests : IAsyncLifetime
{
    private readonly SqliteWorld _world = new() { FoldEntries = 40 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task The_journal_is_folded_when_it_is_long_and_not_before()
    {
        await using var store = await SqliteStore.OpenAsync(_world.Options, Cancel);
        await store.Judgments.PutAsync(Enumerable.Range(0, 39).Select(static i => Judgment(i, 0)).ToArray(), Cancel);
        (await CountAsync("pairs")).ShouldBe(0);
        await store.Judgments.PutAsync([Judgment(39, 0)], Cancel);
        await store.Judgments.PutAsync([Judgment(40, 0)], Cancel);
        (await CountAsync("pairs")).ShouldBe(40);
        (await CountAsync("journal")).ShouldBe(1);
        (await store.Judgments.CountAsync(Cancel)).ShouldBe(41);
    }

    [Fact]
    public async Task A_pair_whose_judgments_come_in_several_folds_has_one_row()
    {
        await using var store = await SqliteStore.OpenAsync(_world.Options, Cancel);
        for (var judge = 0; judge < 6; judge++)
            await store.Judgments.PutAsync(Enumerable.Range(0, 45).Select(i => Judgment(i, judge)).ToArray(), Cancel);
        await store.Sweeps.ListAsync(Cancel);
        await store.DisposeAsync();
        await using var reopened = await SqliteStore.OpenAsync(_world.Options, Cancel);
        (await CountAsync("pairs")).ShouldBe(45);
        for (var judge = 0; judge < 6; judge++)
        {
            var found = (await reopened.Judgments.FindAsync(Judgment(7, judge).Address, Cancel)).ShouldNotBeNull();
            found.Values.ShouldBe(Judgment(7, judge).Values);
            found.Detail.ShouldBe(Judgment(7, judge).Detail);
        }
    }

    [Fact]
    public async Task A_batch_longer_than_a_row_of_the_journal_is_stored_whole()
    {
        await using var store = await SqliteStore.OpenAsync(_world.Options with { FoldEntries = 1_000_000 }, Cancel);
        var rationale = new string('w', 40_000);
        var judgments = Enumerable.Range(0, 100).Select(i => Judgment(i, 0) with { Detail = new JudgmentDetail { Rationale = rationale + i } }).ToArray();
        await store.Judgments.PutAsync(judgments, Cancel);
        (await CountAsync("journal")).ShouldBeGreaterThan(2);
        foreach (var judgment in judgments)
            (await store.Judgments.FindAsync(judgment.Address, Cancel)).ShouldNotBeNull().Detail.ShouldBe(judgment.Detail);
        await using var other = await SqliteStore.OpenAsync(_world.Options, Cancel);
        (await other.Judgments.FindAsync(judgments[99].Address, Cancel)).ShouldNotBeNull().Detail.ShouldBe(judgments[99].Detail);
    }

    [Fact]
    public async Task A_stored_judgment_is_never_missed_while_two_owners_write_read_and_fold()
    {
        const int Pairs = 300;
        await using var one = await SqliteStore.OpenAsync(_world.Options, Cancel);
        await using var two = await SqliteStore.OpenAsync(_world.Options with { FoldEntries = 23 }, Cancel);
        var stored = 0;
        var writing = Task.Run(
            async () =>
            {
                for (var pair = 0; pair < Pairs; pair++)
                {
                    var store = pair % 3 == 0 ? two : one;
                    await Task.WhenAll(Enumerable.Range(0, 4).Select(judge => store.Judgments.PutAsync([Judgment(pair, judge)], Cancel).AsTask()));
                    Volatile.Write(ref stored, pair + 1);
                }
            },
            Cancel);
        var readers = Enumerable.Range(0, 4).Select(reader => Task.Run(
            async () =>
            {
                var random = new Random(reader);
                var store = reader % 2 == 0 ? one : two;
                while (!writing.IsCompleted)
                {
                    var known = Volatile.Read(ref stored);
                    if (known == 0)
                    {
                        await Task.Yield();
                        continue;
                    }

                    // The newest are those that a fold is just moving.
                    var addresses = Enumerable.Range(0, 30).Select(i => Judgment(i < 20 ? Math.Max(0, known - 1 - i) : random.Next(known), i % 4).Address).ToArray();
                    (await store.Judgments.GetAsync(addresses, Cancel)).ShouldAllBe(static values => values != null);
                    (await store.Judgments.FindAsync(addresses[random.Next(20)], Cancel)).ShouldNotBeNull();
                }
            },
            Cancel));
        await Task.WhenAll(readers.Append(writing));
        (await one.Judgments.CountAsync(Cancel)).ShouldBe(4 * Pairs);
        (await two.Judgments.CountAsync(Cancel)).ShouldBe(4 * Pairs);
    }

    [Fact]
    public async Task A_reader_whose_snapshot_is_older_than_a_fold_begins_again()
    {
        await using var store = await SqliteStore.OpenAsync(_world.Options with { FoldEntries = 1_000_000 }, Cancel);
        await store.Judgments.PutAsync([Judgment(1, 0)], Cancel);
        var cache = new JournalCache();
        using var old = Connection.Open(_world.FilePath, create: false, TimeSpan.FromSeconds(5));
        using var writer = Connection.Open(_world.FilePath, create: false, TimeSpan.FromSeconds(5));
        old.Run("BEGIN");
        cache.TryFor(old).ShouldNotBeNull().Chain(Judgment(1, 0).Address.Pair).ShouldNotBeNull();

        writer.Execute("BEGIN IMMEDIATE");
        Fold.Run(writer, _world.Options with { FoldEntries = 1 });
        writer.Execute("COMMIT");

        cache.TryFor(old).ShouldNotBeNull("as long as nobody has seen the fold").Chain(Judgment(1, 0).Address.Pair).ShouldNotBeNull();
        writer.Run("BEGIN");
        cache.TryFor(writer).ShouldNotBeNull().Count.ShouldBe(0);
        cache.TryFor(old).ShouldBeNull("an index after the fold and a snapshot before it would miss what was folded");
        old.Run("COMMIT");
        old.Run("BEGIN");
        cache.TryFor(old).ShouldNotBeNull();
    }

    [Fact]
    public void Whatever_is_put_in_whatever_order_by_whomever_reads_back_as_the_first_of_each_address()
    {
        var put = Gen.Choose(0, 6).Zip(Gen.Choose(0, 3)).Zip(Gen.Choose(0, 2));
        var steps = put.NonEmptyListOf().Select(static list => list.Take(60).ToList()).Zip(Gen.Choose(1, 30));
        Prop.ForAll(
            steps.ToArbitrary(),
            static sample =>
            {
                RunAsync(sample.Item1.Select(static step => (step.Item1.Item1, step.Item1.Item2, step.Item2)).ToList(), sample.Item2).GetAwaiter().GetResult();
                return true;
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(25).WithReplay(20260101UL, 17UL));

        static async Task RunAsync(List<(int Pair, int Judge, int Owner)> steps, int foldEntries)
        {
            await using var world = new SqliteWorld { FoldEntries = foldEntries };
            var stores = new List<SqliteStore>();
            for (var i = 0; i < 2; i++) stores.Add(await SqliteStore.OpenAsync(world.Options, CancellationToken.None));
            var expected = new Dictionary<JudgmentAddress, double>();
            for (var i = 0; i < steps.Count; i++)
            {
                var (pair, judge, owner) = steps[i];
                if (owner == 2)
                {
                    await stores[1].DisposeAsync();
                    stores[1] = await SqliteStore.OpenAsync(world.Options, CancellationToken.None);
                    continue;
                }

                var judgment = Judgment(pair, judge) with { Values = [i] };
                expected.TryAdd(judgment.Address, i);
                (await stores[owner].Judgments.PutAsync([judgment], CancellationToken.None))[0][0].ShouldBe(expected[judgment.Address]);
                var known = expected.Keys.ToArray();
                (await stores[1 - owner].Judgments.GetAsync(known, CancellationToken.None)).Select(static values => values?[0])
                    .ShouldBe(known.Select(address => (double?)expected[address]));
            }

            foreach (var store in stores)
            {
                (await store.Judgments.CountAsync(CancellationToken.None)).ShouldBe(expected.Count);
                await store.DisposeAsync();
            }
        }
    }

    private static StoredJudgment Judgment(int pair, int judge) => new()
    {
        Address = new JudgmentAddress(new Hash128((ulong)pair * 0x9E3779B97F4A7C15, (ulong)pair), new Hash128((ulong)judge, 7), 0),
        Values = [pair + judge / 10.0],
        Detail = new JudgmentDetail { Rationale = $"Pair {pair}, judge {judge}.", Mass = judge == 2 ? 0.93 : null },
    };

    private async Task<long> CountAsync(string table)
    {
        await Task.Yield();
        using var connection = Connection.Open(_world.FilePath, create: false, TimeSpan.FromSeconds(5));
        return connection.Number($"SELECT count(*) FROM {table}") ?? -1;
    }
}
