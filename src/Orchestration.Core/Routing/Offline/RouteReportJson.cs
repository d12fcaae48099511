using System.Text.Json.Nodes;
using Orchestration.Learning.Intervals;

namespace Orchestration.Core.Routing.Offline;

/// <summary>A report as one JSON object: the first policy's figures, the baselines, and everything with its interval. What is not defined is null.</summary>
public static class RouteReportJson
{
    /// <summary>Writes it.</summary>
    public static JsonObject Write(RouteReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var first = report.Policies[0];
        var baselines = new JsonObject();
        foreach (var baseline in report.Baselines) baselines[baseline.Name] = Number(baseline.Quality.Value);
        var choices = new JsonObject();
        foreach (var (name, count) in report.Choices) choices[name] = count;
        return new JsonObject
        {
            ["policy"] = first.Name,
            ["quality"] = Number(first.Quality.Value),
            ["cost"] = Number(first.Cost.Value),
            ["apgr"] = Number(first.Apgr.Value),
            ["cpt50"] = Number(first.Cpt50.Value),
            ["cpt80"] = Number(first.Cpt80.Value),
            ["aiq"] = Number(first.Aiq.Value),
            ["routerarena"] = Number(first.Arena.Value),
            ["regret"] = Number(first.Regret.Value),
            ["baselines"] = baselines,
            ["random_spread"] = Number(report.RandomSpread),
            ["random_apgr_spread"] = Number(report.RandomApgrSpread),
            ["rows"] = report.Rows,
            ["experts"] = new JsonArray([.. report.Experts.Select(static e => (JsonNode)e)]),
            ["chosen"] = choices,
            ["choice"] = report.LastChoice,
            ["routers"] = new JsonArray([.. report.Policies.Concat(report.Baselines).Select(static f => (JsonNode)Figures(f))]),
            ["meaning"] = new JsonArray([.. report.Meaning.Select(static m => (JsonNode)m)]),
        };
    }

    private static JsonObject Figures(RouteFigures figures) => new()
    {
        ["name"] = figures.Name,
        ["quality"] = Interval(figures.Quality),
        ["cost"] = Interval(figures.Cost),
        ["apgr"] = Interval(figures.Apgr),
        ["cpt50"] = Interval(figures.Cpt50),
        ["cpt80"] = Interval(figures.Cpt80),
        ["aiq"] = Interval(figures.Aiq),
        ["routerarena"] = Interval(figures.Arena),
        ["regret"] = Interval(figures.Regret),
        ["over_best_single"] = Interval(figures.OverBestSingle),
        ["over_task_table"] = Interval(figures.OverTaskTable),
        ["abstained"] = Number(figures.Abstained),
        ["draws"] = new JsonArray([.. figures.Draws.Select(static d => Number(d))]),
    };

    private static JsonObject? Interval(Estimate estimate) => double.IsNaN(estimate.Value)
        ? null
        : new JsonObject { ["value"] = Number(estimate.Value), ["lower"] = Number(estimate.Lower), ["upper"] = Number(estimate.Upper), ["standard_error"] = Number(estimate.StandardError) };

    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
