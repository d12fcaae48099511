using System.Collections.Concurrent;
using System.Globalization;
using Orchestration.Backends.Telemetry;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Quotas;

namespace Orchestration.Backends.Exchanges;

/// <summary>A place at an endpoint: one attempt may be sent now.</summary>
/// <param name="IsTrying">True where it finds out whether an endpoint that was down answers again.</param>
/// <param name="SentAt">When it is sent, by the clock's timestamp.</param>
/// <param name="Tokens">What it reserves of the quota.</param>
/// <param name="Gate">Where its permit came from; null where nothing is limited.</param>
internal readonly record struct LaneTicket(bool IsTrying, long SentAt, long Tokens, QuotaGate? Gate);

/// <summary>
/// One endpoint of a deployment with everything that decides whether and when it is asked: its circuit, the places in flight, the rate that was found, and
/// the permits of its quota. docs/design/backends.md says in which order.
/// </summary>
internal sealed class EndpointLane : IDisposable
{
    private readonly DeploymentConfig _config;
    private readonly DeploymentServices _services;
    private readonly string _label;
    private readonly CallWindow _window;
    private readonly Circuit _circuit;
    private readonly RateGovernor _governor;
    private readonly IQuotaAuthority _quotas;
    private readonly ConcurrentDictionary<string, QuotaGate?> _gates = new(StringComparer.Ordinal);
    private readonly MinuteUse _use;
    private QuotaBucket _bucket;
    private bool _isOwnLimit;

