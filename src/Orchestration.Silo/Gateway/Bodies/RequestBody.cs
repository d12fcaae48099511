using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orchestration.Silo.Gateway.Errors;

namespace Orchestration.Silo.Gateway.Bodies;

/// <summary>A request's body, whole, in an array of the shared pool.</summary>
internal struct RequestBody : IDisposable
{
    private byte[] _bytes;

    public ReadOnlyMemory<byte> Bytes { get; private set; }

    /// <exception cref="GatewayRefusalException">It is larger than it may be (413), or breaks off (400).</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit) throw TooLarge(limit);

        // The server's own limit is lower, and its refusal would not say why.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = limit + 1L;
        var bytes = ArrayPool<byte>.Shared.Rent((int)Math.Max(request.ContentLength ?? 4096, 1) + 1);
        var length = 0;
        try
        {
            while (true)
            {
                var read = await request.Body.ReadAsync(bytes.AsMemory(length), cancellationToken);
                if (read == 0) break;
                length += read;
                if (length > limit) throw TooLarge(limit);
                if (length < bytes.Length) continue;
                var larger = ArrayPool<byte>.Shared.Rent(bytes.Length * 2);
                bytes.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(bytes);
                bytes = larger;
            }
        }
        catch (BadHttpRequestException e)
        {
            ArrayPool<byte>.Shared.Return(bytes);
            if (e.StatusCode == StatusCodes.Status413PayloadTooLarge) throw TooLarge(limit);
            throw new GatewayRefusalException(new GatewayError(e.StatusCode, GatewayError.InvalidRequest, "bad_request", $"The request's body cannot be read: {e.Message}"));
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }

        return new RequestBody { _bytes = bytes, Bytes = bytes.AsMemory(0, length) };
    }

    public void Dispose()
    {
        if (_bytes is null) return;
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null!;
        Bytes = default;
    }

    private static GatewayRefusalException TooLarge(int limit) => new(new GatewayError(
        StatusCodes.Status413PayloadTooLarge, GatewayError.InvalidRequest, "request_too_large",
        string.Create(CultureInfo.InvariantCulture, $"The request's body is larger than {limit / 1024 / 1024} MB. Send less, or images by their address.")));
}
