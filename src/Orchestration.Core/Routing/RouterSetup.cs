using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Core.Routing;

/// <summary>What a router works with: replaced whole, never changed, so that a decision sees one configuration and one set of policies.</summary>
public sealed record RouterSetup
{
    /// <summary>Experts, policies and settings as configured.</summary>
    public required RouterConfig Config { get; init; }

    /// <summary>The policies by name, made from <see cref="RouterConfig.Policies"/>. Where none is called <see cref="RouterConfig.DefaultPolicy"/>, that name means the default expert.</summary>
    public IReadOnlyDictionary<string, IRoutingPolicy> Policies { get; init; } = new Dictionary<string, IRoutingPolicy>(StringComparer.Ordinal);

    /// <summary>What the experts' deployments take and ask, by expert; one that is not named has no prices and takes no images.</summary>
    public IReadOnlyDictionary<string, ExpertTerms> Terms { get; init; } = new Dictionary<string, ExpertTerms>(StringComparer.Ordinal);

    /// <summary>Makes it of a configuration.</summary>
    /// <param name="config">With experts.</param>
    /// <param name="policies">Made of its policies.</param>
    /// <exception cref="OrchestrationException">It names no experts (<see cref="ErrorCodes.Configuration"/>).</exception>
    public static RouterSetup Create(OrchestrationConfig config, IReadOnlyDictionary<string, IRoutingPolicy> policies)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(policies);
        if (config.Router is not { Experts.Count: > 0 } router)
            throw new OrchestrationException(ErrorCodes.Configuration, $"{config.File ?? OrchestrationConfig.DefaultFileName} names no experts, so there is nothing to route to. Name them under 'experts:', each with its deployment.");
        var terms = new Dictionary<string, ExpertTerms>(StringComparer.Ordinal);
        foreach (var expert in router.Experts)
        {
            var deployment = config.Deployment(expert.Deployment);
            terms[expert.Name] = new ExpertTerms(deployment.Prices, deployment.Images);
        }

        return new RouterSetup { Config = router, Policies = policies, Terms = terms };
    }
}

/// <summary>What an expert's deployment asks and takes.</summary>
/// <param name="Prices">US dollars per million tokens; null where none are configured.</param>
/// <param name="TakesImages">True where a prompt may have images.</param>
public sealed record ExpertTerms(TokenPrices? Prices, bool TakesImages);
