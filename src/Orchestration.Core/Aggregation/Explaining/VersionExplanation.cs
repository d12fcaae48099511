using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Learning.Explaining;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Selection;

namespace Orchestration.Core.Aggregation.Explaining;

/// <summary>How versions are explained.</summary>
public sealed record ExplainSettings
{
    /// <summary>Bands hold the whole curve instead of each of its points.</summary>
    public bool Simultaneous { get; init; }

    /// <summary>Refits for the bands of models without a covariance; 0 for no bands there, otherwise at least 10.</summary>
    public int Refits { get; init; } = 40;

    /// <summary>False leaves out the trial of intervals, which fits the recipe folds × folds times.</summary>
    public bool Intervals { get; init; } = true;

    /// <summary>Resamples for importance, at least 2.</summary>
    public int Resamples { get; init; } = 50;

    /// <summary>Ids of rows whose contributions are shown; empty for a few that are worth seeing.</summary>
    public IReadOnlyList<string> Pairs { get; init; } = [];

    /// <summary>Seed of everything random but folds and fits, which have the version's own.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads at most; no number depends on it.</summary>
    public int MaxThreads { get; init; } = 1;
}

/// <summary>On which rows, and by which models, a version's figures were measured.</summary>
public enum FigureBasis
{
    /// <summary>The version itself, on prompts that it was not trained on.</summary>
    Unseen,

    /// <summary>The version's recipe, fitted again without each row's prompt.</summary>
    OutOfFold,

    /// <summary>The version itself, on rows of prompts that it was trained on: figures flatter it.</summary>
    InSample,
}

/// <summary>Everything that is said of one version.</summary>
public sealed record VersionExplanation
{
    /// <summary>The version.</summary>
    public required LoadedVersion Version { get; init; }

    /// <summary>What it is called on the page; versions of one page have different ones.</summary>
    public required string Label { get; init; }

    /// <summary>All rows as the version maps them.</summary>
    public required TrainingSet Set { get; init; }

    /// <summary>The same for explaining.</summary>
    public required ExplainedRows Rows { get; init; }

    /// <summary>True where these are, by their hash, the rows that the version was trained on.</summary>
    public required bool AreTrainingRows { get; init; }

    /// <summary>How figures were measured.</summary>
    public required FigureBasis Basis { get; init; }

    /// <summary>The same in words.</summary>
    public required string BasisSentence { get; init; }

    /// <summary>The rows that figures were measured on, as places among all rows.</summary>
    public required int[] MeasuredRows { get; init; }

    /// <summary>The measured rows with the models that answered for them.</summary>
    public required RowNumbers Measured { get; init; }

    /// <summary>The numbers of the measured rows.</summary>
    public required double[] Numbers { get; init; }

    /// <summary>Figures on the measured rows, by the names that training uses.</summary>
    public required IReadOnlyDictionary<string, double> Figures { get; init; }

    /// <summary>One curve a judge.</summary>
    public required IReadOnlyList<JudgeCurve> Curves { get; init; }

    /// <summary>One figure a judge, 0 to 1; NaN for a judge that does not vary.</summary>
    public required IReadOnlyList<double> Concurvity { get; init; }

    /// <summary>The accumulated effect of each judge whose concurvity is high, null for the others.</summary>
    public required IReadOnlyList<AccumulatedEffect?> Accumulated { get; init; }

    /// <summary>One a judge, on the measured rows.</summary>
    public required IReadOnlyList<JudgeImportance> Importance { get; init; }

    /// <summary>Judges whose better score lowers the number.</summary>
    public required InversionReport Inversions { get; init; }

    /// <summary>The calibration curve of the measured rows.</summary>
    public required IReadOnlyList<CalibrationBin> Calibration { get; init; }

    /// <summary>Mean of observed less expected over the measured rows of each category, in ordinal order; empty where rows have none.</summary>
    public required IReadOnlyList<(string Category, GroupedMean Residual)> Residuals { get; init; }

    /// <summary>Its recipe's intervals on prompts that nothing was learned from; null for comparisons, a recipe that is not known here, too few prompts, or where nobody asked.</summary>
    public IntervalReport? Intervals { get; init; }

    /// <summary>Names of the categories of <see cref="Intervals"/>, in their order; empty where rows have none.</summary>
    public IReadOnlyList<string> IntervalCategories { get; init; } = [];

    /// <summary>How the judges go together.</summary>
    public required JudgeCorrelation Correlation { get; init; }

    /// <summary>Contributions to the numbers of the chosen rows by the version itself, in their order.</summary>
    public required IReadOnlyList<PairContribution> Contributions { get; init; }

    /// <summary>What may be said of a judge's curve, in sentences for people.</summary>
    /// <param name="judge">Which judge.</param>
    public string CurveSentence(int judge) => JudgeSections.Sentence(this, judge);

    /// <summary>A mapped score on its judge's own scale.</summary>
    /// <param name="judge">Which judge.</param>
    /// <param name="mapped">0–1.</param>
    public double Raw(int judge, double mapped)
    {
        var scale = Version.Judges[judge].Scale;
        return scale.Min + (scale.Direction == Judging.Direction.HigherIsBetter ? mapped : 1 - mapped) * (scale.Max - scale.Min);
    }
}

/// <summary>A row whose contributions are shown.</summary>
/// <param name="Row">Its place.</param>
/// <param name="Id">Its id.</param>
/// <param name="Why">Why it is shown.</param>
public readonly record struct ChosenPair(int Row, string Id, string Why);

/// <summary>One or more versions on the same rows.</summary>
/// <param name="Versions">At least one.</param>
/// <param name="Pairs">The rows whose contributions are shown.</param>
/// <param name="Rows">The rows as read.</param>
/// <param name="CategoryField">The field of categories; null where no row has a value in it.</param>
/// <param name="Settings">How.</param>
/// <param name="Notes">What a reader has to know, in sentences.</param>
public sealed record AggregatorExplanation(
    IReadOnlyList<VersionExplanation> Versions, IReadOnlyList<ChosenPair> Pairs, TrainingRows Rows, string? CategoryField, ExplainSettings Settings, IReadOnlyList<string> Notes)
{
    /// <summary>
    /// How much less another version loses a row than the first one (squared error, or log loss), with a 95% interval by prompt: above 0 it is better. Null where the two were not measured on the same rows in the same way.
    /// </summary>
    /// <param name="other">Place of the other version.</param>
    public GroupedMean? GainOver(int other)
    {
        var (first, second) = (Versions[0], Versions[other]);
        if (!first.MeasuredRows.SequenceEqual(second.MeasuredRows) || first.Basis != second.Basis) return null;
        var rows = first.Measured.Rows;
        var (mine, theirs) = (rows.Losses(first.Numbers), rows.Losses(second.Numbers));
        return GroupedMean.Of(rows, [.. mine.Select((loss, i) => loss - theirs[i])], [.. Enumerable.Range(0, rows.Rows)]);
    }
}
