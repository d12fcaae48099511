namespace Orchestration.Silo.Hosting;

/// <summary>How a silo with HTTP is started.</summary>
public sealed record SiloOptions
{
    /// <summary>Default of <see cref="Address"/>.</summary>
    public const string DefaultAddress = "http://127.0.0.1:8080";

    /// <summary>Default of <see cref="Slots"/>.</summary>
    public const int DefaultSlots = 4;

    /// <summary>Configuration file; null for the usual one.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>The store: a file or a database's address.</summary>
    public required string Store { get; init; }

    /// <summary>Folder on this machine for what is not in the store.</summary>
    public required string LocalFolder { get; init; }

    /// <summary>Where to listen: <c>http://host:port</c>; port 0 for any that is free.</summary>
    public string Address { get; init; } = DefaultAddress;

    /// <summary>True where calls from loopback need no key; refused on any other address.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Looks up environment variables.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>Measures everything.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Told, a line each, what happens: where it listens, what it waits for, that it drains.</summary>
    public Action<string> Note { get; init; } = static _ => { };

    /// <summary>Shards of sweeps in work at once; 0 to leave sweeps to others.</summary>
    public int Slots { get; init; } = DefaultSlots;

    /// <summary>How long requests in flight may take to end once it is told to stop.</summary>
    public TimeSpan DrainFor { get; init; } = TimeSpan.FromSeconds(30);
}
