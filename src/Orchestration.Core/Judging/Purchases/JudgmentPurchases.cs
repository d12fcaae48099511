using System.Collections.Concurrent;
using System.Globalization;
using Orchestration.Core.Spending;

namespace Orchestration.Core.Judging.Purchases;

/// <summary>
/// The one way by which paid judgments are made. An address that is asked for by several at once is bought once (single-flight); the store is asked
/// right before buying; each call is reserved before and settled after; what was said is stored before it counts, and what the store returns is
/// what counts. Failures are not stored. One instance is shared by all judges of a process, so that two judges with the same version share calls.
/// Safe for concurrent use.
/// </summary>
public sealed class JudgmentPurchases
{
    private static readonly TimeSpan FirstClaimWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestClaimWait = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Claims of a deployment at once, as a multiple of the calls that it takes at once: a claim stands from before its call until after its judgment is stored, and those
    /// in between keep the deployment busy. What a killed process had claimed is all that can be bought twice.
    /// </summary>
    private const int ClaimsPerCall = 2;

    private readonly ConcurrentDictionary<string, Places> _places = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<JudgmentAddress, Flight> _flights = new();
    private readonly IJudgmentStore? _store;
    private readonly SpendGate? _gate;
    private readonly IJudgmentClaims? _claims;
    private readonly TimeSpan _claimLease;

    // A little less than the lease, for clocks that run at different speeds.
    private readonly TimeSpan _claimUse;
    private readonly TimeProvider _time;

    /// <summary>Creates it.</summary>
    /// <param name="store">Where judgments are kept; null keeps none, for trying a judge out.</param>
    /// <param name="ledger">Where money is written down; null where nobody keeps a cap. Used for requests that name a payer.</param>
    /// <param name="time">Measures deadlines.</param>
    /// <param name="claimLease">How long a claim stands without a renewal, made at a third of it; null for 30 s.</param>
    /// <param name="claims">Keeps other processes of the store from buying the same judgment at the same time; null where nobody does.</param>
    public JudgmentPurchases(IJudgmentStore? store, ISpendLedger? ledger, TimeProvider time, IJudgmentClaims? claims = null, TimeSpan? claimLease = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        _store = store;
        _claims = claims;
        _claimLease = claimLease ?? TimeSpan.FromSeconds(30);
        _claimUse = _claimLease * 0.95;
        _gate = ledger is null ? null : new SpendGate(ledger, time);
        _time = time;
    }

    /// <summary>The terms of a request.</summary>
    internal PurchaseTerms TermsFor(string? payer, DateTimeOffset? deadline) => new(_gate, payer, deadline, _time);

    /// <summary>What is stored already of several addresses, in one question to the store.</summary>
    /// <param name="addresses">What to look for.</param>
    /// <param name="dimensions">How many values each has.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>For each address null where nothing is stored; empty for a single address, which is looked up right before it is bought anyway.</returns>
    internal async ValueTask<IReadOnlyList<double>?[]> LookUpAsync(IReadOnlyList<JudgmentAddress> addresses, int dimensions, CancellationToken cancellationToken)
    {
        if (_store is null || addresses.Count <= 1) return [];
        var found = await _store.GetAsync(addresses, cancellationToken);
        var values = new IReadOnlyList<double>?[addresses.Count];
        for (var i = 0; i < values.Length; i++)
        {
            if (found[i] is { } stored) values[i] = Checked(stored, dimensions, addresses[i]);
        }

        return values;
    }

