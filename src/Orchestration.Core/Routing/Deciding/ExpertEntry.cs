using System.Globalization;
using Orchestration.Core.Routing.Health;

namespace Orchestration.Core.Routing.Deciding;

/// <summary>What is known of an expert from its traffic; outlives a change of the configuration.</summary>
internal sealed class ExpertRecord(TimeProvider time, Func<double> jitter)
{
    /// <summary>Output tokens that a call is expected to make before any has been seen.</summary>
    private const double FirstGuess = 400;

    private double _meanOutput = FirstGuess;
    private int _seen;

    public ExpertHealth Health { get; } = new(time, jitter);

    /// <summary>Mean output of its answers: of all among the first 50, then of the last 50 or so. Two that end at once may count as one: it is an estimate.</summary>
    public double MeanOutput => Volatile.Read(ref _meanOutput);

    public void Answered(long outputTokens)
    {
        if (outputTokens <= 0) return;
        var seen = Math.Min(Interlocked.Increment(ref _seen), 50);
        var mean = Volatile.Read(ref _meanOutput);
        Volatile.Write(ref _meanOutput, mean + ((outputTokens - mean) / seen));
    }
}

/// <summary>An expert on a table: as configured, with its prices and its record. Immutable but for the record.</summary>
internal sealed class ExpertEntry(ExpertConfig config, ExpertTerms terms, ExpertRecord record, string? quarantine)
{
    private readonly double _input = (double)(terms.Prices?.Input ?? 0) / 1e6;
    private readonly double _output = (double)(terms.Prices?.Output ?? 0) / 1e6;

    public string Name => Config.Name;

    public ExpertConfig Config { get; } = config;

    public ExpertRecord Record { get; } = record;

    public string? Quarantine { get; } = quarantine;

    /// <summary>What the call is expected to cost; null without prices.</summary>
    public double? Expected(RoutingPrompt prompt) => terms.Prices is null ? null : (prompt.PromptTokens * _input) + (Math.Min(Most(prompt), Record.MeanOutput) * _output);

    /// <summary>Why it cannot take the request; null where it can.</summary>
    public string? Refusal(RouteRequest request, long now, out bool mayBeTried)
    {
        mayBeTried = false;
        if (Quarantine is { } reason) return "quarantined: " + reason;
        if (request.HasImages && !terms.TakesImages) return "takes no images";
        if (Config.ContextTokens is { } context && request.Prompt.PromptTokens + Room(request.Prompt, context) > context)
            return string.Create(CultureInfo.InvariantCulture, $"context of {context:N0} tokens");
        if (request.MaxUsd is { } most)
        {
            if (terms.Prices is not { } prices) return "has no prices, and the request has a limit in money";
            var bound = prices.UpperBound(request.Prompt.PromptTokens, Most(request.Prompt));
            if (bound > most) return string.Create(CultureInfo.InvariantCulture, $"may cost {bound:0.######} USD, and {most:0.######} are left");
        }

        switch (Record.Health.Stand(now))
        {
            case Standing.Cooling:
                return Record.Health.Reason(now);
            case Standing.MayBeTried:
                mayBeTried = true;
                break;
        }

        return null;
    }

    private int Most(RoutingPrompt prompt) => prompt.OutputTokens > 0 ? prompt.OutputTokens : Config.MaxOutputTokens;

    // A request that states no output is given what is left; a quarter of the context is left at least.
    private int Room(RoutingPrompt prompt, int context) => prompt.OutputTokens > 0 ? prompt.OutputTokens : Math.Min(Config.MaxOutputTokens, context / 4);
}
