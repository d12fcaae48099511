using Orchestration.Core;
using Orchestration.Core.Aggregation.Activation;
using Orchestration.Core.Sweeps;
using Orchestration.Simulation.InMemory;

namespace Orchestration.Simulation.Host;

/// <summary>
/// Whoever gives commands in a world: activates versions and rolls back, pauses sweeps and lets them go on, raises the cap of a sweep that has stopped at it. Commands
/// come from a process of their own, several at a time, and a command that was refused because somebody else was quicker is not given again.
/// </summary>
internal sealed class SimulatedOperator(SimulatedWorld world, InMemoryOwner owner, Dice dice)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private readonly SimulatedProcess _process = new(world.Timeline, 15, "operator", TimeSpan.Zero, 0);

    public void Start()
    {
        var store = new SimulatedStore(world, _process, owner);
        var registry = new AggregatorRegistry(store.Aggregators);
        foreach (var at in world.Plan.Activations)
        {
            // Two at once now and then: one of them is to be refused.
            var rivals = dice.Chance(0.5) ? 2 : 1;
            for (var i = 0; i < rivals; i++)
            {
                var version = world.Data.Stored[dice.Below(world.Data.Stored.Count)].Id;
                Do(at, () => ActivateAsync(store, registry, version));
            }
        }

        foreach (var at in world.Plan.Rollbacks) Do(at, () => RollBackAsync(registry));
        foreach (var (at, sweep, length) in world.Plan.SweepPauses)
        {
            var id = SimulatedWorld.SweepId(sweep);
            Do(at, async () =>
            {
                if (!await store.Sweeps.TryChangeStateAsync(id, SweepState.Running, SweepState.Interrupted, CancellationToken.None)) return;
                await Task.Delay(length, _process.Clock, CancellationToken.None);
                await store.Sweeps.TryChangeStateAsync(id, SweepState.Interrupted, SweepState.Running, CancellationToken.None);
            });
        }

        Do(Look, () => RaiseCapsAsync(store));
    }

    private void Do(TimeSpan at, Func<Task> command) => world.Timeline.After(at, () => _ = _process.Start(command));

    private static async Task ActivateAsync(SimulatedStore store, AggregatorRegistry registry, string version)
    {
        var setting = await store.Aggregators.SettingAsync(SimulationData.Aggregator, CancellationToken.None);
        try
        {
            await registry.ActivateAsync(setting, version, null, "simulated", null, CancellationToken.None);
        }
        catch (OrchestrationException refused) when (refused.Code == ErrorCodes.Usage)
        {
            // Somebody else was quicker.
        }
    }

    private static async Task RollBackAsync(AggregatorRegistry registry)
    {
        try
        {
            await registry.RollbackAsync(SimulationData.Aggregator, null, null, CancellationToken.None);
        }
        catch (OrchestrationException refused) when (refused.Code == ErrorCodes.Usage)
        {
            // There is nothing to go back to.
        }
    }

    private async Task RaiseCapsAsync(SimulatedStore store)
    {
        for (var sweep = 0; sweep < world.Plan.Sweeps.Count; sweep++)
        {
            var id = SimulatedWorld.SweepId(sweep);
            if (await store.Sweeps.FindAsync(id, CancellationToken.None) is not { State: SweepState.Capped }) continue;
            var status = await store.Spending.StatusAsync(id, CancellationToken.None);
            await store.Spending.SetCapAsync(id, (status.CapUsd ?? 0) + 0.05m, CancellationToken.None);
            await store.Sweeps.TryChangeStateAsync(id, SweepState.Capped, SweepState.Running, CancellationToken.None);
        }

        Do(Look, () => RaiseCapsAsync(store));
    }
}
