using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Rubrics;

namespace Orchestration.Simulation.Host;

/// <summary>
/// Runs the real actors of several silos on one thread, in a time of their own, over one store in memory that fails as stores do: one seed is one world, with one
/// interleaving of everything that happens in it, and whether the promises held. docs/design/simulation.md has what a world does. Safe for concurrent use: worlds
/// share nothing that changes.
/// </summary>
public sealed class SimulatedHost
{
    private readonly SimulationOptions _options;
    private readonly Lazy<SimulationData> _data;
    private readonly Lazy<byte[][][]> _withFaults;
    private readonly Lazy<byte[][][]> _withoutFaults;

    /// <summary>Creates it; nothing runs before the first seed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number of silos out of its range.</exception>
    public SimulatedHost(SimulationOptions? options = null)
    {
        _options = options ?? new SimulationOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.LeastSilos, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.MostSilos, 16, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Events, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MostSilos, _options.LeastSilos, nameof(options));
        _data = new Lazy<SimulationData>(() => SimulationData.Make(SimulatedWorld.Describe(MakeJudges)));
        _withFaults = new Lazy<byte[][][]>(() => Undisturbed(SimulationFaults.DeploymentFaults));
        _withoutFaults = new Lazy<byte[][][]>(() => Undisturbed(SimulationFaults.None));
    }

    /// <summary>A mistake made on purpose.</summary>
    internal PlantedBug Planted { get; init; }

    /// <summary>Runs the world of a seed to its end, on the caller's thread.</summary>
    public SimulationResult Run(ulong seed)
    {
        var dice = new Dice(seed);
        var plan = WorldPlan.Draw(dice.Fork(), _data.Value, _options);
        var reference = plan.Faults.HasFlag(SimulationFaults.DeploymentFaults) ? _withFaults.Value : _withoutFaults.Value;
        return Apart(() => new SimulatedWorld(seed, dice, plan, _data.Value, reference, MakeJudges, Planted).Run());
    }

    private byte[][][] Undisturbed(SimulationFaults faults) => Apart(() =>
    {
        var world = new SimulatedWorld(0, new Dice(0), WorldPlan.Undisturbed(_data.Value) with { Faults = faults }, _data.Value, null, MakeJudges, PlantedBug.None);
        return world.Run().Violation is { } violation
            ? throw new InvalidOperationException($"The undisturbed run is not what it should be: {violation.What}\n{string.Join('\n', violation.LastEvents)}")
            : world.BlocksByDefinition();
    });

    // Whoever waits in a world waits on its schedulers, not on a context that the caller brought along.
    private static T Apart<T>(Func<T> run)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return run();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private IReadOnlyList<IJudge> MakeJudges(JudgeSurroundings surroundings) => _options.Judges is { } judges
        ? judges(surroundings)
        : [.. Rubrics.Select(rubric => new LlmJudge(rubric, surroundings.Deployment, Asking, surroundings.Purchases, rubric.Id))];

    private static LlmJudgeOptions Asking { get; } = new() { MaxOutputTokens = 100 };

    private static IReadOnlyList<Rubric> Rubrics { get; } = [.. new[] { "plainness", "soundness" }.Select(static id => RubricFile.Parse(id + ".md", $$"""
        ---
        id: {{id}}
        title: {{id}}
        protocol: score
        reply: json
        needs-reference: false
        scale: {min: 0, max: 4, step: 0.1, direction: higher-is-better}
        ---

        ## What is scored

        The {{id}} of the answer.

        ## What is not scored

        Anything else.

        ## Bands

        ### 2.0–4.0: Much
        Much of it.

        ### 0.0–1.9: Little
        Little of it.

        ## Caps

        ## Guard against

        Long answers.
        """))];
}
