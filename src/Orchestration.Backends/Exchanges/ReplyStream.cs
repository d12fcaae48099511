namespace Orchestration.Backends.Exchanges;

/// <summary>The body of a reply as it comes. Each read has the attempt's time; a body that stops coming ends in an <see cref="IOException"/>.</summary>
internal sealed class ReplyStream(Stream inner, HttpResponseMessage response, CancellationTokenSource timeout, TimeSpan limit) : Stream
{
    /// <summary>Who reads along; null for nobody.</summary>
    public StreamTap? Tap { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        timeout.CancelAfter(limit);
        try
        {
            // Linked by registration, which costs nothing where the caller cannot cancel.
            await using var registration = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), timeout);
            var read = await inner.ReadAsync(buffer, timeout.Token).ConfigureAwait(false);
            Tap?.Take(buffer.Span[..read]);
            return read;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            Tap?.Break();
            throw new IOException(FormattableString.Invariant($"Nothing came for {limit.TotalSeconds:0.###} s in the middle of a reply."), e);
        }
        catch (HttpRequestException e)
        {
            Tap?.Break();
            throw new IOException("The reply was cut.", e);
        }
        finally
        {
            if (!timeout.IsCancellationRequested) timeout.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            response.Dispose();
            timeout.Dispose();
        }

        base.Dispose(disposing);
    }
}
