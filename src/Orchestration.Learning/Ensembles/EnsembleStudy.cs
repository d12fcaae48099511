using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Ensembles;

/// <summary>How votes are learned and measured.</summary>
public sealed record EnsemblePlan
{
    /// <summary>Folds a draw, at least 2; default 5. Whole prompts are held out.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Draws of folds, at least 1; default 20. Draw r has seed <see cref="Seed"/> + r.</summary>
    public int Draws { get; init; } = 20;

    /// <summary>Seed; default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads at most; default 1. No number depends on it.</summary>
    public int MaxThreads { get; init; } = 1;

    /// <summary>Stops between two fits.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>Accuracy of one judge or one ensemble.</summary>
/// <param name="Name">The judge's number as text, or the ensemble's name.</param>
/// <param name="Strict">Share of comparisons preferred rightly; a tie is not right. For learned votes the mean over the draws.</param>
/// <param name="HalfTie">The same with a tie as half right; never to be mixed with <paramref name="Strict"/>.</param>
/// <param name="Spread">Standard deviation of the half-tie accuracy over the draws; 0 for votes that are not learned.</param>
/// <param name="OverBestStrict">Strict accuracy less that of the judge with the best strict accuracy, on the same rows; bounds of 95%.</param>
/// <param name="OverBestHalfTie">The same with ties as half, against the judge that is best by that.</param>
/// <param name="WhereBestDecided">Half-tie accuracy on the rows where that judge has a preference.</param>
/// <param name="WhereBestTied">On the rows where it has none; NaN where there are none.</param>
/// <param name="LeftOutAll">The same over all rows, each scored by the fit that has not seen its category; NaN without categories.</param>
/// <param name="LeftOut">For each category the half-tie accuracy on it when fitted on the others alone; for votes that are not learned, on it. Empty without categories.</param>
public sealed record EnsembleFigures(
    string Name, Figure Strict, Figure HalfTie, double Spread, PairedDifference OverBestStrict, PairedDifference OverBestHalfTie, double WhereBestDecided, double WhereBestTied, double LeftOutAll, IReadOnlyList<double> LeftOut);

/// <summary>A mean difference on the same rows with its 95% bounds by prompt (Student's t).</summary>
/// <param name="Mean">The difference; above 0 for the better.</param>
/// <param name="Lower">Lower bound; NaN below two prompts.</param>
/// <param name="Upper">Upper bound; likewise.</param>
public readonly record struct PairedDifference(double Mean, double Lower, double Upper);

/// <summary>
/// Whether many judges together are better than the best of them. The best single judge is found on the very rows it is measured on, which favours it; <c>best judge (chosen)</c> is
/// chosen in training folds and shows how much.
/// </summary>
/// <param name="Judges">Each judge.</param>
/// <param name="Ensembles">Majority, mean of z-scores, best judge chosen in training folds, learned votes with and without signs held.</param>
/// <param name="BestStrict">The judge with the best strict accuracy, the first of equals.</param>
/// <param name="BestHalfTie">The judge with the best half-tie accuracy, the first of equals.</param>
/// <param name="TiedRows">Rows where the best judge by half-tie accuracy has no preference.</param>
/// <param name="Inverted">Judges whose stronger preference for A makes the free learned vote, fitted on all rows, prefer B more: an ensemble that uses a judge against itself is unsafe, however well it scores.</param>
public sealed record EnsembleStudy(
    IReadOnlyList<EnsembleFigures> Judges, IReadOnlyList<EnsembleFigures> Ensembles, int BestStrict, int BestHalfTie, int TiedRows, IReadOnlyList<int> Inverted)
{
    /// <summary>Name of the plain majority of signs.</summary>
    public const string Majority = "majority";

    /// <summary>Name of the mean of centred signals of unit variance.</summary>
    public const string MeanOfZScores = "mean of z-scores";

    /// <summary>Name of the judge that is best on the training folds.</summary>
    public const string ChosenJudge = "best judge (chosen)";

    /// <summary>Name of the logistic vote with free signs.</summary>
    public const string Learned = "learned";

    /// <summary>Name of the logistic vote without weights below 0.</summary>
    public const string LearnedNonNegative = "learned, non-negative";

    /// <summary>Measures all.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer prompts than folds.</exception>
    public static EnsembleStudy Run(VerdictRows rows, EnsemblePlan plan)
    {
        var votes = Enumerable.Range(0, rows.Judges).Select(j => Votes.OfJudge(rows, j)).ToArray();
        var bestStrict = Best(votes, rows, strict: true);
        var best = Best(votes, rows, strict: false);
        var measure = new Measure(rows, votes[bestStrict], votes[best]);
        var data = Votes.ToLearn(rows);
        IModelRecipe[] recipes = [ModelRecipes.Create("ridge", new RecipeOptions { Monotone = false }), ModelRecipes.Create("non-negative")];
        var draws = Enumerable.Range(0, plan.Draws).Select(d => Folds.ByGroup(rows.GroupOf, plan.Folds, plan.Seed + (ulong)d)).ToArray();
        var options = new FitOptions(plan.Seed, plan.MaxThreads, plan.Cancellation);
        var learned = OutOfFold.Predict(new PreferenceRows(data), recipes, draws, options);
        var byCategory = rows.Categories < 2 ? null : Folds.LeaveOut(rows.CategoryOf!, rows.GroupOf);
        var leftOut = byCategory is null ? null : OutOfFold.Predict(new PreferenceRows(data), recipes, [byCategory], options)[0];
        var (majority, mean) = (Votes.Majority(rows), Votes.MeanOfZScores(rows));
        EnsembleFigures[] ensembles =
        [
            measure.Of(Majority, [majority], majority),
            measure.Of(MeanOfZScores, [mean], mean),
            measure.Of(ChosenJudge, [.. draws.Select(d => Chosen(votes, rows, d))], byCategory is null ? null : Chosen(votes, rows, byCategory)),
            measure.Of(Learned, [.. learned.Select(static d => d[0])], leftOut?[0]),
            measure.Of(LearnedNonNegative, [.. learned.Select(static d => d[1])], leftOut?[1]),
        ];
        return new EnsembleStudy(
            [.. votes.Select((v, j) => measure.Of(j.ToString(System.Globalization.CultureInfo.InvariantCulture), [v], v))], ensembles, bestStrict, best, votes[best].Count(static v => v == 0), InvertedBy(recipes[0].Fit(data, options), rows.Judges));
    }

    private static int Best(double[][] votes, VerdictRows rows, bool strict)
    {
        var accuracies = votes.Select(v => v.Select((vote, i) => Measure.Credit(vote, rows.Labels[i], strict)).Sum()).ToArray();
        return Array.IndexOf(accuracies, accuracies.Max());
    }

    /// <summary>For each fold the votes of the judge that is best outside it, ties as half.</summary>
    private static double[] Chosen(double[][] votes, VerdictRows rows, Folds folds)
    {
        var chosen = new double[rows.Rows];
        for (var k = 0; k < folds.Count; k++)
        {
            var training = folds.Training(k);
            var sums = votes.Select(v => training.Sum(i => Measure.Credit(v[i], rows.Labels[i], strict: false))).ToArray();
            var judge = Array.IndexOf(sums, sums.Max());
            foreach (var i in folds.HeldOut(k)) chosen[i] = votes[judge][i];
        }

        return chosen;
    }

    private static List<int> InvertedBy(IScoreModel model, int judges)
    {
        var inverted = new List<int>();
        var scores = new double[judges];
        Array.Fill(scores, 0.5);
        for (var j = 0; j < judges; j++)
        {
            scores[j] = 1;
            var high = model.Predict(scores);
            scores[j] = 0;
            if (high < model.Predict(scores) - 1e-9) inverted.Add(j);
            scores[j] = 0.5;
        }

        return inverted;
    }

    private sealed class Measure(VerdictRows rows, double[] bestStrict, double[] best)
    {
        private readonly RowGroups _groups = new(rows.GroupOf, rows.Groups, null);

        public static double Credit(double vote, int label, bool strict) => vote * label > 0 ? 1 : vote == 0 && !strict ? 0.5 : 0;

        public EnsembleFigures Of(string name, double[][] draws, double[]? leftOut)
        {
            var (strict, half) = (Mean(draws, strict: true), Mean(draws, strict: false));
            var byDraw = draws.Select(d => d.Select((v, i) => Credit(v, rows.Labels[i], strict: false)).Average()).ToArray();
            var mean = byDraw.Average();
            var spread = byDraw.Length < 2 ? 0 : Math.Sqrt(byDraw.Sum(a => (a - mean) * (a - mean)) / (byDraw.Length - 1));
            return new EnsembleFigures(
                name, Figure(strict), Figure(half), spread, Against(strict, bestStrict, strict: true), Against(half, best, strict: false),
                Where(half, static vote => vote != 0), Where(half, static vote => vote == 0),
                leftOut is null || rows.CategoryOf is null ? double.NaN : leftOut.Select((v, i) => Credit(v, rows.Labels[i], strict: false)).Average(), leftOut is null || rows.CategoryOf is null ? [] : ByCategory(leftOut));
        }

        private double[] Mean(double[][] draws, bool strict)
        {
            var credits = new double[rows.Rows];
            foreach (var draw in draws)
            {
                for (var i = 0; i < credits.Length; i++) credits[i] += Credit(draw[i], rows.Labels[i], strict) / draws.Length;
            }

            return credits;
        }

        private Figure Figure(double[] credits) => GroupInfluence.Figure([GroupInfluence.Mean(credits, _groups)]);

        private PairedDifference Against(double[] credits, double[] opponent, bool strict)
        {
            var figure = Figure([.. credits.Select((c, i) => c - Credit(opponent[i], rows.Labels[i], strict))]);
            if (rows.Groups < 2) return new PairedDifference(figure.Value, double.NaN, double.NaN);
            var half = StudentQuantile.Of(0.975, rows.Groups - 1) * figure.StandardError;
            return new PairedDifference(figure.Value, figure.Value - half, figure.Value + half);
        }

        private double Where(double[] credits, Func<double, bool> wanted)
        {
            var (sum, count) = (0.0, 0);
            for (var i = 0; i < credits.Length; i++)
            {
                if (wanted(best[i])) (sum, count) = (sum + credits[i], count + 1);
            }

            return count == 0 ? double.NaN : sum / count;
        }

        private double[] ByCategory(double[] votes)
        {
            var (sums, counts) = (new double[rows.Categories], new int[rows.Categories]);
            for (var i = 0; i < votes.Length; i++)
            {
                sums[rows.CategoryOf![i]] += Credit(votes[i], rows.Labels[i], strict: false);
                counts[rows.CategoryOf[i]]++;
            }

            for (var c = 0; c < sums.Length; c++) sums[c] /= counts[c];
            return sums;
        }
    }
}
