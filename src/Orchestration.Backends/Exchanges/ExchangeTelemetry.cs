using System.Diagnostics;
using System.Diagnostics.Metrics;
using Orchestration.Core.Judging;

namespace Orchestration.Backends.Exchanges;

/// <summary>What is known of a call at its end.</summary>
internal readonly record struct CallFacts(
    string Deployment, string Model, Uri? Endpoint, string? ServedModel, TokenUsage? Usage, string? Failure, int Retries, TimeSpan Duration);

/// <summary>
/// Metrics and traces of calls, by OpenTelemetry's semantic conventions for generative AI where those have a name. Prompts, replies and keys are in none
/// of them. Costs next to nothing while nobody listens.
/// </summary>
internal static class ExchangeTelemetry
{
    public const string Name = "Orchestration.Backends";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("gen_ai.client.operation.duration", "s", "Duration of a call, all attempts and waits included.");
    private static readonly Histogram<long> Tokens = Meter.CreateHistogram<long>("gen_ai.client.token.usage", "{token}", "Tokens of a call.");
    private static readonly Histogram<double> Queue = Meter.CreateHistogram<double>("orchestration.call.queue.duration", "s", "Time before a call's first attempt is sent: places, permits, circuits.");
    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("orchestration.call.retries", "{attempt}", "Attempts after a call's first.");
    private static readonly Counter<double> Cost = Meter.CreateCounter<double>("orchestration.call.cost", "USD", "Cost of calls at the configured prices.");

    public static Activity? Start(ExchangeRequest request, string deployment, string model)
    {
        if (!Source.HasListeners()) return null;
        var operation = Operation(request.Path);
        var activity = Source.StartActivity($"{operation} {model}", ActivityKind.Client);
        activity?.SetTag("gen_ai.operation.name", operation).SetTag("gen_ai.request.model", model).SetTag("orchestration.deployment", deployment);
        if (request.MaxOutputTokens > 0) activity?.SetTag("gen_ai.request.max_tokens", request.MaxOutputTokens);
        if (request.Origin.Judge.Length > 0) activity?.SetTag("orchestration.judge", request.Origin.Judge);
        if (request.Origin.Payer.Length > 0) activity?.SetTag("orchestration.payer", request.Origin.Payer);
        return activity;
    }

    public static void Queued(string deployment, TimeSpan wait)
    {
        if (Queue.Enabled) Queue.Record(wait.TotalSeconds, new KeyValuePair<string, object?>("orchestration.deployment", deployment));
    }

    public static void End(Activity? activity, in CallFacts facts)
    {
        if (activity is not null)
        {
            activity.SetTag("server.address", facts.Endpoint?.Host).SetTag("server.port", facts.Endpoint?.Port);
            if (facts.ServedModel is { } served) activity.SetTag("gen_ai.response.model", served);
            if (facts.Usage is { } usage) activity.SetTag("gen_ai.usage.input_tokens", usage.Input).SetTag("gen_ai.usage.output_tokens", usage.Output);
            if (facts.Retries > 0) activity.SetTag("http.request.resend_count", facts.Retries);
            if (facts.Failure is { } failure) activity.SetTag("error.type", failure).SetStatus(ActivityStatusCode.Error);
        }

        if (Duration.Enabled) Duration.Record(facts.Duration.TotalSeconds, Tags(facts));
        if (facts.Retries > 0 && Retries.Enabled) Retries.Add(facts.Retries, new KeyValuePair<string, object?>("orchestration.deployment", facts.Deployment));
        if (facts.Usage is not { } tokens || !Tokens.Enabled) return;
        var tags = Tags(facts);
        tags.Add("gen_ai.token.type", "input");
        Tokens.Record(tokens.Input, tags);
        tags = Tags(facts);
        tags.Add("gen_ai.token.type", "output");
        Tokens.Record(tokens.Output, tags);
    }

    /// <summary>What a call cost.</summary>
    public static void Spent(string deployment, decimal usd)
    {
        if (usd > 0 && Cost.Enabled) Cost.Add((double)usd, new KeyValuePair<string, object?>("orchestration.deployment", deployment));
    }

    private static TagList Tags(in CallFacts facts)
    {
        var tags = new TagList
        {
            { "gen_ai.operation.name", "chat" },
            { "gen_ai.provider.name", "openai" },
            { "gen_ai.request.model", facts.Model },
            { "orchestration.deployment", facts.Deployment },
        };
        if (facts.Failure is { } failure) tags.Add("error.type", failure);
        return tags;
    }

    private static string Operation(string path) => path.EndsWith("/chat/completions", StringComparison.Ordinal) ? "chat"
        : path.EndsWith("/embeddings", StringComparison.Ordinal) ? "embeddings" : "score";
}
