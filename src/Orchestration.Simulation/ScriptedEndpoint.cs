using System.Net;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orchestration.Simulation.Endpoint;

namespace Orchestration.Simulation;

/// <summary>
/// An OpenAI-compatible endpoint on this machine's loopback, over real HTTP: <c>POST /v1/chat/completions</c>, <c>GET /v1/models</c>,
/// <c>POST /reward</c> and <c>POST /pooling</c>. What it replies, and what goes wrong, is decided by its seed and each request's content, so that a
/// run can be repeated whatever its timing. For tests, demonstrations and measurements; no model is behind it.
/// </summary>
public sealed class ScriptedEndpoint : IAsyncDisposable
{
    private readonly KestrelServer _server;
    private readonly CancellationTokenSource _stopping;
    private readonly EndpointBooks _books;
    private bool _isDisposed;

    private ScriptedEndpoint(KestrelServer server, CancellationTokenSource stopping, EndpointBooks books, Uri address)
    {
        _server = server;
        _stopping = stopping;
        _books = books;
        Address = address;
    }

    /// <summary>Where it listens: <c>http://127.0.0.1:PORT/</c>.</summary>
    public Uri Address { get; }

    /// <summary>What to write as a chat deployment's endpoint: <c>http://127.0.0.1:PORT/v1</c>.</summary>
    public Uri ChatEndpoint => new(Address, "v1");

    /// <summary>What to write as a reward deployment's endpoint: <c>http://127.0.0.1:PORT/reward</c>.</summary>
    public Uri RewardEndpoint => new(Address, "reward");

    /// <summary>Starts it.</summary>
    /// <param name="options">How it behaves; null for the defaults.</param>
    /// <param name="time">Latencies, pauses and dates follow it; null for the system's.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<ScriptedEndpoint> StartAsync(ScriptedEndpointOptions? options = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        options ??= new ScriptedEndpointOptions();
        time ??= TimeProvider.System;
        var plan = new FaultPlan(options.Seed, options.FirstAttempts, options.Faults);
        var books = new EndpointBooks(time, options.Prices, options.TrackContents || plan.IsActive);
        var stopping = new CancellationTokenSource();
        KestrelServer? server = null;
        try
        {
            server = CreateServer(options.Port);
            await server.StartAsync(new EndpointApplication(options, time, books, plan, stopping.Token), cancellationToken).ConfigureAwait(false);
            var address = server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
            return new ScriptedEndpoint(server, stopping, books, new Uri(address));
        }
        catch
        {
            server?.Dispose();
            stopping.Dispose();
            throw;
        }
    }

    /// <summary>What it has seen so far.</summary>
    public ScriptedEndpointStatistics Statistics() => _books.Read();

    /// <summary>Completes when so many requests have arrived: a barrier for tests.</summary>
    public Task RequestsReachedAsync(long count) => _books.ReachedAsync(count);

    /// <summary>Stops: calls in flight end without a reply.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        await _stopping.CancelAsync().ConfigureAwait(false);

        // An already cancelled token: connections that callers keep open are closed at once.
        await _server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _server.Dispose();
        _stopping.Dispose();
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
