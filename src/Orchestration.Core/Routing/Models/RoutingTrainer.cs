using System.Globalization;
using Orchestration.Core.Routing.Features;
using Orchestration.Learning.Routing;
using Orchestration.Learning.Selection;

namespace Orchestration.Core.Routing.Models;

/// <summary>
/// Trains a routing model on a matrix. Features are cross-fitted: what the heads learn from was projected by ridges that had not seen the row, and penalties, kind and blend are chosen on those rows alone.
/// </summary>
public static class RoutingTrainer
{
    /// <summary>Prompts at least.</summary>
    public const int LeastRows = 20;

    /// <summary>Tasks that are told apart at most: the largest.</summary>
    public const int MostTasks = 96;

    /// <summary>Prompts of a task at least; smaller groups are no tasks.</summary>
    public const int LeastTaskRows = 10;

    /// <summary>Experts at most.</summary>
    public const int MostExperts = 128;

    // Numbers that a search for neighbours may look at: what a decision has time for.
    private const int MostHistoryNumbers = 40_000;

    private static readonly double[] Penalties = [0.5, 2, 8, 32];

    /// <summary>Trains on all rows of a matrix.</summary>
    /// <param name="matrix">The judged history.</param>
    /// <param name="options">How.</param>
    /// <param name="embeddings">The prompts' embeddings; null for hashed words.</param>
    /// <exception cref="OrchestrationException">Too few rows or experts, too many experts, or an option out of its range (<see cref="ErrorCodes.Usage"/>, <see cref="ErrorCodes.Input"/>).</exception>
    public static RoutingModel Train(RoutingMatrix matrix, RoutingTraining options, PromptEmbeddings? embeddings = null)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        return Train(matrix, PromptTable.Of(matrix.Prompts, embeddings), [.. Enumerable.Range(0, matrix.Rows)], options);
    }

    /// <summary>Trains on some of the rows.</summary>
    internal static RoutingModel Train(RoutingMatrix matrix, PromptTable table, int[] rows, RoutingTraining options)
    {
        Check(matrix, rows, options);
        var experts = matrix.Experts.Count;
        var quality = new double[rows.Length * experts];
        for (var i = 0; i < rows.Length; i++) matrix.Quality.AsSpan(rows[i] * experts, experts).CopyTo(quality.AsSpan(i * experts));
        var (tasks, taskOf) = Tasks(matrix, rows);
        var width = tasks.Length + experts;
        var targets = Targets(quality, experts, taskOf, tasks.Length);
        var promptOf = MetaEvaluation.FieldRows.Numbered(rows.Select(r => matrix.Prompts[r])).Of;
        var folds = Folds.ByGroup(promptOf, Math.Min(options.Folds, promptOf.Max() + 1), options.Seed);
        double[] penalties = options.Penalty is { } one ? [one] : Penalties;

        var held = CrossFit(table, rows, targets, width, folds, penalties, options);
        var (forTasks, forQuality) = (Least(held, targets, width, 0, tasks.Length), Least(held, targets, width, tasks.Length, experts));
        var crossed = Joined(held[forTasks], held[forQuality], width, tasks.Length);
        var features = Features(table, rows, targets, width, tasks.Length, penalties, forTasks, forQuality);

        var source = new HeadSource(crossed, width, quality, experts, tasks, taskOf);
        var most = Math.Clamp(Math.Min(options.MostHistory, MostHistoryNumbers / width), 1, rows.Length);
        var study = HeadStudy.Run(source, folds, most, options);
        var all = Enumerable.Range(0, rows.Length).ToArray();
        var heads = HeadSet.Fit(source, all, HeadStudy.History(all, most, options.Seed), options);
        var (weights, choice) = study.Choose(options, experts);
        var facts = new RoutingModelFacts
        {
            Experts = matrix.Experts,
            Kind = options.Kind,
            Choice = string.Create(CultureInfo.InvariantCulture, $"{choice} Penalties {penalties[forTasks]} (tasks) and {penalties[forQuality]} (quality), by inner folds of whole prompts."),
            Rows = rows.Length,
            Seed = options.Seed,
            TaskPenalty = penalties[forTasks],
            QualityPenalty = penalties[forQuality],
            Abstain = options.Abstain,
        };
        return new RoutingModel(features, heads, facts, weights, study.LeastFamiliarity(options.Abstain), study.Bins(weights), Spread(heads));
    }

    private static void Check(RoutingMatrix matrix, int[] rows, RoutingTraining options)
    {
        if (options.Kind != RoutingHeads.Auto && RoutingHeads.Find(options.Kind) is null)
            throw new OrchestrationException(ErrorCodes.Usage, $"There is no kind of routing model '{options.Kind}'. There are: {RoutingHeads.Auto}, {string.Join(", ", RoutingHeads.All)}.");
        if (options.Folds is < 2 or > 20) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"There are {options.Folds} inner folds; 2 to 20."));
        if (options.Penalty is { } penalty && !(penalty > 0 && double.IsFinite(penalty))) throw new OrchestrationException(ErrorCodes.Usage, "The penalty is above 0.");
        if (!(options.Abstain is >= 0 and < 1)) throw new OrchestrationException(ErrorCodes.Usage, "The share that abstains is from 0 to below 1.");
        if (options.Neighbours < 1 || options.Clusters < 1 || options.MostHistory < 1) throw new OrchestrationException(ErrorCodes.Usage, "Neighbours, clusters and history are at least 1.");
        if (matrix.Experts.Count is < 2 or > MostExperts)
            throw new OrchestrationException(ErrorCodes.Input, string.Create(CultureInfo.InvariantCulture, $"The matrix has {matrix.Experts.Count} experts; a router chooses among 2 to {MostExperts}."));
        if (rows.Length < LeastRows || rows.Select(r => matrix.Prompts[r]).Distinct(StringComparer.Ordinal).Take(LeastRows).Count() < LeastRows)
            throw new OrchestrationException(ErrorCodes.Input, string.Create(CultureInfo.InvariantCulture, $"There are {rows.Length} rows to train on; at least {LeastRows} different prompts are needed, and some hundreds to learn anything. Judge more answers."));
    }

    // Groups that are large enough to be tasks; none where they are few, or where most rows are in none (each prompt its own group).
    private static (string[] Names, int[] Of) Tasks(RoutingMatrix matrix, int[] rows)
    {
        string[] names =
        [
            .. rows.GroupBy(r => matrix.Groups[r], StringComparer.Ordinal).Where(static g => g.Count() >= LeastTaskRows)
                .OrderByDescending(static g => g.Count()).ThenBy(static g => g.Key, StringComparer.Ordinal).Take(MostTasks).Select(static g => g.Key).Order(StringComparer.Ordinal),
        ];
        var numbers = names.Select(static (name, number) => (name, number)).ToDictionary(static n => n.name, static n => n.number, StringComparer.Ordinal);
        int[] of = [.. rows.Select(r => numbers.GetValueOrDefault(matrix.Groups[r], -1))];
        return names.Length >= 2 && of.Count(static t => t >= 0) * 2 >= rows.Length ? (names, of) : ([], [.. rows.Select(static _ => -1)]);
    }

    private static double[] Targets(double[] quality, int experts, int[] taskOf, int tasks)
    {
        var (width, rows) = (tasks + experts, taskOf.Length);
        var targets = new double[rows * width];
        for (var i = 0; i < rows; i++)
        {
            if (taskOf[i] >= 0) targets[i * width + taskOf[i]] = 1;
            quality.AsSpan(i * experts, experts).CopyTo(targets.AsSpan(i * width + tasks));
        }

        var means = new double[width];
        for (var i = 0; i < targets.Length; i++) means[i % width] += targets[i] / rows;
        for (var i = 0; i < targets.Length; i++) targets[i] -= means[i % width];
        return targets;
    }

    private static float[][] CrossFit(PromptTable table, int[] rows, double[] targets, int width, Folds folds, double[] penalties, RoutingTraining options)
    {
        float[][] held = [.. penalties.Select(_ => new float[targets.Length])];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.MaxThreads), CancellationToken = options.Cancellation };
        Parallel.For(0, folds.Count, parallel, fold =>
        {
            var (training, apart) = (folds.Training(fold), folds.HeldOut(fold));
            int[] trainingRows = [.. training.Select(i => rows[i])];
            var scale = PromptScale.Fit(table, trainingRows);
            var weights = SparseRidge.Fit(scale.Apply(table, trainingRows), Taken(targets, width, training), width, penalties);
            var test = scale.Apply(table, [.. apart.Select(i => rows[i])]);
            for (var p = 0; p < penalties.Length; p++)
            {
                var predicted = test.Times(weights[p], width);
                for (var i = 0; i < apart.Length; i++)
                {
                    for (var k = 0; k < width; k++) held[p][apart[i] * width + k] = (float)predicted[i * width + k];
                }
            }
        });
        return held;
    }

    private static double[] Taken(double[] from, int width, int[] rows)
    {
        var taken = new double[rows.Length * width];
        for (var i = 0; i < rows.Length; i++) from.AsSpan(rows[i] * width, width).CopyTo(taken.AsSpan(i * width));
        return taken;
    }

    // The penalty with the least squared error over some of the targets, on rows that were not fitted on.
    private static int Least(float[][] held, double[] targets, int width, int from, int count)
    {
        var (best, least) = (0, double.PositiveInfinity);
        for (var p = 0; p < held.Length; p++)
        {
            var sum = 0.0;
            for (var at = 0; at < targets.Length; at += width)
            {
                for (var k = from; k < from + count; k++) sum += (targets[at + k] - held[p][at + k]) * (targets[at + k] - held[p][at + k]);
            }

            if (sum < least) (best, least) = (p, sum);
        }

        return best;
    }

    private static float[] Joined(float[] forTasks, float[] forQuality, int width, int tasks)
    {
        var joined = (float[])forQuality.Clone();
        for (var at = 0; at < joined.Length; at += width) forTasks.AsSpan(at, tasks).CopyTo(joined.AsSpan(at));
        return joined;
    }

    private static TrainedFeatures Features(PromptTable table, int[] rows, double[] targets, int width, int tasks, double[] penalties, int forTasks, int forQuality)
    {
        var scale = PromptScale.Fit(table, rows);
        var weights = SparseRidge.Fit(scale.Apply(table, rows), targets, width, penalties);
        var projection = new float[weights[0].Length];
        for (var at = 0; at < projection.Length; at += width)
        {
            for (var k = 0; k < width; k++) projection[at + k] = (float)weights[k < tasks ? forTasks : forQuality][at + k];
        }

        return new TrainedFeatures(scale, projection, width, table.Embedding);
    }

    // How far an expert's means lie apart between tasks; without tasks, half of what is possible.
    private static double[] Spread(HeadSet heads)
    {
        var spread = new double[heads.Experts];
        for (var m = 0; m < spread.Length; m++)
        {
            if (heads.Tasks is not { } tasks)
            {
                spread[m] = 0.25;
                continue;
            }

            var (mean, squares) = (0.0, 0.0);
            for (var t = 0; t < tasks.Count; t++) mean += tasks.Table[t * spread.Length + m] / tasks.Count;
            for (var t = 0; t < tasks.Count; t++) squares += Math.Pow(tasks.Table[t * spread.Length + m] - mean, 2);
            spread[m] = Math.Sqrt(squares / (tasks.Count - 1));
        }

        return spread;
    }
}
