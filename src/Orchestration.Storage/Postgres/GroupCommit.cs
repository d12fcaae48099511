using System.Threading.Channels;
using Orchestration.Core;

namespace Orchestration.Storage.Postgres;

/// <summary>
/// Many callers, few commits: what waits while one commit is on its way goes with the next. A commit that fails is made again for each of its
/// items alone, so that a bad one takes no others with it.
/// </summary>
/// <typeparam name="TItem">What a caller hands in.</typeparam>
/// <typeparam name="TResult">What a caller gets.</typeparam>
internal sealed class GroupCommit<TItem, TResult> : IAsyncDisposable
{
    private readonly Channel<Waiting> _channel = Channel.CreateUnbounded<Waiting>();
    private readonly Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> _commit;
    private readonly int _most;
    private readonly Task[] _loops;
    private volatile bool _isAbandoned;

    /// <param name="loops">Commits on their way at once.</param>
    /// <param name="most">Items of one commit at most.</param>
    /// <param name="commit">Commits items, in order; gives a result for each.</param>
    public GroupCommit(int loops, int most, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> commit)
    {
        _commit = commit;
        _most = most;
        _loops = [.. Enumerable.Range(0, loops).Select(_ => Task.Run(LoopAsync))];
    }

    /// <summary>Hands in an item and waits for its commit. Whoever cancels before it began has written nothing.</summary>
    public async ValueTask<TResult> RunAsync(TItem item, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiting = new Waiting(item, cancellationToken);
        ObjectDisposedException.ThrowIf(!_channel.Writer.TryWrite(waiting), this);
        return await waiting.Done.Task.ConfigureAwait(false);
    }

    /// <summary>What waits is never committed.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        _channel.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        await Task.WhenAll(_loops).ConfigureAwait(false);
    }

    private async Task LoopAsync()
    {
        List<Waiting> group = [];
        while (await _channel.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            group.Clear();
            while (group.Count < _most && _channel.Reader.TryRead(out var next))
            {
                if (_isAbandoned) next.Done.TrySetException(new ObjectDisposedException("store"));
                else if (next.Cancel.IsCancellationRequested) next.Done.TrySetCanceled(next.Cancel);
                else group.Add(next);
            }

            if (group.Count > 0) await CommitAsync(group).ConfigureAwait(false);
        }
    }

    private async Task CommitAsync(List<Waiting> group)
    {
        try
        {
            var results = await _commit([.. group.Select(static waiting => waiting.Item)]).ConfigureAwait(false);
            for (var i = 0; i < group.Count; i++) group[i].Done.TrySetResult(results[i]);
        }
        catch (OrchestrationException) when (group.Count > 1 && !_isAbandoned)
        {
            foreach (var one in group) await CommitAsync([one]).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Every caller receives it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            foreach (var waiting in group) waiting.Done.TrySetException(failure);
        }
    }

    private sealed record Waiting(TItem Item, CancellationToken Cancel)
    {
        public TaskCompletionSource<TResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
