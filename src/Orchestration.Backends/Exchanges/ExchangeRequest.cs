using System.Buffers;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends.Exchanges;

/// <summary>One call to a deployment, before it is known which of its endpoints takes it.</summary>
public sealed record ExchangeRequest
{
    /// <summary>Path behind the endpoint's address (<c>/chat/completions</c>); empty for the address itself.</summary>
    public string Path { get; init; } = "/chat/completions";

    /// <summary>The method. Default POST.</summary>
    public HttpMethod Method { get; init; } = HttpMethod.Post;

    /// <summary>Writes the body; told the name under which the chosen endpoint serves the model. Called once for each such name.</summary>
    public required Action<IBufferWriter<byte>, string> WriteBody { get; init; }

    /// <summary>The body's type.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>Maximum output in tokens: reserved from the quota together with an estimate of the prompt.</summary>
    public int MaxOutputTokens { get; init; }

    /// <summary>Images in the body: their bytes are no text, and are not counted as such.</summary>
    public RequestImages Images { get; init; }

    /// <summary>On whose behalf.</summary>
    public CallOrigin Origin { get; init; } = CallOrigin.None;

    /// <summary>Further headers, sent as they are.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Attempts of this call, at most; at least 1, and never more than the deployment's. Null for the deployment's.</summary>
    public int? Attempts { get; init; }

    /// <summary>
    /// How long the call may wait before an attempt: for its turn, for a circuit, for what the endpoint asked. Where it would have to wait longer it ends with
    /// what is known, so that somebody else can be asked. Null for as long as it takes.
    /// </summary>
    public TimeSpan? LongestWait { get; init; }

    /// <summary>
    /// True where cancelling also breaks off an attempt that was sent: for whoever has nobody left to read the reply. What it was charged is unknown then.
    /// False (the default) awaits it.
    /// </summary>
    public bool IsAbortable { get; init; }
}

/// <summary>Images in a request's body.</summary>
/// <param name="Count">How many.</param>
/// <param name="Bytes">Bytes of their addresses, data included.</param>
public readonly record struct RequestImages(int Count, long Bytes);

/// <summary>What came back from an exchange: any status that is not worth another attempt, or the last one. Dispose of it.</summary>
public sealed class ExchangeReply : IAsyncDisposable, IDisposable
{
    private readonly PooledBuffer? _buffer;
    private readonly Action? _end;
    private readonly ReplyFacts? _facts;
    private readonly StreamTap? _tap;
    private bool _isDisposed;

    private readonly string? _secret;

    internal ExchangeReply(in RawReply raw, in AttemptCount count, EndpointLane lane, ReplyFacts? facts, StreamTap? tap, Action? end)
    {
        Status = raw.Status;
        Attempts = raw.Status == 200 ? count.Failures + 1 : Math.Max(1, count.Failures);
        UnknownAttempts = count.Unknown;
        RetryAfter = raw.RetryAfter;
        _secret = lane.Credential.Secret;
        Endpoint = lane.Endpoint.Address;
        Headers = raw.Headers ?? [];
        _buffer = raw.Body;
        Stream = raw.Stream;
        _facts = facts;
        _tap = tap;
        _end = end;
    }

    /// <summary>HTTP status.</summary>
    public int Status { get; }

    /// <summary>The body, where it was read whole; empty where <see cref="Stream"/> is to be read.</summary>
    public ReadOnlyMemory<byte> Body => _buffer?.WrittenMemory ?? default;

    /// <summary>The body as it comes, where a stream was asked for and the status is 200; the call's place is kept until it is disposed of.</summary>
    public Stream? Stream { get; }

    /// <summary>The reply's headers, content headers included.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>What the call took, as the reply states it; of a stream, as far as it has been read. Null where it does not say.</summary>
    public TokenUsage? Usage => (_tap?.Facts ?? _facts)?.Usage;

    /// <summary>The model that answered, as the endpoint names it; of a stream, as far as it has been read.</summary>
    public string? ServedModel => (_tap?.Facts ?? _facts)?.Model;

    /// <summary>Attempts made, the last one included.</summary>
    public int Attempts { get; }

    /// <summary>Attempts before this reply, or this refusal, that may have been charged although their usage never arrived.</summary>
    public int UnknownAttempts { get; }

    /// <summary>How long the endpoint asked to be left alone; null where it did not.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>True where the stream has said that it is complete: a reason for its end, or <c>[DONE]</c>.</summary>
    public bool IsComplete => _tap?.IsDone ?? Stream is null;

    /// <summary>The endpoint that answered.</summary>
    public Uri Endpoint { get; }

    /// <summary>What a refusal says, fit to be shown: on one line, short, without keys.</summary>
    public ExchangeProblem ReadProblem() => ReadProblem(Body.Span);

    /// <summary>What an error says that came as an event of a stream, fit to be shown.</summary>
    /// <param name="data">The event's data.</param>
    public ExchangeProblem ReadProblem(ReadOnlySpan<byte> data)
    {
        var error = ErrorBody.Read(data);
        return new ExchangeProblem(Redaction.Clean(error.Message, _secret), Clean(error.Type), Clean(error.Parameter), Clean(error.Code)) { IsTooLong = error.IsTooLong, IsUsedUp = Status == 402 || error.IsExhausted };
    }

    private string? Clean(string? text) => text is null ? null : Redaction.Clean(text, _secret);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        Stream?.Dispose();
        _buffer?.Dispose();
        _end?.Invoke();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        if (Stream is not null) await Stream.DisposeAsync().ConfigureAwait(false);
        _buffer?.Dispose();
        _end?.Invoke();
    }
}

/// <summary>What an endpoint's refusal says.</summary>
/// <param name="Message">In words; may be empty.</param>
/// <param name="Type">Its type; null where it states none.</param>
/// <param name="Parameter">The parameter that is at fault; null where it states none.</param>
/// <param name="Code">Its code; null where it states none.</param>
public sealed record ExchangeProblem(string Message, string? Type, string? Parameter, string? Code)
{
    /// <summary>True where the prompt does not fit the model.</summary>
    public bool IsTooLong { get; init; }

    /// <summary>True where the account is used up.</summary>
    public bool IsUsedUp { get; init; }
}

/// <summary>Why an exchange brought no reply.</summary>
public enum ExchangeFailure
{
    /// <summary>It did.</summary>
    None,

    /// <summary>It would have had to wait longer than it may: places, permits, a circuit.</summary>
    Busy,

    /// <summary>No connection: nothing was sent.</summary>
    Unreachable,

    /// <summary>No whole reply in an attempt's time.</summary>
    TimedOut,

    /// <summary>The connection was lost after sending.</summary>
    Lost,

    /// <summary>The caller cancelled.</summary>
    Cancelled,

    /// <summary>Every call would fail the same way: no key, no token.</summary>
    Misconfigured,
}

/// <summary>What came of an exchange whose failures are values.</summary>
/// <param name="Reply">What came back, of whatever status; null where nothing did. Dispose of it.</param>
/// <param name="Failure">Why nothing did.</param>
/// <param name="Detail">In words, for people, without secrets; empty with a reply.</param>
/// <param name="UnknownAttempts">Attempts that may have been charged although their usage never arrived; those before a reply included.</param>
/// <param name="RetryAfter">How long it is until the deployment can be asked again, where that is known.</param>
public readonly record struct ExchangeOutcome(ExchangeReply? Reply, ExchangeFailure Failure, string Detail, int UnknownAttempts, TimeSpan? RetryAfter)
{
    /// <summary>What to throw for it, where failures are exceptions.</summary>
    internal OrchestrationException? Exception { get; init; }
}
