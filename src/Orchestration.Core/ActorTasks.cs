namespace Orchestration.Core;

/// <summary>
/// Where the actors' concurrency runs: on the scheduler of whoever called them. On the thread pool that is the thread pool. A host that brings a scheduler of its
/// own decides every step, which is how the simulated host replays a run; hence no await of an actor leaves its context either.
/// </summary>
internal static class ActorTasks
{
    /// <summary>Starts work beside its caller; the caller goes on at once.</summary>
    public static Task Start(Func<Task> work) => TaskScheduler.Current == TaskScheduler.Default
        ? Task.Run(work, CancellationToken.None)
        : Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current).Unwrap();

    /// <summary>Cancels without running those who wait on the caller's stack: on the pool by another thread, on a host's scheduler because that queues them.</summary>
    public static Task CancelAsync(CancellationTokenSource source)
    {
        if (TaskScheduler.Current == TaskScheduler.Default) return source.CancelAsync();
        source.Cancel();
        return Task.CompletedTask;
    }
}
