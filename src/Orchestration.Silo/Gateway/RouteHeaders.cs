using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orchestration.Core.Routing;

namespace Orchestration.Silo.Gateway;

/// <summary>The headers that say who answered and why; <c>/v1/routes/{id}</c> says all of it.</summary>
internal static class RouteHeaders
{
    public const string Route = "x-orchestration-route";
    public const string Expert = "x-orchestration-expert";
    public const string Policy = "x-orchestration-policy";
    public const string PolicyVersion = "x-orchestration-policy-version";
    public const string Aggregator = "x-orchestration-aggregator";
    public const string Cost = "x-orchestration-cost-usd";

    /// <summary>Sets those that are known before the answer begins.</summary>
    public static void Set(IHeaderDictionary headers, RouteDecision decision, string? expert, string? aggregator)
    {
        headers[Route] = decision.Id;
        if (expert is not null) headers[Expert] = expert;
        if (decision.Policy.Length > 0)
        {
            headers[Policy] = decision.Policy;
            if (decision.PolicyVersion.Length >= 12) headers[PolicyVersion] = decision.PolicyVersion[..12];
        }

        headers[Aggregator] = aggregator ?? "none";
    }

    /// <summary>US dollars as headers and comments write them.</summary>
    public static string Usd(decimal amount) => amount.ToString("0.##########", CultureInfo.InvariantCulture);
}
