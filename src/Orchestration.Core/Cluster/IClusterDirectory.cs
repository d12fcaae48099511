namespace Orchestration.Core.Cluster;

/// <summary>Which silos have a store open, and what they say of themselves. Safe for concurrent use.</summary>
public interface IClusterDirectory
{
    /// <summary>What this silo tells of itself from now on; shown to whoever asks, within a second or two.</summary>
    ValueTask TellAsync(SiloReport report, CancellationToken cancellationToken);

    /// <summary>The silos that are alive, and those that ended or were last heard of within a time, newest first.</summary>
    /// <param name="since">How long ago at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<SiloRecord>> ListAsync(TimeSpan since, CancellationToken cancellationToken);
}

/// <summary>What a silo tells of itself. Counts begin with the silo.</summary>
public sealed record SiloReport
{
    /// <summary>What it does: <c>command</c>, <c>worker</c>, <c>gateway</c>, <c>orleans</c>.</summary>
    public string Role { get; init; } = "command";

    /// <summary>Shards that it takes at once, of sweeps that anybody registered; 0 where it takes none. Null of an older silo, which does not say.</summary>
    public int? Slots { get; init; }

    /// <summary>Shards in work.</summary>
    public int Shards { get; init; }

    /// <summary>Judgments made or found.</summary>
    public long Judgments { get; init; }

    /// <summary>Calls whose reply arrived.</summary>
    public long Calls { get; init; }

    /// <summary>Attempts without a reply.</summary>
    public long Failures { get; init; }

    /// <summary>US dollars.</summary>
    public decimal CostUsd { get; init; }

    /// <summary>Judgments made or found per second, over the last few seconds.</summary>
    public double JudgmentsPerSecond { get; init; }

    /// <summary>Calls per second, over the last few seconds.</summary>
    public double CallsPerSecond { get; init; }

    /// <summary>True where it takes shards of sweeps that anybody registered.</summary>
    public bool TakesShards() => Slots is { } slots ? slots > 0 : Role is "worker" or "gateway";
}

/// <summary>One silo as the store knows it.</summary>
/// <param name="Owner">Its id.</param>
/// <param name="Host">The machine's name.</param>
/// <param name="Process">The process's number on that machine.</param>
/// <param name="Version">The program's version.</param>
/// <param name="IsAlive">False where it ended, or is known to be dead.</param>
/// <param name="StartedAt">When it opened the store, UTC.</param>
/// <param name="SeenAt">When it was last heard of, UTC, by the store's clock.</param>
/// <param name="Silence">How long ago that was when the list was made.</param>
/// <param name="Report">What it told last.</param>
public sealed record SiloRecord(
    string Owner, string Host, int Process, string Version, bool IsAlive, DateTimeOffset StartedAt, DateTimeOffset SeenAt, TimeSpan Silence, SiloReport Report);
