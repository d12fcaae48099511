using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;

namespace Orchestration.Learning.Selection;

/// <summary>What came of a training run: every recipe on the same folds, the candidate fitted on all rows, and whether it may become active.</summary>
public sealed record TrainingReport
{
    /// <summary>Every recipe of the plan, in its order.</summary>
    public required IReadOnlyList<TrainedModel> Models { get; init; }

    /// <summary>The one whose model becomes the version.</summary>
    public required TrainedModel Candidate { get; init; }

    /// <summary>The test that it has to pass to become active.</summary>
    public required ActivationVerdict Activation { get; init; }

    /// <summary>False where rows of one group stood in different folds: the figures are then flattered.</summary>
    public required bool GroupedFolds { get; init; }

    /// <summary>The draws of folds, by draw.</summary>
    public required IReadOnlyList<Folds> Draws { get; init; }

    /// <summary>The candidate's models of the first draw, by fold: what intervals are made from.</summary>
    public required IReadOnlyList<IScoreModel> FoldModels { get; init; }

    /// <summary>For a candidate with guards its out-of-fold numbers before they act, by draw; null for one without.</summary>
    public IReadOnlyList<double[]>? Unguarded { get; init; }

    /// <summary>Judges that the candidate inverts.</summary>
    public required InversionReport Inversions { get; init; }

    /// <summary>Things that a reader of the figures has to know, in sentences.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <summary>One recipe in a training run.</summary>
/// <param name="Recipe">How it is fitted.</param>
/// <param name="Model">Fitted on all rows.</param>
/// <param name="Scores">Out-of-fold figures; null where it was learned from comparisons.</param>
/// <param name="Preferences">Out-of-fold figures; null where it was learned from human scores.</param>
/// <param name="OutOfFold">For each draw one number a row (f, or f(A) − f(B)) by a model that was fitted without the row's fold.</param>
/// <param name="OverBaseline">Its paired gain over mean-then-fit; all 0 for that one itself.</param>
public sealed record TrainedModel(
    IModelRecipe Recipe, IScoreModel Model, ScoreFigures? Scores, PreferenceFigures? Preferences, IReadOnlyList<double[]> OutOfFold, PairedGain OverBaseline)
{
    /// <summary>The recipe's name.</summary>
    public string Name => Recipe.Name;
}
