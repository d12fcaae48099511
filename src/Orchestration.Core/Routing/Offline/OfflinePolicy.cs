using System.Globalization;
using Orchestration.Core.Routing.Models;
using Orchestration.Core.Routing.Policies;

namespace Orchestration.Core.Routing.Offline;

/// <summary>A policy to be evaluated: <c>auto</c>, a head, or a rule with its number, such as <c>cheapest=0.6</c>, <c>net-value=50</c>, <c>two-model=0.1</c>, <c>always=MODEL</c>.</summary>
/// <param name="Name">As it was asked for.</param>
/// <param name="Config">Its configuration.</param>
/// <param name="Head">The head whose predictions it goes by; null for what training chose.</param>
public sealed record OfflinePolicy(string Name, PolicyConfig Config, RoutingHead? Head)
{
    /// <summary>Reads a policy.</summary>
    /// <param name="text">As above.</param>
    /// <param name="experts">The matrix's experts.</param>
    /// <exception cref="OrchestrationException">No such policy, or a number out of its range (<see cref="ErrorCodes.Usage"/>).</exception>
    public static OfflinePolicy Parse(string text, IReadOnlyList<string> experts)
    {
        ArgumentNullException.ThrowIfNull(text);
        var at = text.IndexOf('=', StringComparison.Ordinal);
        var (name, value) = at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
        var config = new PolicyConfig { Name = text, Rule = RoutingRule.Best };
        if (value is null && name is RoutingHeads.Auto or "best") return new OfflinePolicy(text, config, null);
        if (value is null && RoutingHeads.Find(name) is { } head)
        {
            var rule = head switch { RoutingHead.Nearest => RoutingRule.Nearest, RoutingHead.Clusters => RoutingRule.Clusters, RoutingHead.Skills => RoutingRule.Skills, _ => RoutingRule.Best };
            return new OfflinePolicy(text, config with { Rule = rule }, head);
        }

        return (name, value) switch
        {
            ("cheapest", { } least) => new OfflinePolicy(text, config with { Rule = RoutingRule.Cheapest, Threshold = Number(text, least, 0, 1) }, null),
            ("net-value", { } lambda) => new OfflinePolicy(text, config with { Rule = RoutingRule.NetValue, Lambda = Number(text, lambda, 0, 1e9) }, null),
            ("two-model", { } gain) when experts.Count == 2 => new OfflinePolicy(text, config with { Rule = RoutingRule.TwoModel, Threshold = Number(text, gain, -1, 1), Experts = experts }, null),
            ("always", { } expert) when experts.Contains(expert, StringComparer.Ordinal) => new OfflinePolicy(text, config with { Rule = RoutingRule.Always, Experts = [expert] }, null),
            ("always", _) => throw new OrchestrationException(ErrorCodes.Usage, $"--policy {text}: the matrix has no expert of that name. There are: {string.Join(", ", experts)}."),
            _ => throw new OrchestrationException(
                ErrorCodes.Usage, $"--policy {text}: write auto, {string.Join(", ", RoutingHeads.All)}, cheapest=QUALITY, net-value=LAMBDA, always=MODEL{(experts.Count == 2 ? ", two-model=GAIN" : "")}."),
        };
    }

    /// <summary>The policy on a model.</summary>
    internal IRoutingPolicy On(RoutingModel model, IReadOnlyList<string> order)
    {
        // The strong one comes second, whichever the training rows say it is.
        var config = Config.Rule == RoutingRule.TwoModel ? Config with { Experts = order } : Config;
        var experts = model.Experts.Select(static e => new ExpertConfig { Name = e, Deployment = e }).ToArray();
        return RoutingPolicies.Create(config, experts, Config.Rule == RoutingRule.Always ? null : Head is { } head ? model.Only(head) : model);
    }

    private static double Number(string policy, string text, double least, double most) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"--policy {policy}: the number lies from {least} to {most}."));
}
