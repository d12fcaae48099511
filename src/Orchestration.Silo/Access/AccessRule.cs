using Microsoft.AspNetCore.Builder;
using Orchestration.Core.Access;

namespace Orchestration.Silo.Access;

/// <summary>Who may ask an endpoint, and in which shape it says no. An endpoint without a rule answers nobody.</summary>
/// <param name="Roles">One of these is needed; <see cref="AccessRoles.None"/> for an endpoint that needs no key.</param>
/// <param name="IsOpenAi">True where errors have OpenAI's shape; otherwise they are problem details.</param>
/// <param name="TakesScaler">True where the scaler's token opens it too.</param>
internal sealed record AccessRule(AccessRoles Roles, bool IsOpenAi = false, bool TakesScaler = false)
{
    /// <summary>Adds the rule to an endpoint, or to all of a group.</summary>
    public static T Set<T>(T builder, AccessRule rule)
        where T : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(rule));
        return builder;
    }
}

/// <summary>Adds rules to endpoints.</summary>
internal static class AccessRules
{
    /// <summary>A key with one of these roles is needed; errors are problem details.</summary>
    public static T Needs<T>(this T builder, AccessRoles roles)
        where T : IEndpointConventionBuilder => AccessRule.Set(builder, new AccessRule(roles));

    /// <summary>A key with one of these roles is needed; errors have OpenAI's shape.</summary>
    public static T NeedsAsOpenAi<T>(this T builder, AccessRoles roles)
        where T : IEndpointConventionBuilder => AccessRule.Set(builder, new AccessRule(roles, IsOpenAi: true));

    /// <summary>A key with one of these roles is needed, or the scaler's token.</summary>
    public static T NeedsOrScaler<T>(this T builder, AccessRoles roles)
        where T : IEndpointConventionBuilder => AccessRule.Set(builder, new AccessRule(roles, TakesScaler: true));

    /// <summary>No key is needed: nothing that anybody may not know is told.</summary>
    public static T NeedsNoKey<T>(this T builder)
        where T : IEndpointConventionBuilder => AccessRule.Set(builder, new AccessRule(AccessRoles.None));
}
