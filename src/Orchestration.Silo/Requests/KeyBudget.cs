using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Silo.Access;
using Orchestration.Silo.Gateway.Money;

namespace Orchestration.Silo.Requests;

/// <summary>On whose account a request's judging is: the same payer and the same day as the key's routed traffic. Safe for concurrent use.</summary>
/// <param name="budgets">The budgets of served requests.</param>
internal sealed class KeyBudget(Budgets budgets)
{
    /// <summary>The payer of a caller's calls today: <c>key:ID:2026-01-31</c>, with the key's cap in force.</summary>
    public ValueTask<string> PayerAsync(Caller caller, CancellationToken cancellationToken) => budgets.PayerAsync(BudgetPayer.OfKey(caller.KeyId, caller.Limits.UsdPerDay), cancellationToken);

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
