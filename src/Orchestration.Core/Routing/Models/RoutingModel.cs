using Orchestration.Core.Routing.Features;

namespace Orchestration.Core.Routing.Models;

/// <summary>
/// Predicts from a prompt alone how good each expert's answer will be, with intervals, and says where the prompt is unlike all that it has learned from. Immutable, safe for concurrent use.
/// </summary>
public sealed class RoutingModel
{
    private string? _version;

    internal RoutingModel(TrainedFeatures features, HeadSet heads, RoutingModelFacts facts, double[] weights, double leastFamiliarity, PredictionBins[] bins, double[] spread)
    {
        (Trained, Heads, Facts, Weights, LeastFamiliarity, Bins, Spread) = (features, heads, facts, weights, leastFamiliarity, bins, spread);
        BestSingle = Array.IndexOf(heads.Means, heads.Means.Max());
    }

    /// <summary>Hash of all that predictions depend on: 64 hexadecimal digits.</summary>
    public string Version => _version ??= RoutingModelFile.VersionOf(this);

    /// <summary>What is known of its training.</summary>
    public RoutingModelFacts Facts { get; }

    /// <summary>Experts, in the order of the history.</summary>
    public IReadOnlyList<string> Experts => Facts.Experts;

    /// <summary>Turns a prompt into numbers.</summary>
    public IPromptFeatures Features => Trained;

    /// <summary>The embeddings that it was trained on; null where it reads the words itself.</summary>
    public EmbeddingNeed? Embedding => Trained.Embedding;

    /// <summary>Tasks that it tells apart; empty for none.</summary>
    public IReadOnlyList<string> Tasks => Heads.Tasks?.Names ?? [];

    /// <summary>The expert with the best mean over the history.</summary>
    public int BestSingle { get; }

    internal TrainedFeatures Trained { get; }

    internal HeadSet Heads { get; }

    /// <summary>Of the heads, in their order; they add up to 1.</summary>
    internal double[] Weights { get; }

    internal double LeastFamiliarity { get; }

    /// <summary>For each head, and last for the mixture.</summary>
    internal PredictionBins[] Bins { get; }

    /// <summary>Each expert's deviation between tasks: what a prompt unlike the history leaves open.</summary>
    internal double[] Spread { get; }

    /// <summary>Predicts.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="head">One head; null for what training chose.</param>
    /// <param name="quality">Takes one prediction an expert, 0–1; the experts' means where there is no prediction.</param>
    /// <returns>What else is known of the prompt.</returns>
    public RoutingPrediction Predict(RoutingPrompt prompt, RoutingHead? head, Span<double> quality)
    {
        quality = quality[..Experts.Count];
        Span<float> features = stackalloc float[Trained.Width];
        if (!Trained.TryMeasure(prompt, features))
        {
            Heads.Means.CopyTo(quality);
            return new RoutingPrediction(0, -1, IsMeasured: false, IsFamiliar: false);
        }

        Span<double> probabilities = stackalloc double[Tasks.Count];
        var (familiarity, task) = (1.0, -1);
        if (Heads.Tasks is { } tasks)
        {
            familiarity = tasks.Infer(features, probabilities);
            task = 0;
            for (var t = 1; t < probabilities.Length; t++)
            {
                if (probabilities[t] > probabilities[task]) task = t;
            }
        }

        if (head is { } one) Heads.Predict(one, features, probabilities, quality);
        else Mix(features, probabilities, quality);
        foreach (ref var value in quality) value = Math.Clamp(value, 0, 1);
        return new RoutingPrediction(familiarity, task, IsMeasured: true, familiarity >= LeastFamiliarity);
    }

