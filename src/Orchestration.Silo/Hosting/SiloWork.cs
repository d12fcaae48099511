namespace Orchestration.Silo.Hosting;

/// <summary>What a silo does beside answering requests, each for as long as it serves. Disposing it stops them in the reverse order of their start and awaits each.</summary>
internal sealed class SiloWork : IAsyncDisposable
{
    private readonly List<(CancellationTokenSource Stop, Task Work)> _parts = [];

    /// <summary>Starts a part.</summary>
    /// <param name="part">Runs until cancelled, and then ends in order.</param>
    public void Start(Func<CancellationToken, Task> part)
    {
        var stop = new CancellationTokenSource();
        _parts.Add((stop, Task.Run(() => part(stop.Token), CancellationToken.None)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (stop, work) in Enumerable.Reverse(_parts))
        {
            await stop.CancelAsync();
            try
            {
                await work;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // It ended as told.
            }

            stop.Dispose();
        }
    }
}
