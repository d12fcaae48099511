using Npgsql;
using Orchestration.Core;

namespace Orchestration.Storage.Postgres;

/// <summary>
/// Hears at once that an aggregator's setting changed. Only a hint: whoever waits looks at the numbered changes afterwards, and looks again every so often
/// although nothing was heard. Begins to listen when somebody first waits; a connection that broke is made anew.
/// </summary>
internal sealed class Announcements(Database database) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<Ear> _ears = [];
    private Task? _listening;

    /// <summary>The channel of this store.</summary>
    public string Channel { get; } = "orchestration_" + database.Schema;

    /// <summary>Somebody's own ear. What is heard while its owner looks at the store waits for it, whoever else has heard it meanwhile.</summary>
    public Ear NewEar()
    {
        var ear = new Ear(this);
        lock (_lock) _ears.Add(ear);
        return ear;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task? listening;
        lock (_lock) listening = _listening;
        if (listening is not null) await listening.ConfigureAwait(false);
    }

    private async Task ListenAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await database.OpenAsync(_stop.Token).ConfigureAwait(false);
                connection.Notification += (_, _) => Hear();
                await connection.RunAsync($"LISTEN \"{Channel}\"", _stop.Token).ConfigureAwait(false);

                // Something may have been said before this began to listen.
                Hear();
                while (true) await connection.WaitAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException or InvalidOperationException or OrchestrationException)
            {
                // Those who wait look by themselves meanwhile.
                await Task.Delay(Pause, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private void Begin()
    {
        lock (_lock) _listening ??= Task.Run(ListenAsync, CancellationToken.None);
    }

    private void Hear()
    {
        lock (_lock)
        {
            foreach (var ear in _ears) ear.Hear();
        }
    }

    /// <summary>Waits for one who looks. Not for several at a time.</summary>
    internal sealed class Ear(Announcements announcements)
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _heard = New();

        /// <summary>Returns when something was heard since it returned for that reason last, or the time is up.</summary>
        public async ValueTask WaitAsync(TimeSpan most, CancellationToken cancellationToken)
        {
            announcements.Begin();
            Task heard;
            lock (_lock) heard = _heard.Task;
            try
            {
                await heard.WaitAsync(most, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return;
            }

            lock (_lock) _heard = New();
        }

        public void Hear()
        {
            lock (_lock) _heard.TrySetResult();
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
