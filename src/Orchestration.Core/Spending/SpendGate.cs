using System.Collections.Concurrent;

namespace Orchestration.Core.Spending;

/// <summary>
/// This process's way to the ledger. A reservation is an upper bound, often many times the price: while calls of the same payer are in flight here,
/// a refusal only means that their bounds still fill the cap, so the caller waits for one of them to settle. With none in flight here, those of other processes may still make room; a refusal is final where nobody
/// that lives holds anything, or where the amount would not fit although nobody did.
/// </summary>
internal sealed class SpendGate(ISpendLedger ledger, TimeProvider time)
{
    private static readonly TimeSpan OthersPoll = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, Payer> _payers = new(StringComparer.Ordinal);

    /// <summary>Reserves an amount; waits while calls in flight may still give back what they do not use.</summary>
    /// <exception cref="SpendCapReachedException">It does not fit under the cap, and nothing is in flight that could make room.</exception>
    public async ValueTask<SpendReservation> ReserveAsync(string payer, SpendPurpose purpose, decimal amountUsd, CancellationToken cancellationToken)
    {
        var state = _payers.GetOrAdd(payer, static _ => new Payer());
        while (true)
        {
            // Asking counts as in flight, so that nobody takes another's reservation on its way for none at all.
            var seen = state.Enter();
            SpendReservation? reservation;
            try
            {
                reservation = await ledger.ReserveAsync(payer, purpose, amountUsd, cancellationToken);
            }
            catch
            {
                state.Leave();
                throw;
            }

            if (reservation is not null)
            {
                // There may be room for the next one too.
                state.WakeOne();
                return reservation;
            }

            if (state.Refused(seen) is { } turn)
            {
                await state.WaitAsync(turn, cancellationToken);
                continue;
            }

            var status = await ledger.StatusAsync(payer, cancellationToken);
            if (status.CapUsd is not { } cap) continue;
            if (status.SettledUsd + status.UnknownUsd + amountUsd > cap) throw new SpendCapReachedException(payer, amountUsd);

            // Settled between the two questions: there is room now.
            if (status.SettledUsd + status.UnknownUsd + status.ReservedUsd + amountUsd <= cap) continue;
            if (status.ReservedUsd <= 0) throw new SpendCapReachedException(payer, amountUsd);
            await Task.Delay(OthersPoll, time, cancellationToken);
        }
    }

    /// <summary>Settles a reservation and lets the next waiting call ask again.</summary>
    public async ValueTask SettleAsync(SpendReservation reservation, decimal settledUsd, decimal unknownUsd)
    {
        try
        {
            await ledger.SettleAsync(reservation, settledUsd, unknownUsd);
        }
        finally
        {
            _payers[reservation.Payer].Leave();
        }
    }

    private sealed class Payer
    {
        private readonly Lock _lock = new();
        private readonly LinkedList<TaskCompletionSource> _waiting = [];
        private long _changes;
        private int _inFlight;

        /// <summary>Counts one more in flight; returns what had changed so far.</summary>
        public long Enter()
        {
            lock (_lock)
            {
                _inFlight++;
                return _changes;
            }
        }

        /// <summary>A call that was in flight no longer is, and may have given something back.</summary>
        public void Leave()
        {
            lock (_lock)
            {
                _inFlight--;
                _changes++;
                WakeFirst();
            }
        }

        public void WakeOne()
        {
            lock (_lock) WakeFirst();
        }

        /// <summary>
        /// After a refusal: a place in the queue, whose turn has come already where something settled in the meantime; null where nothing is in
        /// flight that could make room.
        /// </summary>
        public LinkedListNode<TaskCompletionSource>? Refused(long seen)
        {
            lock (_lock)
            {
                _inFlight--;
                var turn = new LinkedListNode<TaskCompletionSource>(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                if (_changes != seen)
                {
                    turn.Value.SetResult();
                    return turn;
                }

                if (_inFlight > 0)
                {
                    _waiting.AddLast(turn);
                    return turn;
                }

                // Whoever waited for this one asks again: a smaller amount may fit.
                WakeFirst();
                return null;
            }
        }

        public async Task WaitAsync(LinkedListNode<TaskCompletionSource> turn, CancellationToken cancellationToken)
        {
            await using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), turn.Value);
            try
            {
                await turn.Value.Task;
            }
            catch (OperationCanceledException)
            {
                lock (_lock)
                {
                    if (turn.List is not null) _waiting.Remove(turn);
                }

                throw;
            }
        }

        /// <summary>Wakes the first that still waits: a turn that was cancelled goes to the next in the queue.</summary>
        private void WakeFirst()
        {
            while (_waiting.First is { } first)
            {
                _waiting.RemoveFirst();
                if (first.Value.TrySetResult()) return;
            }
        }
    }
}
