using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Silo.Running;
using Orchestration.Storage;

namespace Orchestration.Silo.Hosting;

/// <summary>A silo with HTTP: opens the store, listens, and serves until it is told to stop; then it finishes what is in flight.</summary>
public sealed class SiloHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SiloState _state;

    private SiloHost(WebApplication app, SiloState state) => (_app, _state) = (app, state);

    /// <summary>Where it listens, with the port that it got.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Opens the store and begins to listen.</summary>
    /// <exception cref="OrchestrationException">The address, the configuration or the store is wrong; or the address is taken (<see cref="ErrorCodes.Usage"/>).</exception>
    public static async Task<SiloHost> StartAsync(SiloOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var endpoint = Listening(options);
        var config = OrchestrationConfig.Load(options.ConfigFile);
        var store = await StoreLocation.OpenAsync(options.Store, options.Time, Path.Combine(options.LocalFolder, "spool"), options.Note, cancellationToken);
        try
        {
            var state = new SiloState(options, store, new DeploymentBoard(options.Time)) { Config = config };
            var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
            builder.Logging.ClearProviders();
            builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = options.DrainFor);
            builder.WebHost.ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Listen(endpoint);
            });
            var app = builder.Build();
            app.MapHealth(state);
            await app.StartAsync(cancellationToken);
            return new SiloHost(app, state);
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await store.DisposeAsync();
            throw new OrchestrationException(ErrorCodes.Usage, $"{options.Address} is taken by another program. Name another port with --listen.", e);
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes no new work, lets requests in flight end, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        _state.IsDraining = true;
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await _state.Store.DisposeAsync();
    }

    private static IPEndPoint Listening(SiloOptions options)
    {
        if (!Uri.TryCreate(options.Address, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttp || address.AbsolutePath != "/")
            throw new OrchestrationException(ErrorCodes.Usage, $"--listen is '{options.Address}'; it must be http://ADDRESS:PORT, such as {SiloOptions.DefaultAddress}.");
        var host = address.Host switch { "localhost" => IPAddress.Loopback, "*" or "+" => IPAddress.Any, _ => IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) ? ip : null };
        if (host is null) throw new OrchestrationException(ErrorCodes.Usage, $"--listen names '{address.Host}'; it must be an address of this machine, such as 127.0.0.1 or 0.0.0.0.");
        if (options.IsOpen && !IPAddress.IsLoopback(host))
            throw new OrchestrationException(ErrorCodes.Usage, $"--open serves without keys, and {host} can be reached from elsewhere. Listen on 127.0.0.1, or make keys with 'orchestrate key create'.");
        return new IPEndPoint(host, address.Port);
    }
}
