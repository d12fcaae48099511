using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;

namespace Orchestration.Backends.Http;

/// <summary>
/// One endpoint: takes turns, sends, and is the one place where a call is repeated. Everything that is true of any deployment over HTTP stands
/// here; what a body means is its caller's.
/// </summary>
internal sealed class EndpointClient : IDisposable
{
    /// <summary>Calls in a row that found nobody before an endpoint counts as gone: as many as can be in flight, and at least these.</summary>
    private const int DeadCallsAtLeast = 3;

    private static readonly TimeSpan LongestGuessedHold = TimeSpan.FromSeconds(2);

    private readonly DeploymentConfig _config;
    private readonly TimeProvider _time;
    private readonly EndpointKey _key;
    private readonly HttpAttempt _http;
    private readonly Turns _turns;
    private readonly SeededJitter _jitter;
    private readonly DeploymentFaults _faults;
    private readonly RejectionGuard _rejections = new();
    private volatile bool _answered;
    private int _deadCalls;

    public EndpointClient(DeploymentConfig config, Uri address, TimeProvider time, Func<string, string?> environment)
    {
        if (config.Concurrency < 1 || config.Attempts < 1 || config.Timeout <= TimeSpan.Zero)
            throw new ArgumentException($"deployment '{config.Name}': concurrency, attempts and time-out are at least 1, 1 and more than 0.", nameof(config));
        _config = config;
        _time = time;
        _key = new EndpointKey(config, environment);
        _http = new HttpAttempt(config, address, _key, time);
        _jitter = new SeededJitter(Seed(config.Name));
        _turns = new Turns(config.Concurrency, time, _jitter);
        _faults = new DeploymentFaults(config);
    }

    /// <summary>Attempts of one call, at most.</summary>
    public int MaxAttempts => _config.Attempts;

