using System.Globalization;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Bandits;
using Orchestration.Core.Routing.Policies;

namespace Orchestration.Silo.Gateway;

/// <summary>The bandits of a router's policies. One whose policy, experts and features stay as they are keeps what it has learned when the configuration changes.</summary>
public sealed class Bandits
{
    private Dictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>Makes the policies of a configuration, and the learners of those that are bandits.</summary>
    /// <exception cref="Core.OrchestrationException">A policy cannot be made.</exception>
    public (IReadOnlyDictionary<string, IRoutingPolicy> Policies, IReadOnlyList<BanditLearner> Learners) Prepare(RouterConfig config)
    {
        var known = new Dictionary<string, Known>(StringComparer.Ordinal);
        var policies = RoutingPolicies.Create(config, new PolicySources
        {
            Bandit = (policy, experts, features) =>
            {
                var settings = string.Join('\n', [policy.Rule.ToString(), features.Version, .. experts, policy.Lambda.ToString("R", CultureInfo.InvariantCulture), policy.Width?.ToString("R", CultureInfo.InvariantCulture) ?? ""]);
                var one = _known.TryGetValue(policy.Name, out var before) && before.Settings == settings ? before : new Known(settings, new BanditLearner(BanditSettings.Of(policy, experts), features));
                known[policy.Name] = one;
                return one.Learner.Snapshot();
            },
        });
        _known = known;
        return (policies, [.. known.Values.Select(static k => k.Learner)]);
    }

    private sealed record Known(string Settings, BanditLearner Learner);
}
