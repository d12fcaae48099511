using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends.Http;

/// <summary>How the transport of one attempt ended.</summary>
internal enum Transport
{
    /// <summary>A whole reply, of whatever status.</summary>
    Replied,

    /// <summary>No whole reply in the attempt's time; it may have been worked on.</summary>
    TimedOut,

    /// <summary>No connection: nothing was sent.</summary>
    Unreachable,

    /// <summary>The connection was lost after sending began; it may have been worked on.</summary>
    Broken,
}

/// <summary>What one attempt brought back. Whoever takes it disposes of <see cref="Body"/>.</summary>
internal readonly struct RawReply
{
    public Transport Transport { get; init; }

    public int Status { get; init; }

    public PooledBuffer? Body { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    public string? Redirect { get; init; }

    /// <summary>What was wrong with the transport, without the address.</summary>
    public string? Problem { get; init; }
}

/// <summary>Sends one request and reads its whole reply, within the attempt's time. Knows nothing of retries.</summary>
internal sealed class HttpAttempt : IDisposable
{
    /// <summary>Larger than any reply a judge asks for; a runaway one is not read into memory.</summary>
    private const int MaxReplyBytes = 64 * 1024 * 1024;

    private const int MaxErrorBytes = 64 * 1024;

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpMessageInvoker _invoker;
    private readonly Uri _address;
    private readonly EndpointKey _key;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    public HttpAttempt(DeploymentConfig config, Uri address, EndpointKey key, TimeProvider time)
    {
        _address = address;
        _key = key;
        _timeout = config.Timeout;
        _time = time;
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = config.Concurrency,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // Renewed now and then, so that a change of the host's addresses is followed.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(50),
            AllowAutoRedirect = false,
            UseCookies = false,
            // The environment's proxy where it names one; never for this machine itself.
            UseProxy = !address.IsLoopback,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
        });
    }

    /// <summary>Sends the body. Takes no cancellation but the attempt's time: what was sent may be charged, and its reply is wanted.</summary>
    public async ValueTask<RawReply> SendAsync(PooledBuffer body)
    {
        using var timeout = new CancellationTokenSource(_timeout, _time);
        using var message = new HttpRequestMessage(HttpMethod.Post, _address)
        {
            Version = HttpVersion.Version11,
            Content = new ReadOnlyMemoryContent(body.WrittenMemory),
        };
        message.Content.Headers.ContentType = Json;
        _key.AddTo(message);
        PooledBuffer? reply = null;
        var sent = false;
        try
        {
            using var response = await _invoker.SendAsync(message, timeout.Token).ConfigureAwait(false);
            sent = true;
            var status = (int)response.StatusCode;
            reply = new PooledBuffer();
            var stream = await response.Content.ReadAsStreamAsync(timeout.Token).ConfigureAwait(false);
            var whole = await ReadAsync(Decoded(stream, response.Content.Headers), reply, status == 200 ? MaxReplyBytes : MaxErrorBytes, timeout.Token).ConfigureAwait(false);
            if (!whole && status == 200)
            {
                reply.Dispose();
                return new RawReply { Transport = Transport.Broken, Problem = "the reply is larger than 64 MB" };
            }

            return new RawReply
            {
                Transport = Transport.Replied,
                Status = status,
                Body = reply,
                RetryAfter = status == 200 ? null : RetryDelay.Asked(response.Headers, _time.GetUtcNow()),
                Redirect = status is >= 300 and < 400 && response.Headers.Location is { } location ? Show(location) : null,
            };
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            body.Abandon();
            reply?.Abandon();
            return new RawReply { Transport = Transport.TimedOut, Problem = FormattableString.Invariant($"no whole reply within {_timeout.TotalSeconds:0.###} s") };
        }
        catch (OperationCanceledException)
        {
            // The handler's own limit, which is on connecting.
            return new RawReply { Transport = Transport.Unreachable, Problem = "no connection within 10 s" };
        }
        catch (HttpRequestException e) when (!sent && NotSent(e.HttpRequestError) is { } problem)
        {
            return new RawReply { Transport = Transport.Unreachable, Problem = problem };
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException)
        {
            body.Abandon();
            reply?.Abandon();
            return new RawReply { Transport = Transport.Broken, Problem = sent ? "the reply was cut" : "the connection was lost before a reply" };
        }
    }

    public void Dispose() => _invoker.Dispose();

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
