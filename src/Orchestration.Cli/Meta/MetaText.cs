using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Learning.Intervals;

namespace Orchestration.Cli.Meta;

/// <summary>How figures with bounds are written in tables and in JSON, the same for all of <c>meta</c>.</summary>
internal static class MetaText
{
    private static readonly JsonSerializerOptions Line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Number(double value, int digits = 3) => double.IsNaN(value) ? "" : double.IsPositiveInfinity(value) ? "never" : value.ToString(digits == 0 ? "N0" : "F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    public static string Percent(double value) => double.IsNaN(value) ? "" : (value * 100).ToString("0.00", CultureInfo.InvariantCulture) + "%";

    /// <summary>A value with its bounds.</summary>
    public static string Of(in Estimate estimate, int digits = 3) => double.IsNaN(estimate.Value) ? "not defined"
        : double.IsNaN(estimate.Lower) ? Number(estimate.Value, digits)
        : $"{Number(estimate.Value, digits)} [{Number(estimate.Lower, digits)}, {Number(estimate.Upper, digits)}]";

    public static JsonNode? Json(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    public static JsonObject Json(in Estimate estimate)
    {
        var json = new JsonObject { ["value"] = Json(estimate.Value), ["lower"] = Json(estimate.Lower), ["upper"] = Json(estimate.Upper) };
        if (estimate.Undefined != 0) json["undefined_resamples"] = estimate.Undefined;
        return json;
    }

    public static string ToLine(JsonObject json) => json.ToJsonString(Line);

    /// <summary>Says what of the input was left out.</summary>
    public static async Task RejectsAsync(CliContext context, RowReport report)
    {
        if (report.Rejected == 0) return;
        await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{report.Rejected:N0} bad {(report.Rejected == 1 ? "row" : "rows")} left out; the first: {report.FirstReject}"));
    }
}
