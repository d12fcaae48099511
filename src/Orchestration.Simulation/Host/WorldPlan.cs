namespace Orchestration.Simulation.Host;

/// <summary>One sweep of a world.</summary>
/// <param name="Shards">Its shards, by their places in the pool.</param>
/// <param name="Definition">Which of <see cref="SimulationData.Definitions"/>.</param>
/// <param name="CapUsd">Its cost cap; null for none.</param>
internal sealed record PlannedSweep(int[] Shards, int Definition, decimal? CapUsd);

/// <summary>Everything that a seed decides of a world before it begins.</summary>
internal sealed record WorldPlan
{
    public required int Silos { get; init; }

    public required IReadOnlyList<PlannedSweep> Sweeps { get; init; }

    public required int RequestsPerMinute { get; init; }

    public required SimulationFaults Faults { get; init; }

    /// <summary>See <see cref="SimulationOptions.Events"/>.</summary>
    public int Events { get; init; } = 1;

    /// <summary>Until when things go wrong.</summary>
    public TimeSpan Trouble { get; init; }

    public IReadOnlyList<(TimeSpan At, int Silo, TimeSpan Until)> Crashes { get; init; } = [];

    public IReadOnlyList<(TimeSpan At, int Silo, TimeSpan For)> Pauses { get; init; } = [];

    /// <summary>When the store is away: every message fails before it commits.</summary>
    public (TimeSpan From, TimeSpan Until) Outage { get; init; }

    /// <summary>Share of the messages that fail before, and of those whose answer is lost.</summary>
    public double Failing { get; init; }

    /// <summary>Share of the messages that arrive again later.</summary>
    public double Repeating { get; init; }

    public IReadOnlyList<TimeSpan> Activations { get; init; } = [];

    public IReadOnlyList<TimeSpan> Rollbacks { get; init; } = [];

    public IReadOnlyList<(TimeSpan At, int Sweep, TimeSpan For)> SweepPauses { get; init; } = [];

    public static WorldPlan Draw(Dice dice, SimulationData data, SimulationOptions options)
    {
        var faults = options.Faults;

        // Not everything goes wrong in every world: what only shows in an otherwise quiet one is to be found too.
        foreach (var fault in Enum.GetValues<SimulationFaults>())
        {
            if (fault is not (SimulationFaults.None or SimulationFaults.All) && dice.Chance(0.3)) faults &= ~fault;
        }

        var silos = options.LeastSilos + dice.Below(options.MostSilos - options.LeastSilos + 1);
        var trouble = dice.Between(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60));
        var sweeps = new PlannedSweep[1 + dice.Below(2)];
        for (var s = 0; s < sweeps.Length; s++)
        {
            // From a few neighbours, so that two sweeps of a world often ask for the same judgments.
            var first = dice.Below(data.Pool.Count - 3);
            var shards = Enumerable.Range(s == 0 || dice.Chance(0.4) ? first : sweeps[0].Shards[0], 1 + dice.Below(3)).Where(p => p < data.Pool.Count).ToArray();
            var definition = dice.Chance(0.4) ? SimulationData.Following : dice.Below(SimulationData.Versions + 1);
            sweeps[s] = new PlannedSweep(shards, definition, dice.Below(3) switch { 0 => null, 1 => 0.05m, _ => 10m });
        }

        return new WorldPlan
        {
            Silos = silos,
            Sweeps = sweeps,
            RequestsPerMinute = dice.Below(4) switch { 0 => 30, 1 => 60, 2 => 150, _ => 600 },
            Faults = faults,
            Trouble = trouble,
            Events = options.Events,
            Crashes = faults.HasFlag(SimulationFaults.Crashes) ? Several(3, () => (At(), dice.Below(silos), dice.Between(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(8)))) : [],
            Pauses = faults.HasFlag(SimulationFaults.Pauses)
                ? Several(3, () => (At(), dice.Below(silos), dice.Chance(0.5) ? dice.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(3)) : dice.Between(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(40))))
                : [],
            Outage = faults.HasFlag(SimulationFaults.StoreFailures) && dice.Chance(0.3) && At() is var from ? (from, from + dice.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(40))) : default,
            Failing = faults.HasFlag(SimulationFaults.StoreFailures) ? dice.Share() * 0.1 : 0,
            Repeating = faults.HasFlag(SimulationFaults.RepeatedMessages) ? dice.Share() * 0.3 : 0,
            Activations = faults.HasFlag(SimulationFaults.Operators) ? Several(4, At) : [],
            Rollbacks = faults.HasFlag(SimulationFaults.Operators) ? Several(2, At) : [],
            SweepPauses = faults.HasFlag(SimulationFaults.Operators) ? Several(1, () => (At(), dice.Below(sweeps.Length), dice.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10)))) : [],
        };

        // Most of the work is done early: trouble that comes late meets nobody.
        TimeSpan At() => trouble * (dice.Share() * dice.Share());

        List<T> Several<T>(int most, Func<T> draw)
        {
            List<T> drawn = [];
            for (var i = dice.Below(most + 1); i > 0; i--) drawn.Add(draw());
            return drawn;
        }
    }

    /// <summary>A world in which nothing goes wrong: one silo that works the whole pool under every definition that is fixed.</summary>
    public static WorldPlan Undisturbed(SimulationData data) => new()
    {
        Silos = 1,
        Sweeps = [.. Enumerable.Range(0, SimulationData.Versions + 1).Select(d => new PlannedSweep([.. Enumerable.Range(0, data.Pool.Count)], d, null))],
        RequestsPerMinute = 6000,
        Events = 80,
        Faults = SimulationFaults.DeploymentFaults,
    };
}
