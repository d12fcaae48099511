using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Orchestration.Simulation.Endpoint;

/// <summary>The server of one port on loopback, which can be closed and opened again. Calls must not overlap.</summary>
internal sealed class EndpointListener(EndpointApplication application) : IAsyncDisposable
{
    private KestrelServer? _server;
    private Socket? _placeholder;
    private int _port;

    /// <summary>Listens; returns where.</summary>
    public async Task<Uri> OpenAsync(int port, CancellationToken cancellationToken)
    {
        var server = CreateServer(port);
        try
        {
            await server.StartAsync(application, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            server.Dispose();
            throw;
        }

        _server = server;
        var address = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        _port = address.Port;
        return address;
    }

    /// <summary>Refuses connections from now on, and keeps the port.</summary>
    public async Task CloseAsync()
    {
        if (_server is null) return;
        await StopAsync().ConfigureAwait(false);

        // Bound and not listening: connections are refused, and no outgoing connection of this machine is given the port.
        _placeholder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _placeholder.Bind(new IPEndPoint(IPAddress.Loopback, _port));
    }

    /// <summary>Listens again on the same port.</summary>
    public async Task ReopenAsync(CancellationToken cancellationToken)
    {
        if (_server is not null) return;
        _placeholder?.Dispose();
        _placeholder = null;
        await OpenAsync(_port, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _placeholder?.Dispose();
    }

    private async Task StopAsync()
    {
        if (_server is not { } server) return;
        _server = null;

        // An already cancelled token: connections that callers keep open are closed at once.
        await server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        server.Dispose();
    }

    private static KestrelServer CreateServer(int port)
    {
        var options = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = new NoServices() };
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.MaxRequestBodySize = 256L * 1024 * 1024;
        options.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        return new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
    }

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
