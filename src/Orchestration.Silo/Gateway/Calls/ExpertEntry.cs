using Orchestration.Backends.Exchanges;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Routing;

namespace Orchestration.Silo.Gateway.Calls;

/// <summary>An expert with the deployment that answers for it.</summary>
/// <param name="Config">The expert.</param>
/// <param name="Deployment">Its deployment.</param>
/// <param name="Exchange">What carries its calls: the judges' too, where they share the deployment.</param>
internal sealed record ExpertEntry(ExpertConfig Config, DeploymentConfig Deployment, ModelExchange Exchange)
{
    public string Name => Config.Name;

    public TokenPrices? Prices => Deployment.Prices;

    /// <summary>What its calls are spent on, in the ledger.</summary>
    public Core.Spending.SpendPurpose Purpose { get; } = new("", Deployment.Name);
}
