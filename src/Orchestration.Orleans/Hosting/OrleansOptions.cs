using System.Net;
using Orchestration.Core.Judging;
using Orleans.Hosting;

namespace Orchestration.Orleans.Hosting;

/// <summary>Where the members of a cluster find one another.</summary>
public enum OrleansClustering
{
    /// <summary>In tables beside the store, which is a PostgreSQL database. Grain state and reminders are there too.</summary>
    Postgres,

    /// <summary>On this machine: the silo at <see cref="OrleansOptions.PrimaryPort"/> knows the others. Grain state and reminders are in memory. For development.</summary>
    Localhost,

    /// <summary>As <see cref="OrleansOptions.ConfigureSilo"/> and <see cref="OrleansOptions.ConfigureClient"/> say: Azure Tables, or any other provider of Orleans.</summary>
    Custom,
}

/// <summary>What silos and clients of one cluster agree on.</summary>
public sealed record OrleansOptions
{
    /// <summary>Default of <see cref="SiloPort"/>.</summary>
    public const int DefaultSiloPort = 11111;

    /// <summary>Default of <see cref="GatewayPort"/>.</summary>
    public const int DefaultGatewayPort = 30000;

    /// <summary>The store: a database's address; a file for a cluster on localhost.</summary>
    public required string Store { get; init; }

    /// <summary>Where members find one another; default <see cref="OrleansClustering.Postgres"/>.</summary>
    public OrleansClustering Clustering { get; init; } = OrleansClustering.Postgres;

    /// <summary>The cluster's name: silos and clients of another one are strangers.</summary>
    public string ClusterId { get; init; } = "orchestration";

    /// <summary>The service's name: grain state and reminders belong to it, whatever the cluster is called.</summary>
    public string ServiceId { get; init; } = "orchestration";

    /// <summary>The address at which the other silos and clients reach this one; default loopback.</summary>
    public IPAddress Advertised { get; init; } = IPAddress.Loopback;

    /// <summary>The port for other silos.</summary>
    public int SiloPort { get; init; } = DefaultSiloPort;

    /// <summary>The port for clients.</summary>
    public int GatewayPort { get; init; } = DefaultGatewayPort;

    /// <summary>On localhost: the port for silos of the one that knows the others; null where that is this one.</summary>
    public int? PrimaryPort { get; init; }

    /// <summary>A silo that answers nobody for this long is dead to the others, and ends itself when it finds out; default 10 s.</summary>
    public TimeSpan FailureDetection { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Changes the silo after everything else is set up; clustering, grain storage named <see cref="OrleansSilo.StorageName"/> and reminders where <see cref="OrleansClustering.Custom"/>.</summary>
    public Action<ISiloBuilder>? ConfigureSilo { get; init; }

    /// <summary>Changes a client after everything else is set up.</summary>
    public Action<IClientBuilder>? ConfigureClient { get; init; }

    /// <summary>Configuration file; null for the usual one.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Folder on this machine for what is not in the store; null for one beside a store's file, or <c>.orchestrate</c>.</summary>
    public string? LocalFolder { get; init; }

    /// <summary>Shards in work at once, of all sweeps, 0–256; 0 for a silo that takes none. Default 8.</summary>
    public int Slots { get; init; } = 8;

    /// <summary>How long a shard stays a silo's without a renewal; default 30 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a silo's share of a judge's limit stands without a renewal; default 15 s.</summary>
    public TimeSpan JudgeLease { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Where the Orleans dashboard listens, such as <c>http://127.0.0.1:8090</c>, with port 0 for any that is free; loopback only, because it asks nobody who they are. Null for no dashboard.</summary>
    public string? Dashboard { get; init; }

    /// <summary>Judges beside those that the configuration and the product name.</summary>
    public IReadOnlyList<IJudge> Judges { get; init; } = [];

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Measures everything of ours; Orleans measures by the system's clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told, a line each, what a user should know; from any thread.</summary>
    public Action<string> Note { get; init; } = static _ => { };
}
