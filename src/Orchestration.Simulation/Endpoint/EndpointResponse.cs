using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Orchestration.Simulation.Endpoint;

/// <summary>Sends one reply: whole, in parts, or not at all.</summary>
internal readonly struct EndpointResponse(IFeatureCollection context)
{
    // Bodies are built and copied without waiting in between, so that one buffer a thread is enough.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _body;

    public void Header(string name, string value) => context.GetRequiredFeature<IHttpResponseFeature>().Headers[name] = value;

    /// <summary>Sends a whole reply.</summary>
    public async Task SendAsync(int status, Action<IBufferWriter<byte>> write, string contentType = "application/json")
    {
        Begin(status, write, contentType, static length => length, static length => length);
        await FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Sends the first half: as if that were all, or as the beginning of what was announced.</summary>
    public async Task SendPartAsync(Action<IBufferWriter<byte>> write, bool isAnnouncedWhole)
    {
        Begin(200, write, "application/json", isAnnouncedWhole ? static length => length : static length => length / 2, static length => length / 2);
        await FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Sends one half, waits, and sends the other.</summary>
    public async Task SendSlowlyAsync(Action<IBufferWriter<byte>> write, Func<Task> pause)
    {
        var rest = Begin(200, write, "application/json", static length => length, static length => length / 2);
        await FlushAsync().ConfigureAwait(false);
        await pause().ConfigureAwait(false);
        context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.Write(rest);
        await FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Begins server-sent events.</summary>
    public void BeginStream()
    {
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = 200;
        response.Headers.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
    }

    /// <summary>Sends a piece of a stream at once.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> piece)
    {
        var writer = context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;
        piece.Span.CopyTo(writer.GetSpan(piece.Length));
        writer.Advance(piece.Length);
        await FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Waits until the caller has gone or the endpoint stops.</summary>
    public async Task WaitForEndAsync(CancellationToken stopping)
    {
        var aborted = context.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var first = aborted.Register(static state => ((TaskCompletionSource)state!).TrySetResult(), gone);
        using var second = stopping.Register(static state => ((TaskCompletionSource)state!).TrySetResult(), gone);
        await gone.Task.ConfigureAwait(false);
    }

    /// <summary>Ends the connection so that the caller sees a reset.</summary>
    public void Reset()
    {
        if (context.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Gone already.
            }
        }

        Abort();
    }

    /// <summary>Ends the connection.</summary>
    public void Abort() => context.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();

    /// <summary>Builds the body, announces a length and writes a part; returns the rest.</summary>
    private byte[] Begin(int status, Action<IBufferWriter<byte>> write, string contentType, Func<int, int> announced, Func<int, int> sent)
    {
        var body = _body ??= new ArrayBufferWriter<byte>(4096);
        body.ResetWrittenCount();
        write(body);
        var bytes = body.WrittenSpan;
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = status;
        response.Headers.ContentType = contentType;
        response.Headers.ContentLength = announced(bytes.Length);
        var part = sent(bytes.Length);

        // The size is said: a reply that has not begun hands out no memory by itself.
        var writer = context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;
        bytes[..part].CopyTo(writer.GetSpan(Math.Max(part, 1)));
        writer.Advance(part);
        return part == bytes.Length ? [] : bytes[part..].ToArray();
    }

    private async ValueTask FlushAsync() => await context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.FlushAsync().ConfigureAwait(false);
}
