namespace Orchestration.Core.Configuration;

/// <summary>Reads a block <c>limits</c>.</summary>
internal static class EndpointLimitsReader
{
    /// <summary>The limits; what the block does not say is as usual.</summary>
    public static EndpointLimits Read(ConfigurationSection section, EndpointLimits usual)
    {
        if (section.Section("limits", "Write '{concurrency: 64, requests-per-minute: 6000, tokens-per-minute: 1000000}'.") is not { } limits) return usual;
        var result = new EndpointLimits(
            limits.Integer("concurrency", 1, 4096, "calls in flight") ?? usual.Concurrency,
            limits.Integer("requests-per-minute", 1, int.MaxValue, "requests a minute") ?? usual.RequestsPerMinute,
            limits.Integer("tokens-per-minute", 1, int.MaxValue, "tokens a minute") ?? usual.TokensPerMinute,
            limits.OneOf("tokens-charged", ("reserved", TokensCharged.Reserved), ("used", TokensCharged.Used)) ?? usual.TokensCharged);
        if (limits.Has("tokens-charged") && result.TokensPerMinute is null)
            limits.Problem("tokens-charged", $"{limits.Option("tokens-charged")} is set without tokens-per-minute. Add that, or take it out.");
        limits.RefuseUnknown();
        return result;
    }
}
