using Orchestration.Simulation.Endpoint;
using Orchestration.Simulation.Endpoint.Limits;

namespace Orchestration.Simulation;

/// <summary>
/// An OpenAI-compatible endpoint on this machine's loopback, over real HTTP: <c>POST /v1/chat/completions</c> (also as a stream), <c>GET /v1/models</c>,
/// <c>POST /reward</c>, <c>POST /pooling</c>, and the files and batches of OpenAI's batch API. What it replies, and what goes wrong, is decided by its seed and each request's content, so that a
/// run can be repeated whatever its timing. For tests, demonstrations and measurements; no model is behind it.
/// </summary>
public sealed class ScriptedEndpoint : IAsyncDisposable
{
    private readonly EndpointListener _listener;
    private readonly EndpointApplication _application;
    private readonly CancellationTokenSource _stopping;
    private readonly EndpointBooks _books;
    private readonly LimitBook _limits;
    private readonly SemaphoreSlim _switching = new(1);
    private bool _isDisposed;

    private ScriptedEndpoint(EndpointListener listener, EndpointApplication application, CancellationTokenSource stopping, EndpointBooks books, LimitBook limits, Uri address)
    {
        _listener = listener;
        _application = application;
        _stopping = stopping;
        _books = books;
        _limits = limits;
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
    /// <param name="time">Latencies, pauses, limits and dates follow it; null for the system's.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static async Task<ScriptedEndpoint> StartAsync(ScriptedEndpointOptions? options = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        options ??= new ScriptedEndpointOptions();
        time ??= TimeProvider.System;
        var plan = new FaultPlan(options.Seed, options.FirstAttempts, options.Faults);
        var limits = new LimitBook(options, time);
        var books = new EndpointBooks(time, options.Prices, options.Batches.PriceFactor, options.TrackContents || plan.IsActive, limits.Log);
        var stopping = new CancellationTokenSource();
        try
        {
            var application = new EndpointApplication(options, time, books, plan, limits, stopping.Token);
            var listener = new EndpointListener(application);
            return new ScriptedEndpoint(listener, application, stopping, books, limits, await listener.OpenAsync(options.Port, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            stopping.Dispose();
            throw;
        }
    }

    /// <summary>What it has seen so far.</summary>
    public ScriptedEndpointStatistics Statistics() => _books.Read();

    /// <summary>The arrivals so far, where they are kept (<see cref="ScriptedEndpointOptions.ArrivalsKept"/>).</summary>
    /// <param name="model">A model with limits of its own; null for all others together.</param>
    /// <exception cref="ArgumentException">The model has no limits of its own.</exception>
    public ScriptedArrivals Arrivals(string? model = null) => _limits.Arrivals(model);

    /// <summary>Completes when so many requests have arrived: a barrier for tests.</summary>
    public Task RequestsReachedAsync(long count) => _books.ReachedAsync(count);

    /// <summary>Goes down, until <see cref="SetUpAsync"/>. What it knows is kept.</summary>
    public async Task SetDownAsync(ScriptedOutage outage = ScriptedOutage.Refuses)
    {
        await _switching.WaitAsync().ConfigureAwait(false);
        try
        {
            _application.Outage = outage;
            if (outage == ScriptedOutage.Refuses) await _listener.CloseAsync().ConfigureAwait(false);
            else await _listener.ReopenAsync(default).ConfigureAwait(false);
        }
        finally
        {
            _switching.Release();
        }
    }

    /// <summary>Is there again, at the same address.</summary>
    public async Task SetUpAsync()
    {
        await _switching.WaitAsync().ConfigureAwait(false);
        try
        {
            _application.Outage = null;
            await _listener.ReopenAsync(default).ConfigureAwait(false);
        }
        finally
        {
            _switching.Release();
        }
    }

    /// <summary>Stops: calls in flight end without a reply.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
        _switching.Dispose();
    }
}
