using System.Buffers;
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

    internal ExchangeReply(RawReply raw, int attempts, Uri endpoint, ReplyFacts? facts, StreamTap? tap, Action? end)
    {
        Status = raw.Status;
        Attempts = attempts;
        Endpoint = endpoint;
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

    /// <summary>The endpoint that answered.</summary>
    public Uri Endpoint { get; }

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
