using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Orchestration.Backends.Exchanges;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends.Telemetry;

/// <summary>What is known of a call at its end.</summary>
internal readonly record struct CallFacts
{
    public Uri? Endpoint { get; init; }

    public ReplyFacts? Reply { get; init; }

    /// <summary>Why it brought nothing: a reason of an unscored judgment, a status, a code of ours or an exception's name; few values.</summary>
    public string? Failure { get; init; }

    /// <summary>Attempts after the first.</summary>
    public int Retries { get; init; }

    /// <summary>All attempts and waits.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Until the first bytes of a stream.</summary>
    public TimeSpan? FirstChunk { get; init; }
}

/// <summary>
/// Metrics and traces of calls, by OpenTelemetry's semantic conventions for generative AI (schema 1.42) where those have a name, and by names of our own
/// elsewhere: docs/design/telemetry.md lists them. Keys are in none of them, prompts and replies only where that is asked for. Costs next to nothing
/// while nobody listens.
/// </summary>
internal static class ExchangeTelemetry
{
    public const string Name = "Orchestration.Backends";

    private const string Deployment = "orchestration.deployment";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    // The boundaries that the conventions ask for.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
    };

    private static readonly InstrumentAdvice<long> TokenCounts = new()
    {
        HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864],
    };

    private static readonly Histogram<double> Duration = Meter.CreateHistogram("gen_ai.client.operation.duration", "s", "Duration of a call, all attempts and waits included.", null, Seconds);
    private static readonly Histogram<double> FirstChunk = Meter.CreateHistogram("gen_ai.client.operation.time_to_first_chunk", "s", "Time until the first bytes of a stream, waits included.", null, Seconds);
    private static readonly Histogram<long> Tokens = Meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Tokens of a call.", null, TokenCounts);
    private static readonly Histogram<double> Queue = Meter.CreateHistogram("orchestration.call.queue.duration", "s", "Time before a call's first attempt is sent: places, permits, circuits.", null, Seconds);
    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("orchestration.call.retries", "{attempt}", "Attempts after a call's first.");
    private static readonly Counter<double> Cost = Meter.CreateCounter<double>("orchestration.call.cost", "USD", "Cost of calls at the configured prices.");
    private static readonly ConcurrentDictionary<EndpointLane, bool> Lanes = new();

#pragma warning disable IDE0052 // Kept so that it is read with the others; nobody asks it directly.
    private static readonly ObservableGauge<double> QuotaUse = Meter.CreateObservableGauge(
        "orchestration.quota.utilization", ReadQuotas, "1", "Share of a quota that this process has sent or reserved in the last 60 s.");
