using System.Globalization;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Surrogates;

namespace Orchestration.Core.MetaEvaluation.Surrogates;

/// <summary>A stand-in for a costly judge, tried.</summary>
/// <param name="Costly">The costly judge.</param>
/// <param name="Cheap">The judges that it is learned from.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Rows">Answers that the costly judge scored.</param>
/// <param name="Prompts">Prompts that they are of.</param>
/// <param name="Fidelity">The R² that was asked for.</param>
/// <param name="Study">What it reaches.</param>
/// <param name="PriceUsd">US dollars of a call of the costly judge; null where it is not known.</param>
/// <param name="Seed">Seed of everything random.</param>
public sealed record SurrogateOutcome(string Costly, IReadOnlyList<string> Cheap, string Model, int Rows, int Prompts, double Fidelity, SurrogateStudy Study, decimal? PriceUsd, ulong Seed)
{
    /// <summary>Share of calls, in the lower bound, from which on sparing them is worth the trouble.</summary>
    public const double LeastShare = 0.05;

    /// <summary>True where the stand-in is of use: it explains something for sure, and some calls are surely spared at the fidelity asked for.</summary>
    public bool IsUseful => Study.R2.Lower > 0 && Study.Spared.Lower >= LeastShare && !IsShort;

    /// <summary>True where the fidelity asked for is surely missed on prompts that took no part in choosing.</summary>
    public bool IsShort => Study.Fidelity.Upper < Fidelity;

    /// <summary>US dollars saved for a thousand answers, with bounds; null without a price.</summary>
    public Estimate? SavedUsd => PriceUsd is { } price ? new Estimate(1000 * (double)price * Study.Spared.Value, 1000 * (double)price * Study.Spared.Lower, 1000 * (double)price * Study.Spared.Upper, 1000 * (double)price * Study.Spared.StandardError) : null;
}

/// <summary>Tries a stand-in on recorded results.</summary>
public static class SurrogateCheck
{
    /// <summary>Runs it.</summary>
    /// <param name="set">Rows whose target is the costly judge's score and whose judges are the cheap ones.</param>
    /// <param name="costly">The costly judge.</param>
    /// <param name="model">A model's name.</param>
    /// <param name="priceUsd">US dollars of its call; null where not known.</param>
    /// <param name="options">Folds, fidelity, seed.</param>
    /// <exception cref="OrchestrationException">Comparisons, too few prompts, or scores that are all the same.</exception>
    public static SurrogateOutcome Run(TrainingSet set, string costly, string model, decimal? priceUsd, SurrogateOptions options)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(options);
        if (set.Scores is not { } data) throw new OrchestrationException(ErrorCodes.Input, "These rows hold verdicts on comparisons; a stand-in is learned from scores. Name results of 'sweep run'.");
        if (data.Groups < 2 * options.Folds)
        {
            throw new OrchestrationException(ErrorCodes.Input, string.Create(CultureInfo.InvariantCulture,
                $"'{costly}' scored answers of {data.Groups} prompts; {options.Folds} folds inside {options.Folds} folds need {2 * options.Folds} at least. Score more, or take fewer with --folds."));
        }

