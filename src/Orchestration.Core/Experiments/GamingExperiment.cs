using Orchestration.Core.Aggregation.Training;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Models;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.Experiments;

/// <summary>How judges are gamed.</summary>
public sealed record GamingSettings
{
    /// <summary>The additive recipe whose judges are bounded; default <c>gam</c>.</summary>
    public string Bounded { get; init; } = "gam";

    /// <summary>Bounds as shares of the target's range; null for half, once and twice what the plain mean lets one judge do.</summary>
    public IReadOnlyList<double>? Bounds { get; init; }
}

/// <summary>
/// How far one judge alone can move the aggregate while the others stay as they are, on rows that the model has not seen; and models whose judges are bounded, with what that
/// costs.
/// </summary>
public static class GamingExperiment
{
    private const string Any = "any one judge";
    private const string Mean = "mean reach";
    private const string Largest = "largest reach";
    private const string Cost = "R²";

    /// <summary>Runs it.</summary>
    /// <inheritdoc cref="ContaminationExperiment.Run" path="/exception"/>
    /// <param name="set">Rows with human scores.</param>
    /// <param name="settings">Models, folds, seed.</param>
    /// <param name="gaming">What is bounded.</param>
    /// <param name="progress">Told after each part; null for nobody.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    public static ExperimentOutcome Run(
        TrainingSet set, ExperimentSettings settings, GamingSettings gaming, IProgress<ExperimentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(gaming);
        var range = ExperimentBench.RangeOf(set, settings);
        var inner = Additive(gaming.Bounded, settings, range);
        double[] bounds = [.. gaming.Bounds ?? [0.5 / set.Judges.Count, 1.0 / set.Judges.Count, 2.0 / set.Judges.Count]];
        var recipes = settings.Recipes(range).ToList();
        if (recipes.All(r => r.Name != inner.Name)) recipes.Add(inner);
        recipes.AddRange(bounds.Distinct().Order().Select(b => new BoundedRecipe(inner, b, range, $"{inner.Name} ≤ {Sentences.Percent(b)}")));
        var bench = ExperimentBench.Create(set, settings, progress, cancellationToken, recipes);
        var width = range.High - range.Low;
        var names = bench.Judges;

        // [recipe] → [judge or any][row], the mean over draws of folds, in shares of the target's range; and the largest of all.
        var reaches = bench.Work(recipes.Count, "models", m => ReachOf(bench, m, width, cancellationToken));
        var free = recipes.FindIndex(r => r.Name == inner.Name);
        var rows = new List<ExperimentRow>();
        for (var judge = names.Count; judge >= 0; judge--)
        {
            var condition = judge == names.Count ? Any : names[names.Count - 1 - judge];
            var place = judge == names.Count ? judge : names.Count - 1 - judge;
            var figures = reaches.Select(r => GroupedFigure.MeanOf(r.Rows[place], bench.Data.GroupOf, bench.Data.Weights)).ToArray();
            for (var m = 0; m < recipes.Count; m++)
            {
                rows.Add(new ExperimentRow(condition, Mean, null, recipes[m].Name, "reach", figures[m].Estimate)
                {
                    OverMeanFit = m == bench.Baseline ? null : figures[m].Minus(figures[bench.Baseline]).Estimate,
                    Further = [KeyValuePair.Create("target_units", figures[m].Value * width)],
                });
                rows.Add(new ExperimentRow(condition, Largest, null, recipes[m].Name, "reach", Estimate.Of(reaches[m].Largest[place]))
                {
                    Further = [KeyValuePair.Create("target_units", reaches[m].Largest[place] * width)],
                });
            }

            if (judge != names.Count) continue;
            for (var m = 0; m < recipes.Count; m++)
            {
                rows.Add(new ExperimentRow(Any, Cost, null, recipes[m].Name, "r2", bench.Clean[m].R2.Estimate)
                {
                    OverMeanFit = m == bench.Baseline ? null : bench.Clean[m].R2.Minus(bench.Clean[bench.Baseline].R2).Estimate,
                    OverClean = recipes[m] is BoundedRecipe ? bench.Clean[m].R2.Minus(bench.Clean[free].R2).Estimate : null,
                    Further = [KeyValuePair.Create("rmse", bench.Clean[m].Rmse.Value), KeyValuePair.Create("spearman", bench.Clean[m].Spearman.Value)],
                });
            }
        }

