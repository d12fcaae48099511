using Orchestration.Core.Routing.Models;

namespace Orchestration.Core.Routing.Policies;

/// <summary>Where policies get what they are made of.</summary>
public sealed record PolicySources
{
    /// <summary>Reads a routing model; each file is read once for all policies that name it.</summary>
    public Func<string, RoutingModel> ModelOf { get; init; } = RoutingModelFile.Load;

    /// <summary>
    /// Makes a bandit (<see cref="RoutingRule.LinUcb"/>, <see cref="RoutingRule.Thompson"/>) as it stands now, from the policy, its experts, and the features of its routing model or, without one,
    /// <see cref="Features.UntrainedFeatures"/>. Null where no bandit can be made: a policy that asks for one is refused then.
    /// </summary>
    public Func<PolicyConfig, IReadOnlyList<string>, IPromptFeatures, IRoutingPolicy>? Bandit { get; init; }
}

/// <summary>Makes the policies of a router's configuration.</summary>
public static class RoutingPolicies
{
    /// <summary>Makes all of them, by name.</summary>
    /// <param name="config">Experts and policies.</param>
    /// <param name="sources">Where routing models and bandits come from; null for files and no bandits.</param>
    /// <exception cref="OrchestrationException">
    /// A policy states what its rule does not read or lacks what it needs, or its model knows none of its experts (<see cref="ErrorCodes.Configuration"/>); a model's file cannot be read (<see cref="ErrorCodes.Input"/>).
    /// </exception>
    public static IReadOnlyDictionary<string, IRoutingPolicy> Create(RouterConfig config, PolicySources? sources = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        var from = sources ?? new PolicySources();
        var models = new Dictionary<string, RoutingModel>(StringComparer.Ordinal);
        var policies = new Dictionary<string, IRoutingPolicy>(StringComparer.Ordinal);
        foreach (var (name, policy) in config.Policies.OrderBy(static p => p.Key, StringComparer.Ordinal))
        {
            foreach (var (option, problem) in PolicyRules.Problems(policy, PolicyRules.Stated(policy)))
                throw new OrchestrationException(ErrorCodes.Configuration, $"router.policies.{name}.{option} {problem}");
            RoutingModel? model = null;
            if (policy.Model is { } path && !models.TryGetValue(path, out model)) models.Add(path, model = from.ModelOf(path));
            policies.Add(name, Create(policy, config, model, from));
        }

        return policies;
    }

    /// <summary>Makes one policy on a routing model that is at hand.</summary>
    /// <param name="policy">Its configuration.</param>
    /// <param name="experts">The experts as configured: their skills matter to the rule <c>skills</c>.</param>
    /// <param name="model">The routing model; null where the rule needs none.</param>
    /// <exception cref="OrchestrationException">As for all of them.</exception>
    public static IRoutingPolicy Create(PolicyConfig policy, IReadOnlyList<ExpertConfig> experts, RoutingModel? model)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var stated = PolicyRules.Stated(policy).ToList();
        if (model is not null && policy.Model is null) stated.Add("model");
        foreach (var (option, problem) in PolicyRules.Problems(policy, stated))
            throw new OrchestrationException(ErrorCodes.Configuration, $"router.policies.{policy.Name}.{option} {problem}");
        return Create(policy, new RouterConfig { Experts = experts }, model, new PolicySources());
    }

    private static IRoutingPolicy Create(PolicyConfig policy, RouterConfig config, RoutingModel? model, PolicySources sources)
    {
        string[] experts = policy.Experts.Count != 0 ? [.. policy.Experts] : [.. config.Experts.Select(static e => e.Name)];
        if (model is not null && !experts.Any(e => model.Experts.Contains(e, StringComparer.Ordinal)))
        {
            throw new OrchestrationException(
                ErrorCodes.Configuration,
                $"router.policies.{policy.Name}.model knows none of the policy's experts ({string.Join(", ", experts)}): it was trained on {string.Join(", ", model.Experts.Take(12))}. Call the experts as the routing matrix does, or train on one that has them.");
        }

        switch (policy.Rule)
        {
            case RoutingRule.LinUcb or RoutingRule.Thompson:
                var make = sources.Bandit ?? throw new OrchestrationException(ErrorCodes.Configuration, $"router.policies.{policy.Name} learns from rewards, which only a router with a ledger has. Serve it with 'orchestrate serve', or value it with 'orchestrate route replay'.");
                return make(policy, experts, model is not null ? model.Features : new Features.UntrainedFeatures());
            case RoutingRule.Nearest when policy.Count is { } count:
                model = model!.With(RoutingHead.Nearest, count);
                break;
            case RoutingRule.Clusters when policy.Count is { } count:
                model = model!.With(RoutingHead.Clusters, count);
                break;
        }

        var skills = config.Experts.ToDictionary(static e => e.Name, static e => e.Skills, StringComparer.Ordinal);
        return new RulePolicy(policy, experts, skills, model);
    }
}
