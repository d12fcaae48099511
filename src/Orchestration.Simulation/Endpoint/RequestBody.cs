using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Orchestration.Simulation.Endpoint;

/// <summary>Reads a request's body whole.</summary>
internal static class RequestBody
{
    /// <summary>What a reader makes of a body.</summary>
    public delegate T Parser<out T>(ReadOnlySpan<byte> body);

    public static async ValueTask<T> ReadAsync<T>(IFeatureCollection context, Parser<T> parse)
    {
        var reader = context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
        while (true)
        {
            var result = await reader.ReadAsync().ConfigureAwait(false);
            if (!result.IsCompleted)
            {
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                continue;
            }

            return Parse(reader, result.Buffer, parse);
        }
    }

    private static T Parse<T>(PipeReader reader, in ReadOnlySequence<byte> buffer, Parser<T> parse)
    {
        var parsed = buffer.IsSingleSegment ? parse(buffer.FirstSpan) : ParseCopy(buffer, parse);
        reader.AdvanceTo(buffer.End);
        return parsed;
    }

    private static T ParseCopy<T>(in ReadOnlySequence<byte> buffer, Parser<T> parse)
    {
        var length = checked((int)buffer.Length);
        var copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            buffer.CopyTo(copy);
            return parse(copy.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}
