using Orchestration.Learning.Models;
using Orchestration.Learning.Robustness;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Diversity;

/// <summary>How subsets of judges are chosen and measured.</summary>
public sealed record SubsetOptions
{
    /// <summary>Share of the full set's R² that a subset must keep, above 0 and at most 1; default 0.95.</summary>
    public double Keep { get; init; } = 0.95;

    /// <summary>Folds of whole groups, outside and inside, at least 2; default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Draws of the outer folds that figures are averaged over, at least 1; default 2.</summary>
    public int Repeats { get; init; } = 2;

    /// <summary>Seed of the folds; default 0.</summary>
    public ulong Seed { get; init; }
}

/// <summary>
/// The smallest set of judges that keeps most of what all of them explain, chosen where it is not measured. In each outer fold's training rows judges are ordered by forward selection, inner folds (each with an order of its
/// own) say how many of them reach the share of the full set's inner R², and that many, refitted, predict the fold held out. So the R² of the subset has paid for being chosen.
/// </summary>
/// <param name="Full">Out-of-fold R² of all judges.</param>
/// <param name="Subset">That of the subsets chosen inside the training folds.</param>
/// <param name="BySize">That of the first 1, 2, … judges of each training fold's order; the last is that of all.</param>
/// <param name="Chosen">How often each judge was chosen, as a share of the outer fits.</param>
/// <param name="Sizes">The size chosen in each outer fit.</param>
/// <param name="Final">The subset that the same rule chooses on all rows, in order of selection: the one to use.</param>
public sealed record SubsetStudy(GroupedFigure Full, GroupedFigure Subset, IReadOnlyList<GroupedFigure> BySize, double[] Chosen, IReadOnlyList<int> Sizes, IReadOnlyList<int> Final)
{
    /// <summary>Runs it.</summary>
    /// <param name="data">Rows with human scores.</param>
    /// <param name="recipe">What turns the judges' scores into one number.</param>
    /// <param name="options">Share, folds, seed.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    /// <exception cref="ArgumentException">An option out of its range, or fewer groups than two for each fold.</exception>
    public static SubsetStudy Run(ScoreData data, IModelRecipe recipe, SubsetOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Folds, 2, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Repeats, 1, nameof(options));
        if (!(options.Keep > 0 && options.Keep <= 1)) throw new ArgumentOutOfRangeException(nameof(options), options.Keep, "A share above 0 and at most 1 is kept.");
        if (data.Groups < 2 * options.Folds) throw new ArgumentException($"{data.Groups} prompts for {options.Folds} folds inside {options.Folds} folds: {2 * options.Folds} are needed at least.", nameof(data));
        var (subset, bySize) = (new double[options.Repeats][], new double[options.Repeats][][]);
        var (chosen, sizes) = (new double[data.Judges], new List<int>());
        for (var repeat = 0; repeat < options.Repeats; repeat++)
        {
            subset[repeat] = new double[data.Rows];
            bySize[repeat] = [.. Enumerable.Range(0, data.Judges).Select(_ => new double[data.Rows])];
            var folds = Folds.ByGroup(data.GroupOf, options.Folds, SeededDraws.Part(options.Seed, (ulong)repeat));
            for (var fold = 0; fold < folds.Count; fold++)
            {
                var (training, held) = (data.Select(folds.Training(fold)), folds.HeldOut(fold));
                var order = ForwardOrder.Of(training);
                var size = Size(training, recipe, options, cancellationToken);
                sizes.Add(size);
                foreach (var judge in order.AsSpan(0, size)) chosen[judge] += 1.0 / (options.Repeats * options.Folds);
                var numbers = Predict(recipe, training, order, data, held, cancellationToken);
                for (var k = 0; k < numbers.Length; k++)
                {
                    for (var i = 0; i < held.Length; i++) bySize[repeat][k][held[i]] = numbers[k][i];
                }

                for (var i = 0; i < held.Length; i++) subset[repeat][held[i]] = numbers[size - 1][i];
            }
        }

        GroupedFigure R2(IEnumerable<double[]> draws) => ModelFigures.Of([.. draws], data.Targets, data.GroupOf, data.Weights).R2;
        GroupedFigure[] curve = [.. Enumerable.Range(0, data.Judges).Select(k => R2(bySize.Select(b => b[k])))];
        return new SubsetStudy(curve[^1], R2(subset), curve, chosen, sizes, ForwardOrder.Of(data)[..Size(data, recipe, options, cancellationToken)]);
    }

    /// <summary>How many judges reach the share, by folds inside these rows. Where all together explain nothing, nothing says that fewer would do: all.</summary>
    private static int Size(ScoreData data, IModelRecipe recipe, SubsetOptions options, CancellationToken cancellationToken)
    {
        var folds = Folds.ByGroup(data.GroupOf, options.Folds, options.Seed);
        var numbers = Enumerable.Range(0, data.Judges).Select(_ => new double[data.Rows]).ToArray();
        for (var fold = 0; fold < folds.Count; fold++)
        {
            var (training, held) = (data.Select(folds.Training(fold)), folds.HeldOut(fold));
            var predicted = Predict(recipe, training, ForwardOrder.Of(training), data, held, cancellationToken);
            for (var k = 0; k < numbers.Length; k++)
            {
                for (var i = 0; i < held.Length; i++) numbers[k][held[i]] = predicted[k][i];
            }
        }

        double[] r2 = [.. numbers.Select(n => ModelFigures.Of([n], data.Targets, data.GroupOf, data.Weights).R2.Value)];
        if (!(r2[^1] > 0)) return data.Judges;
        for (var k = 0; k < r2.Length; k++)
        {
            if (r2[k] >= options.Keep * r2[^1]) return k + 1;
        }

        return data.Judges;
    }

    /// <summary>For 1, 2, … judges of the order the numbers of the rows held out.</summary>
    private static double[][] Predict(IModelRecipe recipe, ScoreData training, int[] order, ScoreData data, int[] held, CancellationToken cancellationToken)
    {
        var numbers = new double[order.Length][];
        for (var k = 0; k < order.Length; k++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] judges = [.. order[..(k + 1)].Order()];
            var few = new ScoreData(judges.Length, Columns(training.Scores, training.Judges, judges), training.Targets, training.GroupOf, training.Weights);
            var model = recipe.Fit(few, new FitOptions(0, 1, cancellationToken));
            numbers[k] = new double[held.Length];
            model.Predict(Columns(data.Select(held).Scores, data.Judges, judges), numbers[k]);
        }

        return numbers;
    }

    private static double[] Columns(double[] scores, int judges, int[] chosen)
    {
        var columns = new double[scores.Length / judges * chosen.Length];
        for (int at = 0, to = 0; at < scores.Length; at += judges)
        {
            foreach (var judge in chosen) columns[to++] = scores[at + judge];
        }

        return columns;
    }
}
