using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Orchestration.Core;
using Orchestration.Silo.Access;
using Orleans.Dashboard;

namespace Orchestration.Orleans.Hosting;

/// <summary>
/// Orleans' own dashboard. It shows grain state and the silo's log to whoever asks and knows no keys, so it listens on loopback and nowhere else, and answers only who came in there and names this machine.
/// </summary>
internal static class SiloDashboard
{
    private const string Example = "http://127.0.0.1:8090";

    /// <summary>Where to listen.</summary>
    /// <exception cref="OrchestrationException">It is no address of HTTP, or one that others than this machine can reach (<see cref="ErrorCodes.Usage"/>).</exception>
    public static IPEndPoint Parse(string address)
    {
        // Names are not looked up, but for the one that means loopback everywhere: what another one means may change.
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/" || uri.UserInfo.Length != 0 || uri.Fragment.Length != 0)
            throw new OrchestrationException(ErrorCodes.Usage, $"--dashboard is '{address}'; it must be http://LOOPBACK-ADDRESS:PORT, such as {Example}.");
        var host = uri.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback : IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) ? ip : null;
        return host is not null && IPAddress.IsLoopback(host)
            ? new IPEndPoint(host, uri.Port)
            : throw new OrchestrationException(
                ErrorCodes.Usage,
                $"--dashboard is '{address}', and the Orleans dashboard asks nobody who they are: it is shown on this machine alone. Name a loopback address, such as {Example}, and reach it from elsewhere through a tunnel: ssh -L {uri.Port}:127.0.0.1:{uri.Port} THIS-MACHINE.");
    }

    public static void ListenAt(this IWebHostBuilder host, IPEndPoint endpoint) => host.ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        kestrel.Listen(endpoint);
    });

    /// <summary>Serves it, whatever else the environment has the server listen at.</summary>
    public static void MapDashboard(this WebApplication app)
    {
        app.Use(static async (context, next) =>
        {
            if (context.Connection.LocalIpAddress is not { } local || !IPAddress.IsLoopback(local) || LocalRequests.IsFromElsewhere(context.Request))
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                await context.Response.WriteAsync("The Orleans dashboard answers only requests that come to a loopback address and name it, or localhost, and none that a page of another site makes.\n", context.RequestAborted);
                return;
            }

            await next(context);
        });
        app.MapOrleansDashboard();
    }

    /// <summary>Where it listens, once it does.</summary>
    public static Uri AddressOf(WebApplication app) => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
}
