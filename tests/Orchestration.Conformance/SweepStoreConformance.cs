using Orchestration.Core;
using Orchestration.Core.Sweeps;
using Shouldly;
using Xunit;
using static Orchestration.Conformance.SweepSamples;

namespace Orchestration.Conformance;

/// <summary>What every <see cref="ISweepStore"/> does with sweeps and their data.</summary>
public abstract class SweepStoreConformance : StoreConformance
{
    [Fact]
    public async Task A_new_sweep_is_registering_and_known_to_every_owner()
    {
        var sweep = await One.Sweeps.CreateAsync(new NewSweep("{\"a\":\"ü\"}", "f1", "/out", One.Owner), Cancel);
        sweep.Id.ShouldBe("s1");
        sweep.ShouldBe(new SweepRecord
        {
            Id = "s1",
            State = SweepState.Registering,
            Definition = "{\"a\":\"ü\"}",
            Fingerprint = "f1",
            OutputFolder = "/out",
            CreatedAt = World.Time.GetUtcNow(),
            Rows = 0,
            Rejected = 0,
            Shards = 0,
            Totals = SweepTotals.None,
        });
        (await Two.Sweeps.FindAsync("s1", Cancel)).ShouldBe(sweep);
    }

    [Theory]
    [InlineData("s2")]
    [InlineData("x1")]
    [InlineData("s")]
    [InlineData("")]
    [InlineData("s99999999999999999999")]
    public async Task A_sweep_that_is_not_there_is_null_or_false_or_said_so(string id)
    {
        await One.Sweeps.CreateAsync(Sweep(One.Owner), Cancel);
        var lease = new ShardLease(id, 0, 1, One.Owner);
        (await One.Sweeps.FindAsync(id, Cancel)).ShouldBeNull();
        (await One.Sweeps.ReadShardAsync(id, 0, ShardParts.Head, Cancel)).ShouldBeNull();
        (await One.Sweeps.UnscoredAsync(id, 0, Cancel)).ShouldBeEmpty();
        (await One.Sweeps.ReadWordsAsync(id, 0, 10, Cancel)).ShouldBeEmpty();
        (await One.Sweeps.TryChangeStateAsync(id, SweepState.Running, SweepState.Completed, Cancel)).ShouldBeFalse();
        (await One.Sweeps.DeleteAsync(id, Cancel)).ShouldBeFalse();
        (await One.Sweeps.ClaimAsync(id, One.Owner, 1, Lease, Cancel)).ShouldBeEmpty();
        (await One.Sweeps.RenewAsync([lease], Lease, Cancel)).ShouldBeEmpty();
        (await One.Sweeps.CheckpointAsync(lease, Result(0), Cancel)).ShouldBeFalse();
        (await One.Sweeps.RecordUnscoredAsync(lease, [new UnscoredOutcome(0, 0, "refused")], Cancel)).ShouldBeFalse();
        await ShouldNotBeFoundAsync(async () => await One.Sweeps.ProgressAsync(id, Cancel));
        await ShouldNotBeFoundAsync(async () => await One.Sweeps.AddTotalsAsync(id, SweepTotals.None, Cancel));
        await ShouldNotBeFoundAsync(async () => await One.Sweeps.AppendShardsAsync(id, [Shard(0)], Cancel));
        await ShouldNotBeFoundAsync(async () => await One.Sweeps.ReplaceShardAsync(id, Shard(0), Cancel));
        await ShouldNotBeFoundAsync(async () => await One.Sweeps.SealAsync(id, new SweepSeal("{}", 0, 0), Cancel));
        await ShouldNotBeFoundAsync(async () => await One.Sweeps.ReopenUnscoredAsync(id, Cancel));

        static async Task ShouldNotBeFoundAsync(Func<Task> ask)
        {
            var failure = await Should.ThrowAsync<OrchestrationException>(ask);
            failure.Code.ShouldBe(ErrorCodes.NotFound);
        }
    }

