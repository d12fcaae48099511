using System.Globalization;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Reports;
using Orchestration.Learning.Diversity;
using Orchestration.Learning.Models;

namespace Orchestration.Core.MetaEvaluation.Diversity;

/// <summary>How much a set of judges has to say, and how few would do.</summary>
/// <param name="Judges">Their names.</param>
/// <param name="Rows">Answers.</param>
/// <param name="Prompts">Prompts that they are of.</param>
/// <param name="Model">The model that turns scores into one number.</param>
/// <param name="Options">Share kept, folds, seed.</param>
/// <param name="Channels">The effective channels.</param>
/// <param name="Tree">Joins, the most alike first.</param>
/// <param name="Subset">The smallest subset.</param>
/// <param name="Meaning">What the figures mean, a sentence each.</param>
public sealed record DiversityOutcome(
    IReadOnlyList<string> Judges, int Rows, int Prompts, string Model, SubsetOptions Options, EffectiveChannels Channels, IReadOnlyList<TreeJoin> Tree, SubsetStudy Subset, IReadOnlyList<string> Meaning)
{
    /// <summary>Names of judges.</summary>
    /// <param name="judges">Their numbers.</param>
    public string Names(IEnumerable<int> judges) => string.Join(", ", judges.Select(j => Judges[j]));
}

/// <summary>Measures how different judges are.</summary>
public static class DiversityCheck
{
    /// <summary>Runs it.</summary>
    /// <param name="set">Rows with human scores.</param>
    /// <param name="model">A model's name.</param>
    /// <param name="options">Share kept, folds, seed.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    /// <exception cref="OrchestrationException">Comparisons, or too few prompts.</exception>
    public static DiversityOutcome Run(TrainingSet set, string model, SubsetOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(options);
        if (set.Scores is not { } data) throw new OrchestrationException(ErrorCodes.Input, "These rows hold verdicts on comparisons, which have no human score to explain. Name rows with scores.");
        if (data.Groups < 2 * options.Folds)
        {
            throw new OrchestrationException(ErrorCodes.Input, string.Create(CultureInfo.InvariantCulture,
                $"There are {data.Groups} prompts; {options.Folds} folds inside {options.Folds} folds need {2 * options.Folds} at least. Label more, or take fewer with --folds."));
        }

        var outcome = new DiversityOutcome(
            [.. set.Judges.Select(static j => j.Name)], data.Rows, data.Groups, model, options, EffectiveChannels.Of(data.Scores, data.Judges, data.GroupOf, options.Seed),
            RedundancyTree.Of(data.Scores, data.Judges), SubsetStudy.Run(data, AggregatorTrainer.RecipeOf(model, null), options, cancellationToken), []);
        return outcome with { Meaning = Meaning(outcome) };
    }

    private static List<string> Meaning(DiversityOutcome outcome)
    {
        var (channels, study) = (outcome.Channels, outcome.Subset);
        var sentences = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture,
                $"{channels.Varying} judges say as much as {channels.Value:0.0} independent ones would ({channels.Low:0.0} to {channels.High:0.0}); whether it is worth knowing, this figure does not say."),
        };
        if (!(study.Full.Value > 0))
        {
            sentences.Add($"All judges together explain nothing of the human scores out of fold (R² {ReportTable.Number(study.Full.Value)}): there is nothing that a subset could keep.");
            return sentences;
        }

        var (full, kept, loss) = (study.Full.Estimate, study.Subset.Estimate, study.Subset.Minus(study.Full).Estimate);
        sentences.Add(string.Create(CultureInfo.InvariantCulture,
            $"{study.Final.Count} of {outcome.Judges.Count} judges would do: {outcome.Names(study.Final)}. Subsets chosen like this, inside training folds, had {study.Sizes.Min()} to {study.Sizes.Max()} judges and keep {kept.Value / full.Value:0.0%} of the out-of-fold R² ({ReportTable.Number(kept.Value)} of {ReportTable.Number(full.Value)}, paired difference {ReportTable.Number(loss.Lower)} to {ReportTable.Number(loss.Upper)})."));
        if (kept.Value < outcome.Options.Keep * full.Value)
            sentences.Add(string.Create(CultureInfo.InvariantCulture, $"That is less than the {outcome.Options.Keep:0.##%} they were chosen to keep: choosing has its price, and these rows are too few to choose better."));
        var wavering = study.Final.Where(j => study.Chosen[j] < 0.5).ToArray();
        if (wavering.Length != 0) sentences.Add($"{outcome.Names(wavering)} stood in fewer than half of the subsets: another draw of rows would keep others.");
        return sentences;
    }
}
