namespace Orchestration.Simulation.Host;

/// <summary>What may go wrong in a simulated world. How often and when is drawn by the seed.</summary>
[Flags]
public enum SimulationFaults
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A silo dies at any step; another begins in its place a little later, as a new owner.</summary>
    Crashes = 1,

    /// <summary>A silo stands still, also for longer than its leases, and then goes on as if nothing had been.</summary>
    Pauses = 2,

    /// <summary>The store fails before it commits, or commits and its answer is lost; or is away for a while. The call is made again, as stores do.</summary>
    StoreFailures = 4,

    /// <summary>What was asked of the store arrives a second time, up to a minute later, also after its sender has died.</summary>
    RepeatedMessages = 8,

    /// <summary>Each silo's clock is ahead or behind and runs up to a thousandth fast or slow.</summary>
    ClockSkew = 16,

    /// <summary>The deployment refuses, fails, loses replies, does not answer, or says what cannot be read.</summary>
    DeploymentFaults = 32,

    /// <summary>Somebody pauses sweeps, lets them go on, raises caps, activates aggregator versions and rolls back, at times two of them at once.</summary>
    Operators = 64,

    /// <summary>All of it.</summary>
    All = Crashes | Pauses | StoreFailures | RepeatedMessages | ClockSkew | DeploymentFaults | Operators,
}
