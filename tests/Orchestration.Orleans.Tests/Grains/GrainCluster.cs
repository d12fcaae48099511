using Microsoft.Extensions.DependencyInjection;
using Orchestration.Cli;
using Orchestration.Core.Judging;
using Orchestration.Orleans.Hosting;
using Orchestration.Simulation;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.TestingHost;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Grains;

/// <summary>Two silos in this process on one store in a file, as <see cref="OrleansSilo"/> sets them up, and a client.</summary>
public abstract class GrainCluster : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrate-grains-").FullName;
    private readonly List<SiloParts> _parts = [];
    private InProcessTestCluster? _cluster;
    private ScriptedEndpoint? _endpoint;

    /// <summary>By which everything of ours is measured.</summary>
    internal virtual TimeProvider Time => TimeProvider.System;

    /// <summary>True where silos do what they do beside their grains.</summary>
    internal virtual bool IsLiving => true;

    internal virtual IReadOnlyList<IJudge> Judges => [];

    internal InProcessTestCluster Cluster => _cluster!;

    internal IClusterClient Client => Cluster.Client;

    internal ScriptedEndpoint Endpoint => _endpoint!;

    internal string Store => At("store.db");

    /// <summary>Calls between grains, checked at the end: whatever a test does, no grain calls one that it may not.</summary>
    internal CallGraph Calls { get; } = new();

    internal IReadOnlyList<SiloParts> Parts => _parts;

    /// <summary>Changes a silo after everything else is set up.</summary>
    internal virtual void Configure(ISiloBuilder silo)
    {
    }

    public async ValueTask InitializeAsync()
    {
        _endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(20) });
        await File.WriteAllTextAsync(At("orchestration.yaml"), $$"""
            deployments:
              local: {endpoint: {{_endpoint.ChatEndpoint}}, model: scripted-judge, prices: {input: 0.40, cached: 0.10, output: 1.60, reasoning: 1.60}, limits: {concurrency: 6, requests-per-minute: 6000} }
            experts:
              small: {deployment: local}
              large: {deployment: local}
            router:
              default: large
              policies:
                auto: {rule: lin-ucb}
                fixed: {rule: always, experts: [small]}
            """);
        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            var parts = SiloParts.OpenAsync(
                new OrleansOptions { Store = Store, ConfigFile = At("orchestration.yaml"), LocalFolder = _folder, Clustering = OrleansClustering.Custom, Time = Time, Judges = Judges, Slots = 2 },
                CancellationToken.None).GetAwaiter().GetResult();
            _parts.Add(parts);
            silo.AddMemoryGrainStorage(OrleansSilo.StorageName);
            silo.UseInMemoryReminderService();
            silo.AddActors(parts);
            Calls.Watch(silo);
            Configure(silo);
            if (IsLiving) silo.Services.AddLife();
        });
        builder.ConfigureClient(client => client.Services.Configure<ExceptionSerializationOptions>(ActorRegistration.AllowFailures));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        foreach (var parts in _parts) await parts.DisposeAsync();
        await Endpoint.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        Calls.Check();
        GC.SuppressFinalize(this);
    }

    internal string At(string name) => Path.Combine(_folder, name);

    /// <summary>A service of each silo.</summary>
    internal T[] OfSilos<T>()
        where T : notnull => [.. Cluster.Silos.Select(static silo => silo.ServiceProvider.GetRequiredService<T>())];

    /// <summary>Grains as a silo sees them.</summary>
    internal IGrainFactory GrainsOf(int silo) => Cluster.Silos[silo].ServiceProvider.GetRequiredService<IGrainFactory>();

    /// <summary>Runs a command of <c>orchestrate-orleans</c> on the store.</summary>
    internal async Task RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var status = await CommandLine.RunAsync(
            [.. arguments, "--store", Store, "--config", At("orchestration.yaml")],
            new CliContext { Out = TextWriter.Synchronized(output), Error = TextWriter.Synchronized(error), StandardInput = Stream.Null }, "orchestrate-orleans");
        status.ShouldBe(0, error + output.ToString());
    }
}

/// <summary>Silos that live by the system's clock, with everything beside their grains.</summary>
public sealed class LivingCluster : GrainCluster;
