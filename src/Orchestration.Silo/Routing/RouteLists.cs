using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Routing;

namespace Orchestration.Silo.Routing;

/// <summary>Which routes are wanted; null for any.</summary>
/// <param name="Expert">Who answered, or was to answer where nobody did.</param>
/// <param name="Policy">The policy.</param>
/// <param name="Only"><c>explored</c>, <c>abstained</c>, <c>failed</c>, <c>judged</c>.</param>
internal sealed record RouteFilter(string? Expert, string? Policy, string? Only)
{
    public bool Takes(RouteRecord route) =>
        (Expert is null || (route.Outcome?.AnsweredBy ?? route.Decision.Expert) == Expert)
        && (Policy is null || route.Decision.Policy == Policy)
        && Only switch
        {
            null => true,
            "explored" => route.Decision.IsExploration,
            "abstained" => route.Decision.Choice.IsAbstention,
            "failed" => route.Outcome?.AnsweredBy is null,
            "judged" => route.Score is not null,
            _ => throw new OrchestrationException(ErrorCodes.Usage, "only is one of explored, abstained, failed, judged."),
        };
}

/// <summary><c>GET /v1/routes</c>: routes of all silos, newest first. A request looks at a bounded number of them and says how many, and where to go on.</summary>
internal static class RouteLists
{
    private const int Usual = 50;
    private const int Most = 200;
    private const int Step = 200;
    private const int MostSearched = 5_000;

    public static async Task<RouteList> ListAsync(IRouterLedger ledger, RouteFilter filter, int? limit, string? before, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > Most) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"limit is {limit}; it is a number of routes, 1 to {Most}."));
        var (at, skip) = Cursor(before);
        var lines = new List<RouteLine>();
        var searched = 0;
        while (true)
        {
            var page = await ledger.LatestAsync(at, Step, cancellationToken);
            if (page.Routes.Count == 0) return new RouteList(lines, searched, null);
            for (var i = skip; i < page.Routes.Count; i++)
            {
                searched++;
                if (filter.Takes(page.Routes[i])) lines.Add(Line(page.Routes[i]));
                if (lines.Count >= (limit ?? Usual) || searched >= MostSearched)
                    return new RouteList(lines, searched, string.Create(CultureInfo.InvariantCulture, $"{page.Again}-{i + 1}"));
            }

            (at, skip) = (page.Through, 0);
        }
    }

    // A page that begins at the same batch is the same page, whatever was written since.
    private static (long At, int Skip) Cursor(string? text)
    {
        if (text is null) return (0, 0);
        var parts = text.Split('-');
        return parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at > 0 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var skip)
            ? (at, skip)
            : throw new OrchestrationException(ErrorCodes.Usage, "before is what an earlier answer gave as next_before.");
    }

    private static RouteLine Line(RouteRecord route)
    {
        var (decision, outcome) = (route.Decision, route.Outcome);
        return new RouteLine
        {
            Id = decision.Id,
            At = decision.At,
            Policy = decision.Policy.Length == 0 ? null : decision.Policy,
            Plan = decision.Choice.Kind switch { PlanKind.Cascade => "cascade", PlanKind.BestOf => "best-of", PlanKind.FusionOf => "fusion-of", _ => "single" },
            Reason = decision.Choice.Reason,
            Expert = decision.Expert,
            AnsweredBy = outcome?.AnsweredBy,
            Status = outcome?.Status,
            CostUsd = outcome?.CostUsd,
            Seconds = outcome?.Latency.TotalSeconds,
            Probability = decision.Probability,
            Explored = decision.IsExploration,
            Abstained = decision.Choice.IsAbstention,
            Sampled = decision.IsSampled,
            Score = route.Score is { } score ? new FigureView(score, route.Interval?.Lower, route.Interval?.Upper) : null,
        };
    }
}
