using Orchestration.Core.Aggregation.Training;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.Experiments;

/// <summary>What a model says of its judges, on independent resamples of the groups: importance and curves, and how far chance moves them.</summary>
public static class StabilityExperiment
{
    private const string AllJudges = "all judges";

    /// <summary>Runs it.</summary>
    /// <inheritdoc cref="ContaminationExperiment.Run" path="/exception"/>
    /// <param name="set">Rows with human scores.</param>
    /// <param name="settings">Models and seed.</param>
    /// <param name="resamples">Bootstraps of groups, at least 2, and half as many cuts into halves.</param>
    /// <param name="progress">Told after each part; null for nobody.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    public static ExperimentOutcome Run(
        TrainingSet set, ExperimentSettings settings, int resamples, IProgress<ExperimentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 2);
        var bench = ExperimentBench.Create(set, settings, progress, cancellationToken);
        var data = bench.Data;
        if (data.Groups < 4) throw new OrchestrationException(ErrorCodes.Input, $"{data.Groups} groups cannot be resampled: give rows of four prompts at least.");
        double[] grid = [.. Enumerable.Range(0, 11).Select(static p => p / 10.0)];
        var cuts = Math.Max(1, resamples / 2);
        var recipes = bench.Study.Recipes;

        // First the bootstraps, then both halves of every cut.
        var fits = bench.Work(resamples + 2 * cuts, "resamples", part =>
        {
            var seed = settings.Seed + (ulong)part;
            int[] counts = part < resamples
                ? Resampling.Bootstrap(data.Groups, seed)
                : [.. Resampling.Halves(data.Groups, settings.Seed + (ulong)((part - resamples) / 2)).Select(first => first == ((part - resamples) % 2 == 0) ? 1 : 0)];
            return recipes.Select(r => Resampling.Fit(r, data, counts, grid, seed, cancellationToken)).ToArray();
        });

        var rows = new List<ExperimentRow>();
        var curves = new List<ExperimentCurve>();
        var meaning = new List<string>();
        for (var m = 0; m < recipes.Count; m++)
        {
            var own = rows.Count;
            var model = recipes[m].Name;
            ResampledFit[] boot = [.. fits.Take(resamples).Select(f => f[m])];
            double[][] ranks = [.. boot.Select(static f => RankAgreement.Ranks(f.Importance))];
            for (var j = 0; j < data.Judges; j++)
            {
                double[] importance = [.. boot.Select(f => f.Importance[j])];
                double[] rank = [.. ranks.Select(r => r[j])];
                rows.Add(new ExperimentRow(bench.Judges[j], "importance", null, model, "importance", OverResamples(importance)));
                rows.Add(new ExperimentRow(bench.Judges[j], "rank", null, model, "rank", OverResamples(rank)));
                rows.Add(new ExperimentRow(bench.Judges[j], "agreement of curves", null, model, "correlation", Agreement(fits, resamples, cuts, m, f => f.Curves[j])));
                curves.Add(CurveOf(model, bench.Judges[j], grid, [.. boot.Select(f => f.Curves[j])]));
            }

            var agreement = Agreement(fits, resamples, cuts, m, static f => f.Importance);
            rows.Add(new ExperimentRow(AllJudges, "agreement of ranks", null, model, "correlation", agreement));
            ExperimentRow[] importances = [.. rows.Skip(own).Where(static r => r.Figure == "importance").OrderByDescending(static r => r.Value.Value)];
            var first = importances[0];
            var wins = boot.Count(f => bench.Judges[Array.IndexOf(f.Importance, f.Importance.Max())] == first.Condition);
            int sure = importances.Count(static r => r.Value.Lower > 0);
            meaning.Add(
                $"{model}: {first.Condition} matters most on average (R² {ExperimentBench.Number(first.Value.Value)} lost without its scores) and in {wins} of {Sentences.Count(resamples, "resample")}; {sure} of {Sentences.Count(data.Judges, "judge")} matter in nearly all of them. "
                + (double.IsFinite(agreement.Value) ? $"Two halves of the prompts that share nothing rank the judges with a correlation of {ExperimentBench.Number(agreement.Value)} ({ExperimentBench.Number(agreement.Lower)} to {ExperimentBench.Number(agreement.Upper)} over {Sentences.Count(cuts, "cut")})." : "The judges cannot be ranked apart."));
        }

        return new ExperimentOutcome
        {
            Kind = "stability",
            Title = "Stability of importance and curves",
            Method =
            [
                $"{Sentences.Count(resamples, "bootstrap")} of whole groups: every model is fitted on each. Importance of a judge: R² lost, on the groups that the resample left out, when the judge's scores are dealt out anew among their rows ({Sentences.Count(Resampling.Deals, "time")}). Values are means over resamples, intervals their 2.5% to 97.5% quantiles.",
                $"Curves: partial dependence at eleven places, over the same rows in every resample. Agreement: {Sentences.Count(cuts, "cut")} of the groups into halves that share no group; the rank correlation of both halves' importances, and of their curves, with the lowest and highest 2.5% of the cuts. Half of the groups say less than all: agreement on all is higher.",
                "The mean gives every judge the same weight: what differs between its judges is only how their scores vary.",
            ],
            Layout = ExperimentLayout.List,
            ColumnsAre = "figure",
            FigureIs = "R² lost without the judge's scores",
            Rows = rows,
            Curves = curves,
            Meaning = meaning,
            Settings = bench.Facts(("resamples", ExperimentBench.Number(resamples)), ("cuts into halves", ExperimentBench.Number(cuts))),
            NotDrawn = ["rank", "agreement of curves", "agreement of ranks"],
        };
    }

    private static Estimate Agreement(ResampledFit[][] fits, int resamples, int cuts, int recipe, Func<ResampledFit, double[]> of)
    {
        var agreement = new List<double>();
        for (var cut = 0; cut < cuts; cut++)
        {
            var value = RankAgreement.Spearman(of(fits[resamples + 2 * cut][recipe]), of(fits[resamples + 2 * cut + 1][recipe]));
            if (double.IsFinite(value)) agreement.Add(value);
        }

        return agreement.Count == 0 ? Estimate.Of(double.NaN) : OverResamples([.. agreement]);
    }

    private static ExperimentCurve CurveOf(string model, string judge, double[] grid, double[][] curves)
    {
        Estimate[] points = [.. grid.Select((_, p) => OverResamples([.. curves.Select(c => c[p])]))];
        return new ExperimentCurve(model, judge, grid, [.. points.Select(static p => p.Value)], [.. points.Select(static p => p.Lower)], [.. points.Select(static p => p.Upper)]);
    }

    /// <summary>Mean, standard deviation and the 2.5% and 97.5% quantiles (linear between order statistics).</summary>
    private static Estimate OverResamples(double[] values)
    {
        var sorted = values.Order().ToArray();
        var mean = sorted.Average();
        var spread = sorted.Length < 2 ? double.NaN : Math.Sqrt(sorted.Sum(v => (v - mean) * (v - mean)) / (sorted.Length - 1));
        return new Estimate(mean, Quantile(0.025), Quantile(0.975), spread);

        double Quantile(double level)
        {
            var at = level * (sorted.Length - 1);
            var below = (int)at;
            return below + 1 < sorted.Length ? sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
        }
    }
}