    [Fact]
    public async Task Sealing_makes_a_sweep_running_and_tells_each_shard_the_rows_before_it()
    {
        var sweep = await One.Sweeps.CreateAsync(Sweep(One.Owner), Cancel);
        await One.Sweeps.AppendShardsAsync(sweep.Id, [Shard(0, rows: 5), Shard(1, rows: 7)], Cancel);
        await One.Sweeps.AppendShardsAsync(sweep.Id, [Shard(2, rows: 0), Shard(3, rows: 11)], Cancel);
        var sealedSweep = await One.Sweeps.SealAsync(sweep.Id, new SweepSeal("{\"done\":true}", 23, 4), Cancel);
        sealedSweep.ShouldBe(sweep with { State = SweepState.Running, Definition = "{\"done\":true}", Rows = 23, Rejected = 4, Shards = 4 });
        (await Two.Sweeps.FindAsync(sweep.Id, Cancel)).ShouldBe(sealedSweep);
        var firstRows = new List<long>();
        for (var index = 0; index < 4; index++) firstRows.Add((await Two.Sweeps.ReadShardAsync(sweep.Id, index, ShardParts.None, Cancel)).ShouldNotBeNull().FirstRow);
        firstRows.ShouldBe([0, 5, 12, 12]);
        (await Two.Sweeps.ReadShardAsync(sweep.Id, 4, ShardParts.None, Cancel)).ShouldBeNull();
        (await Two.Sweeps.ReadShardAsync(sweep.Id, -1, ShardParts.None, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task Only_the_parts_that_were_asked_for_are_read()
    {
        var id = await SealedAsync(One, 2, Cancel);
        var shard = Shard(1);
        (await Two.Sweeps.ReadShardAsync(id, 1, ShardParts.None, Cancel)).ShouldBe(new StoredShard(1, 10, 10, false, null, null, null));
        var head = (await Two.Sweeps.ReadShardAsync(id, 1, ShardParts.Head, Cancel)).ShouldNotBeNull();
        head.Head.ShouldBe(shard.Head);
        head.Text.ShouldBeNull();
        var all = (await Two.Sweeps.ReadShardAsync(id, 1, ShardParts.Head | ShardParts.Text | ShardParts.Block, Cancel)).ShouldNotBeNull();
        all.Head.ShouldBe(shard.Head);
        all.Text.ShouldBe(shard.Text);
        all.Block.ShouldBeNull();
    }

    [Fact]
    public async Task What_tells_of_shards_words_is_read_for_many_of_them_at_once_and_goes_with_the_sweep()
    {
        await SealedAsync(One, 3, Cancel);
        var sweep = await One.Sweeps.CreateAsync(Sweep(One.Owner), Cancel);
        byte[] first = Bytes(5, 3000), replacing = Bytes(6, 40);
        await One.Sweeps.AppendShardsAsync(sweep.Id, [Shard(0, rows: 5) with { Words = first }, Shard(1, rows: 7)], Cancel);
        await One.Sweeps.AppendShardsAsync(sweep.Id, [Shard(2, rows: 0) with { Words = Bytes(7, 20) }, Shard(3, rows: 11) with { Words = [] }], Cancel);
        await One.Sweeps.ReplaceShardAsync(sweep.Id, Shard(1, rows: 6) with { Words = replacing }, Cancel);
        await One.Sweeps.ReplaceShardAsync(sweep.Id, Shard(2, rows: 4), Cancel);
        await One.Sweeps.SealAsync(sweep.Id, new SweepSeal("{}", 26, 0), Cancel);
        await SealedAsync(One, 2, Cancel);
        (await One.Sweeps.CheckpointAsync(await ClaimOneAsync(One, sweep.Id, Cancel), Result(0), Cancel)).ShouldBeTrue();

        var all = await Two.Sweeps.ReadWordsAsync(sweep.Id, 0, 100, Cancel);
        all.Select(static s => (s.Index, s.FirstRow, s.Rows, s.IsDone)).ShouldBe([(0, 0, 5, true), (1, 5, 6, false), (2, 11, 4, false), (3, 15, 11, false)]);
        all[0].Words.ShouldBe(first);
        all[1].Words.ShouldBe(replacing);
        all[2].Words.ShouldBeNull("it was replaced by one without");
        (all[3].Words ?? []).ShouldBeEmpty();
        (await Two.Sweeps.ReadWordsAsync(sweep.Id, 1, 2, Cancel)).Select(static s => s.Index).ShouldBe([1, 2]);
        (await Two.Sweeps.ReadWordsAsync(sweep.Id, 4, 2, Cancel)).ShouldBeEmpty();

        (await One.Sweeps.DeleteAsync(sweep.Id, Cancel)).ShouldBeTrue();
        (await Two.Sweeps.ReadWordsAsync(sweep.Id, 0, 100, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_replaced_shard_has_its_new_rows_and_bytes()
    {
        var sweep = await One.Sweeps.CreateAsync(Sweep(One.Owner), Cancel);
        await One.Sweeps.AppendShardsAsync(sweep.Id, [Shard(0), Shard(1), Shard(2)], Cancel);
        var shorter = new ShardData(1, 8, Bytes(77, 20), []);
        await One.Sweeps.ReplaceShardAsync(sweep.Id, shorter, Cancel);
        await One.Sweeps.SealAsync(sweep.Id, new SweepSeal("{}", 28, 2), Cancel);
        var read = (await Two.Sweeps.ReadShardAsync(sweep.Id, 1, ShardParts.Head | ShardParts.Text, Cancel)).ShouldNotBeNull();
        read.Rows.ShouldBe(8);
        read.Head.ShouldBe(shorter.Head);
        read.Text.ShouldNotBeNull().ShouldBeEmpty();
        (await Two.Sweeps.ReadShardAsync(sweep.Id, 2, ShardParts.None, Cancel)).ShouldNotBeNull().FirstRow.ShouldBe(18);
    }

    [Fact]
    public async Task Shards_that_do_not_follow_one_another_are_refused_whole()
    {
        var sweep = await One.Sweeps.CreateAsync(Sweep(One.Owner), Cancel);
        await One.Sweeps.AppendShardsAsync(sweep.Id, [Shard(0)], Cancel);
        await Should.ThrowAsync<ArgumentException>(async () => await One.Sweeps.AppendShardsAsync(sweep.Id, [Shard(1), Shard(3)], Cancel));
        await Should.ThrowAsync<ArgumentException>(async () => await One.Sweeps.AppendShardsAsync(sweep.Id, [Shard(0)], Cancel));
        await Should.ThrowAsync<ArgumentException>(async () => await One.Sweeps.ReplaceShardAsync(sweep.Id, Shard(1), Cancel));
        (await One.Sweeps.SealAsync(sweep.Id, new SweepSeal("{}", 10, 0), Cancel)).Shards.ShouldBe(1);
        (await One.Sweeps.ReadShardAsync(sweep.Id, 1, ShardParts.None, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_seal_that_counts_other_rows_than_the_shards_is_refused()
    {
        var sweep = await One.Sweeps.CreateAsync(Sweep(One.Owner), Cancel);
        await One.Sweeps.AppendShardsAsync(sweep.Id, [Shard(0)], Cancel);
        await Should.ThrowAsync<ArgumentException>(async () => await One.Sweeps.SealAsync(sweep.Id, new SweepSeal("{}", 11, 0), Cancel));
        (await One.Sweeps.FindAsync(sweep.Id, Cancel)).ShouldNotBeNull().State.ShouldBe(SweepState.Registering);
    }

    [Fact]
    public async Task A_sealed_sweep_takes_no_more_data()
    {
        var id = await SealedAsync(One, 1, Cancel);
        await Should.ThrowAsync<InvalidOperationException>(async () => await One.Sweeps.AppendShardsAsync(id, [Shard(1)], Cancel));
        await Should.ThrowAsync<InvalidOperationException>(async () => await One.Sweeps.ReplaceShardAsync(id, Shard(0, rows: 3), Cancel));
        await Should.ThrowAsync<InvalidOperationException>(async () => await One.Sweeps.SealAsync(id, new SweepSeal("{}", 10, 0), Cancel));
        (await One.Sweeps.ReadShardAsync(id, 0, ShardParts.None, Cancel)).ShouldNotBeNull().Rows.ShouldBe(10);
    }

    [Fact]
    public async Task Large_shards_come_back_byte_for_byte()
    {
        var sweep = await One.Sweeps.CreateAsync(Sweep(One.Owner), Cancel);
        var shards = Enumerable.Range(0, 3).Select(static index => Shard(index, bytes: 1_500_000 + index)).ToArray();
        foreach (var shard in shards) await One.Sweeps.AppendShardsAsync(sweep.Id, [shard], Cancel);
        await One.Sweeps.SealAsync(sweep.Id, new SweepSeal("{}", 30, 0), Cancel);
        foreach (var shard in shards)
        {
            var read = (await Two.Sweeps.ReadShardAsync(sweep.Id, shard.Index, ShardParts.Head | ShardParts.Text, Cancel)).ShouldNotBeNull();
            read.Head.AsSpan().SequenceEqual(shard.Head).ShouldBeTrue();
            read.Text.AsSpan().SequenceEqual(shard.Text).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Sweeps_are_listed_newest_first()
    {
        foreach (var owner in new[] { One, Two, One }) await owner.Sweeps.CreateAsync(Sweep(owner.Owner), Cancel);
        (await Two.Sweeps.ListAsync(Cancel)).Select(static sweep => sweep.Id).ShouldBe(["s3", "s2", "s1"]);
    }

    [Fact]
    public async Task Ids_are_never_used_again()
    {
        var id = await SealedAsync(One, 1, Cancel);
        (await One.Sweeps.DeleteAsync(id, Cancel)).ShouldBeTrue();
        (await Two.Sweeps.CreateAsync(Sweep(Two.Owner), Cancel)).Id.ShouldNotBe(id);
    }

    [Fact]
    public async Task A_state_changes_only_from_the_one_that_was_expected()
    {
        var id = await SealedAsync(One, 1, Cancel);
        (await Two.Sweeps.TryChangeStateAsync(id, SweepState.Interrupted, SweepState.Running, Cancel)).ShouldBeFalse();
        (await Two.Sweeps.TryChangeStateAsync(id, SweepState.Running, SweepState.Interrupted, Cancel)).ShouldBeTrue();
        (await One.Sweeps.TryChangeStateAsync(id, SweepState.Running, SweepState.Completed, Cancel)).ShouldBeFalse();
        (await One.Sweeps.FindAsync(id, Cancel)).ShouldNotBeNull().State.ShouldBe(SweepState.Interrupted);
    }

    [Fact]
    public async Task A_sweep_is_commanded_by_whoever_likes_as_often_as_they_like()
    {
        var id = await SealedAsync(One, 2, Cancel);
        SweepControl here = new(One.Sweeps, id), there = new(Two.Sweeps, id);
        await One.Sweeps.ClaimAsync(id, One.Owner, 1, Lease, Cancel);
        var standing = await there.StandingAsync(Cancel);
        (standing.State, standing.Progress.Shards, standing.Held[One.Owner]).ShouldBe((SweepState.Running, 2, 1));
        (await there.PauseAsync(Cancel)).State.ShouldBe(SweepState.Interrupted);
        (await here.PauseAsync(Cancel)).State.ShouldBe(SweepState.Interrupted);
        (await there.IsRunningAsync(Cancel)).ShouldBeFalse();
        (await here.StartAsync(Cancel)).State.ShouldBe(SweepState.Running);
        (await there.StartAsync(Cancel)).State.ShouldBe(SweepState.Running);
        (await here.CancelAsync(Cancel)).State.ShouldBe(SweepState.Cancelled);
        (await there.PauseAsync(Cancel)).State.ShouldBe(SweepState.Cancelled);
        (await Should.ThrowAsync<OrchestrationException>(async () => await there.StartAsync(Cancel))).Code.ShouldBe(ErrorCodes.Usage);
        (await Should.ThrowAsync<OrchestrationException>(async () => await new SweepControl(Two.Sweeps, "s77").StartAsync(Cancel))).Code.ShouldBe(ErrorCodes.NotFound);
    }

    [Fact]
    public async Task A_sweep_at_its_cap_is_started_again_and_one_that_waits_is_given_up()
    {
        string capped = await SealedAsync(One, 2, Cancel), paused = await SealedAsync(One, 2, Cancel), over = await SealedAsync(One, 2, Cancel);
        foreach (var id in new[] { capped, over }) (await One.Sweeps.TryChangeStateAsync(id, SweepState.Running, SweepState.Capped, Cancel)).ShouldBeTrue();
        (await new SweepControl(Two.Sweeps, paused).PauseAsync(Cancel)).State.ShouldBe(SweepState.Interrupted);

        (await new SweepControl(Two.Sweeps, capped).StartAsync(Cancel)).State.ShouldBe(SweepState.Running);
        (await new SweepControl(Two.Sweeps, paused).CancelAsync(Cancel)).State.ShouldBe(SweepState.Cancelled);
        (await new SweepControl(Two.Sweeps, over).CancelAsync(Cancel)).State.ShouldBe(SweepState.Cancelled);

        // Who holds shards of another sweep holds none of this one.
        var other = await SealedAsync(One, 2, Cancel);
        await One.Sweeps.ClaimAsync(other, One.Owner, 1, Lease, Cancel);
        (await new SweepControl(Two.Sweeps, capped).StandingAsync(Cancel)).Held.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_many_who_change_a_state_at_once_one_does()
    {
        var id = await SealedAsync(One, 1, Cancel);
        var changes = Enumerable.Range(0, 16).Select(i => (i % 2 == 0 ? One : Two).Sweeps.TryChangeStateAsync(id, SweepState.Running, SweepState.Completed, Cancel).AsTask());
        (await Task.WhenAll(changes)).Count(static changed => changed).ShouldBe(1);
    }

    [Fact]
    public async Task Totals_of_all_owners_add_up_exactly()
    {
        var id = await SealedAsync(One, 1, Cancel);
        var some = new SweepTotals(1, 2, 3, 4, 5, 6, 0.000_000_000_1m, 0.5) { Repaid = 7 };
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => (i % 2 == 0 ? One : Two).Sweeps.AddTotalsAsync(id, some, Cancel).AsTask()));
        (await One.Sweeps.FindAsync(id, Cancel)).ShouldNotBeNull().Totals.ShouldBe(new SweepTotals(50, 100, 150, 200, 250, 300, 0.000_000_005m, 25) { Repaid = 350 });
    }

    [Fact]
    public async Task Progress_counts_the_shards_that_are_done()
    {
        var id = await SealedAsync(One, 3, Cancel);
        (await Two.Sweeps.ProgressAsync(id, Cancel)).ShouldBe(new SweepProgress(0, 3, 0, 30, 0, 0, 0));
        var leases = await ClaimAsync(One, id, 2, Cancel);
        await One.Sweeps.CheckpointAsync(leases[0], Result(0, 20, 3, 7), Cancel);
        await One.Sweeps.CheckpointAsync(leases[1], Result(1, 20, 0, 1), Cancel);
        (await Two.Sweeps.ProgressAsync(id, Cancel)).ShouldBe(new SweepProgress(2, 3, 20, 30, 40, 3, 8));
    }

    [Fact]
    public async Task A_sweep_whose_registration_was_cut_off_by_a_kill_is_removed()
    {
        var cutOff = await One.Sweeps.CreateAsync(Sweep(One.Owner), Cancel);
        await One.Sweeps.AppendShardsAsync(cutOff.Id, [Shard(0), Shard(1)], Cancel);
        var registering = await Two.Sweeps.CreateAsync(Sweep(Two.Owner), Cancel);
        var three = await OpenAsync();
        (await three.Sweeps.DeleteUnsealedAsync(Cancel)).ShouldBe(0, "both who register live");
        await One.KillAsync();
        (await three.Sweeps.DeleteUnsealedAsync(Cancel)).ShouldBe(1);
        (await three.Sweeps.FindAsync(cutOff.Id, Cancel)).ShouldBeNull();
        (await three.Sweeps.ReadShardAsync(cutOff.Id, 0, ShardParts.Head, Cancel)).ShouldBeNull();
        (await three.Sweeps.FindAsync(registering.Id, Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_sealed_sweep_of_a_killed_owner_stays()
    {
        var id = await SealedAsync(One, 1, Cancel);
        await One.KillAsync();
        (await Two.Sweeps.DeleteUnsealedAsync(Cancel)).ShouldBe(0);
        (await Two.Sweeps.FindAsync(id, Cancel)).ShouldNotBeNull().State.ShouldBe(SweepState.Running);
    }

    [Fact]
    public async Task A_deleted_sweep_is_gone_with_its_data_and_others_stay()
    {
        var gone = await SealedAsync(One, 3, Cancel);
        var stays = await SealedAsync(One, 3, Cancel);
        await One.Sweeps.CheckpointAsync(await ClaimOneAsync(One, gone, Cancel), Result(0), Cancel);
        await One.Sweeps.CheckpointAsync(await ClaimOneAsync(One, stays, Cancel), Result(0), Cancel);
        (await Two.Sweeps.DeleteAsync(gone, Cancel)).ShouldBeTrue();
        (await Two.Sweeps.DeleteAsync(gone, Cancel)).ShouldBeFalse();
        (await One.Sweeps.FindAsync(gone, Cancel)).ShouldBeNull();
        (await One.Sweeps.ReadShardAsync(gone, 0, ShardParts.Block, Cancel)).ShouldBeNull();
        var read = (await One.Sweeps.ReadShardAsync(stays, 0, ShardParts.Block | ShardParts.Head, Cancel)).ShouldNotBeNull();
        read.Block.ShouldBe(Result(0).Block);
        read.Head.ShouldBe(Shard(0).Head);
    }

    [Fact]
    public async Task A_sweep_that_a_living_owner_works_on_is_not_deleted()
    {
        var id = await SealedAsync(One, 2, Cancel);
        var lease = await ClaimOneAsync(One, id, Cancel);
        (await Two.Sweeps.DeleteAsync(id, Cancel)).ShouldBeFalse();
        await One.Sweeps.ReleaseAsync([lease], Cancel);
        (await Two.Sweeps.DeleteAsync(id, Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_sweep_that_only_a_dead_owner_worked_on_is_deleted()
    {
        var id = await SealedAsync(One, 2, Cancel);
        await ClaimOneAsync(One, id, Cancel);
        await One.KillAsync();
        (await Two.Sweeps.DeleteAsync(id, Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_registering_sweep_is_deleted_by_who_registers_it_and_by_nobody_else()
    {
        var sweep = await One.Sweeps.CreateAsync(Sweep(One.Owner), Cancel);
        (await Two.Sweeps.DeleteAsync(sweep.Id, Cancel)).ShouldBeFalse();
        (await One.Sweeps.DeleteAsync(sweep.Id, Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task One_bad_call_among_many_fails_alone()
    {
        var id = await SealedAsync(One, 1, Cancel);
        var good = Enumerable.Range(0, 60).Select(_ => One.Sweeps.AddTotalsAsync(id, new SweepTotals(1, 0, 0, 0, 0, 0, 0, 0), Cancel).AsTask()).ToArray();
        var bad = Enumerable.Range(0, 20).Select(_ => Should.ThrowAsync<OrchestrationException>(async () => await One.Sweeps.AddTotalsAsync("s77", SweepTotals.None, Cancel))).ToArray();
        await Task.WhenAll(good);
        await Task.WhenAll(bad);
        (await One.Sweeps.FindAsync(id, Cancel)).ShouldNotBeNull().Totals.Calls.ShouldBe(60);
    }
}
