using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>Reads chunks one after the other, parses them in parallel, and gives them out in order; never more than a few at once.</summary>
internal static class OrderedPipeline
{
    /// <summary>Chunks parsed or waiting to be taken, per file read at the same time.</summary>
    public static int Ahead { get; } = Math.Clamp(Environment.ProcessorCount + 1, 3, 8);

    /// <param name="source">The chunks; read on a thread of the pool.</param>
    /// <param name="parse">Parses one; takes over the chunk.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public static async IAsyncEnumerable<T> RunAsync<T>(
        IEnumerable<RawChunk> source, Func<RawChunk, T> parse, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : PooledChunk
    {
        var parsing = Channel.CreateBounded<Task<T>>(new BoundedChannelOptions(Ahead) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = Task.Run(() => ReadAsync(source, parse, parsing.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var chunk in parsing.Reader.ReadAllAsync(cancellationToken)) yield return await chunk;
        }
        finally
        {
            await stop.CancelAsync();

            // A read of standard input cannot be interrupted: a cancelled run does not wait for somebody to type.
            if (!cancellationToken.IsCancellationRequested) await reading;
            while (parsing.Reader.TryRead(out var chunk))
            {
                // Whoever stopped early does not want these, nor to hear of faults further on.
                await ((Task)chunk).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (chunk.IsCompletedSuccessfully) (await chunk).Release();
            }
        }
    }

    private static async Task ReadAsync<T>(IEnumerable<RawChunk> source, Func<RawChunk, T> parse, ChannelWriter<Task<T>> output, CancellationToken stop)
        where T : PooledChunk
    {
        try
        {
            foreach (var chunk in source)
            {
                if (!await HasRoomAsync(output, stop))
                {
                    chunk.Dispose();
                    break;
                }

                output.TryWrite(Task.Run(() => parse(chunk), CancellationToken.None));
            }

            output.Complete();
        }
        catch (Exception e)
        {
            // Not lost: the reader of the channel meets it in its place, after the chunks before it.
            output.Complete(e);
        }
    }

    private static async ValueTask<bool> HasRoomAsync<T>(ChannelWriter<Task<T>> output, CancellationToken stop)
    {
        try
        {
            return await output.WaitToWriteAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
