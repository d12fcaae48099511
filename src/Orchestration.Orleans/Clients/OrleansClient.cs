using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestration.Core;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Serialization;

namespace Orchestration.Orleans.Clients;

/// <summary>A process outside the cluster that asks its grains.</summary>
public sealed class OrleansClient : IAsyncDisposable
{
    private readonly IHost _host;

    private OrleansClient(IHost host, OrleansActors actors) => (_host, Actors) = (host, actors);

    /// <summary>The actors of the cluster.</summary>
    public OrleansActors Actors { get; }

    /// <summary>The grains of the cluster.</summary>
    public IClusterClient Grains => _host.Services.GetRequiredService<IClusterClient>();

    /// <summary>Connects.</summary>
    /// <param name="options">As the silos have them; of what only silos need, nothing is looked at.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">No silo answers (<see cref="ErrorCodes.Deployment"/>).</exception>
    public static async Task<OrleansClient> ConnectAsync(OrleansOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var clustering = await ClusterSetting.OfAsync(options, cancellationToken);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client =>
        {
            clustering.Apply(client);
            client.Services.Configure<ExceptionSerializationOptions>(ActorRegistration.AllowFailures);
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or System.Net.Sockets.SocketException)
        {
            host.Dispose();
            throw new OrchestrationException(ErrorCodes.Deployment, $"No silo of the cluster '{options.ClusterId}' answers: {e.Message} Start one with 'orchestrate-orleans silo'.", e);
        }

        return new OrleansClient(host, new OrleansActors(host.Services.GetRequiredService<IClusterClient>(), options.Time));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }
}