    /// <summary>The interval around a prediction at 95%: of the mean quality of prompts with such a prediction; where the prompt is unlike the history, of a task that nobody knows.</summary>
    /// <param name="expert">Place of the expert.</param>
    /// <param name="quality">Its prediction.</param>
    /// <param name="head">The head that predicted; null for what training chose.</param>
    /// <param name="isFamiliar">Whether the prompt is like the history.</param>
    public (double Lower, double Upper) Interval(int expert, double quality, RoutingHead? head, bool isFamiliar)
    {
        var (lower, upper) = Bins[head is { } one ? (int)one : RoutingHeads.Count].Interval(expert, quality);
        return isFamiliar ? (lower, upper) : (Math.Clamp(Math.Min(lower, quality - 1.96 * Spread[expert]), 0, 1), Math.Clamp(Math.Max(upper, quality + 1.96 * Spread[expert]), 0, 1));
    }

    /// <summary>Mean quality of the experts over the history, 0–1.</summary>
    public IReadOnlyList<double> Means => Heads.Means;

    /// <summary>The same model going by one head alone.</summary>
    /// <param name="head">Which.</param>
    public RoutingModel Only(RoutingHead head)
    {
        var weights = new double[RoutingHeads.Count];
        weights[(int)head] = 1;
        return new RoutingModel(Trained, Heads, Facts, weights, LeastFamiliarity, [.. Bins[..RoutingHeads.Count], Bins[(int)head]], Spread);
    }

    /// <summary>The same history with another number of neighbours or clusters.</summary>
    /// <param name="head"><see cref="RoutingHead.Nearest"/> or <see cref="RoutingHead.Clusters"/>; for others nothing changes.</param>
    /// <param name="count">How many, at least 1.</param>
    public RoutingModel With(RoutingHead head, int count) => head switch
    {
        RoutingHead.Nearest => new RoutingModel(Trained, Heads with { Neighbours = count }, Facts, Weights, LeastFamiliarity, Bins, Spread),
        RoutingHead.Clusters => new RoutingModel(
            Trained, Heads with { Clusters = ClusterHead.Fit(Heads.History.Rows, Trained.Width, Heads.History.Values, Experts.Count, count, Facts.Seed) }, Facts, Weights, LeastFamiliarity, Bins, Spread),
        _ => this,
    };

    private void Mix(ReadOnlySpan<float> features, ReadOnlySpan<double> probabilities, Span<double> quality)
    {
        Span<double> one = stackalloc double[quality.Length];
        quality.Clear();
        for (var h = 0; h < RoutingHeads.Count; h++)
        {
            if (Weights[h] == 0) continue;
            Heads.Predict((RoutingHead)h, features, probabilities, one);
            for (var m = 0; m < one.Length; m++) quality[m] += Weights[h] * one[m];
        }
    }
}

/// <summary>What a model says of a prompt beside its predictions.</summary>
/// <param name="Familiarity">Rank, 0–1, among the history's prompts of the task that it looks like; 1 where the history has no tasks.</param>
/// <param name="Task">Place of the likeliest task; −1 for none.</param>
/// <param name="IsMeasured">False where the prompt had no embedding and the model needs one: the numbers are the experts' means.</param>
/// <param name="IsFamiliar">False where the prompt is unlike the history: a policy abstains.</param>
public readonly record struct RoutingPrediction(double Familiarity, int Task, bool IsMeasured, bool IsFamiliar);

/// <summary>How a model came about. Immutable.</summary>
public sealed record RoutingModelFacts
{
    /// <summary>Experts, in the order of the history.</summary>
    public required IReadOnlyList<string> Experts { get; init; }

    /// <summary>What was asked for: <c>auto</c> or a head.</summary>
    public required string Kind { get; init; }

    /// <summary>What was chosen, in a sentence with its figures.</summary>
    public required string Choice { get; init; }

    /// <summary>Rows of the history.</summary>
    public required int Rows { get; init; }

    /// <summary>Seed of the training.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Penalty of the ridge towards tasks.</summary>
    public required double TaskPenalty { get; init; }

    /// <summary>Penalty of the ridge towards the experts' quality.</summary>
    public required double QualityPenalty { get; init; }

    /// <summary>The share of the history on which it abstains.</summary>
    public required double Abstain { get; init; }
}
