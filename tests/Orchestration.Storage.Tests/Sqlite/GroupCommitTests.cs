using Orchestration.Conformance;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;
using Orchestration.Storage.Sqlite;
using Orchestration.Storage.Sqlite.Judgments;
using Shouldly;
using Xunit;

namespace Orchestration.Storage.Tests.Sqlite;

/// <summary>What callers that share a commit see of one another, and of other processes.</summary>
public sealed class GroupCommitTests : IAsyncLifetime
{
    private readonly SqliteWorld _world = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_full_disk_is_said_and_what_was_acknowledged_before_is_there()
    {
        var acknowledged = 0;
        var options = _world.Options with { MaxPages = 60, FoldEntries = 500 };
        await using (var store = await SqliteStore.OpenAsync(options, Cancel))
        {
            var failure = await Should.ThrowAsync<OrchestrationException>(
                async () =>
                {
                    for (; acknowledged < 100_000; acknowledged += 100)
                        await store.Judgments.PutAsync(Enumerable.Range(acknowledged, 100).Select(static i => Judgment(i)).ToArray(), Cancel);
                });
            failure.Code.ShouldBe(ErrorCodes.Store);
            failure.Message.ShouldContain($"The disk of {_world.FilePath} is full");
            failure.Message.ShouldContain("Free some space");
            acknowledged.ShouldBeGreaterThan(1000);
            await CheckAsync(store);
        }

        // With room again it goes on where it stopped.
        await using var reopened = await SqliteStore.OpenAsync(_world.Options with { FoldEntries = 500 }, Cancel);
        await CheckAsync(reopened);
        await reopened.Judgments.PutAsync(Enumerable.Range(acknowledged, 2000).Select(static i => Judgment(i)).ToArray(), Cancel);
        acknowledged += 2000;
        await CheckAsync(reopened);

        async Task CheckAsync(SqliteStore store)
        {
            var values = await store.Judgments.GetAsync(Enumerable.Range(0, acknowledged).Select(static i => Judgment(i).Address).ToArray(), Cancel);
            values.Select(static value => value?[0]).ShouldBe(Enumerable.Range(0, acknowledged).Select(static i => (double?)i));
            (await store.Judgments.CountAsync(Cancel)).ShouldBe(acknowledged);
            (await store.Judgments.FindAsync(Judgment(acknowledged - 1).Address, Cancel)).ShouldNotBeNull().Detail.ShouldBe(Judgment(acknowledged - 1).Detail);
        }
    }

    [Fact]
    public async Task A_block_that_does_not_fit_on_the_disk_does_not_take_its_neighbours_with_it()
    {
        await using var store = await SqliteStore.OpenAsync(_world.Options with { MaxPages = 60 }, Cancel);
        var id = (await store.Sweeps.CreateAsync(SweepSamples.Sweep(store.Owner), Cancel)).Id;
        Task<IReadOnlyList<IReadOnlyList<double>>>[] puts;
        Task append;
        Task<SpendAnswer> reserve;
        using (var other = new OtherWriter(_world.FilePath))
        {
            // All of them wait for the other process, so that they share a commit.
            puts = Enumerable.Range(0, 50).Select(i => store.Judgments.PutAsync([Judgment(i)], Cancel).AsTask()).ToArray();
            append = store.Sweeps.AppendShardsAsync(id, [SweepSamples.Shard(0, bytes: 1_000_000)], Cancel).AsTask();
            reserve = ReserveAsync(store);
        }

        (await Should.ThrowAsync<OrchestrationException>(append)).Message.ShouldContain("is full");
        (await Task.WhenAll(puts)).Select(static values => values[0][0]).ShouldBe(Enumerable.Range(0, 50).Select(static i => (double)i));
        (await reserve).Granted.ShouldBeTrue();
        (await store.Judgments.CountAsync(Cancel)).ShouldBe(50);
        (await store.Sweeps.FindAsync(id, Cancel)).ShouldNotBeNull().Shards.ShouldBe(0);
    }

    [Fact]
    public async Task Who_leaves_while_another_process_writes_has_stored_nothing()
    {
        await using var store = await SqliteStore.OpenAsync(_world.Options, Cancel);
        using var leaves = new CancellationTokenSource();
        Task left;
        Task stays;
        using (var other = new OtherWriter(_world.FilePath))
        {
            left = store.Judgments.PutAsync([Judgment(1)], leaves.Token).AsTask();
            stays = store.Judgments.PutAsync([Judgment(2)], Cancel).AsTask();
            await leaves.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(left);
            stays.IsCompleted.ShouldBeFalse();
        }

        await stays;
        (await store.Judgments.GetAsync([Judgment(1).Address, Judgment(2).Address], Cancel)).Select(static value => value?[0]).ShouldBe([null, 2]);
    }

