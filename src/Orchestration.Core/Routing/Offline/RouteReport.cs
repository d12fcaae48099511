using System.Globalization;
using Orchestration.Core.Routing.Models;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Models;
using Orchestration.Learning.Routing;

namespace Orchestration.Core.Routing.Offline;

/// <summary>Routers beside what any router has to beat, on rows that none of them was made from. Immutable.</summary>
public sealed record RouteReport
{
    /// <summary>Rows routed.</summary>
    public required int Rows { get; init; }

    /// <summary>Experts.</summary>
    public required IReadOnlyList<string> Experts { get; init; }

    /// <summary>Policies, in the order in which they were asked for.</summary>
    public required IReadOnlyList<RouteFigures> Policies { get; init; }

    /// <summary><c>best_single</c>, <c>random</c>, <c>prompt_length</c>, <c>task_table</c>, <c>oracle</c>.</summary>
    public required IReadOnlyList<RouteFigures> Baselines { get; init; }

    /// <summary>Standard deviation of the quality of a router that draws evenly, from one time to the next.</summary>
    public required double RandomSpread { get; init; }

    /// <summary>Standard deviation of its APGR; NaN but for two experts.</summary>
    public required double RandomApgrSpread { get; init; }

    /// <summary>What training chose, and by how many models.</summary>
    public required IReadOnlyDictionary<string, int> Choices { get; init; }

    /// <summary>One model's own account of its choice, with figures.</summary>
    public required string LastChoice { get; init; }

    /// <summary>What it comes to, in sentences; a router that loses is told so.</summary>
    public required IReadOnlyList<string> Meaning { get; init; }

    /// <summary>The baseline with a name.</summary>
    public RouteFigures Baseline(string name) => Baselines.First(b => b.Name == name);

    /// <summary>Evaluates policies over folds of one matrix.</summary>
    /// <exception cref="OrchestrationException">An option out of its range, or too few rows.</exception>
    public static RouteReport Run(RoutingMatrix matrix, RouteEvaluation options)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        Check(matrix, options);
        if (options.LeaveOut && matrix.NumberedGroups().Names.Count < 3) throw new OrchestrationException(ErrorCodes.Input, "To leave out whole groups there must be at least three: name them in the field 'group'.");
        return RouteStudy.Of(matrix, RouteRun.Folded(matrix, options), options);
    }

    /// <summary>Evaluates policies that are trained on one matrix on the rows of another.</summary>
    /// <exception cref="OrchestrationException">An option out of its range, too few rows, or other experts.</exception>
    public static RouteReport Run(RoutingMatrix matrix, RoutingMatrix training, RouteEvaluation options)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        ArgumentNullException.ThrowIfNull(training);
        Check(matrix, options);
        if (!matrix.Experts.SequenceEqual(training.Experts)) throw new OrchestrationException(ErrorCodes.Input, "The matrix to be trained on has other experts.");
        return RouteStudy.Of(matrix, RouteRun.Trained(matrix, training, options), options with { Draws = 1 });
    }

    private static void Check(RoutingMatrix matrix, RouteEvaluation options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (matrix.Experts.Count < 2) throw new OrchestrationException(ErrorCodes.Input, "The matrix has one expert: there is nothing to choose.");
        if (options.Policies.Count == 0) throw new OrchestrationException(ErrorCodes.Usage, "No policy is named.");
        if (options.Folds is < 2 or > 100 || options.Folds > matrix.Rows) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"--folds {options.Folds}: 2 to 100, and no more than rows."));
        if (options.Draws is < 1 or > 1000) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"--draws {options.Draws}: 1 to 1000."));
        if (options.Resamples < 20) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"--resamples {options.Resamples}: at least 20."));
    }
}
