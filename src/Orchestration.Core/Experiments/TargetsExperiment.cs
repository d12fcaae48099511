using Orchestration.Core.Aggregation.Training;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Models;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.Experiments;

/// <summary>
/// Whom a model learns from: trained on each annotator, on their mean and on a mixture (each row's label drawn from one of those who rated it), tested on every one of them,
/// beside what the annotators themselves agree on.
/// </summary>
public static class TargetsExperiment
{
    private const string MeanName = "their mean";
    private const string MixtureName = "a mixture";

    /// <summary>The row of the annotators' own agreement, in the place of a model.</summary>
    public const string Annotator = "the annotator";

    /// <summary>Runs it.</summary>
    /// <inheritdoc cref="ContaminationExperiment.Run" path="/exception"/>
    /// <param name="set">Rows whose human score is the mean of the annotators.</param>
    /// <param name="ratings">Each annotator's name and ratings, one a row, NaN where there is none; two at least.</param>
    /// <param name="settings">Models, folds, seed.</param>
    /// <param name="progress">Told after each part; null for nobody.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    public static ExperimentOutcome Run(
        TrainingSet set, IReadOnlyList<KeyValuePair<string, double[]>> ratings, ExperimentSettings settings, IProgress<ExperimentProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ratings);
        if (ratings.Count < 2) throw new OrchestrationException(ErrorCodes.Usage, $"--targets: {(ratings.Count == 0 ? "no annotator was" : $"only {ratings[0].Key} was")} found in these rows, and agreement needs two. Name their fields (--targets expert1,expert2), or one that holds a list or an object of ratings.");
        var bench = ExperimentBench.Create(set, settings, progress, cancellationToken);
        var data = bench.Data;
        foreach (var (name, own) in ratings)
        {
            // Every fold of every draw has to leave something to learn from.
            var rated = Enumerable.Range(0, data.Rows).Where(i => !double.IsNaN(own[i])).Select(i => data.GroupOf[i]).Distinct().Count();
            if (rated <= bench.Study.Draws[0].Count) throw new OrchestrationException(ErrorCodes.Input, $"{name} rated answers to {Sentences.Count(rated, "prompt")} only: too few to learn from. Leave that annotator out of --targets.");
        }

        KeyValuePair<string, double[]>[] targets = [.. ratings, KeyValuePair.Create(MeanName, data.Targets), KeyValuePair.Create(MixtureName, Mixture(ratings, data.Rows, settings.Seed))];
        var measured = bench.Work(targets.Length, "targets", part =>
        {
            var labels = targets[part].Value;
            var predictions = bench.Study.Refit((_, _, rows) => Labelled(data, rows, labels), data.Scores, cancellationToken);
            return targets.Select(t => bench.Study.Measure(predictions, Known(t.Value), Counting(data, t.Value))).ToArray();
        });

        var rows = new List<ExperimentRow>();
        for (var from = 0; from < targets.Length; from++)
        {
            for (var to = 0; to < targets.Length; to++)
            {
                rows.AddRange(bench.Rows(targets[from].Key, targets[to].Key, null, measured[from][to], _ => []).Select(static r => r with { OverClean = null }));
                if (from < ratings.Count && from != to && Own(data, ratings, targets, from, to) is { } own) rows.Add(own);
            }
        }

        var alpha = RankAgreement.IntervalAlpha([.. ratings.Select(static r => r.Value)]);
        return new ExperimentOutcome
        {
            Kind = "targets",
            Title = "Whom a model learns from",
            Method =
            [
                $"Every model is fitted on each of {Sentences.Count(ratings.Count, "annotator")}, on the mean of those who rated a row, and on a mixture (the label of each row drawn, with the seed, from those who rated it), on the same folds of whole groups, and tested on all of them. A row that somebody has not rated is neither learned from nor tested on there.",
                $"'{Annotator}' stands for a person in the place of a model: the annotator's own ratings as predictions, on the rows that both rated; against their mean, the mean of the others, so that nobody is compared with themselves.",
                "R² is about the mean of the targets that are tested on: an annotator whose ratings spread wider, or with more chance, is harder to predict for everybody. The rank correlation stands beside it.",
            ],
            Layout = ExperimentLayout.Matrix,
            ColumnsAre = "tested on",
            FigureIs = "R² out of fold",
            Rows = rows,
            Meaning = [.. Meaning(bench, rows, ratings, alpha)],
            Settings = bench.Facts(("annotators", string.Join(", ", ratings.Select(static r => r.Key))), ("interval α of the annotators", ExperimentBench.Number(alpha))),
        };
    }

    private static double[] Mixture(IReadOnlyList<KeyValuePair<string, double[]>> ratings, int rows, ulong seed)
    {
        var mixture = new double[rows];
        for (var i = 0; i < rows; i++)
        {
            double[] known = [.. ratings.Select(r => r.Value[i]).Where(static v => !double.IsNaN(v))];
            mixture[i] = known[JudgeAttacks.Order(known.Length, seed + (ulong)i)[0]];
        }

        return mixture;
    }

    private static ScoreData Labelled(ScoreData data, int[] rows, double[] labels)
    {
        var some = data.Select([.. rows.Where(i => !double.IsNaN(labels[i]))]);
        return new ScoreData(some.Judges, some.Scores, [.. rows.Where(i => !double.IsNaN(labels[i])).Select(i => labels[i])], some.GroupOf, some.Weights);
    }

    private static double[] Known(double[] labels) => [.. labels.Select(static l => double.IsNaN(l) ? 0 : l)];

    private static double[]? Counting(ScoreData data, double[] labels) =>
        labels.Any(double.IsNaN) ? [.. labels.Select((l, i) => double.IsNaN(l) ? 0 : data.Weights?[i] ?? 1)] : data.Weights;

    /// <summary>An annotator as predictor of another one, of the mean of the others, or of the mixture's labels that are not their own.</summary>
    private static ExperimentRow? Own(ScoreData data, IReadOnlyList<KeyValuePair<string, double[]>> ratings, KeyValuePair<string, double[]>[] targets, int from, int to)
    {
        var target = targets[to].Key switch
        {
            MixtureName => null,
            MeanName => OthersMean(ratings, from, data.Rows),
            _ => targets[to].Value,
        };
        if (target is null) return null;
        var own = ratings[from].Value;
        double[] both = [.. target.Select((t, i) => double.IsNaN(t) || double.IsNaN(own[i]) ? double.NaN : t)];
        if (both.All(double.IsNaN)) return null;
        var figures = ModelFigures.Of([Known(own)], Known(both), data.GroupOf, Counting(data, both));
        return new ExperimentRow(targets[from].Key, targets[to].Key, null, Annotator, "r2", figures.R2.Estimate)
        {
            Further = [KeyValuePair.Create("rmse", figures.Rmse.Value), KeyValuePair.Create("spearman", figures.Spearman.Value), KeyValuePair.Create("bias", figures.Bias.Value)],
        };
    }

    private static double[] OthersMean(IReadOnlyList<KeyValuePair<string, double[]>> ratings, int left, int rows)
    {
        var mean = new double[rows];
        for (var i = 0; i < rows; i++)
        {
            double[] others = [.. ratings.Where((_, r) => r != left).Select(r => r.Value[i]).Where(static v => !double.IsNaN(v))];
            mean[i] = others.Length == 0 ? double.NaN : others.Average();
        }

        return mean;
    }

    private static IEnumerable<string> Meaning(ExperimentBench bench, List<ExperimentRow> rows, IReadOnlyList<KeyValuePair<string, double[]>> ratings, double alpha)
    {
        yield return $"The annotators agree with an interval α of {ExperimentBench.Number(alpha)}; one as predictor of another has an R² of {Range(rows.Where(r => r.Model == Annotator && r.Column != MeanName))} and a rank correlation of {Range(rows.Where(r => r.Model == Annotator && r.Column != MeanName), static r => r.Get("spearman"))}.";
        bool IsAnnotator(string name) => ratings.Any(r => r.Key == name);
        foreach (var recipe in bench.Study.Recipes)
        {
            ExperimentRow[] own = [.. rows.Where(r => r.Model == recipe.Name)];
            yield return $"{recipe.Name}: {Both("trained and tested on the same annotator", own.Where(r => r.Condition == r.Column && IsAnnotator(r.Column)))}; "
                + $"{Both("trained on one and tested on another", own.Where(r => r.Condition != r.Column && IsAnnotator(r.Condition) && IsAnnotator(r.Column)))}; "
                + $"{Both("trained on their mean and tested on one", own.Where(r => r.Condition == MeanName && IsAnnotator(r.Column)))}, {Both("on their mean", own.Where(static r => r.Condition == MeanName && r.Column == MeanName))}; "
                + $"{Both("trained on the mixture and tested on their mean", own.Where(static r => r.Condition == MixtureName && r.Column == MeanName))}.";
        }
    }

    private static string Both(string what, IEnumerable<ExperimentRow> rows) => $"{what}, R² {Range(rows)} and rank correlation {Range(rows, static r => r.Get("spearman"))}";

    private static string Range(IEnumerable<ExperimentRow> rows, Func<ExperimentRow, double>? of = null)
    {
        double[] values = [.. rows.Select(r => of?.Invoke(r) ?? r.Value.Value).Where(double.IsFinite)];
        if (values.Length == 0) return "not defined";
        return values.Length == 1 ? Sentences.R2(Estimate.Of(values[0])) : $"{Sentences.R2(Estimate.Of(values.Min()))} to {Sentences.R2(Estimate.Of(values.Max()))}";
    }
}