    /// <summary>Finds the judgment, waits for whoever is buying it, or buys it.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="dimensions">How many values it has.</param>
    /// <param name="seller">Makes the calls.</param>
    /// <param name="terms">On whose account and until when.</param>
    /// <param name="cancellationToken">
    /// Stops before the next call where nobody else waits for the address. Throws <see cref="OperationCanceledException"/> only where there is no
    /// judgment: one whose call was under way is returned.
    /// </param>
    internal async ValueTask<Purchase> GetAsync(
        JudgmentAddress address, int dimensions, ISeller seller, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var isOwn = false;
            if (!_flights.TryGetValue(address, out var flight))
            {
                var mine = new Flight();
                flight = _flights.GetOrAdd(address, mine);
                isOwn = ReferenceEquals(flight, mine);
            }

            // Whoever starts a flight stays to its end, so that what it took is counted once.
            if (isOwn)
            {
                _ = FlyAsync(flight, address, dimensions, seller, terms);
            }
            else if (!flight.TryJoin())
            {
                // All who asked have gone, and the call that was under way comes to its end; its judgment will be in the store.
                await flight.OverAsync(cancellationToken);
                continue;
            }

            Purchase purchase;
            try
            {
                purchase = await flight.WaitAsync(cancellationToken);
            }
            catch (SpendCapReachedException) when (!isOwn)
            {
                // It was another's cap.
                continue;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }

            if (isOwn) return purchase;
            if (purchase.IsLate && !terms.IsLate) continue;
            return purchase with { IsFromStore = purchase.Values is not null, Totals = CallTotals.None };
        }
    }

    /// <summary>The words of a judgment that was found or bought, as the store holds them; null where it has none.</summary>
    internal async ValueTask<string?> RationaleAsync(JudgmentAddress address, Purchase purchase, CancellationToken cancellationToken) =>
        _store is not null && await _store.FindAsync(address, cancellationToken) is { } stored ? stored.Detail.Rationale : purchase.Rationale;

    private async Task FlyAsync(Flight flight, JudgmentAddress address, int dimensions, ISeller seller, PurchaseTerms terms)
    {
        try
        {
            var purchase = await BuyAsync(address, dimensions, seller, terms, flight.Stop);
            _flights.TryRemove(KeyValuePair.Create(address, flight));
            flight.Succeed(purchase);
        }
        catch (Exception failure)
        {
            // Not swallowed: everybody who waits receives it.
            _flights.TryRemove(KeyValuePair.Create(address, flight));
            flight.Fail(failure);
        }
    }

    private async ValueTask<Purchase> BuyAsync(
        JudgmentAddress address, int dimensions, ISeller seller, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        if (_claims is not null) return await BuyClaimedAsync(_claims, address, dimensions, seller, terms, cancellationToken);
        if (_store is not null)
        {
            var known = await _store.GetAsync([address], cancellationToken);
            if (known[0] is { } values) return new Purchase { Values = Checked(values, dimensions, address), IsFromStore = true };
        }

        return await KeepAsync(await seller.SellAsync(terms, cancellationToken), address, dimensions);
    }

    /// <summary>Buys under a claim, or waits for whoever holds it.</summary>
    private async ValueTask<Purchase> BuyClaimedAsync(
        IJudgmentClaims claims, JudgmentAddress address, int dimensions, ISeller seller, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        var places = _places.GetOrAdd(seller.Deployment, static (_, calls) => new Places(calls), Math.Max(1, seller.Concurrency) * ClaimsPerCall);
        await places.TakeAsync(cancellationToken);
        try
        {
            return await BuyInPlaceAsync(claims, address, dimensions, seller, terms, cancellationToken);
        }
        finally
        {
            places.Release();
        }
    }

    private async ValueTask<Purchase> BuyInPlaceAsync(
        IJudgmentClaims claims, JudgmentAddress address, int dimensions, ISeller seller, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        while (true)
        {
            var asked = _time.GetTimestamp();
            var claim = await claims.ClaimAsync(address, terms.Payer, _claimLease, cancellationToken);
            for (var wait = FirstClaimWait; claim.State == ClaimState.Held; wait = wait + wait < LongestClaimWait ? wait + wait : LongestClaimWait)
            {
                if (terms.IsLate) return new Purchase { Reason = UnscoredReason.Timeout, IsLate = true };
                await Task.Delay(wait, _time, cancellationToken);
                asked = _time.GetTimestamp();
                claim = await claims.ClaimAsync(address, terms.Payer, _claimLease, cancellationToken);
            }

            if (claim.State == ClaimState.Stored) return new Purchase { Values = Checked(claim.Values!, dimensions, address), IsFromStore = true };
            using var holding = new CancellationTokenSource(Left(asked), _time);
            await using var stopping = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), holding);
            Purchase purchase;
            try
            {
                var selling = seller.SellAsync(terms, holding.Token).AsTask();
                await HoldAsync(claims, claim, selling, holding);
                purchase = await KeepAsync(await selling, address, dimensions);
            }
            catch (OperationCanceledException) when (holding.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                // The claim ran out before the next call: somebody else may have bought it by now.
                await claims.ReleaseAsync(claim);
                continue;
            }
            catch
            {
                await claims.ReleaseAsync(claim);
                throw;
            }

            // One that was bought and stored has taken its claim with it.
            if (purchase.Values is null) await claims.ReleaseAsync(claim);
            return purchase;
        }
    }

    /// <summary>
    /// Renews a claim until the sale ends. A process may have stood still for longer than its claim lasts, or not reach the store: once the claim may have run out no
    /// further call is begun. One that is under way is awaited, and its judgment counts: a claim decides who pays.
    /// </summary>
    private async Task HoldAsync(IJudgmentClaims claims, JudgmentClaim claim, Task selling, CancellationTokenSource holding)
    {
        while (!selling.IsCompleted)
        {
            try
            {
                await selling.WaitAsync(_claimLease / 3, _time, CancellationToken.None);
            }
            catch (TimeoutException)
            {
                // It may have ended in this very moment; and where it failed by a time-out, that is its caller's to see.
                if (selling.IsCompleted) return;
                var asked = _time.GetTimestamp();
                if (await claims.RenewAsync(claim, _claimLease, CancellationToken.None)) holding.CancelAfter(Left(asked));
                else await ActorTasks.CancelAsync(holding);
            }
        }
    }

    /// <summary>How long a claim may be used: counted on the own clock, from before it was asked for.</summary>
    private TimeSpan Left(long asked)
    {
        var left = _claimUse - _time.GetElapsedTime(asked);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async ValueTask<Purchase> KeepAsync(Sale sale, JudgmentAddress address, int dimensions)
    {
        if (sale.Values is null) return new Purchase { Reason = sale.Reason, Totals = sale.Detail.Totals, IsLate = sale.IsLate };

        var settling = sale.Settling ?? Task.CompletedTask;
        IReadOnlyList<double> kept = sale.Values;
        if (_store is not null)
        {
            // It is paid for: no cancellation keeps it out of the store.
            var storing = _store.PutAsync([new StoredJudgment { Address = address, Values = sale.Values, Detail = sale.Detail }], CancellationToken.None).AsTask();
            await Task.WhenAll(storing, settling);
            kept = Checked((await storing)[0], dimensions, address);
        }

        await settling;
        return new Purchase { Values = kept, Totals = sale.Detail.Totals, Rationale = sale.Detail.Rationale };
    }

    private static IReadOnlyList<double> Checked(IReadOnlyList<double> values, int dimensions, JudgmentAddress address) => values.Count == dimensions
        ? values
        : throw new OrchestrationException(
            ErrorCodes.Store,
            string.Create(CultureInfo.InvariantCulture, $"The stored judgment {address.Pair}/{address.Judge}/{address.Repeat} holds {values.Count} values, and its judge has {dimensions} dimensions: the store is damaged. Restore it from a copy, or remove that judgment."));
}