    /// <summary>
    /// Sends a request, again where that may help, and reads its reply. Once an attempt may have been charged, the call ends with a value whatever
    /// happens: an exception would lose the attempt to the books.
    /// </summary>
    public async ValueTask<Exchange<T>> SendAsync<T>(PooledBuffer body, ReplyReader<T> read, CancellationToken cancellationToken)
        where T : class
    {
        _key.Value();
        var count = new AttemptCount();
        string? detail = null;
        try
        {
            while (true)
            {
                var raw = await AttemptAsync(body, cancellationToken).ConfigureAwait(false);
                var outcome = Classify(raw, body, read);
                raw.Body?.Dispose();
                if (outcome.Reply is not null) return new Exchange<T>(outcome.Reply, null, null, count.Failures, count.Unknown);
                detail = outcome.Detail;
                count.Add(outcome.Transport, outcome.MayBeCharged);
                if (outcome.Failure is not null) return new Exchange<T>(null, outcome.Failure, detail, count.Failures, count.Unknown);
                if (count.Failures >= MaxAttempts) return GiveUp<T>(count, detail);
                await WaitAsync(outcome.HoldsBack, outcome.RetryAfter, count.Failures, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (count.Unknown > 0)
        {
            return GiveUp<T>(count, detail);
        }
        catch (OrchestrationException e) when (count.Unknown > 0)
        {
            return GiveUp<T>(count, e.Message);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _turns.Dispose();
    }

    private async ValueTask<RawReply> AttemptAsync(PooledBuffer body, CancellationToken cancellationToken)
    {
        await _turns.TakeAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // A turn can come together with the cancellation; nothing is sent then.
            cancellationToken.ThrowIfCancellationRequested();
            return await _http.SendAsync(body).ConfigureAwait(false);
        }
        finally
        {
            _turns.Release();
        }
    }

    private Task WaitAsync(bool holdsBack, TimeSpan? asked, int failures, CancellationToken cancellationToken)
    {
        if (asked is { } stated)
        {
            var wait = RetryDelay.After(stated, _config.LongestRetryWait, _jitter);
            if (holdsBack) _turns.HoldBack(wait - RetryDelay.Margin);
            return Task.Delay(wait, _time, cancellationToken);
        }

        // Of an endpoint that names no time only a guess is known: this call waits it out, the others a little of it.
        var backOff = RetryDelay.BackOff(failures, holdsBack, _jitter);
        if (holdsBack) _turns.HoldBack((backOff < LongestGuessedHold ? backOff : LongestGuessedHold) - RetryDelay.Margin);
        return Task.Delay(backOff, _time, cancellationToken);
    }

    private Exchange<T> GiveUp<T>(AttemptCount count, string? detail)
        where T : class
    {
        if (count.Unreachable == count.Failures)
        {
            // An endpoint that is gone would otherwise turn the rest of a sweep into unscored rows, one slow call after the other.
            if (!_answered) throw _faults.Unreachable(detail ?? "", count.Failures);
            var dead = Interlocked.Increment(ref _deadCalls);
            if (dead >= Math.Max(DeadCallsAtLeast, _config.Concurrency)) throw _faults.StoppedAnswering(detail ?? "", dead);
        }

        var reason = count.TimedOut == count.Failures ? UnscoredReason.Timeout : UnscoredReason.Unavailable;
        return new Exchange<T>(null, reason, string.Create(CultureInfo.InvariantCulture, $"{detail} ({count.Failures} attempts)"), count.Failures, count.Unknown);
    }

    private Outcome<T> Classify<T>(in RawReply raw, PooledBuffer body, ReplyReader<T> read)
        where T : class
    {
        if (raw.Transport != Transport.Replied)
            return new Outcome<T> { Transport = raw.Transport, Detail = raw.Problem, MayBeCharged = raw.Transport != Transport.Unreachable };
        _answered = true;
        if (Volatile.Read(ref _deadCalls) != 0) Volatile.Write(ref _deadCalls, 0);
        var bytes = raw.Body!.Written;
        if (raw.Status is < 200 or >= 300) return Refused<T>(raw, bytes, body);
        if (read(bytes, out var reply, out var problem))
        {
            _rejections.Accept();
            return new Outcome<T> { Reply = reply };
        }

        return new Outcome<T> { Detail = Redaction.Clean(problem, _key.Value()), MayBeCharged = true };
    }

    private Outcome<T> Refused<T>(in RawReply raw, ReadOnlySpan<byte> bytes, PooledBuffer body)
        where T : class
    {
        var status = raw.Status;
        if (status == 401) throw _faults.Unauthorized();
        if (status is >= 300 and < 400) throw _faults.Redirected(status, raw.Redirect);
        var error = ErrorBody.Read(bytes);
        var said = Redaction.Clean(error.Message, _key.Value());
        if (status == 402 || (status == 429 && error.IsExhausted)) throw _faults.Exhausted(status, said);

        // Before 403: some endpoints refuse a filtered prompt with it.
        if (status is >= 400 and < 500 && error.IsFiltered) return new Outcome<T> { Failure = UnscoredReason.Filtered, Detail = said };
        if (status == 403) throw _faults.Forbidden(said);
        if (status == 404) throw _faults.NotFound(said);
        var detail = string.Create(CultureInfo.InvariantCulture, $"{status}{(said.Length > 0 ? ": " : "")}{said}");
        if (status is 408 or 409 or 425 or 429 or >= 500)
        {
            return new Outcome<T>
            {
                Detail = detail,
                RetryAfter = raw.RetryAfter,
                HoldsBack = status == 429 || raw.RetryAfter is not null,
                // 429 and 503 refuse before the work; behind the others a model may have worked.
                MayBeCharged = status is 408 || (status >= 500 && status is not (501 or 503 or 529)),
            };
        }

        if (status == 413 || error.IsTooLong) return new Outcome<T> { Failure = UnscoredReason.TooLong, Detail = said };
        var way = $"{status}|{error.Code}|{error.Type}|{error.Parameter}";
        if (_rejections.Reject(way, body.Written)) throw _faults.AlwaysRejected(status, said);
        return new Outcome<T> { Failure = UnscoredReason.Rejected, Detail = detail };
    }

    // FNV-1a: the same deployment waits the same in every run.
    private static ulong Seed(string name)
    {
        var hash = 14695981039346656037;
        foreach (var c in name) hash = (hash ^ c) * 1099511628211;
        return hash;
    }

    /// <summary>What one attempt came to: a reply, a failure of this call, or neither, which is worth another attempt.</summary>
    private readonly struct Outcome<T>
        where T : class
    {
        public T? Reply { get; init; }

        public string? Failure { get; init; }

        public string? Detail { get; init; }

        public Transport Transport { get; init; }

        public TimeSpan? RetryAfter { get; init; }

        public bool HoldsBack { get; init; }

        public bool MayBeCharged { get; init; }
    }

    private struct AttemptCount
    {
        public int Failures { get; private set; }

        public int Unknown { get; private set; }

        public int TimedOut { get; private set; }

        public int Unreachable { get; private set; }

        public void Add(Transport transport, bool mayBeCharged)
        {
            Failures++;
            if (mayBeCharged) Unknown++;
            if (transport == Transport.TimedOut) TimedOut++;
            if (transport == Transport.Unreachable) Unreachable++;
        }
    }
}