    [Fact]
    public async Task A_process_that_writes_for_too_long_is_reported_and_afterwards_all_goes_on()
    {
        await using var store = await SqliteStore.OpenAsync(_world.Options with { BusyTimeout = TimeSpan.FromMilliseconds(30) }, Cancel);
        using (var other = new OtherWriter(_world.FilePath))
        {
            var failure = await Should.ThrowAsync<OrchestrationException>(async () => await store.Judgments.PutAsync([Judgment(1)], Cancel));
            failure.Code.ShouldBe(ErrorCodes.Store);
            failure.Message.ShouldContain("written by other processes for longer");
            (await store.Judgments.CountAsync(Cancel)).ShouldBe(0, "reading goes on");
        }

        await store.Judgments.PutAsync([Judgment(1)], Cancel);
        (await store.Judgments.CountAsync(Cancel)).ShouldBe(1);
    }

    [Fact]
    public async Task A_commit_waits_for_the_disk_unless_all_of_it_may_be_lost()
    {
        const long Full = 2;
        const long Normal = 1;
        await (await SqliteStore.OpenAsync(_world.Options, Cancel)).DisposeAsync();
        using var connection = Connection.Open(_world.FilePath, create: false, TimeSpan.FromSeconds(5));
        var writer = new GroupCommitWriter(connection, new JournalWriter(connection, new JournalCache(), _world.Options), _world.Options);
        (await writer.RunAsync(Synchronous, Cancel)).ShouldBe(Full);
        (await writer.RunAsync(Synchronous, Cancel, mayBeLost: true)).ShouldBe(Normal);
        (await writer.RunAsync(Synchronous, Cancel)).ShouldBe(Full);
        using var inCommit = new SemaphoreSlim(0);
        using var goOn = new ManualResetEventSlim();
        var first = writer.RunAsync(
            _ =>
            {
                inCommit.Release();
                goOn.Wait(Cancel);
                return true;
            },
            Cancel);
        await inCommit.WaitAsync(Cancel);
        Task<long?>[] together = [writer.RunAsync(Synchronous, Cancel, mayBeLost: true), writer.RunAsync(Synchronous, Cancel), writer.RunAsync(Synchronous, Cancel, mayBeLost: true)];
        goOn.Set();
        await first;
        (await Task.WhenAll(together)).ShouldBe([Full, Full, Full], "they share the commit of one that may not be lost");
        await writer.CloseAsync();

        static long? Synchronous(Connection inside) => inside.Number("PRAGMA synchronous");
    }

    [Fact]
    public async Task Closing_finishes_what_was_handed_in()
    {
        var store = await SqliteStore.OpenAsync(_world.Options, Cancel);
        var puts = Enumerable.Range(0, 500).Select(i => store.Judgments.PutAsync([Judgment(i)], Cancel).AsTask()).ToArray();
        await store.DisposeAsync();
        await Task.WhenAll(puts);
        await using var reopened = await SqliteStore.OpenAsync(_world.Options, Cancel);
        (await reopened.Judgments.CountAsync(Cancel)).ShouldBe(500);
    }

    private static async Task<SpendAnswer> ReserveAsync(SqliteStore store) => new(await store.Spending.ReserveAsync("s1", 1, Cancel) is not null);

    private static StoredJudgment Judgment(int pair) => new()
    {
        Address = new JudgmentAddress(new Hash128((ulong)pair * 0x9E3779B97F4A7C15, (ulong)pair), new Hash128(1, 7), 0),
        Values = [pair],
        Detail = new JudgmentDetail { Rationale = Convert.ToHexString(SweepSamples.Bytes(pair, 60)) },
    };

    private sealed record SpendAnswer(bool Granted);

    /// <summary>Holds the file's turn to write, as another process in a long commit does.</summary>
    private sealed class OtherWriter : IDisposable
    {
        private readonly Connection _connection;

        public OtherWriter(string path)
        {
            _connection = Connection.Open(path, create: false, TimeSpan.FromSeconds(5));
            _connection.Execute("BEGIN IMMEDIATE");
        }

        public void Dispose()
        {
            _connection.Execute("ROLLBACK");
            _connection.Dispose();
        }
    }
}
