using Orchestration.Core.Sweeps;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Orchestration.Orleans.Grains;

/// <summary>
/// Behind <see cref="ISweepGrain"/>: <see cref="SweepControl"/>. A reminder comes back to it each minute until the sweep has ended, and wakes the hands of all silos: should all silos have died, the
/// first one that starts again goes on.
/// </summary>
[Reentrant]
internal sealed class SweepGrain : Grain, ISweepGrain, IRemindable
{
    private const string Watch = "watch";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly SweepControl _control;

    public SweepGrain(IGrainContext context, SiloParts parts) => _control = new SweepControl(parts.Store.Sweeps, context.GrainId.Key.ToString()!);

    public async Task<SweepStatus> StartAsync()
    {
        var standing = await _control.StartAsync(CancellationToken.None);
        await this.RegisterOrUpdateReminder(Watch, Minute, Minute);
        await WakeAsync();
        return SweepStatus.Of(standing);
    }

    public async Task<SweepStatus> StatusAsync() => SweepStatus.Of(await _control.StandingAsync(CancellationToken.None));

    public async Task<SweepStatus> PauseAsync() => SweepStatus.Of(await _control.PauseAsync(CancellationToken.None));

    public async Task<SweepStatus> CancelAsync() => SweepStatus.Of(await _control.CancelAsync(CancellationToken.None));

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (await _control.IsRunningAsync(CancellationToken.None)) await WakeAsync();
        else if (await this.GetReminder(reminderName) is { } reminder) await this.UnregisterReminder(reminder);
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
}
