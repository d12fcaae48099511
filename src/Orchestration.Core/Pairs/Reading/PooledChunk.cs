using System.Collections.Concurrent;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// A chunk that several shards read at once and that is used again when the last of them is done. Chunks are megabytes, and there are thousands of
/// them: left to the garbage collector they would decide how much memory a run takes.
/// </summary>
internal abstract class PooledChunk
{
    private int _users;

    /// <summary>The first user; from here on every <see cref="Retain"/> needs its <see cref="Release"/>.</summary>
    public void Open() => _users = 1;

    public void Retain() => Interlocked.Increment(ref _users);

    public void Release()
    {
        var users = Interlocked.Decrement(ref _users);
        if (users == 0) Recycle();
        else if (users < 0) throw new InvalidOperationException("A chunk was released twice.");
    }

    protected abstract void Recycle();
}

/// <summary>Chunks that wait to be used again. As many as were in use at once, which the pipeline bounds.</summary>
internal sealed class ChunkPool<T>(Func<ChunkPool<T>, T> create)
    where T : PooledChunk
{
    private readonly ConcurrentBag<T> _free = [];

    public T Take()
    {
        var chunk = _free.TryTake(out var free) ? free : create(this);
        chunk.Open();
        return chunk;
    }

    public void Return(T chunk) => _free.Add(chunk);
}
