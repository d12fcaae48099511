using System.CommandLine;
using Orchestration.Core;
using Orchestration.Simulation;

namespace Orchestration.Cli.Endpoint;

/// <summary>The options of <c>orchestrate endpoint</c> about limits.</summary>
internal sealed class EndpointLimitOptions
{
    private readonly Option<int?> _rpm = new("--rpm") { Description = "Requests a minute; above them 429." };
    private readonly Option<long?> _tpm = new("--tpm") { Description = "Tokens a minute; above them 429." };
    private readonly Option<int?> _rpd = new("--rpd") { Description = "Requests a day; above them 429 with the time until the next." };
    private readonly Option<string> _charge = new("--charge") { Description = "What a call counts for in --tpm: reserved (prompt and maximum output) or used.", DefaultValueFactory = _ => "reserved" };
    private readonly Option<double> _capacity = new("--capacity-seconds") { Description = "What may pass at once after a pause, in seconds of the quota.", DefaultValueFactory = _ => 0.5 };
    private readonly Option<string> _retryHeader = new("--retry-header") { Description = "How a 429 says the wait: none, seconds, date, ms (retry-after-ms) or azure-ms (x-ms-retry-after-ms).", DefaultValueFactory = _ => "seconds" };
    private readonly Option<string> _rateHeaders = new("--rate-headers") { Description = "What x-ratelimit-* say: off, truthful, zero or negative.", DefaultValueFactory = _ => "off" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _rpm, _tpm, _rpd, _charge, _capacity, _retryHeader, _rateHeaders }) command.Add(option);
    }

    /// <summary>The limits asked for; null for none.</summary>
    /// <exception cref="OrchestrationException">A value is unknown or out of range.</exception>
    public ScriptedLimits? Read(ParseResult parsed)
    {
        var limits = new ScriptedLimits
        {
            RequestsPerMinute = Positive(parsed, _rpm),
            TokensPerMinute = Positive(parsed, _tpm),
            RequestsPerDay = Positive(parsed, _rpd),
            CapacitySeconds = parsed.GetValue(_capacity),
            Charge = Choice(parsed, _charge, ("reserved", ScriptedTokenCharge.AsReserved), ("used", ScriptedTokenCharge.AsUsed)),
            RetryHint = Choice(
                parsed, _retryHeader, ("none", ScriptedRetryHint.None), ("seconds", ScriptedRetryHint.Seconds), ("date", ScriptedRetryHint.Date), ("ms", ScriptedRetryHint.Milliseconds), ("azure-ms", ScriptedRetryHint.AzureMilliseconds)),
            RateHeaders = Choice(
                parsed, _rateHeaders, ("off", ScriptedRateHeaders.Off), ("truthful", ScriptedRateHeaders.Truthful), ("zero", ScriptedRateHeaders.Zero), ("negative", ScriptedRateHeaders.Negative)),
        };
        if (!(limits.CapacitySeconds is >= 0 and <= 60)) throw new OrchestrationException(ErrorCodes.Usage, "--capacity-seconds: write a number from 0 to 60.");
        var isLimited = limits.RequestsPerMinute is not null || limits.TokensPerMinute is not null || limits.RequestsPerDay is not null;
        return isLimited || limits.RateHeaders != ScriptedRateHeaders.Off ? limits : null;
    }

    private static T? Positive<T>(ParseResult parsed, Option<T?> option)
        where T : struct, IComparable<T> =>
        parsed.GetValue(option) is { } value && value.CompareTo(default) <= 0 ? throw new OrchestrationException(ErrorCodes.Usage, $"{option.Name}: write a number above 0.") : parsed.GetValue(option);

    private static T Choice<T>(ParseResult parsed, Option<string> option, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        var given = parsed.GetValue(option);
        foreach (var (word, value) in choices)
        {
            if (string.Equals(word, given, StringComparison.OrdinalIgnoreCase)) return value;
        }

        var words = new List<string>();
        foreach (var (word, _) in choices) words.Add(word);
        throw new OrchestrationException(ErrorCodes.Usage, $"{option.Name} {given}: write one of {string.Join(", ", words)}.");
    }
}
