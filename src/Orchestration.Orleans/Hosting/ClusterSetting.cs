using System.Net;
using Orchestration.Core;
using Orchestration.Orleans.Postgres;
using Orchestration.Storage;
using Orchestration.Storage.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orchestration.Orleans.Hosting;

/// <summary>Where members find one another, put into effect for silos and for clients.</summary>
internal sealed class ClusterSetting
{
    private const int JoinTimes = 10;

    private readonly OrleansOptions _options;
    private readonly string? _connection;

    private ClusterSetting(OrleansOptions options, string? connection) => (_options, _connection) = (options, connection);

    /// <summary>Checks the options and makes the tables where they are needed.</summary>
    public static async Task<ClusterSetting> OfAsync(OrleansOptions options, CancellationToken cancellationToken)
    {
        if (options.Clustering != OrleansClustering.Postgres) return new ClusterSetting(options, null);
        if (!StoreLocation.IsShared(options.Store))
            throw new OrchestrationException(ErrorCodes.Usage, "A cluster needs a store that all its silos can open: name a PostgreSQL database with --store postgres://…, or try it on this machine with --clustering localhost.");
        var address = PostgresAddress.Parse(options.Store);
        if (address.Identity is not null)
            throw new OrchestrationException(ErrorCodes.Usage, "The store's address names an identity; Orleans' own tables are reached with a password alone. Give an address with a user and PGPASSWORD.");
        return new ClusterSetting(options, await OrleansSchema.EnsureAsync(address, cancellationToken));
    }

    /// <summary>
    /// Until cancelled, takes members out of PostgreSQL's tables, by its clock, that have said nothing for longer than living ones ever do. For other places <see cref="JoinWatch"/> does it.
    /// </summary>
    public async Task BuryAsync(CancellationToken cancellationToken)
    {
        if (_connection is null) return;
        using var timer = new PeriodicTimer(_options.FailureDetection / 2, _options.Time);
        try
        {
            do await OrleansSchema.BuryAsync(_connection, _options.ClusterId, _options.FailureDetection * JoinWatch.SilencesOfTheDead, cancellationToken);
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Joined.
        }
    }

    public void Apply(ISiloBuilder silo)
    {
        switch (_options.Clustering)
        {
            case OrleansClustering.Postgres:
                silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (OrleansSchema.Invariant, _connection));
                silo.AddAdoNetGrainStorage(OrleansSilo.StorageName, storage => (storage.Invariant, storage.ConnectionString) = (OrleansSchema.Invariant, _connection));
                silo.UseAdoNetReminderService(reminders => (reminders.Invariant, reminders.ConnectionString) = (OrleansSchema.Invariant, _connection));
                Name(silo.Services);
                silo.ConfigureEndpoints(_options.Advertised, _options.SiloPort, _options.GatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(_options.Advertised));
                break;
            case OrleansClustering.Localhost:
                silo.UseLocalhostClustering(
                    _options.SiloPort, _options.GatewayPort, _options.PrimaryPort is { } port ? new IPEndPoint(IPAddress.Loopback, port) : null, _options.ServiceId, _options.ClusterId);
                silo.AddMemoryGrainStorage(OrleansSilo.StorageName);
                silo.UseInMemoryReminderService();
                break;
            default:
                Name(silo.Services);
                silo.ConfigureEndpoints(_options.Advertised, _options.SiloPort, _options.GatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(_options.Advertised));
                break;
        }

        if (_options.Clustering != OrleansClustering.Localhost)
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => new JoinWatch(services.GetRequiredService<IMembershipTable>(), services.GetRequiredService<ILocalSiloDetails>().SiloAddress, _options, buries: _connection is null));

        const int Probes = 3;
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = _options.FailureDetection / Probes;
            membership.NumMissedProbesLimit = Probes;
            membership.TableRefreshTimeout = _options.FailureDetection;
            membership.IAmAliveTablePublishTimeout = _options.FailureDetection;

            // Longer than the dead are waited for, however long that was set to be.
            if (_options.FailureDetection * JoinTimes > membership.MaxJoinAttemptTime) membership.MaxJoinAttemptTime = _options.FailureDetection * JoinTimes;
        });
    }

    public void Apply(IClientBuilder client)
    {
        switch (_options.Clustering)
        {
            case OrleansClustering.Postgres:
                client.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (OrleansSchema.Invariant, _connection));
                Name(client.Services);
                break;
            case OrleansClustering.Localhost:
                client.UseLocalhostClustering(_options.GatewayPort, _options.ServiceId, _options.ClusterId);
                break;
            default:
                Name(client.Services);
                break;
        }

        client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = _options.FailureDetection / 2);
        _options.ConfigureClient?.Invoke(client);
    }

    private void Name(IServiceCollection services) => services.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (_options.ClusterId, _options.ServiceId));
}
