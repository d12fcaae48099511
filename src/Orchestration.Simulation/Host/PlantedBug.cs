namespace Orchestration.Simulation.Host;

/// <summary>A mistake that the in-memory ports make on purpose, to show that the simulated host finds it. None is ever on outside the tests of the host itself.</summary>
internal enum PlantedBug
{
    None,

    /// <summary>A block is committed whatever epoch its lease has.</summary>
    CheckpointWithoutEpoch,

    /// <summary>Outcomes are recorded whatever epoch their lease has.</summary>
    RecordWithoutEpoch,

    /// <summary>Leases are renewed whatever epoch they have.</summary>
    RenewWithoutEpoch,

    /// <summary>A reservation that is settled twice counts twice.</summary>
    SettleTwice,

    /// <summary>What nobody knows of an attempt's price is not written down.</summary>
    SettleWithoutUnknown,

    /// <summary>A judgment that is stored already is overwritten: the last writer wins.</summary>
    PutOverwrites,

    /// <summary>Every so often a permit is not booked, so that another gets the same date.</summary>
    PermitGrantedTwice,

    /// <summary>What is active is changed whatever epoch the change was decided under.</summary>
    ActiveWithoutEpoch,

    /// <summary>A claim that is given up stays.</summary>
    ClaimNeverReleased,

    /// <summary>A claim is given to whoever asks, held or not.</summary>
    ClaimGivenTwice,

    /// <summary>A reservation is made whatever the cap says.</summary>
    CapIgnored,
}
