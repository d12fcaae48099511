using Orchestration.Core;
using Orchestration.Core.Sweeps;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Orchestration.Orleans.Grains;

/// <summary>
/// Behind <see cref="ISweepGrain"/>: the store's <see cref="ISweepStore"/>. A reminder comes back to it each minute until the sweep has ended, and wakes the hands of all silos: should all silos have
/// died, the first one that starts again goes on.
/// </summary>
[Reentrant]
internal sealed class SweepGrain(SiloParts parts) : Grain, ISweepGrain, IRemindable
{
    private const string Watch = "watch";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private string Id => this.GetPrimaryKeyString();

    private ISweepStore Sweeps => parts.Store.Sweeps;

    public async Task<SweepStatus> StartAsync()
    {
        var sweep = await FindAsync();
        if (sweep.State is SweepState.Interrupted or SweepState.Capped) await Sweeps.TryChangeStateAsync(Id, sweep.State, SweepState.Running, CancellationToken.None);
        else if (sweep.State is SweepState.Cancelled) throw new OrchestrationException(ErrorCodes.Usage, $"Sweep {Id} was cancelled and cannot go on. Register it again: what was paid for comes from the store.");
        await this.RegisterOrUpdateReminder(Watch, Minute, Minute);
        await WakeAsync();
        return await StatusAsync();
    }

    public async Task<SweepStatus> StatusAsync()
    {
        var sweep = await FindAsync();
        var progress = await Sweeps.ProgressAsync(Id, CancellationToken.None);
        var held = await Sweeps.HeldAsync(CancellationToken.None);
        return new SweepStatus(
            sweep.State, progress.Shards, progress.ShardsDone, progress.Rows, progress.RowsDone,
            held.Where(one => one.SweepId == Id).GroupBy(static one => one.Owner, StringComparer.Ordinal).ToDictionary(static group => group.Key, static group => group.Sum(one => one.Shards), StringComparer.Ordinal));
    }

    public Task<SweepStatus> PauseAsync() => ChangeAsync(SweepState.Interrupted);

    public Task<SweepStatus> CancelAsync() => ChangeAsync(SweepState.Cancelled);

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (await Sweeps.FindAsync(Id, CancellationToken.None) is { State: SweepState.Running })
        {
            await WakeAsync();
            return;
        }

        if (await this.GetReminder(reminderName) is { } reminder) await this.UnregisterReminder(reminder);
    }

    private async Task<SweepStatus> ChangeAsync(SweepState to)
    {
        var sweep = await FindAsync();
        if (sweep.State != to && sweep.State is (SweepState.Running or SweepState.Interrupted or SweepState.Capped)) await Sweeps.TryChangeStateAsync(Id, sweep.State, to, CancellationToken.None);
        return await StatusAsync();
    }

    /// <summary>The hands of every silo work, those of a silo that came up a moment ago too.</summary>
    private async Task WakeAsync()
    {
        var silos = await GrainFactory.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
        foreach (var silo in silos.Keys)
        {
            try
            {
                await GrainFactory.GetGrain<IShardGrain>(silo.ToParsableString()).StartAsync();
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                // It has left meanwhile.
            }
        }
    }

    private async Task<SweepRecord> FindAsync() => await Sweeps.FindAsync(Id, CancellationToken.None)
        ?? throw new OrchestrationException(ErrorCodes.NotFound, $"There is no sweep {Id} in this store. 'orchestrate sweep list' shows those there are.");
}
