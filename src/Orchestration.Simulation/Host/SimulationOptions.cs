using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Purchases;

namespace Orchestration.Simulation.Host;

/// <summary>What a simulated host simulates.</summary>
public sealed record SimulationOptions
{
    /// <summary>Silos of a world at least, 1 or more; default 2. A silo that died is replaced by another.</summary>
    public int LeastSilos { get; init; } = 2;

    /// <summary>Silos of a world at most, 1 to 16; default 4.</summary>
    public int MostSilos { get; init; } = 4;

    /// <summary>What may go wrong; default everything. Each seed draws which of it does, how often and when.</summary>
    public SimulationFaults Faults { get; init; } = SimulationFaults.All;

    /// <summary>How many of the last events a violation shows; at least 1, default 80.</summary>
    public int Events { get; init; } = 80;

    /// <summary>
    /// The judges of the sweeps, made anew for each silo; null for two rubrics of one dimension each. They score pairs, and work by what they are given alone: no other
    /// clock, thread, file or chance. Their ids and versions are the same every time.
    /// </summary>
    public Func<JudgeSurroundings, IReadOnlyList<IJudge>>? Judges { get; init; }
}

/// <summary>What a silo of a simulated world gives its judges.</summary>
/// <param name="Deployment">The simulated model: says <c>{"rationale": …, "score": 0–4 in steps of 0.1}</c>, and at times what cannot be read.</param>
/// <param name="Purchases">The silo's way to buy judgments.</param>
/// <param name="Judgments">The store's judgments.</param>
/// <param name="Time">The silo's clock.</param>
public sealed record JudgeSurroundings(IChatDeployment Deployment, JudgmentPurchases Purchases, IJudgmentStore Judgments, TimeProvider Time);

/// <summary>A promise that did not hold.</summary>
/// <param name="Promise">Its number on the map; 0 where a sweep did not come to its end, or a silo ended by an error.</param>
/// <param name="What">How it was broken.</param>
/// <param name="LastEvents">The last events before, oldest first.</param>
public sealed record SimulationViolation(int Promise, string What, IReadOnlyList<string> LastEvents);

/// <summary>What came of one seed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="TraceHash">A hash of every step: the same whenever the seed is run by the same build under the same options.</param>
/// <param name="Steps">Steps that its silos ran.</param>
/// <param name="Elapsed">How long it took in the world's own time.</param>
/// <param name="Calls">Calls that the simulated deployment received.</param>
/// <param name="Violation">The first promise that did not hold; null where all did.</param>
public sealed record SimulationResult(ulong Seed, ulong TraceHash, long Steps, TimeSpan Elapsed, int Calls, SimulationViolation? Violation)
{
    /// <summary>The seed with what is to be known of it, for whoever has to find out why.</summary>
    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"seed {Seed}: {(Violation is null ? "every promise held" : Violation.Promise == 0 ? Violation.What : $"promise {Violation.Promise} is broken: {Violation.What}")} (trace {TraceHash:x16}, {Steps} steps, {Elapsed.TotalSeconds:0.0} s, {Calls} calls){(Violation is null ? "" : "\n" + string.Join('\n', Violation.LastEvents))}");
}