    public EndpointLane(DeploymentConfig config, EndpointConfig endpoint, int index, DeploymentServices services, IQuotaAuthority quotas, SeededJitter jitter)
    {
        _config = config;
        _services = services;
        _quotas = quotas;
        Endpoint = endpoint;
        ModelName = endpoint.ServedAs ?? config.Model.Name;
        Credential = EndpointCredentials.Of(config, endpoint, services);
        Http = new HttpAttempt(endpoint, config.Timeout, Credential, services.Time);
        Faults = new DeploymentFaults(config, endpoint, Credential);
        _label = config.Pool.Count > 1 ? $"{config.Name} ({EndpointAddress.Show(endpoint.Address)})" : config.Name;
        _window = new CallWindow(endpoint.Limits.Concurrency);
        _circuit = new Circuit(services.Time, jitter);
        _governor = new RateGovernor(services.Time);
        var name = config.Pool.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $"deployment/{config.Name}/{index}") : $"deployment/{config.Name}";
        _bucket = new QuotaBucket(name, endpoint.Limits.RequestsPerMinute, endpoint.Limits.TokensPerMinute);
        _isOwnLimit = _bucket.IsLimited;
        _use = new MinuteUse(services.Time);
        Estimate = new TokenEstimate(config.ImageTokens);
        ExchangeTelemetry.Watch(this);
    }

    /// <summary>The deployment's name.</summary>
    public string Deployment => _config.Name;

    /// <summary>Shares of the quota that this process sent or reserved in the last 60 s; null where no limit is known.</summary>
    public (double? Requests, double? Tokens) QuotaUse
    {
        get
        {
            var bucket = _bucket;
            var (requests, tokens) = _use.Read();
            return ((double)requests / bucket.RequestsPerMinute, (double)tokens / bucket.TokensPerMinute);
        }
    }

    /// <summary>As configured.</summary>
    public EndpointConfig Endpoint { get; }

    /// <summary>What it calls the model.</summary>
    public string ModelName { get; }

    public IEndpointCredential Credential { get; }

    public HttpAttempt Http { get; }

    public DeploymentFaults Faults { get; }

    public TokenEstimate Estimate { get; }

    /// <summary>True where calls are paced at a rate that was found.</summary>
    public bool IsPaced => !double.IsInfinity(_governor.Rate);

    /// <summary>How long until it can be asked; zero where it can be now.</summary>
    public TimeSpan Wait => _circuit.Wait;

    /// <summary>Calls in flight and waiting for each that it takes: the lower, the sooner another one has its turn.</summary>
    public double Crowding
    {
        get
        {
            var rate = _governor.Rate;
            var perSecond = _bucket.RequestsPerMinute is { } requests ? Math.Min(rate, requests / 60.0) : rate;
            return (_window.Load + 1) / (double.IsInfinity(perSecond) ? Endpoint.Limits.Concurrency : Math.Min(perSecond, Endpoint.Limits.Concurrency));
        }
    }

    /// <summary>Waits until an attempt may be sent. The caller sends it at once and reports its end.</summary>
    public async ValueTask<LaneTicket> EnterAsync(CallOrigin origin, long tokens, CancellationToken cancellationToken)
    {
        await Credential.PrepareAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var isTrying = await _circuit.EnterAsync(cancellationToken).ConfigureAwait(false);
            var hasPlace = false;
            try
            {
                await _window.TakeAsync(origin.Payer, cancellationToken).ConfigureAwait(false);
                hasPlace = true;
                if (isTrying || _circuit.LetsPass)
                {
                    await _governor.WaitAsync(cancellationToken).ConfigureAwait(false);
                    var gate = _gates.GetOrAdd(origin.Judge, static (judge, lane) => lane.Gate(judge), this);
                    if (gate is not null)
                    {
                        // A permit that was slept over is thrown away: used late, it would crowd those that come after it.
                        while (gate.IsExpired(await gate.EnterAsync(origin.Payer, tokens, cancellationToken).ConfigureAwait(false)))
                        {
                        }
                    }

                    // The wait may have been longer than a token is good for.
                    await Credential.PrepareAsync(cancellationToken).ConfigureAwait(false);

                    // What was learnt while waiting counts too; a permit is lost then, not a call. A place can come together with the cancellation.
                    if (isTrying || _circuit.LetsPass)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        _use.Add(tokens);
                        return new LaneTicket(isTrying, _services.Time.GetTimestamp(), tokens, gate);
                    }
                }

                // A place is not kept while waiting: it would be one less for whoever is let in sooner.
                _window.Release(answered: false);
            }
            catch
            {
                if (hasPlace) _window.Release(answered: false);
                if (isTrying) _circuit.GiveUpTry();
                throw;
            }
        }
    }

    /// <summary>As <see cref="EnterAsync"/>, for no longer than the request waits; null where its turn does not come by then.</summary>
    public async ValueTask<LaneTicket?> TryEnterAsync(ExchangeRequest request, long tokens, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.LongestWait is not { } longest) return await EnterAsync(request.Origin, tokens, cancellationToken).ConfigureAwait(false);
        var impatience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        try
        {
            await using var cancelling = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), impatience).ConfigureAwait(false);
            var entering = EnterAsync(request.Origin, tokens, impatience.Token);

            // Nearly always there is room at once, and no timer is needed.
            if (entering.IsCompletedSuccessfully) return entering.Result;
            impatience.CancelAfter(longest);
            return await entering.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && impatience.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            impatience.Dispose();
        }
    }

    /// <summary>Ends an attempt: gives the place back and learns from what came of it.</summary>
    /// <param name="ticket">The attempt's place.</param>
    /// <param name="verdict">What it came to.</param>
    /// <param name="limits">What its headers said of limits.</param>
    /// <param name="isKnown">True where some endpoint of the deployment has ever answered: before that, silence is a wrong address, not an outage.</param>
    public void Leave(in LaneTicket ticket, in AttemptVerdict verdict, in RateLimitHeaders limits, bool isKnown)
    {
        switch (verdict.Health)
        {
            case Health.Well:
                _governor.Accept();
                if (_circuit.Succeed()) Resume();
                Learn(limits);
                break;
            case Health.Busy:
                _governor.Refuse(ticket.SentAt);
                if (_circuit.Succeed()) Resume();
                break;
            case Health.UsedUp:
                var pause = _circuit.Pause(verdict.RetryAfter, ticket.IsTrying);
                Say($"the account is used up: {verdict.Detail}", pause);
                break;
            case Health.Down when isKnown && _circuit.Fail(ticket.IsTrying) is { } wait:
                Say($"{EndpointAddress.Show(Endpoint.Address)} does not work: {verdict.Detail}", wait);
                break;
            case Health.Down or Health.Unknown when ticket.IsTrying:
                _circuit.GiveUpTry();
                break;
        }

        if (verdict is { HoldsBack: true, RetryAfter: { } asked })
            _circuit.HoldBack((asked < _config.LongestRetryWait ? asked : _config.LongestRetryWait) - RetryDelay.Margin);
        _window.Release(verdict.Health == Health.Well);
    }

    /// <summary>Corrects what an attempt reserved by what its reply says it took.</summary>
    public void Settle(in LaneTicket ticket, long promptTokens, long outputTokens, ExchangeRequest request, int bodyBytes)
    {
        Estimate.Learn(bodyBytes, request.Images, promptTokens);
        var output = Endpoint.Limits.TokensCharged == TokensCharged.Used ? outputTokens : request.MaxOutputTokens;
        Correct(ticket, promptTokens + output - ticket.Tokens);
    }

    /// <summary>Gives back what an attempt reserved that was never sent.</summary>
    public void GiveBack(in LaneTicket ticket) => Correct(ticket, -ticket.Tokens);

    public void Dispose()
    {
        ExchangeTelemetry.Forget(this);
        foreach (var gate in _gates.Values) gate?.Dispose();
        _window.Dispose();
        Http.Dispose();
        (Credential as IDisposable)?.Dispose();
    }

    private void Correct(in LaneTicket ticket, long tokens)
    {
        ticket.Gate?.Settle(ticket.SentAt, tokens);
        _use.Correct(tokens);
    }

    private QuotaGate? Gate(string judge)
    {
        QuotaBucket? own = _services.JudgeLimits.TryGetValue(judge, out var limits)
            ? new QuotaBucket($"judge/{judge}", limits.RequestsPerMinute, limits.TokensPerMinute)
            : null;
        if (own is null && !_bucket.IsLimited) return null;
        return new QuotaGate(_quotas, () => own is null ? [_bucket] : _bucket.IsLimited ? [_bucket, own] : [own], _services.Time);
    }

    /// <summary>An endpoint that states its limits is paced by them, unless the configuration states some.</summary>
    private void Learn(in RateLimitHeaders limits)
    {
        if (_isOwnLimit || (limits.RequestsPerMinute is null && limits.TokensPerMinute is null)) return;
        var learnt = _bucket with
        {
            RequestsPerMinute = limits.RequestsPerMinute ?? _bucket.RequestsPerMinute,
            TokensPerMinute = limits.TokensPerMinute ?? _bucket.TokensPerMinute,
        };
        if (learnt == _bucket) return;
        var wasLimited = _bucket.IsLimited;
        _bucket = learnt;
        if (wasLimited) return;

        // From here on calls need permits; those that were told otherwise are on their way.
        foreach (var (judge, gate) in _gates)
        {
            if (gate is null) _gates.TryUpdate(judge, Gate(judge), null);
        }
    }

    private void Resume()
    {
        _window.Shrink();
        _services.Board?.Work(_label);
    }

    private void Say(string what, TimeSpan wait) => _services.Board?.Wait(_label, what, _services.Time.GetUtcNow() + wait);
}
