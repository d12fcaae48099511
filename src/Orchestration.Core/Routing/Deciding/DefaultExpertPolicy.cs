using System.Security.Cryptography;
using System.Text;

namespace Orchestration.Core.Routing.Deciding;

/// <summary>What <c>auto</c> means where no policy of that name is configured: the default expert, after it the others in the order of the configuration.</summary>
internal sealed class DefaultExpertPolicy(string expert) : IRoutingPolicy
{
    public string Name => RouterConfig.DefaultPolicy;

    public string Version { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("default expert\n" + expert)));

    public string FeaturesVersion => "";

    public RoutingChoice Choose(RoutingQuestion question)
    {
        var offers = question.Offers;
        var first = 0;
        for (var i = 0; i < offers.Count; i++)
        {
            if (offers[i].Expert == expert) first = i;
        }

        var experts = new string[offers.Count];
        var estimates = new ExpertEstimate[offers.Count];
        experts[0] = offers[first].Expert;
        for (int i = 0, next = 1; i < offers.Count; i++)
        {
            estimates[i] = new ExpertEstimate(offers[i].Expert, double.NaN, double.NaN, double.NaN, offers[i].CostUsd, i == first ? 1 : 0);
            if (i != first) experts[next++] = offers[i].Expert;
        }

        return new RoutingChoice { Experts = experts, Estimates = estimates, Reason = offers[first].Expert == expert ? "the default expert" : "the default expert is not on offer: the first that is" };
    }
}
