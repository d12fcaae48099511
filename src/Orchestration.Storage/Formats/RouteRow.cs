using System.Buffers.Binary;
using Orchestration.Core.Routing;

namespace Orchestration.Storage.Formats;

/// <summary>Writes one route; texts that many routes share are written as their places.</summary>
internal readonly ref struct RouteRowWriter(ByteWriter to, Func<string, int> shared)
{
    public void Write(RouteRecord route)
    {
        var decision = route.Decision;
        to.Count(decision.At.UtcTicks);
        Shared(decision.Key);
        Shared(decision.Policy);
        Shared(decision.PolicyVersion);
        Shared(decision.FeaturesVersion);
        to.Byte((byte)((decision.IsExploration ? 1 : 0) | (decision.IsSampled ? 2 : 0) | (decision.Choice.IsAbstention ? 4 : 0)));
        to.Double(decision.Probability);
        Choice(decision.Choice);
        to.Count(decision.Excluded.Count);
        foreach (var excluded in decision.Excluded)
        {
            Shared(excluded.Expert);
            to.Text(excluded.Reason);
        }

        to.Byte(route.Outcome is null ? (byte)0 : (byte)1);
        if (route.Outcome is { } outcome) Outcome(outcome);
    }

    private void Choice(RoutingChoice choice)
    {
        to.Byte((byte)choice.Kind);
        to.Count(choice.Experts.Count);
        foreach (var expert in choice.Experts) Shared(expert);
        to.Count(choice.Estimates.Count);
        foreach (var e in choice.Estimates)
        {
            Shared(e.Expert);
            Single(e.Quality);
            Single(e.Lower);
            Single(e.Upper);
            Single(e.CostUsd ?? double.NaN);
            to.Double(e.Probability);
        }

        Shared(choice.Reason);
        to.Double(choice.Threshold);
        to.Count(choice.Count);
        Optional(choice.Synthesizer);
        Optional(choice.Judges);
        to.Count(choice.Features.Count);
        foreach (var feature in choice.Features) Single(feature);
    }

    private void Outcome(RouteOutcome outcome)
    {
        to.Count(outcome.Steps.Count);
        foreach (var step in outcome.Steps)
        {
            Shared(step.Expert);
            Shared(step.Role);
            to.Count(step.Status);
            Money(step.CostUsd);
            Money(step.UnknownUsd);
            to.Count(step.Latency.Ticks);
            Single(step.Score);
            Text(step.Problem);
        }

        Optional(outcome.AnsweredBy);
        to.Count(outcome.Status);
        Text(outcome.Prompt);
        Text(outcome.Answer);
        to.Count(outcome.InputTokens);
        to.Count(outcome.OutputTokens);
        Money(outcome.CostUsd);
        to.Count(outcome.ChosenBy.Count);
        foreach (var judge in outcome.ChosenBy) Shared(judge);
        Optional(outcome.AggregatorVersion);
        to.Count(outcome.Latency.Ticks);
    }

    private void Shared(string text) => to.Count(shared(text));

    private void Optional(string? text)
    {
        to.Byte(text is null ? (byte)0 : (byte)1);
        if (text is not null) Shared(text);
    }

    private void Text(string? text)
    {
        to.Byte(text is null ? (byte)0 : (byte)1);
        if (text is not null) to.Text(text);
    }

    private void Single(double value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)value);
        to.Bytes(bytes);
    }

    private void Money(decimal value) => to.Money(value);
}

/// <summary>Reads what <see cref="RouteRowWriter"/> wrote.</summary>
internal static class RouteRowReader
{
    public static RouteRecord Read(ref ByteReader from, string id, string[] texts)
    {
        var at = new DateTimeOffset(from.Count(), TimeSpan.Zero);
        var (key, policy, policyVersion, featuresVersion) = (texts[from.Int()], texts[from.Int()], texts[from.Int()], texts[from.Int()]);
        var flags = from.Byte();
        var probability = from.Double();
        var choice = Choice(ref from, texts, (flags & 4) != 0);
        var excluded = new ExcludedExpert[from.Int()];
        for (var i = 0; i < excluded.Length; i++) excluded[i] = new ExcludedExpert(texts[from.Int()], from.Text());
        var decision = new RouteDecision
        {
            Id = id,
            At = at,
            Key = key,
            Policy = policy,
            PolicyVersion = policyVersion,
            FeaturesVersion = featuresVersion,
            Choice = choice,
            Excluded = excluded,
            IsExploration = (flags & 1) != 0,
            IsSampled = (flags & 2) != 0,
            Probability = probability,
        };
        return new RouteRecord { Decision = decision, Outcome = from.Byte() == 0 ? null : Outcome(ref from, decision, texts) };
    }

    private static RoutingChoice Choice(ref ByteReader from, string[] texts, bool isAbstention)
    {
        var kind = (PlanKind)from.Byte();
        var experts = new string[from.Int()];
        for (var i = 0; i < experts.Length; i++) experts[i] = texts[from.Int()];
        var estimates = new ExpertEstimate[from.Int()];
        for (var i = 0; i < estimates.Length; i++)
        {
            var expert = texts[from.Int()];
            var (quality, lower, upper, cost) = (Single(ref from), Single(ref from), Single(ref from), Single(ref from));
            estimates[i] = new ExpertEstimate(expert, quality, lower, upper, float.IsNaN(cost) ? null : cost, from.Double());
        }

        var (reason, threshold, count) = (texts[from.Int()], from.Double(), from.Int());
        var (synthesizer, judges) = (Optional(ref from, texts), Optional(ref from, texts));
        var features = new float[from.Int()];
        for (var i = 0; i < features.Length; i++) features[i] = Single(ref from);
        return new RoutingChoice
        {
            Kind = kind,
            Experts = experts,
            Estimates = estimates,
            Reason = reason,
            IsAbstention = isAbstention,
            Threshold = threshold,
            Count = count,
            Synthesizer = synthesizer,
            Judges = judges,
            Features = features,
        };
    }

    private static RouteOutcome Outcome(ref ByteReader from, RouteDecision decision, string[] texts)
    {
        var steps = new RouteStep[from.Int()];
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = new RouteStep(
                texts[from.Int()], texts[from.Int()], from.Int(), from.Money(), from.Money(), new TimeSpan(from.Count()), Single(ref from), Text(ref from));
        }

        var (answeredBy, status, prompt, answer) = (Optional(ref from, texts), from.Int(), Text(ref from), Text(ref from));
        var (input, output, cost) = (from.Count(), from.Count(), from.Money());
        var chosenBy = new string[from.Int()];
        for (var i = 0; i < chosenBy.Length; i++) chosenBy[i] = texts[from.Int()];
        return new RouteOutcome
        {
            Decision = decision,
            Steps = steps,
            AnsweredBy = answeredBy,
            Status = status,
            Prompt = prompt,
            Answer = answer,
            InputTokens = input,
            OutputTokens = output,
            CostUsd = cost,
            ChosenBy = chosenBy,
            AggregatorVersion = Optional(ref from, texts),
            Latency = new TimeSpan(from.Count()),
        };
    }

    private static float Single(ref ByteReader from) => BinaryPrimitives.ReadSingleLittleEndian(from.Bytes(4));

    private static string? Optional(ref ByteReader from, string[] texts) => from.Byte() == 0 ? null : texts[from.Int()];

    private static string? Text(ref ByteReader from) => from.Byte() == 0 ? null : from.Text();
}
