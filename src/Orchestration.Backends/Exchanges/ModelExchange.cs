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
        ArgumentNullException.ThrowIfNull(request);
        var call = new ExchangeCall(request, _subject, _time);
        try
        {
            return await SendAsync(call, request, isStream, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (call.Fail(e))
        {
            throw;
        }
        finally
        {
            call.Dispose();
        }
    }

    private async ValueTask<ExchangeReply> SendAsync(ExchangeCall call, ExchangeRequest request, bool isStream, CancellationToken cancellationToken)
    {
        var count = new AttemptCount();
        EndpointLane? lane = null;
        while (true)
        {
            lane = Pick(lane);
            var body = call.Body(lane.ModelName);
            var ticket = await lane.EnterAsync(request.Origin, lane.Estimate.Prompt(body.Length, request.Images) + request.MaxOutputTokens, cancellationToken).ConfigureAwait(false);
            call.Sent(lane.Endpoint.Address);
            var raw = await lane.Http.SendAsync(request, body, isStream ? ReplyParts.Stream : ReplyParts.BodyAndHeaders).ConfigureAwait(false);
            if (raw.Transport == Transport.Replied) _answered = true;
            var verdict = AttemptReading.Raw(raw, lane.Credential.Secret);
            if (raw.Status == 401 && lane.Credential.Refused(raw.Sent)) verdict = verdict with { IsOver = false };
            if (raw.Status == 200) lane.Credential.Accepted();
            if (raw.Stream is { } stream)
            {
                // Its place is kept, and the call goes on, until the stream has been read.
                var limits = raw.Limits;
                var bytes = body.Length;
                var tap = new StreamTap(_time, _subject.RecordsContent && ExchangeTelemetry.IsTraced);
                ((ReplyStream)stream).Tap = tap;
                call.Stream();
                return new ExchangeReply(raw, count.Failures + 1, lane.Endpoint.Address, null, tap, () =>
                {
                    lane.Leave(ticket, verdict, limits, isKnown: true);
                    if (tap.Facts?.Usage is { } used) lane.Settle(ticket, used.Input, used.Output, request, bytes);
                    call.End(tap);
                });
            }

            lane.Leave(ticket, verdict, raw.Limits, _answered);
            if (verdict.IsOver)
            {
                var facts = raw.Body is { } whole && raw.Status == 200 ? ReplyFacts.Read(whole.WrittenMemory, _subject.RecordsContent && ExchangeTelemetry.IsTraced) : null;
                if (facts?.Usage is { } used) lane.Settle(ticket, used.Input, used.Output, request, body.Length);
                return call.End(new ExchangeReply(raw, count.Failures + 1, lane.Endpoint.Address, facts, null, null), facts);
            }

            if (raw.Transport == Transport.Unreachable) lane.GiveBack(ticket);
            count.Add(raw.Transport, verdict, ticket.IsTrying);
            if (count.Failures >= MaxAttempts)
            {
                if (raw.Transport == Transport.Replied) return call.End(new ExchangeReply(raw, count.Failures, lane.Endpoint.Address, null, null, null), null);
                if (count.Unreachable == count.Failures) throw lane.Faults.Unreachable(verdict.Detail ?? "", count.Failures);
                throw lane.Faults.WithoutReply(count.TimedOut == count.Failures ? UnscoredReason.Timeout : UnscoredReason.Unavailable, verdict.Detail ?? "", count.Failures);
            }

            raw.Body?.Dispose();
            call.Retry();
            await WaitAsync(lane, verdict, count.Failures, cancellationToken).ConfigureAwait(false);
        }
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
                var raw = await lane.Http.SendAsync(request, body, ReplyParts.Body).ConfigureAwait(false);
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
                await WaitAsync(lane, verdict, count.Failures, cancellationToken).ConfigureAwait(false);
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

    private Task WaitAsync(EndpointLane lane, in AttemptVerdict verdict, int failures, CancellationToken cancellationToken)
    {
        // Its circuit sees to the wait, and another endpoint can be asked at once.
        if (verdict.Health == Health.UsedUp || (verdict.Health == Health.Down && lane.Wait > TimeSpan.Zero && !verdict.HoldsBack)) return Task.CompletedTask;
        if (_lanes.Length > 1 && verdict.Health != Health.Well && _lanes.Any(other => other != lane && other.Wait == TimeSpan.Zero)) return Task.CompletedTask;
        var wait = verdict.RetryAfter is { } stated
            ? RetryDelay.After(stated, _config.LongestRetryWait, _jitter)
            : verdict.Health == Health.Busy && lane.IsPaced
            ? PacedWait * _jitter.Next()
            : RetryDelay.BackOff(Math.Max(1, failures), verdict.Health == Health.Busy, _jitter);
        return Task.Delay(wait, _time, cancellationToken);
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

    private struct AttemptCount
    {
        public int Failures { get; private set; }

        public int Unknown { get; private set; }

        public int TimedOut { get; private set; }

        public int Unreachable { get; private set; }

        /// <summary>
        /// Counts an attempt. Not counted is one that only found out that an endpoint is still away, or that the account is used up: those are no
        /// fault of the call, and nothing was charged. Whatever may have been charged counts: reservations cover so many attempts and no more.
        /// </summary>
        public void Add(Transport transport, in AttemptVerdict verdict, bool isTrying)
        {
            if (!verdict.MayBeCharged && (verdict.Health == Health.UsedUp || (isTrying && verdict.Health == Health.Down))) return;
            Failures++;
            if (verdict.MayBeCharged) Unknown++;
            if (transport == Transport.TimedOut) TimedOut++;
            if (transport == Transport.Unreachable) Unreachable++;
        }
    }
}
