using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends.Exchanges;

/// <summary>How the transport of one attempt ended.</summary>
internal enum Transport
{
    /// <summary>A whole reply, of whatever status; or the head of one whose body is a stream.</summary>
    Replied,

    /// <summary>No whole reply in the attempt's time; it may have been worked on.</summary>
    TimedOut,

    /// <summary>No connection: nothing was sent.</summary>
    Unreachable,

    /// <summary>The connection was lost after sending began; it may have been worked on.</summary>
    Broken,

    /// <summary>Broken off by the caller; it may have been worked on.</summary>
    Aborted,
}

/// <summary>What one attempt brought back. Whoever takes it disposes of <see cref="Body"/> and <see cref="Stream"/>.</summary>
internal readonly struct RawReply
{
    public Transport Transport { get; init; }

    public int Status { get; init; }

    /// <summary>The key or token that was sent; handed back to the credential and to nobody else.</summary>
    public string? Sent { get; init; }

    public PooledBuffer? Body { get; init; }

    public Stream? Stream { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>>? Headers { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    public RateLimitHeaders Limits { get; init; }

    public string? Redirect { get; init; }

    /// <summary>What was wrong with the transport, without the address.</summary>
    public string? Problem { get; init; }
}

/// <summary>How much of a reply is wanted.</summary>
internal enum ReplyParts
{
    /// <summary>The whole body.</summary>
    Body,

    /// <summary>The whole body and the headers.</summary>
    BodyAndHeaders,

    /// <summary>The headers and, with status 200, the body as a stream.</summary>
    Stream,
}

/// <summary>Sends one request to one endpoint and reads its reply, within the attempt's time. Knows nothing of retries.</summary>
internal sealed class HttpAttempt : IDisposable
{
    /// <summary>Larger than any reply a judge asks for; a runaway one is not read into memory.</summary>
    private const int MaxReplyBytes = 64 * 1024 * 1024;

    private const int MostAddresses = 16;

    private const int MaxErrorBytes = 64 * 1024;

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly ConcurrentDictionary<string, Uri> _addresses = new(StringComparer.Ordinal);
    private readonly HttpMessageInvoker _invoker;
    private readonly Uri _endpoint;
    private readonly IEndpointCredential _credential;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    public HttpAttempt(EndpointConfig endpoint, TimeSpan timeout, IEndpointCredential credential, TimeProvider time)
    {
        _endpoint = endpoint.Address;
        _credential = credential;
        _timeout = timeout;
        _time = time;
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = endpoint.Limits.Concurrency,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // Renewed now and then, so that a change of the host's addresses is followed.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(50),
            AllowAutoRedirect = false,
            UseCookies = false,
            // The environment's proxy where it names one; never for this machine itself.
            UseProxy = !_endpoint.IsLoopback,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
        });
    }

    /// <summary>Sends the body, within the attempt's time: what was sent may be charged, and its reply is wanted.</summary>
    /// <param name="request">The call.</param>
    /// <param name="body">What is sent.</param>
    /// <param name="parts">How much of the reply is wanted.</param>
    /// <param name="abort">Breaks the attempt off; none where its reply is wanted whatever its caller does.</param>
    public async ValueTask<RawReply> SendAsync(ExchangeRequest request, PooledBuffer body, ReplyParts parts, CancellationToken abort = default)
    {
        var timeout = new CancellationTokenSource(_timeout, _time);
        await using var aborting = abort.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), timeout).ConfigureAwait(false);
        var isHandedOn = false;
        using var message = new HttpRequestMessage(request.Method, AddressOf(request.Path))
        {
            Version = HttpVersion.Version11,
        };
        if (request.Method != HttpMethod.Get)
        {
            message.Content = new ReadOnlyMemoryContent(body.WrittenMemory);
            message.Content.Headers.ContentType = request.ContentType == "application/json" ? Json : MediaTypeHeaderValue.Parse(request.ContentType);
        }

        foreach (var (name, value) in request.Headers) message.Headers.TryAddWithoutValidation(name, value);
        var sent = _credential.AddTo(message);
        PooledBuffer? reply = null;
        HttpResponseMessage? response = null;
        try
        {
            response = await _invoker.SendAsync(message, timeout.Token).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            var stream = Decoded(await response.Content.ReadAsStreamAsync(timeout.Token).ConfigureAwait(false), response.Content.Headers);
            var raw = new RawReply
            {
                Transport = Transport.Replied,
                Sent = sent,
                Status = status,
                Headers = parts == ReplyParts.Body ? null : HeadersOf(response),
                RetryAfter = status == 200 ? null : RetryDelay.Asked(response.Headers, _time.GetUtcNow()),
                Limits = RateLimitHeaders.Read(response.Headers),
                Redirect = status is >= 300 and < 400 && response.Headers.Location is { } location ? Show(location) : null,
            };
            if (parts == ReplyParts.Stream && status == 200)
            {
                // The time of a stream is its reader's: from here on each read has the attempt's time.
                timeout.CancelAfter(Timeout.InfiniteTimeSpan);
                isHandedOn = true;
                return raw with { Stream = new ReplyStream(stream, response, timeout, _timeout) };
            }

            reply = new PooledBuffer();
            var whole = await ReadAsync(stream, reply, status == 200 ? MaxReplyBytes : MaxErrorBytes, timeout.Token).ConfigureAwait(false);
            if (!whole && status == 200)
            {
                reply.Dispose();
                return new RawReply { Transport = Transport.Broken, Problem = "the reply is larger than 64 MB" };
            }

            return raw with { Body = reply };
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            body.Abandon();
            reply?.Abandon();
            if (abort.IsCancellationRequested) return new RawReply { Transport = Transport.Aborted, Problem = "the call was cancelled" };
            return new RawReply { Transport = Transport.TimedOut, Problem = FormattableString.Invariant($"no whole reply within {_timeout.TotalSeconds:0.###} s") };
        }
        catch (OperationCanceledException)
        {
            // The handler's own limit, which is on connecting.
            return new RawReply { Transport = Transport.Unreachable, Problem = "no connection within 10 s" };
        }
        catch (HttpRequestException e) when (response is null && NotSent(e.HttpRequestError) is { } problem)
        {
            return new RawReply { Transport = Transport.Unreachable, Problem = problem };
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException)
        {
            body.Abandon();
            reply?.Abandon();
            return new RawReply { Transport = Transport.Broken, Problem = response is null ? "the connection was lost before a reply" : "the reply was cut" };
        }
        finally
        {
            if (!isHandedOn)
            {
                response?.Dispose();
                timeout.Dispose();
            }
        }
    }

    public void Dispose() => _invoker.Dispose();

    /// <summary>The few paths of calls are kept; those with an id in them are as many as there are files or batches.</summary>
    private Uri AddressOf(string path)
    {
        if (path.Length == 0) return _endpoint;
        if (_addresses.TryGetValue(path, out var known)) return known;
        var address = EndpointAddress.Append(_endpoint, path);
        if (_addresses.Count < MostAddresses) _addresses.TryAdd(path, address);
        return address;
    }

    private static List<KeyValuePair<string, string>> HeadersOf(HttpResponseMessage response)
    {
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var (name, values) in response.Headers.NonValidated) headers.Add(new(name, values.ToString()));
        foreach (var (name, values) in response.Content.Headers.NonValidated) headers.Add(new(name, values.ToString()));
        return headers;
    }

    private static string? NotSent(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "the host's name cannot be resolved",
        HttpRequestError.ConnectionError => "the connection was refused or the host cannot be reached",
        HttpRequestError.SecureConnectionError => "no secure connection could be made (certificate or TLS version)",
        HttpRequestError.ProxyTunnelError => "the proxy that the environment names refused the connection",
        _ => null,
    };

    /// <summary>Compression is never asked for; an endpoint that compresses all the same is understood.</summary>
    private static Stream Decoded(Stream stream, HttpContentHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues("Content-Encoding", out var encoding)) return stream;
        return encoding.ToString().ToUpperInvariant() switch
        {
            "GZIP" => new GZipStream(stream, CompressionMode.Decompress),
            "BR" => new BrotliStream(stream, CompressionMode.Decompress),
            "DEFLATE" => new ZLibStream(stream, CompressionMode.Decompress),
            _ => stream,
        };
    }

    /// <summary>Reads to the end, which also gives the connection back; false where there is more than the limit.</summary>
    private static async ValueTask<bool> ReadAsync(Stream stream, PooledBuffer buffer, int limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await stream.ReadAsync(buffer.GetMemory(), cancellationToken).ConfigureAwait(false);
            if (read == 0) return true;
            buffer.Advance(read);
            if (buffer.Length > limit) return false;
        }
    }

    private static string Show(Uri location) => location.IsAbsoluteUri ? EndpointAddress.Show(location) : location.OriginalString.Split('?')[0];
}
