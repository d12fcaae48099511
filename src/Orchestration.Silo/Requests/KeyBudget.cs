using System.Collections.Concurrent;
using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Stores;
using Orchestration.Silo.Access;

namespace Orchestration.Silo.Requests;

/// <summary>On whose account a request's calls are: a payer of the ledger for each key and day (UTC), with the key's cap. Safe for concurrent use.</summary>
/// <param name="store">The ledger's.</param>
/// <param name="time">Tells the day.</param>
internal sealed class KeyBudget(IStore store, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, decimal> _capped = new(StringComparer.Ordinal);

    /// <summary>The payer of a caller's calls today: <c>key:ID:2026-01-31</c>.</summary>
    public async ValueTask<string> PayerAsync(Caller caller, CancellationToken cancellationToken)
    {
        var payer = string.Create(CultureInfo.InvariantCulture, $"key:{caller.KeyId}:{time.GetUtcNow():yyyy-MM-dd}");
        if (caller.Limits.UsdPerDay is not { } cap || (_capped.TryGetValue(payer, out var set) && set == cap)) return payer;
        await store.Spending.SetCapAsync(payer, cap, cancellationToken);

        // A day's names are of no use the day after.
        if (_capped.Count > 10_000) _capped.Clear();
        _capped[payer] = cap;
        return payer;
    }

    /// <summary>Refuses calls whose cost nobody knows on an account that has a cap.</summary>
    /// <exception cref="OrchestrationException">A deployment has no prices (<see cref="ErrorCodes.Configuration"/>).</exception>
    public static void RequirePrices(Caller caller, OrchestrationConfig config, IEnumerable<string> deployments)
    {
        if (caller.Limits.UsdPerDay is null) return;
        RequirePrices($"the key's budget of ${caller.Limits.UsdPerDay.Value.ToString(CultureInfo.InvariantCulture)} a day", config, deployments);
    }

    /// <inheritdoc cref="RequirePrices(Caller, OrchestrationConfig, IEnumerable{string})"/>
    /// <param name="what">The cap, as the message calls it.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="deployments">Who would be called.</param>
    public static void RequirePrices(string what, OrchestrationConfig config, IEnumerable<string> deployments)
    {
        foreach (var name in deployments)
        {
            var deployment = config.Deployment(name);
            if (deployment.Prices is null && deployment.PricePerCall is null)
                throw new OrchestrationException(ErrorCodes.Configuration, $"{what} cannot be kept: deployment '{name}' has no prices. Add 'prices' to it in the configuration (0 for a model of your own).");
        }
    }
}
