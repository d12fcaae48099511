namespace Orchestration.Simulation.Host;

/// <summary>What a second delivery of a call does.</summary>
internal enum Repetition
{
    /// <summary>It is known by its number: a call that was made again finds what came of the first.</summary>
    IsKnown,

    /// <summary>It is done again: the call says by itself what it may do.</summary>
    IsDoneAgain,

    /// <summary>As <see cref="IsDoneAgain"/>, and the network may repeat it at any later time.</summary>
    MayComeLate,
}

/// <summary>
/// The way of one silo's calls to the store and back. A call is a message: it arrives after a while, though its sender has died meanwhile; the store fails before or
/// after it commits; its answer takes as long again. A call that had no answer is made again until there is one. Cancelling withdraws what has not arrived yet.
/// </summary>
internal sealed class Courier(SimulatedWorld world, SimulatedProcess process)
{
    private static readonly TimeSpan LateBy = TimeSpan.FromSeconds(60);

    public async ValueTask<T> SendAsync<T>(string call, Repetition repetition, Func<ValueTask<T>> apply, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var letter = new Letter<T>(this, call, repetition, apply);
        for (var attempt = 0; ; attempt++)
        {
            // Who has been waiting for a lost answer waits on: what it asked for may have been done.
            await using var withdrawing = attempt == 0 ? cancellationToken.UnsafeRegister(static (state, token) => ((Letter<T>)state!).Withdraw(token), letter) : default;
            if (await letter.Send()) return letter.Answer;
            await Task.Delay(World.RetryWait(attempt), Process.Clock, CancellationToken.None);
        }
    }

    /// <summary>As <see cref="SendAsync"/>, for calls that answer nothing.</summary>
    public ValueTask SendAsync(string call, Repetition repetition, Func<ValueTask> apply, CancellationToken cancellationToken) => new(SendAsync(
        call,
        repetition,
        async () =>
        {
            await apply();
            return true;
        },
        cancellationToken).AsTask());

    private sealed class Letter<T>(Courier courier, string call, Repetition repetition, Func<ValueTask<T>> apply)
    {
        private TaskCompletionSource<bool>? _answered;
        private Task<T>? _done;
        private bool _hasArrived;

        public T Answer => _done!.GetAwaiter().GetResult();

        private SimulatedWorld World => courier.World;

        /// <summary>Sends it; true where it is answered, false where no answer will come.</summary>
        public Task<bool> Send()
        {
            var answered = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            (_answered, _hasArrived) = (answered, false);
            var fate = World.DrawFate();
            World.Timeline.After(World.DrawTravel(), () => Arrive(answered, fate));
            return answered.Task;
        }

        public void Withdraw(CancellationToken token)
        {
            if (!_hasArrived) _answered?.TrySetCanceled(token);
        }

        private void Arrive(TaskCompletionSource<bool> answered, Fate fate)
        {
            // Withdrawn on its way.
            if (answered.Task.IsCompleted) return;
            _hasArrived = true;
            var name = courier.Process.Name;
            if (fate == Fate.FailsBefore)
            {
                World.Trace.Note(World.Timeline.Now, name, call + " fails");
                World.Timeline.After(World.DrawTravel(), () => answered.TrySetResult(false));
                return;
            }

            if (_done is null || repetition != Repetition.IsKnown) _done = Done();
            World.Trace.Note(World.Timeline.Now, name, fate == Fate.AnswerLost ? call + ", answer lost" : call, _done.IsFaulted ? 1 : 0);
            if (repetition == Repetition.MayComeLate && World.DrawRepeats())
            {
                World.Timeline.After(World.DrawLate(LateBy), () =>
                {
                    World.Trace.Note(World.Timeline.Now, name, call + " again");
                    _ = Done();
                });
            }

            World.Timeline.After(World.DrawTravel(), () => answered.TrySetResult(fate == Fate.Done));
        }

        private Task<T> Done()
        {
            // The ports of memory do everything at once: whatever came of it is there.
            var done = apply().AsTask();
            World.Checks.AfterCall();
            return done;
        }
    }

    private SimulatedWorld World => world;

    private SimulatedProcess Process => process;
}

/// <summary>What becomes of one message to the store.</summary>
internal enum Fate
{
    Done,
    FailsBefore,
    AnswerLost,
}
