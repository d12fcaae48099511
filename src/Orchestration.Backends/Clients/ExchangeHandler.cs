using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Orchestration.Backends.Exchanges;
using Orchestration.Core;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends.Clients;

/// <summary>How a typed client's calls are taken.</summary>
public sealed record ExchangeHandlerOptions
{
    /// <summary>On whose behalf the calls are made. Default: nobody in particular.</summary>
    public CallOrigin Origin { get; init; } = CallOrigin.None;

    /// <summary>Output in tokens to reserve of the quota for a call that states no maximum. At least 0; default 4096.</summary>
    public int UnstatedOutputTokens { get; init; } = 4096;
}

/// <summary>
/// Lets a typed client ride on an exchange: quotas, retries, circuits, pools, credentials and telemetry are the exchange's, the client's own address and key
/// are not used. Of the address, what stands behind its first <c>/v1</c> is kept. The model in a JSON body is replaced by the name under which the chosen
/// endpoint serves the deployment's, its maximum output is reserved. A stream is passed on as it comes. Switch the client's own retries off:
/// <code>
/// var options = new OpenAIClientOptions
/// {
///     Transport = new HttpClientPipelineTransport(new HttpClient(deployment.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan }),
///     RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
///     NetworkTimeout = Timeout.InfiniteTimeSpan,
/// };
/// </code>
/// Who cancels is let go at once; an attempt that was sent is read to its end behind him and counted. The exchange outlives the handler. Safe for
/// concurrent use.
/// </summary>
/// <param name="exchange">What carries the calls; not disposed of here.</param>
/// <param name="options">How they are taken; null for the defaults.</param>
public sealed class ExchangeHandler(ModelExchange exchange, ExchangeHandlerOptions? options = null) : HttpMessageHandler
{
    private readonly ExchangeHandlerOptions _options = Checked(options ?? new ExchangeHandlerOptions());

    /// <inheritdoc/>
    /// <exception cref="HttpRequestException">No endpoint can be reached, or every call would fail the same way; the cause is an <see cref="OrchestrationException"/>.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var type = request.Content?.Headers.ContentType;
        var bytes = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var body = CallBody.Read(bytes, type?.MediaType is "application/json");
        var call = new ExchangeRequest
        {
            Path = PathOf(request),
            Method = request.Method,
            ContentType = type?.ToString() ?? "application/json",
            WriteBody = (buffer, model) => Write(buffer, body, model),
            MaxOutputTokens = body.MaxOutputTokens ?? (body.Model is null ? 0 : _options.UnstatedOutputTokens),
            Origin = _options.Origin,
            Headers = HeadersOf(request),
        };
        var reply = await WaitAsync(exchange.SendAsync(call, body.IsStream, cancellationToken).AsTask(), cancellationToken).ConfigureAwait(false);
        return ResponseOf(reply, request);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SendAsync(request, cancellationToken).GetAwaiter().GetResult();

    private static ExchangeHandlerOptions Checked(ExchangeHandlerOptions options)
    {
        return options.UnstatedOutputTokens >= 0 ? options
            : throw new ArgumentOutOfRangeException(nameof(options), options.UnstatedOutputTokens, "UnstatedOutputTokens is at least 0 tokens.");
    }

    private static async Task<ExchangeReply> WaitAsync(Task<ExchangeReply> sending, CancellationToken cancellationToken)
    {
        try
        {
            return await sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OrchestrationException e)
        {
            throw new HttpRequestException(e.Message, e);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Whatever still comes is counted and thrown away.
            _ = sending.ContinueWith(
                static ended =>
                {
                    if (ended.IsCompletedSuccessfully) ended.Result.Dispose();
                    else _ = ended.Exception;
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    private static string PathOf(HttpRequestMessage request)
    {
        var address = request.RequestUri ?? throw new InvalidOperationException("The request has no address.");
        var path = address.PathAndQuery;
        var version = path.IndexOf("/v1/", StringComparison.Ordinal);
        return version < 0 ? path : path[(version + 3)..];
    }

    /// <summary>What the client says beyond its key, its host and its body; compression is not asked for, because the exchange reads along.</summary>
    private static List<KeyValuePair<string, string>> HeadersOf(HttpRequestMessage request)
    {
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var (name, values) in request.Headers.NonValidated)
        {
            if (name.ToUpperInvariant() is "AUTHORIZATION" or "API-KEY" or "X-API-KEY" or "PROXY-AUTHORIZATION" or "COOKIE" or "HOST" or "CONNECTION" or "TRANSFER-ENCODING" or "ACCEPT-ENCODING" or "EXPECT") continue;
            headers.Add(new(name, values.ToString()));
        }

        return headers;
    }

    private static void Write(IBufferWriter<byte> buffer, CallBody body, string model)
    {
        if (body.Model is not { } place)
        {
            buffer.Write(body.Bytes.Span);
            return;
        }

        var bytes = body.Bytes.Span;
        buffer.Write(bytes[..place.Start.Value]);
        using (var json = new Utf8JsonWriter(buffer)) json.WriteStringValue(model);
        buffer.Write(bytes[place.End.Value..]);
    }

    private static HttpResponseMessage ResponseOf(ExchangeReply reply, HttpRequestMessage request)
    {
        var response = new HttpResponseMessage((HttpStatusCode)reply.Status) { RequestMessage = request, Version = HttpVersion.Version11 };
        if (reply.Stream is { } stream)
        {
            response.Content = new ReplyContent(reply, stream);
        }
        else
        {
            response.Content = new ByteArrayContent(reply.Body.ToArray());
            reply.Dispose();
        }

        foreach (var (name, value) in reply.Headers)
        {
            // The body stands here decoded and whole.
            if (name.ToUpperInvariant() is "CONTENT-LENGTH" or "CONTENT-ENCODING" or "TRANSFER-ENCODING" or "CONNECTION") continue;
            if (!response.Headers.TryAddWithoutValidation(name, value)) response.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }

    /// <summary>A stream whose end is the call's end.</summary>
    private sealed class ReplyContent(ExchangeReply reply, Stream stream) : HttpContent
    {
        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new ReplyBody(reply, stream));

        protected override Task SerializeToStreamAsync(Stream target, TransportContext? context) => stream.CopyToAsync(target);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) reply.Dispose();
            base.Dispose(disposing);
        }
    }
}