        return new ExperimentOutcome
        {
            Kind = "gaming",
            Title = "One judge against the aggregate",
            Method =
            [
                "Reach: highest less lowest number when one judge's score goes over its whole scale (21 even points and every score it gave) and the others stay, as a share of the target's range. Rows are those that the model was not fitted on. 'Any one judge' takes on every row the judge with the greatest reach there; the mean is over rows and draws of folds, the largest over all of them.",
                $"Bounded: the curves of {inner.Name} keep their shape, and their weights are fitted anew by least squares, none above the bound. A missing judge has a constant in its place, so that nobody speaks for it. One judge then moves the number by the bound at most, on every row that can be thought of, also by falling silent.",
                $"The plain mean of {Sentences.Count(names.Count, "judge")} has a reach of exactly {Sentences.Percent(1.0 / names.Count)} on complete rows.",
            ],
            Layout = ExperimentLayout.List,
            ColumnsAre = "figure",
            FigureIs = "reach, share of the target's range",
            Rows = rows,
            Meaning = [.. Meaning(recipes, rows, inner.Name)],
            Settings = bench.Facts(("bounded", inner.Name), ("bounds", string.Join(", ", bounds.Distinct().Order().Select(ExperimentBench.Number)))),
            NotDrawn = [Cost],
        };
    }

    private static IModelRecipe Additive(string name, ExperimentSettings settings, (double, double) range)
    {
        string[] allowed = ["gam", "ridge", "non-negative", "mean-fit", "best-judge"];
        return allowed.Contains(name, StringComparer.Ordinal) ? AggregatorTrainer.RecipeOf(name, settings.Monotone, range)
            : throw new OrchestrationException(ErrorCodes.Usage, $"--bounded {name}: judges can be bounded in {string.Join(", ", allowed)}, whose number is a sum of one part a judge.");
    }

    private static (double[][] Rows, double[] Largest) ReachOf(ExperimentBench bench, int recipe, double width, CancellationToken cancellationToken)
    {
        var data = bench.Data;
        var reach = new double[data.Judges + 1][];
        for (var j = 0; j < reach.Length; j++) reach[j] = new double[data.Rows];
        var largest = new double[reach.Length];
        double[][] places = [.. Enumerable.Range(0, data.Judges).Select(j => JudgeReach.Places(data.Scores, data.Judges, j))];
        for (var draw = 0; draw < bench.Study.Draws.Count; draw++)
        {
            var folds = bench.Study.Draws[draw];
            for (var fold = 0; fold < folds.Count; fold++)
            {
                var rows = folds.HeldOut(fold);
                var scores = data.Select(rows).Scores;
                var (lowest, highest, most) = (new double[rows.Length], new double[rows.Length], new double[rows.Length]);
                for (var j = 0; j < data.Judges; j++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    JudgeReach.Of(bench.Study.Model(draw, fold, recipe), scores, j, places[j], lowest, highest);
                    for (var i = 0; i < rows.Length; i++)
                    {
                        var share = (highest[i] - lowest[i]) / width;
                        reach[j][rows[i]] += share / bench.Study.Draws.Count;
                        largest[j] = Math.Max(largest[j], share);
                        most[i] = Math.Max(most[i], share);
                    }
                }

                for (var i = 0; i < rows.Length; i++)
                {
                    reach[^1][rows[i]] += most[i] / bench.Study.Draws.Count;
                    largest[^1] = Math.Max(largest[^1], most[i]);
                }
            }
        }

        return (reach, largest);
    }

    private static IEnumerable<string> Meaning(List<IModelRecipe> recipes, List<ExperimentRow> rows, string free)
    {
        ExperimentRow Of(string column, string model) => rows.First(r => r.Condition == Any && r.Column == column && r.Model == model);
        foreach (var recipe in recipes)
        {
            if (recipe is BoundedRecipe) continue;
            var worst = rows.Where(r => r.Column == Mean && r.Model == recipe.Name && r.Condition != Any).MaxBy(static r => r.Value.Value)!;
            yield return $"{recipe.Name}: one judge alone moves the number by {Sentences.Percent(Of(Mean, recipe.Name).Value.Value)} of the target's range on average and by {Sentences.Percent(Of(Largest, recipe.Name).Value.Value)} at most; {worst.Condition} has the greatest reach. R² {Sentences.R2(Of(Cost, recipe.Name).Value)}.";
        }

        foreach (var recipe in recipes.OfType<BoundedRecipe>())
        {
            var cost = Of(Cost, recipe.Name);
            yield return $"{recipe.Name}: at most {Sentences.Percent(Of(Largest, recipe.Name).Value.Value)} was met. R² {Sentences.R2(cost.Value)}: against {free} without a bound {Sentences.Sure(cost.OverClean!.Value)}; against {TrainSettings.Baseline} {Sentences.Sure(cost.OverMeanFit!.Value)}.";
        }
    }
}
