using System.Globalization;
using Orchestration.Backends.Clients;
using Orchestration.Backends.Telemetry;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Quotas;

namespace Orchestration.Backends.Exchanges;

/// <summary>
/// The one exchange that judges, experts and gateways share: bytes in; bytes or a stream out. It chooses among the deployment's endpoints, waits for
/// places and permits, sends, and is the one place where a call is repeated. What a body means is its caller's. Safe for concurrent use; dispose of it
/// when no call is in flight.
/// </summary>
public sealed class ModelExchange : IDisposable
{
    /// <summary>Longest wait of a refused call once calls are paced: the pace sees to the rest, and calls that wait for long leave it unused.</summary>
    private static readonly TimeSpan PacedWait = TimeSpan.FromSeconds(1);

    private readonly DeploymentConfig _config;
    private readonly TimeProvider _time;
    private readonly EndpointLane[] _lanes;
    private readonly SeededJitter _jitter;
    private readonly RejectionGuard _rejections = new();
    private readonly CallSubject _subject;
    private volatile bool _answered;

    /// <summary>Creates it; nothing is sent and no key is read before the first call.</summary>
    /// <param name="config">The deployment as configured.</param>
    /// <param name="services">What it shares with its surroundings.</param>
    public ModelExchange(DeploymentConfig config, DeploymentServices services)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(services);
        if (config.Endpoints.Any(e => e.Limits.Concurrency < 1) || config.Attempts < 1 || config.Timeout <= TimeSpan.Zero)
            throw new ArgumentException($"deployment '{config.Name}': concurrency, attempts and time-out are at least 1, 1 and more than 0.", nameof(config));
        _config = config;
        _time = services.Time;
        _subject = CallSubject.Of(config, services);
        _jitter = new SeededJitter(Seed(config.Name));
        var quotas = services.Quotas ?? new LocalQuotaAuthority(services.Time);
        _lanes = [.. config.Endpoints.Select((endpoint, index) => new EndpointLane(config, endpoint, index, services, quotas, _jitter))];
    }

    /// <summary>Attempts of one call, at most.</summary>
    public int MaxAttempts => _config.Attempts;

    /// <summary>Calls in flight at once, at most, at all endpoints together.</summary>
    public int Concurrency => _config.Endpoints.Sum(static e => e.Limits.Concurrency);

    /// <summary>
    /// Sends a call and brings back what came, whatever its status: refusals too, and the last of the attempts where none helped. Repeats on 408, 409, 425,
    /// 429 and 5xx, on lost connections and time-outs; with a stream, only before its first byte.
    /// </summary>
    /// <param name="request">The call.</param>
    /// <param name="isStream">True for the body as a stream, where the status is 200.</param>
    /// <param name="cancellationToken">Stops waiting for a turn or for the next attempt; an attempt already sent is awaited.</param>
    /// <exception cref="ChatCallException">No attempt brought a whole reply: time-outs, lost connections.</exception>
    /// <exception cref="OrchestrationException">No endpoint can be reached, or the key is missing (<see cref="ErrorCodes.Deployment"/>, <see cref="ErrorCodes.Configuration"/>).</exception>
    public async ValueTask<ExchangeReply> SendAsync(ExchangeRequest request, bool isStream, CancellationToken cancellationToken)
    {
        var outcome = await TrySendAsync(request, isStream, cancellationToken).ConfigureAwait(false);
        if (outcome.Reply is { } reply) return reply;
        throw outcome.Exception ?? (Exception)new OperationCanceledException(cancellationToken);
    }

    /// <summary>As <see cref="SendAsync(ExchangeRequest, bool, CancellationToken)"/>, with every failure as a value: for whoever can ask somebody else.</summary>
    /// <param name="request">The call.</param>
    /// <param name="isStream">True for the body as a stream, where the status is 200.</param>
    /// <param name="cancellationToken">As there; breaks off an attempt that was sent where the request says so.</param>
    public async ValueTask<ExchangeOutcome> TrySendAsync(ExchangeRequest request, bool isStream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var call = new ExchangeCall(request, _subject, _time);
        try
        {
            var outcome = await SendAsync(call, request, isStream, cancellationToken).ConfigureAwait(false);
            if (outcome.Reply is null) call.Fail(outcome.Exception ?? (Exception)new OperationCanceledException(cancellationToken));
            return outcome;
        }
        catch (Exception e) when (call.Fail(e))
        {
            throw;
        }
    }

    private async ValueTask<ExchangeOutcome> SendAsync(ExchangeCall call, ExchangeRequest request, bool isStream, CancellationToken cancellationToken)
    {
        var count = new AttemptCount();
        var most = Math.Clamp(request.Attempts ?? MaxAttempts, 1, MaxAttempts);
        EndpointLane? lane = null;
        try
        {
            while (true)
            {
                lane = Pick(lane);
                if (request.LongestWait is { } longest && lane.Wait is var held && held > longest) return Busy(lane, held, count);
                var body = call.Body(lane.ModelName);
                var tokens = lane.Estimate.Prompt(body.Length, request.Images) + request.MaxOutputTokens;
                var entering = lane.TryEnterAsync(request, tokens, _time, cancellationToken);
                if ((entering.IsCompletedSuccessfully ? entering.Result : await entering.ConfigureAwait(false)) is not { } ticket) return Busy(lane, null, count);
                call.Sent(lane.Endpoint.Address);
                var raw = await lane.Http.SendAsync(request, body, isStream ? ReplyParts.Stream : ReplyParts.BodyAndHeaders, request.IsAbortable ? cancellationToken : CancellationToken.None).ConfigureAwait(false);
                if (raw.Transport == Transport.Replied) _answered = true;
                var verdict = AttemptReading.Raw(raw, lane.Credential.Secret);
                if (raw.Status == 401 && lane.Credential.Refused(raw.Sent)) verdict = verdict with { IsOver = false };
                if (raw.Status == 200) lane.Credential.Accepted();
                if (raw.Stream is { } stream) return new ExchangeOutcome(Streaming(call, request, lane, ticket, verdict, raw, (ReplyStream)stream, body.Length, count), ExchangeFailure.None, "", count.Unknown, null);

                lane.Leave(ticket, verdict, raw.Limits, _answered);
                if (verdict.IsOver)
                {
                    var facts = raw.Body is { } whole && raw.Status == 200 ? ReplyFacts.Read(whole.WrittenMemory, _subject.RecordsContent && ExchangeTelemetry.IsTraced) : null;
                    if (facts?.Usage is { } used) lane.Settle(ticket, used.Input, used.Output, request, body.Length);
                    return new ExchangeOutcome(call.End(new ExchangeReply(raw, count, lane, facts, null, null), facts), ExchangeFailure.None, "", count.Unknown, null);
                }

                if (raw.Transport == Transport.Unreachable) lane.GiveBack(ticket);
                count.Add(raw.Transport, verdict, ticket.IsTrying);
                if (raw.Transport == Transport.Aborted) return new ExchangeOutcome(null, ExchangeFailure.Cancelled, "the call was cancelled", count.Unknown, null);
                var wait = NextWait(lane, verdict, count.Failures);
                if (count.Failures >= most || (request.LongestWait is { } patience && wait > patience))
                {
                    if (raw.Transport == Transport.Replied) return new ExchangeOutcome(call.End(new ExchangeReply(raw, count, lane, null, null, null), null), ExchangeFailure.None, "", count.Unknown, null);
                    return WithoutReply(lane, verdict, count);
                }

                raw.Body?.Dispose();
                call.Retry();
                if (wait > TimeSpan.Zero) await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new ExchangeOutcome(null, ExchangeFailure.Cancelled, "the call was cancelled", count.Unknown, null);
        }
        catch (OrchestrationException e)
        {
            return new ExchangeOutcome(null, ExchangeFailure.Misconfigured, e.Message, count.Unknown, null) { Exception = e };
        }
    }

    /// <summary>A reply whose place is kept, and whose call goes on, until its stream has been read.</summary>
    private ExchangeReply Streaming(
        ExchangeCall call, ExchangeRequest request, EndpointLane lane, LaneTicket ticket, AttemptVerdict verdict, in RawReply raw, ReplyStream stream, int bytes, in AttemptCount count)
    {
        var limits = raw.Limits;
        var tap = new StreamTap(_time, _subject.RecordsContent && ExchangeTelemetry.IsTraced);
        stream.Tap = tap;
        call.Stream();
        return new ExchangeReply(raw, count, lane, null, tap, () =>
        {
            lane.Leave(ticket, verdict, limits, isKnown: true);
            if (tap.Facts?.Usage is { } used) lane.Settle(ticket, used.Input, used.Output, request, bytes);
            call.End(tap);
        });
    }

    private static ExchangeOutcome Busy(EndpointLane lane, TimeSpan? wait, in AttemptCount count)
    {
        var fault = lane.Faults.Busy(wait);
        return new ExchangeOutcome(null, ExchangeFailure.Busy, fault.Message, count.Unknown, wait) { Exception = fault };
    }

    private static ExchangeOutcome WithoutReply(EndpointLane lane, in AttemptVerdict verdict, in AttemptCount count)
    {
        var (failure, fault) = count.Unreachable == count.Failures ? (ExchangeFailure.Unreachable, lane.Faults.Unreachable(verdict.Detail ?? "", count.Failures))
            : count.TimedOut == count.Failures ? (ExchangeFailure.TimedOut, lane.Faults.WithoutReply(UnscoredReason.Timeout, verdict.Detail ?? "", count.Failures))
            : (ExchangeFailure.Lost, lane.Faults.WithoutReply(UnscoredReason.Unavailable, verdict.Detail ?? "", count.Failures));
        return new ExchangeOutcome(null, failure, fault.Message, count.Unknown, null) { Exception = fault };
    }

    /// <summary>
    /// Sends a request, again where that may help, and reads its reply. Once an attempt may have been charged, the call ends with a value whatever
    /// happens: an exception would lose the attempt to the books.
    /// </summary>
    internal async ValueTask<CallEnd<T>> SendAsync<T>(ExchangeRequest request, ReplyReader<T> read, CancellationToken cancellationToken)
        where T : class
    {
        using var call = new ExchangeCall(request, _subject, _time);
        var count = new AttemptCount();
        string? detail = null;
        EndpointLane? lane = null;
        try
        {
            while (true)
            {
                lane = Pick(lane);
                var body = call.Body(lane.ModelName);
                var ticket = await lane.EnterAsync(request.Origin, lane.Estimate.Prompt(body.Length, request.Images) + request.MaxOutputTokens, cancellationToken).ConfigureAwait(false);
                call.Sent(lane.Endpoint.Address);
                var raw = await lane.Http.SendAsync(request, body, ReplyParts.Body, CancellationToken.None).ConfigureAwait(false);
                T? reply = null;
                var verdict = new AttemptVerdict();
                try
                {
                    verdict = Read(lane, raw, body, read, out reply);
                }
                finally
                {
                    raw.Body?.Dispose();
                    lane.Leave(ticket, verdict, raw.Limits, _answered);
                }

                if (reply is IMeteredReply { Usage: { } usage }) lane.Settle(ticket, usage.Input, usage.Output, request, body.Length);
                else if (raw.Transport == Transport.Unreachable) lane.GiveBack(ticket);
                if (reply is not null) return call.End(new CallEnd<T>(reply, null, null, count.Failures, count.Unknown));
                detail = verdict.Detail;
                count.Add(raw.Transport, verdict, ticket.IsTrying);
                if (verdict.IsOver) return call.End(new CallEnd<T>(null, verdict.Failure, detail, count.Failures, count.Unknown));
                if (count.Failures >= MaxAttempts) return call.End(GiveUp<T>(lane, count, detail));
                call.Retry();
                if (NextWait(lane, verdict, count.Failures) is var wait && wait > TimeSpan.Zero) await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (count.Unknown > 0)
        {
            return call.End(GiveUp<T>(null, count, detail));
        }
        catch (OrchestrationException e) when (count.Unknown > 0)
        {
            return call.End(GiveUp<T>(null, count, e.Message));
        }
        catch (Exception e) when (call.Fail(e))
        {
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var lane in _lanes) lane.Dispose();
    }

    /// <summary>The endpoint at which a call has its turn soonest, as far as can be told.</summary>
    /// <param name="failed">Where its last attempt failed: an endpoint that is down looks idle. Null for the first attempt.</param>
    private EndpointLane Pick(EndpointLane? failed)
    {
        if (_lanes.Length == 1) return _lanes[0];
        EndpointLane? best = null;
        var (bestWait, bestCrowding) = (TimeSpan.MaxValue, double.PositiveInfinity);
        foreach (var lane in _lanes)
        {
            if (lane == failed) continue;
            var wait = lane.Wait;
            if (wait > bestWait) continue;
            var crowding = lane.Crowding;
            if (wait == bestWait && crowding >= bestCrowding) continue;
            (best, bestWait, bestCrowding) = (lane, wait, crowding);
        }

        return best is null || (failed is not null && failed.Wait < bestWait) ? failed ?? _lanes[0] : best;
    }

    private TimeSpan NextWait(EndpointLane lane, in AttemptVerdict verdict, int failures)
    {
        // Its circuit sees to the wait, and another endpoint can be asked at once.
        if (verdict.Health == Health.UsedUp || (verdict.Health == Health.Down && lane.Wait > TimeSpan.Zero && !verdict.HoldsBack)) return TimeSpan.Zero;
        if (_lanes.Length > 1 && verdict.Health != Health.Well && _lanes.Any(other => other != lane && other.Wait == TimeSpan.Zero)) return TimeSpan.Zero;
        return verdict.RetryAfter is { } stated
            ? RetryDelay.After(stated, _config.LongestRetryWait, _jitter)
            : verdict.Health == Health.Busy && lane.IsPaced
            ? PacedWait * _jitter.Next()
            : RetryDelay.BackOff(Math.Max(1, failures), verdict.Health == Health.Busy, _jitter);
    }

    private CallEnd<T> GiveUp<T>(EndpointLane? lane, in AttemptCount count, string? detail)
        where T : class
    {
        if (lane is not null && !_answered && count.Unreachable == count.Failures) throw lane.Faults.Unreachable(detail ?? "", count.Failures);
        var reason = count.TimedOut == count.Failures ? UnscoredReason.Timeout : UnscoredReason.Unavailable;
        return new CallEnd<T>(null, reason, string.Create(CultureInfo.InvariantCulture, $"{detail} ({count.Failures} attempts)"), count.Failures, count.Unknown);
    }

    private AttemptVerdict Read<T>(EndpointLane lane, in RawReply raw, PooledBuffer body, ReplyReader<T> read, out T? reply)
        where T : class
    {
        reply = null;
        if (raw.Transport != Transport.Replied) return AttemptReading.NoReply(raw);
        _answered = true;
        var bytes = raw.Body!.Written;
        if (raw.Status is < 200 or >= 300) return Refused(lane, raw, bytes, body);
        if (read(bytes, out reply, out var problem))
        {
            _rejections.Accept();
            lane.Credential.Accepted();
            return new AttemptVerdict { IsOver = true };
        }

        return new AttemptVerdict { Detail = Redaction.Clean(problem, lane.Credential.Secret), MayBeCharged = true };
    }

    private AttemptVerdict Refused(EndpointLane lane, in RawReply raw, ReadOnlySpan<byte> bytes, PooledBuffer body)
    {
        var status = raw.Status;
        if (status == 401)
        {
            if (lane.Credential.Refused(raw.Sent)) return new AttemptVerdict { Detail = "401: the token is no longer taken" };
            throw lane.Faults.Unauthorized();
        }

        if (status is >= 300 and < 400) throw lane.Faults.Redirected(status, raw.Redirect);
        var error = ErrorBody.Read(bytes);
        var said = Redaction.Clean(error.Message, lane.Credential.Secret);
        if (AttemptReading.IsUsedUp(status, error, raw, out var until)) return new AttemptVerdict { Health = Health.UsedUp, RetryAfter = until, Detail = said };

        // Before 403: some endpoints refuse a filtered prompt with it.
        if (status is >= 400 and < 500 && error.IsFiltered) return Failed(UnscoredReason.Filtered, said);
        if (status == 403) throw lane.Faults.Forbidden(said);
        if (status == 404) throw lane.Faults.NotFound(said);
        if (status == 413 || error.IsTooLong) return Failed(UnscoredReason.TooLong, said);
        var detail = string.Create(CultureInfo.InvariantCulture, $"{status}{(said.Length > 0 ? ": " : "")}{said}");
        if (AttemptReading.IsWorthAnother(status)) return AttemptReading.Again(raw, detail);
        var way = $"{status}|{error.Code}|{error.Type}|{error.Parameter}";
        if (_rejections.Reject(way, body.Written)) throw lane.Faults.AlwaysRejected(status, said);
        return Failed(UnscoredReason.Rejected, detail);
    }

    private static AttemptVerdict Failed(string reason, string detail) => new() { IsOver = true, Failure = reason, Detail = detail };

    // FNV-1a: the same deployment waits the same in every run.
    private static ulong Seed(string name)
    {
        var hash = 14695981039346656037;
        foreach (var c in name) hash = (hash ^ c) * 1099511628211;
        return hash;
    }
}
