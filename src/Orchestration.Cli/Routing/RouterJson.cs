using System.Text;
using System.Text.Json;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Orchestration.Learning.Intervals;

namespace Orchestration.Cli.Routing;

/// <summary>Routes and reports of the router as one line of JSON; a number that is not there is null.</summary>
internal static class RouterJson
{
    public static string Line(RouteRecord route) => Line(writer =>
    {
        var d = route.Decision;
        writer.WriteString("id", d.Id);
        writer.WriteString("at", d.At);
        writer.WriteString("key", d.Key);
        writer.WriteString("policy", d.Policy);
        writer.WriteString("policy_version", d.PolicyVersion);
        writer.WriteString("features_version", d.FeaturesVersion);
        writer.WriteString("plan", d.Choice.Kind.ToString().ToLowerInvariant());
        Strings(writer, "experts", d.Choice.Experts);
        writer.WriteString("reason", d.Choice.Reason);
        writer.WriteBoolean("explored", d.IsExploration);
        writer.WriteNumber("probability", d.Probability);
        writer.WriteStartArray("candidates");
        foreach (var e in d.Choice.Estimates)
        {
            writer.WriteStartObject();
            writer.WriteString("expert", e.Expert);
            Number(writer, "quality", e.Quality);
            Number(writer, "lower", e.Lower);
            Number(writer, "upper", e.Upper);
            Number(writer, "cost_usd", e.CostUsd ?? double.NaN);
            writer.WriteNumber("probability", e.Probability);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("excluded");
        foreach (var e in d.Excluded) writer.WriteString(e.Expert, e.Reason);
        writer.WriteEndObject();
        if (route.Outcome is { } o)
        {
            writer.WriteString("answered_by", o.AnsweredBy);
            writer.WriteNumber("status", o.Status);
            writer.WriteNumber("cost_usd", o.CostUsd);
            writer.WriteNumber("latency_seconds", o.Latency.TotalSeconds);
            writer.WriteString("prompt", o.Prompt);
            writer.WriteString("answer", o.Answer);
        }

        Number(writer, "score", route.Score ?? double.NaN);
        writer.WriteString("aggregator", route.AggregatorVersion);
        writer.WriteStartObject("scores");
        foreach (var (judge, score) in route.Scores.OrderBy(static s => s.Key, StringComparer.Ordinal)) writer.WriteNumber(judge, score);
        writer.WriteEndObject();
        writer.WriteStartObject("unscored");
        foreach (var (judge, why) in route.Unscored.OrderBy(static s => s.Key, StringComparer.Ordinal)) writer.WriteString(judge, why);
        writer.WriteEndObject();
        writer.WriteStartArray("ratings");
        foreach (var rating in route.Feedback)
        {
            writer.WriteStartObject();
            writer.WriteString("source", rating.Source);
            writer.WriteNumber("rating", rating.Rating);
            writer.WriteString("comment", rating.Comment);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    public static string Line(RouterReport report) => Line(writer =>
    {
        writer.WriteString("at", report.At);
        writer.WriteString("from", report.From.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
        writer.WriteStartArray("experts");
        foreach (var e in report.Experts)
        {
            writer.WriteStartObject();
            writer.WriteString("expert", e.Expert);
            writer.WriteString("quarantined", e.Quarantine);
            Estimate(writer, "quality", e.Corrected);
            writer.WriteString("not_corrected", e.NotCorrected);
            Number(writer, "effective_rows", e.EffectiveRows);
            Estimate(writer, "of_what_it_was_sent", e.OfWhatItWasSent);
            writer.WriteNumber("judged", e.Judged);
            writer.WriteNumber("unscored", e.Unscored);
            writer.WriteNumber("routes", e.Routes);
            writer.WriteNumber("failed", e.Failed);
            writer.WriteNumber("explored", e.Explored);
            writer.WriteNumber("cost_usd", e.CostUsd);
            writer.WriteNumber("unknown_usd", e.UnknownUsd);
            Number(writer, "latency_seconds", e.LatencySeconds);
            Number(writer, "rated", e.Ratings?.Figure ?? double.NaN);
            writer.WriteNumber("ratings", e.Ratings?.Ratings ?? 0);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("judges");
        foreach (var j in report.Judges)
        {
            writer.WriteStartObject();
            writer.WriteString("judge", j.Judge);
            writer.WriteString("quarantined", j.Quarantine);
            writer.WriteNumber("scored", j.Scored);
            Number(writer, "mean", j.Mean);
            writer.WriteStartObject("unscored");
            foreach (var (why, count) in j.Unscored) writer.WriteNumber(why, count);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        Strings(writer, "drift", report.Drift.Select(static f => f.ToString()));
        writer.WriteStartArray("held_back");
        foreach (var source in report.Sources.Where(static s => s.HeldBack is not null))
        {
            writer.WriteStartObject();
            writer.WriteString("source", source.Source);
            writer.WriteNumber("ratings", source.Ratings);
            writer.WriteString("reason", source.HeldBack);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("dropped", report.Dropped);
        writer.WriteNumber("waiting", report.Waiting);
    });

    private static string Line(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Strings(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values) writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value)) writer.WriteNumber(name, value);
        else writer.WriteNull(name);
    }

    private static void Estimate(Utf8JsonWriter writer, string name, Estimate estimate)
    {
        writer.WriteStartObject(name);
        Number(writer, "value", estimate.Value);
        Number(writer, "lower", estimate.Lower);
        Number(writer, "upper", estimate.Upper);
        writer.WriteEndObject();
    }
}
