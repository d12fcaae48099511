using Orchestration.Learning.Routing;

namespace Orchestration.Core.Routing.Models;

/// <summary>All heads, fitted on the same rows. Immutable by agreement.</summary>
internal sealed record HeadSet
{
    /// <summary>Neighbours unless told otherwise.</summary>
    public const int DefaultNeighbours = 100;

    /// <summary>λ of the head <c>features</c>, for each standardised feature.</summary>
    public const double FeaturesPenalty = 300;

    /// <summary>Each expert's mean.</summary>
    public required double[] Means { get; init; }

    /// <summary>First place of the experts' own features: behind the tasks'.</summary>
    public required int ExpertsAt { get; init; }

    public required DenseRidge Features { get; init; }

    /// <summary>Null where the history has no tasks to tell apart.</summary>
    public TaskHead? Tasks { get; init; }

    public required NearestRows History { get; init; }

    public int Neighbours { get; init; } = DefaultNeighbours;

    public required ClusterHead Clusters { get; init; }

    public int Experts => Means.Length;

    /// <summary>Fits all heads.</summary>
    /// <param name="source">Cross-fitted features and what is to be learned.</param>
    /// <param name="rows">Rows to learn from.</param>
    /// <param name="historyRows">Those of them that are kept as history.</param>
    /// <param name="options">Neighbours, clusters, seed.</param>
    public static HeadSet Fit(HeadSource source, int[] rows, int[] historyRows, RoutingTraining options)
    {
        var (width, experts) = (source.Width, source.Experts);
        var (inputs, targets, means) = (new double[rows.Length * width], new double[rows.Length * experts], new double[experts]);
        for (var i = 0; i < rows.Length; i++)
        {
            for (var k = 0; k < width; k++) inputs[i * width + k] = source.Features[rows[i] * width + k];
            for (var m = 0; m < experts; m++) means[m] += targets[i * experts + m] = source.Quality[rows[i] * experts + m];
        }

        for (var m = 0; m < experts; m++) means[m] /= rows.Length;
        var (history, known) = (new float[historyRows.Length * width], new float[historyRows.Length * experts]);
        for (var i = 0; i < historyRows.Length; i++)
        {
            source.Features.AsSpan(historyRows[i] * width, width).CopyTo(history.AsSpan(i * width));
            for (var m = 0; m < experts; m++) known[i * experts + m] = (float)source.Quality[historyRows[i] * experts + m];
        }

        return new HeadSet
        {
            Means = means,
            ExpertsAt = source.Tasks.Count,
            Features = DenseRidge.Fit(inputs, targets, width, experts, FeaturesPenalty),
            Tasks = source.Tasks.Count == 0 ? null : TaskHead.Fit(source.Tasks, source.Features, width, rows, source.TaskOf, source.Quality, experts),
            History = new NearestRows(history, width, known, experts),
            Neighbours = options.Neighbours,
            Clusters = ClusterHead.Fit(history, width, known, experts, options.Clusters, options.Seed),
        };
    }

    /// <summary>Predicts by one head. Skills without tasks are the means.</summary>
    /// <param name="head">Which.</param>
    /// <param name="features">The prompt's.</param>
    /// <param name="probabilities">Of the tasks, inferred; empty without tasks.</param>
    /// <param name="quality">Takes one number an expert.</param>
    public void Predict(RoutingHead head, ReadOnlySpan<float> features, ReadOnlySpan<double> probabilities, Span<double> quality)
    {
        switch (head)
        {
            case RoutingHead.Ridge:
                for (var m = 0; m < quality.Length; m++) quality[m] = Means[m] + features[ExpertsAt + m];
                break;
            case RoutingHead.Features:
                Span<double> inputs = stackalloc double[features.Length];
                for (var k = 0; k < inputs.Length; k++) inputs[k] = features[k];
                Features.Predict(inputs, quality);
                break;
            case RoutingHead.Skills when Tasks is not null:
                Tasks.Mix(probabilities, quality);
                break;
            case RoutingHead.Nearest:
                History.Mean(features, Neighbours, quality);
                break;
            case RoutingHead.Clusters:
                Clusters.Table.AsSpan(Clusters.Clusters.Nearest(features) * quality.Length, quality.Length).CopyTo(quality);
                break;
            default:
                Means.CopyTo(quality);
                break;
        }
    }
}

/// <summary>What heads are fitted on.</summary>
/// <param name="Features">Rows × width, each row's by a projection that was learned without it.</param>
/// <param name="Width">Features of a row.</param>
/// <param name="Quality">Rows × experts.</param>
/// <param name="Experts">Experts.</param>
/// <param name="Tasks">Names of tasks; empty for none.</param>
/// <param name="TaskOf">Each row's task; −1 for none.</param>
internal sealed record HeadSource(float[] Features, int Width, double[] Quality, int Experts, IReadOnlyList<string> Tasks, int[] TaskOf);
