using Orchestration.Core.Spending;

namespace Orchestration.Core.Judging.Purchases;

/// <summary>How many things were bought one by one: how far it came, and why no further.</summary>
/// <param name="Done">Items whose outcome is known.</param>
/// <param name="FromStore">Those of them that were stored already.</param>
/// <param name="Cap">The cap that stopped it; null where none did.</param>
public sealed record PurchaseRun(int Done, int FromStore, SpendCapReachedException? Cap)
{
    /// <summary>Buys each item; stops beginning new ones at the first cap, cancellation or failure, with those under way brought to their end.</summary>
    /// <param name="count">How many.</param>
    /// <param name="concurrency">How many at once; below 1 counts as 1.</param>
    /// <param name="buy">Buys one, and says whether it was stored already.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="OrchestrationException">What <paramref name="buy"/> threw, other than a cap that is reached.</exception>
    public static async Task<PurchaseRun> OfAsync(int count, int concurrency, Func<int, CancellationToken, Task<bool>> buy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(buy);
        var (done, stored, next) = (0, 0, -1);
        SpendCapReachedException? cap = null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAll(Enumerable.Range(0, Math.Min(count, Math.Max(1, concurrency))).Select(async _ =>
        {
            while (!stop.IsCancellationRequested && Interlocked.Increment(ref next) is var item && item < count)
            {
                try
                {
                    if (await buy(item, stop.Token)) Interlocked.Increment(ref stored);
                    Interlocked.Increment(ref done);
                }
                catch (SpendCapReachedException reached)
                {
                    Interlocked.CompareExchange(ref cap, reached, null);
                    await stop.CancelAsync();
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    return;
                }
                catch
                {
                    // Every call would fail the same way: no further one is begun, and what is under way ends first.
                    await stop.CancelAsync();
                    throw;
                }
            }
        }));
        return new PurchaseRun(done, stored, cap);
    }
}
