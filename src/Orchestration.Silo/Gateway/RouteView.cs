using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway.Errors;

namespace Orchestration.Silo.Gateway;

/// <summary><c>GET /v1/routes/{id}</c>: who answered and why, what every candidate was thought to be worth, what it cost, and how it was judged.</summary>
internal static class RouteView
{
    public static async Task ShowAsync(HttpContext http, GatewaySetup? setup, GatewayCaller caller, string id)
    {
        var record = setup is null ? null : await setup.Router.FindAsync(id, http.RequestAborted);

        // Another key's route is as unknown as none.
        if (record is null || !caller.Sees(record.Decision.Key))
        {
            await new GatewayError(StatusCodes.Status404NotFound, GatewayError.InvalidRequest, "route_not_found", $"Nothing is kept of a route '{id}': it was never routed here, is too old, or was deleted.").SendAsync(http.Response, http.RequestAborted);
            return;
        }

        var body = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(body)) Write(json, record);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.Body.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }

    private static void Write(Utf8JsonWriter json, RouteRecord record)
    {
        var decision = record.Decision;
        json.WriteStartObject();
        json.WriteString("id", decision.Id);
        json.WriteString("at", decision.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        Text(json, "key", decision.Key);
        Text(json, "policy", decision.Policy);
        Text(json, "policy_version", decision.PolicyVersion);
        Text(json, "features_version", decision.FeaturesVersion);
        json.WriteString("plan", decision.Choice.Kind switch { PlanKind.Cascade => "cascade", PlanKind.BestOf => "best-of", PlanKind.FusionOf => "fusion-of", _ => "single" });
        json.WriteString("reason", decision.Choice.Reason);
        json.WriteString("expert", decision.Expert);
        json.WriteNumber("probability", decision.Probability);
        json.WriteBoolean("explored", decision.IsExploration);
        json.WriteBoolean("abstained", decision.Choice.IsAbstention);
        json.WriteBoolean("sampled", decision.IsSampled);
        json.WriteStartArray("candidates");
        foreach (var estimate in decision.Choice.Estimates) Estimate(json, estimate);
        json.WriteEndArray();
        json.WriteStartArray("excluded");
        foreach (var excluded in decision.Excluded)
        {
            json.WriteStartObject();
            json.WriteString("expert", excluded.Expert);
            json.WriteString("reason", excluded.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (record.Outcome is { } outcome) Outcome(json, outcome);
        Judged(json, record);
        json.WriteEndObject();
    }

    private static void Estimate(Utf8JsonWriter json, in ExpertEstimate estimate)
    {
        json.WriteStartObject();
        json.WriteString("expert", estimate.Expert);
        Number(json, "quality", estimate.Quality);
        Number(json, "lower", estimate.Lower);
        Number(json, "upper", estimate.Upper);
        Number(json, "cost_usd", estimate.CostUsd ?? double.NaN);
        Number(json, "probability", estimate.Probability);
        json.WriteEndObject();
    }

    private static void Outcome(Utf8JsonWriter json, RouteOutcome outcome)
    {
        Text(json, "answered_by", outcome.AnsweredBy);
        json.WriteNumber("status", outcome.Status);
        json.WriteNumber("cost_usd", outcome.CostUsd);
        json.WriteNumber("input_tokens", outcome.InputTokens);
        json.WriteNumber("output_tokens", outcome.OutputTokens);
        json.WriteNumber("seconds", outcome.Latency.TotalSeconds);
        Text(json, "chosen_with_aggregator", outcome.AggregatorVersion);
        json.WriteStartArray("chosen_by");
        foreach (var judge in outcome.ChosenBy) json.WriteStringValue(judge);
        json.WriteEndArray();
        json.WriteStartArray("calls");
        foreach (var step in outcome.Steps)
        {
            json.WriteStartObject();
            json.WriteString("expert", step.Expert);
            json.WriteString("role", step.Role);
            json.WriteNumber("status", step.Status);
            json.WriteNumber("cost_usd", step.CostUsd);
            json.WriteNumber("unknown_usd", step.UnknownUsd);
            json.WriteNumber("seconds", step.Latency.TotalSeconds);
            Number(json, "score", step.Score);
            Text(json, "problem", step.Problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Judged(Utf8JsonWriter json, RouteRecord record)
    {
        Number(json, "score", record.Score ?? double.NaN);
        Number(json, "score_lower", record.Interval?.Lower ?? double.NaN);
        Number(json, "score_upper", record.Interval?.Upper ?? double.NaN);
        Text(json, "aggregator", record.AggregatorVersion);
        json.WriteStartObject("scores");
        foreach (var (judge, score) in record.Scores.OrderBy(static s => s.Key, StringComparer.Ordinal)) json.WriteNumber(judge, score);
        json.WriteEndObject();
        json.WriteStartObject("unscored");
        foreach (var (judge, reason) in record.Unscored.OrderBy(static s => s.Key, StringComparer.Ordinal)) json.WriteString(judge, reason);
        json.WriteEndObject();
        json.WriteStartArray("feedback");
        foreach (var rating in record.Feedback)
        {
            json.WriteStartObject();
            json.WriteNumber("rating", rating.Rating);
            json.WriteString("source", rating.Source);
            Text(json, "comment", rating.Comment);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, (float)value);
        else json.WriteNull(name);
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (string.IsNullOrEmpty(value)) json.WriteNull(name);
        else json.WriteString(name, value);
    }
}