#pragma warning restore IDE0052

    /// <summary>True where traces are wanted.</summary>
    public static bool IsTraced => Source.HasListeners();

    /// <summary>A lane's use of its quota is shown from now on.</summary>
    public static void Watch(EndpointLane lane) => Lanes.TryAdd(lane, true);

    /// <summary>A lane is closed.</summary>
    public static void Forget(EndpointLane lane) => Lanes.TryRemove(lane, out _);

    public static Activity? Start(string operation, CallSubject subject, int maxOutputTokens, CallOrigin origin)
    {
        if (!Source.HasListeners()) return null;
        var tags = new ActivityTagsCollection
        {
            { "gen_ai.operation.name", operation },
            { "gen_ai.provider.name", subject.Provider },
            { "gen_ai.request.model", subject.Model },
            { Deployment, subject.Deployment },
        };
        if (maxOutputTokens > 0) tags.Add("gen_ai.request.max_tokens", maxOutputTokens);
        if (!string.IsNullOrEmpty(origin.Judge)) tags.Add("orchestration.judge", origin.Judge);
        if (!string.IsNullOrEmpty(origin.Payer)) tags.Add("orchestration.payer", origin.Payer);
        return Source.StartActivity($"{operation} {subject.Model}", ActivityKind.Client, parentContext: default, tags);
    }

    public static void Queued(string deployment, TimeSpan wait)
    {
        if (Queue.Enabled) Queue.Record(wait.TotalSeconds, new KeyValuePair<string, object?>(Deployment, deployment));
    }

    /// <summary>Ends the span, where there is one, and measures the call.</summary>
    public static void End(Activity? activity, string operation, CallSubject subject, in CallFacts facts)
    {
        var usage = facts.Reply?.Usage;
        var cost = (usage is { } priced ? subject.Prices?.Cost(priced) : null) ?? (facts.Failure is null ? subject.PricePerCall : null) ?? 0;
        if (activity is not null) Describe(activity, facts, cost);
        if (Duration.Enabled) Duration.Record(facts.Duration.TotalSeconds, Tags(operation, subject, facts, isEnd: true));
        if (facts.FirstChunk is { } first && FirstChunk.Enabled) FirstChunk.Record(first.TotalSeconds, Tags(operation, subject, facts, isEnd: false));
        if (facts.Retries > 0 && Retries.Enabled) Retries.Add(facts.Retries, new KeyValuePair<string, object?>(Deployment, subject.Deployment));
        if (cost > 0 && Cost.Enabled) Cost.Add((double)cost, new KeyValuePair<string, object?>(Deployment, subject.Deployment), new KeyValuePair<string, object?>("gen_ai.request.model", subject.Model));
        if (usage is not { } tokens || !Tokens.Enabled) return;
        Count("input", tokens.Input, operation, subject, facts);
        Count("output", tokens.Output, operation, subject, facts);
    }

    private static void Count(string type, long tokens, string operation, CallSubject subject, in CallFacts facts)
    {
        var tags = Tags(operation, subject, facts, isEnd: false);
        tags.Add("gen_ai.token.type", type);
        Tokens.Record(tokens, tags);
    }

    private static void Describe(Activity activity, in CallFacts facts, decimal cost)
    {
        if (facts.Endpoint is { } endpoint) activity.SetTag("server.address", endpoint.Host).SetTag("server.port", endpoint.Port);
        if (facts.Reply is { } reply)
        {
            if (reply.Id is { } id) activity.SetTag("gen_ai.response.id", id);
            if (reply.Model is { } served) activity.SetTag("gen_ai.response.model", served);
            if (reply.Finish is { } finish) activity.SetTag("gen_ai.response.finish_reasons", new[] { finish });
            if (reply.Fingerprint is { } fingerprint) activity.SetTag("openai.response.system_fingerprint", fingerprint);
            if (reply.Usage is { } usage)
            {
                activity.SetTag("gen_ai.usage.input_tokens", usage.Input).SetTag("gen_ai.usage.output_tokens", usage.Output);
                if (usage.CachedInput > 0) activity.SetTag("gen_ai.usage.cache_read.input_tokens", usage.CachedInput);
                if (usage.Reasoning > 0) activity.SetTag("gen_ai.usage.reasoning.output_tokens", usage.Reasoning);
            }
        }

        if (cost > 0) activity.SetTag("orchestration.cost.usd", (double)cost);
        if (facts.Retries > 0) activity.SetTag("orchestration.retries", facts.Retries);
        if (facts.Failure is { } failure) activity.SetTag("error.type", failure).SetStatus(ActivityStatusCode.Error);
        activity.Stop();
    }

    private static TagList Tags(string operation, CallSubject subject, in CallFacts facts, bool isEnd)
    {
        var tags = new TagList
        {
            { "gen_ai.operation.name", operation },
            { "gen_ai.provider.name", subject.Provider },
            { "gen_ai.request.model", subject.Model },
            { Deployment, subject.Deployment },
        };
        if (facts.Reply?.Model is { } served) tags.Add("gen_ai.response.model", served);
        if (facts.Endpoint is { } endpoint)
        {
            tags.Add("server.address", endpoint.Host);
            tags.Add("server.port", endpoint.Port);
        }

        if (isEnd && facts.Failure is { } failure) tags.Add("error.type", failure);
        return tags;
    }

    private static List<Measurement<double>> ReadQuotas()
    {
        var measured = new List<Measurement<double>>();
        foreach (var lane in Lanes.Keys)
        {
            var (requests, tokens) = lane.QuotaUse;
            if (requests is { } ofRequests) measured.Add(Of(lane, "requests", ofRequests));
            if (tokens is { } ofTokens) measured.Add(Of(lane, "tokens", ofTokens));
        }

        return measured;
    }

    private static Measurement<double> Of(EndpointLane lane, string kind, double share) => new(
        share, new(Deployment, lane.Deployment), new("server.address", lane.Endpoint.Address.Host), new("server.port", lane.Endpoint.Address.Port), new("orchestration.quota.kind", kind));
}
