using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestration.Backends.Identity;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Configuration;
using Orchestration.Storage;

namespace Orchestration.Silo.Hosting;

/// <summary>A silo with HTTP: opens the store, listens, and serves until it is told to stop; then it finishes what is in flight.</summary>
public sealed class SiloHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SiloState _state;
    private readonly SiloWork _work;
    private readonly SiloWork _sweeps;
    private readonly SiloFeatures _features;
    private readonly Uri _address;
    private int _isDisposed;

    private SiloHost(WebApplication app, SiloState state, SiloFeatures features, SiloWork work, SiloWork sweeps)
    {
        (_app, _state, _features, _work, _sweeps) = (app, state, features, work, sweeps);
        _address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Where it listens, with the port that it got.</summary>
    public Uri Address => _address;

    /// <summary>What its features share, for tests.</summary>
    internal SiloState State => _state;

    /// <summary>What ASP.NET Core knows of it, for tests.</summary>
    internal IServiceProvider Services => _app.Services;

    /// <summary>Opens the store and begins to listen.</summary>
    /// <exception cref="OrchestrationException">The address, the configuration or the store is wrong; or the address is taken (<see cref="ErrorCodes.Usage"/>).</exception>
    public static async Task<SiloHost> StartAsync(SiloOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var endpoint = Listening(options);
        var config = OrchestrationConfig.Load(options.ConfigFile);

        // Where the store is a database nothing else makes it, and uploads are put down there.
        Directory.CreateDirectory(options.LocalFolder);
        var store = await StoreLocation.OpenAsync(options.Store, options.Time, Path.Combine(options.LocalFolder, "spool"), options.Note, identity => StorePassword.Of(identity, options.Time), cancellationToken);
        SiloState? state = null;
        SiloFeatures? features = null;
        SiloWork work = new(), sweeps = new();
        try
        {
            state = new SiloState(options, store, await ServerSecret.OfAsync(store.Access, options.Environment, cancellationToken));
            features = new SiloFeatures(state);
            var app = Build(endpoint, options);
            features.Map(app);
            await state.ConfigureAsync(() => config, cancellationToken);
            await state.Keys.RefreshAsync(cancellationToken);
            if (!options.IsOpen && state.Keys.Count == 0)
                options.Note("nobody can ask yet: there is no API key. Make one with 'orchestrate key create NAME --role call', or start with --open on this machine alone");
            features.Start(work, sweeps);
            await app.StartAsync(cancellationToken);
            return new SiloHost(app, state, features, work, sweeps);
        }
        catch (Exception failure)
        {
            await sweeps.DisposeAsync();
            await work.DisposeAsync();
            if (features is not null) await features.DisposeAsync();
            state?.Dispose();
            await store.DisposeAsync();
            if (failure is IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException })
                throw new OrchestrationException(ErrorCodes.Usage, $"{options.Address} is taken by another program. Name another port with --listen.", failure);
            throw;
        }
    }

    /// <summary>Reads the configuration's file again and puts it into effect without dropping a request.</summary>
    /// <exception cref="OrchestrationException">It is wrong: everything stays as it was.</exception>
    public Task ReloadAsync(CancellationToken cancellationToken) => _features.Reload.ReloadAsync($"silo {_state.Store.Owner}", cancellationToken);

    /// <summary>From now on <c>/health/ready</c> says that it drains; it goes on serving until it is disposed of.</summary>
    public void Drain() => _state.Drain();

    /// <summary>Takes no new work, lets requests in flight end, gives shards of sweeps back, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        _state.Drain();

        // Requests in flight and shards in work end at the same time; what follows them (writing routes, the feeds) ends when there is nothing left to follow.
        await Task.WhenAll(_app.StopAsync(CancellationToken.None), _sweeps.DisposeAsync().AsTask());
        await _app.DisposeAsync();
        await _work.DisposeAsync();
        await _features.DisposeAsync();
        _state.Dispose();
        await _state.Store.DisposeAsync();
    }

    private static WebApplication Build(IPEndPoint endpoint, SiloOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = options.DrainFor);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(endpoint);
        });
        return builder.Build();
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