        if (data.Targets.Min() == data.Targets.Max()) throw new OrchestrationException(ErrorCodes.Input, $"All scores of '{costly}' are {ReportTable.Number(data.Targets[0])}: there is nothing to predict.");
        return new SurrogateOutcome(
            costly, [.. set.Judges.Select(static j => j.Name)], model, data.Rows, data.Groups, options.Fidelity, SurrogateStudy.Run(data, AggregatorTrainer.RecipeOf(model, null), options), priceUsd, options.Seed);
    }

    /// <summary>As a section.</summary>
    /// <param name="outcome">What was found.</param>
    /// <param name="inputs">What is known of the inputs.</param>
    public static CheckSection Section(SurrogateOutcome outcome, IReadOnlyList<CheckFact> inputs)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var study = outcome.Study;
        var steps = Enumerable.Range(0, study.Curve.Count).Select(static s => (double)s / SurrogateStudy.Steps).ToArray();
        return new CheckSection
        {
            Check = "surrogate",
            Title = $"A stand-in for {outcome.Costly}",
            Headline = Verdict(outcome),
            Measured =
            [
                .. inputs, new("costly judge", outcome.Costly), new("cheap judges", string.Join(", ", outcome.Cheap)), new("model", outcome.Model), new("answers", outcome.Rows.ToString("N0", CultureInfo.InvariantCulture)),
                new("prompts", outcome.Prompts.ToString("N0", CultureInfo.InvariantCulture)), new("price of a call", outcome.PriceUsd is { } price ? string.Create(CultureInfo.InvariantCulture, $"${price:0.######}") : "not known"),
                new("seed", outcome.Seed.ToString(CultureInfo.InvariantCulture)),
            ],
            Parts =
            [
                new CheckPart
                {
                    Chart = new LineChart([new LineSeries("mixed scores", steps, study.Curve), new LineSeries("asked for", [0, 1], [outcome.Fidelity, outcome.Fidelity]) { Dashed = true }])
                    {
                        Title = "R² of the mixed scores by share of calls spared",
                        XLabel = "share of calls spared, the surest first",
                        YLabel = "R² against the costly judge",
                        XRange = (0, 1),
                    },
                    Table = Table(outcome),
                    Sentences = Sentences(outcome),
                },
            ],
            Warnings = outcome.IsUseful ? [] : [Verdict(outcome)],
            DoesNotMean = "Agreement with the costly judge is not agreement with people: a stand-in learns its mistakes too. It holds for prompts like these; on others, or once answers are tuned against the cheap judges, it must be tried again.",
        };
    }

    private static ReportTable Table(SurrogateOutcome outcome)
    {
        static string[] Row(string name, Estimate e) => [name, ReportTable.Number(e.Value), double.IsFinite(e.Lower) ? $"{ReportTable.Number(e.Lower)} to {ReportTable.Number(e.Upper)}" : "—"];
        var study = outcome.Study;
        List<IReadOnlyList<string>> rows =
        [
            Row("R² of the stand-in alone", study.R2), Row("correlation", study.Correlation), Row("mean absolute error", study.Error), Row("same order of two answers to a prompt", study.Order),
            Row("share of calls spared", study.Spared), Row("R² of the mixed scores", study.Fidelity),
        ];
        if (outcome.SavedUsd is { } saved) rows.Add(Row("US dollars saved for 1,000 answers", saved));
        return new ReportTable(["out of fold", ReportColumn.Number("value"), ReportColumn.Number("95% interval")], rows);
    }

    private static string Verdict(SurrogateOutcome outcome)
    {
        var study = outcome.Study;
        if (!(study.R2.Lower > 0)) return $"The stand-in is NO GOOD: on prompts that it has not seen, these cheap scores explain nothing of {outcome.Costly} for sure (R² {Range(study.R2)}). Ask {outcome.Costly}.";
        if (outcome.IsShort) return $"The stand-in is NO GOOD at that fidelity: the mixed scores reach an R² of {Range(study.Fidelity)} on unseen prompts, less than the {ReportTable.Number(outcome.Fidelity)} asked for. Label more prompts, or ask {outcome.Costly}.";
        if (study.Spared.Lower < SurrogateOutcome.LeastShare) return string.Create(CultureInfo.InvariantCulture, $"The stand-in SPARES NEXT TO NOTHING at a fidelity of {outcome.Fidelity:0.###}: {study.Spared.Value:0.0%} of the calls ({study.Spared.Lower:0.0%} to {study.Spared.Upper:0.0%}). Ask {outcome.Costly}, or accept a lower --fidelity.");
        var money = outcome.SavedUsd is { } saved ? string.Create(CultureInfo.InvariantCulture, $", ${saved.Value:0.00##} of ${1000 * outcome.PriceUsd!.Value:0.00##} for 1,000 answers (${saved.Lower:0.00##} to ${saved.Upper:0.00##})") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{study.Spared.Value:0.0%} of the calls of {outcome.Costly} can be spared ({study.Spared.Lower:0.0%} to {study.Spared.Upper:0.0%}){money}; the scores then keep an R² of {Range(study.Fidelity)} against {outcome.Costly}'s own.");
    }

    private static string[] Sentences(SurrogateOutcome outcome)
    {
        var study = outcome.Study;
        List<string> sentences =
        [
            string.Create(CultureInfo.InvariantCulture,
                $"Models that have not seen a prompt predict {outcome.Costly}'s score from {outcome.Cheap.Count} cheap {(outcome.Cheap.Count == 1 ? "judge's" : "judges'")}, and how far off they will be. Where that is little, the stand-in's score is taken; elsewhere {outcome.Costly} is asked. How little was chosen inside the training folds for an R² of {outcome.Fidelity:0.###}."),
        ];
        if (outcome.IsUseful) sentences.Insert(0, Verdict(outcome));
        if (double.IsFinite(study.Order.Value)) sentences.Add(study.Order.Lower > 0.5
            ? string.Create(CultureInfo.InvariantCulture, $"Of two answers to one prompt it puts {study.Order.Value:0.0%} in {outcome.Costly}'s order ({study.Order.Lower:0.0%} to {study.Order.Upper:0.0%}; a coin has 50%).")
            : string.Create(CultureInfo.InvariantCulture, $"Which of two answers to one prompt is the better one it does not know better than a coin ({study.Order.Lower:0.0%} to {study.Order.Upper:0.0%}): what it predicts is the prompt."));
        if (outcome.PriceUsd is null) sentences.Add("What is saved in money is not known: state the price of a call with --price, or keep summary.json beside the results.");
        return [.. sentences];
    }

    private static string Range(Estimate e) => $"{ReportTable.Number(e.Value)} ({ReportTable.Number(e.Lower)} to {ReportTable.Number(e.Upper)})";
}
