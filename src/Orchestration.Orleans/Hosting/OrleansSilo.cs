using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestration.Core;
using Orleans.Dashboard;
using Orleans.Hosting;

namespace Orchestration.Orleans.Hosting;

/// <summary>A silo of a Microsoft.Orleans cluster that hosts the actors behind grains. Disposing it leaves the cluster in order: shards are drained first, then grains move, then the store is closed.</summary>
public sealed class OrleansSilo : IAsyncDisposable
{
    /// <summary>The grain storage that grains keep their state in.</summary>
    public const string StorageName = "orchestration";

    private readonly WebApplication _app;
    private readonly SiloParts _parts;
    private readonly SiloLife _life;
    private int _stopped;

    private OrleansSilo(WebApplication app, SiloParts parts, SiloLife life) => (_app, _parts, _life) = (app, parts, life);

    /// <summary>The owner under which this silo claims shards in the store.</summary>
    public string Owner => _parts.Store.Owner;

    /// <summary>The grains as this silo sees them.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Where its dashboard is; null where it has none.</summary>
    public Uri? Dashboard => _parts.Options.Dashboard is null ? null : SiloDashboard.AddressOf(_app);

    /// <summary>Ends when this silo does without having been told: it was declared dead by the others, or the store failed for good.</summary>
    public Task Ended => _life.Ended;

    /// <summary>Opens the store, joins the cluster and begins to work.</summary>
    /// <exception cref="OrchestrationException">The configuration, the store or a port is wrong.</exception>
    public static async Task<OrleansSilo> StartAsync(OrleansOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var dashboard = options.Dashboard is { } address ? SiloDashboard.Parse(address) : null;
        var clustering = await ClusterSetting.OfAsync(options, cancellationToken);
        var parts = await SiloParts.OpenAsync(options, cancellationToken);
        try
        {
            var app = Build(options, dashboard, clustering, parts);
            await app.Services.GetRequiredService<SiloRouter>().TryAsync(cancellationToken);
            using var joined = new CancellationTokenSource();
            var burying = clustering.BuryAsync(joined.Token);
            try
            {
                await app.StartAsync(cancellationToken);
            }
            finally
            {
                await joined.CancelAsync();
                await burying;
            }

            return new OrleansSilo(app, parts, app.Services.GetRequiredService<SiloLife>());
        }
        catch (IOException e) when (dashboard is not null && e.InnerException is AddressInUseException)
        {
            await parts.DisposeAsync();
            throw new OrchestrationException(ErrorCodes.Usage, $"The dashboard cannot listen at {dashboard}: another program does. Name another port with --dashboard.", e);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException || e.InnerException is System.Net.Sockets.SocketException)
        {
            await parts.DisposeAsync();
            throw new OrchestrationException(ErrorCodes.Usage, $"The silo cannot listen at {options.Advertised}, ports {options.SiloPort} and {options.GatewayPort}: {e.Message} Name others with --silo-port and --gateway-port.", e);
        }
        catch
        {
            await parts.DisposeAsync();
            throw;
        }
    }

    /// <summary>Leaves the cluster.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) return;
        try
        {
            await _app.StopAsync(CancellationToken.None);
        }
        finally
        {
            await _app.DisposeAsync();
            await _parts.DisposeAsync();
        }
    }

    private static WebApplication Build(OrleansOptions options, IPEndPoint? dashboard, ClusterSetting clustering, SiloParts parts)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        if (options.Environment("ORCHESTRATE_ORLEANS_LOG") is not null) builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (dashboard is not null) builder.WebHost.ListenAt(dashboard);
        else builder.WebHost.UseServer(new NoServer());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMinutes(1));
        builder.UseOrleans(silo =>
        {
            clustering.Apply(silo);
            silo.AddActors(parts);
            if (dashboard is not null) silo.AddDashboard();
            options.ConfigureSilo?.Invoke(silo);
        });

        // Registered after the silo, and so stopped before it: while shards drain, grains still answer.
        builder.Services.AddLife();
        var app = builder.Build();
        if (dashboard is not null) app.MapDashboard();
        return app;
    }
}
