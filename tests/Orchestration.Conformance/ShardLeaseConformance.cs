using Orchestration.Core.Sweeps;
using Shouldly;
using Xunit;
using static Orchestration.Conformance.SweepSamples;

namespace Orchestration.Conformance;

/// <summary>What every <see cref="ISweepStore"/> does with leases, epochs and checkpoints.</summary>
public abstract class ShardLeaseConformance : StoreConformance
{
    private static readonly UnscoredOutcome[] Outcomes = [new(3, 1, "refused"), new(3, 0, "timeout"), new(7, 1, "unreadable")];

    [Fact]
    public async Task Shards_are_claimed_lowest_first_and_by_one_owner_each()
    {
        var id = await SealedAsync(One, 5, Cancel);
        (await ClaimAsync(One, id, 2, Cancel)).ShouldBe([new ShardLease(id, 0, 1, One.Owner), new ShardLease(id, 1, 1, One.Owner)]);
        (await ClaimAsync(Two, id, 10, Cancel)).Select(static lease => lease.Shard).ShouldBe([2, 3, 4]);
        (await ClaimAsync(One, id, 10, Cancel)).ShouldBeEmpty();
        (await ClaimAsync(Two, id, 0, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Concurrent_claims_of_two_owners_share_the_shards_out()
    {
        var id = await SealedAsync(One, 60, Cancel);
        var claims = Enumerable.Range(0, 30).Select(i => ClaimAsync(i % 2 == 0 ? One : Two, id, 2, Cancel).AsTask());
        (await Task.WhenAll(claims)).SelectMany(static leases => leases).Select(static lease => lease.Shard).Order().ShouldBe(Enumerable.Range(0, 60));
    }

    [Theory]
    [InlineData(SweepState.Interrupted)]
    [InlineData(SweepState.Capped)]
    [InlineData(SweepState.Cancelled)]
    [InlineData(SweepState.Completed)]
    public async Task Only_a_running_sweep_can_be_claimed(SweepState state)
    {
        var registering = await One.Sweeps.CreateAsync(Sweep(One.Owner), Cancel);
        await One.Sweeps.AppendShardsAsync(registering.Id, [Shard(0)], Cancel);
        (await ClaimAsync(One, registering.Id, 1, Cancel)).ShouldBeEmpty();

        var id = await SealedAsync(One, 1, Cancel);
        await One.Sweeps.TryChangeStateAsync(id, SweepState.Running, state, Cancel);
        (await ClaimAsync(One, id, 1, Cancel)).ShouldBeEmpty();
        await One.Sweeps.TryChangeStateAsync(id, state, SweepState.Running, Cancel);
        (await ClaimAsync(One, id, 1, Cancel)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_can_be_worked_and_who_holds_what_is_told_to_every_owner()
    {
        (await One.Sweeps.OpenAsync(Cancel)).ShouldBeEmpty();
        var big = await SealedAsync(One, 5, Cancel);
        var urgent = (await One.Sweeps.CreateAsync(Sweep(One.Owner) with { Priority = 7 }, Cancel)).Id;
        await One.Sweeps.AppendShardsAsync(urgent, [Shard(0)], Cancel);
        (await Two.Sweeps.OpenAsync(Cancel)).ShouldBe([new OpenSweep(big, 0, 5, 0)], "the other is still registering");
        (await One.Sweeps.SealAsync(urgent, new SweepSeal("{}", 10, 0), Cancel)).Priority.ShouldBe(7);
        (await Two.Sweeps.HeldAsync(Cancel)).ShouldBeEmpty();

        var leases = await ClaimAsync(One, big, 2, Cancel);
        await Two.Sweeps.ClaimAsync(big, Two.Owner + "/second", 1, Lease, Cancel);
        await ClaimOneAsync(Two, urgent, Cancel);
        (await One.Sweeps.OpenAsync(Cancel)).ShouldBe([new OpenSweep(big, 0, 5, 3), new OpenSweep(urgent, 7, 1, 1)]);
        (await One.Sweeps.HeldAsync(Cancel)).ShouldBe([new HeldShards(One.Owner, big, 2), new HeldShards(Two.Owner, big, 1), new HeldShards(Two.Owner, urgent, 1)]);

        await One.Sweeps.CheckpointAsync(leases[0], Result(0), Cancel);
        (await One.Sweeps.OpenAsync(Cancel))[0].ShouldBe(new OpenSweep(big, 0, 4, 2));
        await Two.KillAsync();
        (await One.Sweeps.OpenAsync(Cancel)).ShouldBe([new OpenSweep(big, 0, 4, 1), new OpenSweep(urgent, 7, 1, 0)]);
        (await One.Sweeps.HeldAsync(Cancel)).ShouldBe([new HeldShards(One.Owner, big, 1)]);
        World.Time.Advance(Lease);
        (await One.Sweeps.OpenAsync(Cancel))[0].Held.ShouldBe(0);
        await One.Sweeps.TryChangeStateAsync(big, SweepState.Running, SweepState.Interrupted, Cancel);
        (await One.Sweeps.OpenAsync(Cancel)).Select(static open => open.SweepId).ShouldBe([urgent]);
    }

    [Fact]
    public async Task A_dead_owners_shards_are_claimed_at_once()
    {
        var id = await SealedAsync(One, 3, Cancel);
        var held = await ClaimAsync(One, id, 2, Cancel);
        (await ClaimAsync(Two, id, 3, Cancel)).Select(static lease => lease.Shard).ShouldBe([2]);
        await One.KillAsync();
        (await ClaimAsync(Two, id, 3, Cancel)).ShouldBe(held.Select(lease => lease with { Epoch = 2, Owner = Two.Owner }));
    }

    [Fact]
    public async Task The_shards_of_an_owner_that_closed_are_claimed_at_once()
    {
        var id = await SealedAsync(One, 1, Cancel);
        await ClaimOneAsync(One, id, Cancel);
        await One.DisposeAsync();
        (await ClaimOneAsync(Two, id, Cancel)).Epoch.ShouldBe(2);
    }

    [Fact]
    public async Task A_worker_of_an_owner_lives_as_long_as_the_owner()
    {
        var id = await SealedAsync(One, 1, Cancel);
        var lease = (await One.Sweeps.ClaimAsync(id, One.Owner + "/worker-3", 1, Lease, Cancel)).Single();
        lease.Owner.ShouldBe(One.Owner + "/worker-3");
        (await ClaimAsync(Two, id, 1, Cancel)).ShouldBeEmpty();
        await One.KillAsync();
        (await ClaimAsync(Two, id, 1, Cancel)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Nobody_claims_in_anothers_name()
    {
        var id = await SealedAsync(One, 1, Cancel);
        await Should.ThrowAsync<ArgumentException>(async () => await One.Sweeps.ClaimAsync(id, Two.Owner, 1, Lease, Cancel));
        await Should.ThrowAsync<ArgumentException>(async () => await One.Sweeps.CreateAsync(Sweep("somebody"), Cancel));
    }

    [Fact]
    public async Task A_frozen_owners_shards_are_claimed_when_its_lease_has_run_out()
    {
        var id = await SealedAsync(One, 1, Cancel);
        var frozen = await ClaimOneAsync(One, id, Cancel);
        World.Time.Advance(Lease - TimeSpan.FromTicks(1));
        (await ClaimAsync(Two, id, 1, Cancel)).ShouldBeEmpty();
        World.Time.Advance(TimeSpan.FromTicks(1));
        (await ClaimOneAsync(Two, id, Cancel)).ShouldBe(frozen with { Epoch = 2, Owner = Two.Owner });
    }

    [Fact]
    public async Task A_renewed_lease_runs_from_its_renewal()
    {
        var id = await SealedAsync(One, 1, Cancel);
        var lease = await ClaimOneAsync(One, id, Cancel);
        World.Time.Advance(Lease * 0.9);
        (await One.Sweeps.RenewAsync([lease], Lease, Cancel)).ShouldBe([lease]);
        World.Time.Advance(Lease * 0.9);
        (await ClaimAsync(Two, id, 1, Cancel)).ShouldBeEmpty();
        World.Time.Advance(Lease * 0.2);
        (await ClaimAsync(Two, id, 1, Cancel)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_lease_that_ran_out_and_was_not_taken_over_still_stands()
    {
        var id = await SealedAsync(One, 2, Cancel);
        var leases = await ClaimAsync(One, id, 2, Cancel);
        World.Time.Advance(Lease * 10);
        (await One.Sweeps.RenewAsync(leases, Lease, Cancel)).ShouldBe(leases);
        World.Time.Advance(Lease * 10);
        (await One.Sweeps.CheckpointAsync(leases[0], Result(0), Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task Renewing_returns_only_the_leases_that_still_stand()
    {
        var id = await SealedAsync(One, 4, Cancel);
        var leases = await ClaimAsync(One, id, 3, Cancel);
        await One.Sweeps.CheckpointAsync(leases[1], Result(1), Cancel);
        World.Time.Advance(Lease);
        await ClaimOneAsync(Two, id, Cancel);
        (await One.Sweeps.RenewAsync(leases, Lease, Cancel)).ShouldBe([leases[2]], "0 was taken over, 1 is done");
    }

    [Fact]
    public async Task Under_a_stale_epoch_nothing_is_written()
    {
        var id = await SealedAsync(One, 1, Cancel);
        var stale = await ClaimOneAsync(One, id, Cancel);
        await One.Sweeps.RecordUnscoredAsync(stale, Outcomes, Cancel);
        World.Time.Advance(Lease);
        var current = await ClaimOneAsync(Two, id, Cancel);

        (await One.Sweeps.RenewAsync([stale], Lease, Cancel)).ShouldBeEmpty();
        (await One.Sweeps.RecordUnscoredAsync(stale, [new UnscoredOutcome(9, 9, "late")], Cancel)).ShouldBeFalse();
        (await One.Sweeps.CheckpointAsync(stale, Result(5, 99, 9, 9), Cancel)).ShouldBeFalse();
        await One.Sweeps.ReleaseAsync([stale], Cancel);

        (await Two.Sweeps.UnscoredAsync(id, 0, Cancel)).Count.ShouldBe(Outcomes.Length);
        (await Two.Sweeps.ProgressAsync(id, Cancel)).ShouldBe(new SweepProgress(0, 1, 0, 10, 0, 0, 0));
        (await Two.Sweeps.ReadShardAsync(id, 0, ShardParts.Block, Cancel)).ShouldNotBeNull().Block.ShouldBeNull();
        (await ClaimAsync(One, id, 1, Cancel)).ShouldBeEmpty("the stale release did not free it");
        (await Two.Sweeps.CheckpointAsync(current, Result(0), Cancel)).ShouldBeTrue();
        (await One.Sweeps.CheckpointAsync(stale, Result(5), Cancel)).ShouldBeFalse();
        (await One.Sweeps.ReadShardAsync(id, 0, ShardParts.Block, Cancel)).ShouldNotBeNull().Block.ShouldBe(Result(0).Block);
    }

    [Fact]
    public async Task An_epoch_alone_is_not_enough_it_must_be_its_owners()
    {
        var id = await SealedAsync(One, 1, Cancel);
        var lease = await ClaimOneAsync(One, id, Cancel);
        var stolen = lease with { Owner = Two.Owner };
        (await Two.Sweeps.CheckpointAsync(stolen, Result(0), Cancel)).ShouldBeFalse();
        (await Two.Sweeps.RecordUnscoredAsync(stolen, Outcomes, Cancel)).ShouldBeFalse();
        (await Two.Sweeps.RenewAsync([stolen], Lease, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_checkpoint_marks_the_shard_done_with_its_block()
    {
        var id = await SealedAsync(One, 2, Cancel);
        var lease = await ClaimOneAsync(One, id, Cancel);
        (await One.Sweeps.CheckpointAsync(lease, Result(0), Cancel)).ShouldBeTrue();
        var shard = (await Two.Sweeps.ReadShardAsync(id, 0, ShardParts.Block, Cancel)).ShouldNotBeNull();
        shard.IsDone.ShouldBeTrue();
        shard.Block.ShouldBe(Result(0).Block);
        (await ClaimAsync(Two, id, 10, Cancel)).Select(static claimed => claimed.Shard).ShouldBe([1]);
    }

    [Fact]
    public async Task A_shard_is_checkpointed_once()
    {
        var id = await SealedAsync(One, 1, Cancel);
        var lease = await ClaimOneAsync(One, id, Cancel);
        (await One.Sweeps.CheckpointAsync(lease, Result(0), Cancel)).ShouldBeTrue();
        (await One.Sweeps.CheckpointAsync(lease, Result(1), Cancel)).ShouldBeFalse();
        (await One.Sweeps.RenewAsync([lease], Lease, Cancel)).ShouldBeEmpty();
        (await One.Sweeps.ReadShardAsync(id, 0, ShardParts.Block, Cancel)).ShouldNotBeNull().Block.ShouldBe(Result(0).Block);
    }

    [Fact]
    public async Task The_last_checkpoint_does_not_change_the_sweeps_state()
    {
        var id = await SealedAsync(One, 1, Cancel);
        await One.Sweeps.CheckpointAsync(await ClaimOneAsync(One, id, Cancel), Result(0), Cancel);
        (await One.Sweeps.FindAsync(id, Cancel)).ShouldNotBeNull().State.ShouldBe(SweepState.Running);
    }

    [Fact]
    public async Task A_shard_in_work_can_be_checkpointed_after_the_sweep_was_interrupted()
    {
        var id = await SealedAsync(One, 1, Cancel);
        var lease = await ClaimOneAsync(One, id, Cancel);
        await Two.Sweeps.TryChangeStateAsync(id, SweepState.Running, SweepState.Interrupted, Cancel);
        (await One.Sweeps.CheckpointAsync(lease, Result(0), Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_released_shard_is_claimed_at_once_under_a_new_epoch()
    {
        var id = await SealedAsync(One, 1, Cancel);
        var lease = await ClaimOneAsync(One, id, Cancel);
        await One.Sweeps.ReleaseAsync([lease], Cancel);
        (await One.Sweeps.RenewAsync([lease], Lease, Cancel)).ShouldBeEmpty();
        (await ClaimOneAsync(Two, id, Cancel)).Epoch.ShouldBe(2);
    }

    [Fact]
    public async Task Recorded_outcomes_survive_their_owner_and_vanish_with_the_checkpoint()
    {
        var id = await SealedAsync(One, 2, Cancel);
        var lease = await ClaimOneAsync(One, id, Cancel);
        (await One.Sweeps.RecordUnscoredAsync(lease, Outcomes, Cancel)).ShouldBeTrue();
        (await One.Sweeps.UnscoredAsync(id, 0, Cancel)).ShouldBe(Outcomes, ignoreOrder: true);
        (await One.Sweeps.UnscoredAsync(id, 1, Cancel)).ShouldBeEmpty();
        await One.KillAsync();
        var taken = await ClaimOneAsync(Two, id, Cancel);
        (await Two.Sweeps.UnscoredAsync(id, 0, Cancel)).ShouldBe(Outcomes, ignoreOrder: true);
        (await Two.Sweeps.RecordUnscoredAsync(taken, [new UnscoredOutcome(0, 0, "too_long")], Cancel)).ShouldBeTrue();
        (await Two.Sweeps.UnscoredAsync(id, 0, Cancel)).Count.ShouldBe(4);
        (await Two.Sweeps.CheckpointAsync(taken, Result(0, unscored: 4), Cancel)).ShouldBeTrue();
        (await Two.Sweeps.UnscoredAsync(id, 0, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_outcome_recorded_again_is_one_outcome()
    {
        var id = await SealedAsync(One, 1, Cancel);
        var lease = await ClaimOneAsync(One, id, Cancel);
        await One.Sweeps.RecordUnscoredAsync(lease, Outcomes, Cancel);
        await One.Sweeps.RecordUnscoredAsync(lease, Outcomes, Cancel);
        (await One.Sweeps.UnscoredAsync(id, 0, Cancel)).ShouldBe(Outcomes, ignoreOrder: true);
    }

    [Fact]
    public async Task Many_callers_record_outcomes_at_once()
    {
        var id = await SealedAsync(One, 1, Cancel);
        var lease = await ClaimOneAsync(One, id, Cancel);
        var records = Enumerable.Range(0, 200).Select(i => One.Sweeps.RecordUnscoredAsync(lease, [new UnscoredOutcome(i, i % 3, "timeout")], Cancel).AsTask());
        (await Task.WhenAll(records)).ShouldAllBe(static recorded => recorded);
        (await Two.Sweeps.UnscoredAsync(id, 0, Cancel)).Select(static outcome => outcome.Row).Order().ShouldBe(Enumerable.Range(0, 200));
    }

    [Fact]
    public async Task Shards_with_unscored_judgments_are_reopened_and_no_others()
    {
        var id = await SealedAsync(One, 3, Cancel);
        var leases = await ClaimAsync(One, id, 3, Cancel);
        await One.Sweeps.CheckpointAsync(leases[0], Result(0, 20, 2, 5), Cancel);
        await One.Sweeps.CheckpointAsync(leases[1], Result(1, 20, 0, 0), Cancel);
        await One.Sweeps.CheckpointAsync(leases[2], Result(2, 20, 1, 0), Cancel);
        await One.Sweeps.TryChangeStateAsync(id, SweepState.Running, SweepState.Completed, Cancel);
        (await Two.Sweeps.ReopenUnscoredAsync(id, Cancel)).ShouldBe(2);
        (await Two.Sweeps.FindAsync(id, Cancel)).ShouldNotBeNull().State.ShouldBe(SweepState.Running);
        (await Two.Sweeps.ProgressAsync(id, Cancel)).ShouldBe(new SweepProgress(1, 3, 10, 30, 20, 0, 0));
        (await Two.Sweeps.ReadShardAsync(id, 0, ShardParts.Block, Cancel)).ShouldNotBeNull().Block.ShouldBeNull();
        (await Two.Sweeps.ReadShardAsync(id, 1, ShardParts.Block, Cancel)).ShouldNotBeNull().Block.ShouldNotBeNull();
        var again = await ClaimAsync(Two, id, 3, Cancel);
        again.ShouldBe([leases[0] with { Epoch = 2, Owner = Two.Owner }, leases[2] with { Epoch = 2, Owner = Two.Owner }]);
        (await Two.Sweeps.CheckpointAsync(again[0], Result(7), Cancel)).ShouldBeTrue();
        (await One.Sweeps.ReadShardAsync(id, 0, ShardParts.Block, Cancel)).ShouldNotBeNull().Block.ShouldBe(Result(7).Block);
    }

    [Fact]
    public async Task Reopening_a_sweep_without_unscored_judgments_changes_nothing()
    {
        var id = await SealedAsync(One, 1, Cancel);
        await One.Sweeps.CheckpointAsync(await ClaimOneAsync(One, id, Cancel), Result(0), Cancel);
        await One.Sweeps.TryChangeStateAsync(id, SweepState.Running, SweepState.Completed, Cancel);
        (await One.Sweeps.ReopenUnscoredAsync(id, Cancel)).ShouldBe(0);
        (await One.Sweeps.FindAsync(id, Cancel)).ShouldNotBeNull().State.ShouldBe(SweepState.Completed);
    }

    [Fact]
    public async Task A_cancelled_sweep_is_not_reopened()
    {
        var id = await SealedAsync(One, 1, Cancel);
        await One.Sweeps.CheckpointAsync(await ClaimOneAsync(One, id, Cancel), Result(0, unscored: 3), Cancel);
        await One.Sweeps.TryChangeStateAsync(id, SweepState.Running, SweepState.Cancelled, Cancel);
        (await One.Sweeps.ReopenUnscoredAsync(id, Cancel)).ShouldBe(0);
        (await One.Sweeps.FindAsync(id, Cancel)).ShouldNotBeNull().State.ShouldBe(SweepState.Cancelled);
    }
}
