namespace Orchestration.Learning.Robustness;

/// <summary>Work in numbered parts, each with a place of its own, so that nothing depends on how many threads did it.</summary>
public static class InOrder
{
    /// <summary>Does all parts.</summary>
    /// <param name="parts">How many.</param>
    /// <param name="threads">Threads at most, at least 1.</param>
    /// <param name="work">Called once with each number from 0; writes to places of its own only.</param>
    /// <param name="cancellationToken">Starts no further part.</param>
    public static void Run(int parts, int threads, Action<int> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (threads <= 1 || parts <= 1)
        {
            for (var part = 0; part < parts; part++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                work(part);
            }

            return;
        }

        try
        {
            Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken }, work);
        }
        catch (AggregateException e) when (e.Flatten().InnerExceptions is [var first, ..])
        {
            // Whoever waits for one part's refusal should not have to look for it among threads.
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions.FirstOrDefault(i => i is OperationCanceledException) ?? first);
        }
    }
}
