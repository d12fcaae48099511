using Orchestration.Learning.Models;

namespace Orchestration.Learning.Selection;

/// <summary>Numbers for rows by models that were fitted without them.</summary>
internal static class OutOfFold
{
    /// <summary>
    /// For each draw of folds and each recipe one number a row. Fits may run side by side; each has a seed and a place of its own, so nothing depends on how.
    /// </summary>
    /// <param name="rows">The rows.</param>
    /// <param name="recipes">What is fitted, all on the same folds.</param>
    /// <param name="draws">The folds.</param>
    /// <param name="options">Seed, threads and cancellation.</param>
    /// <param name="models">Called with each model: draw, recipe, fold. Null where nobody wants them. Calls may come from several threads.</param>
    /// <param name="progress">Told how many folds are done, and of how many. Null where nobody asks. Calls may come from several threads.</param>
    /// <returns>[draw][recipe][row].</returns>
    public static double[][][] Predict(
        LearningRows rows, IReadOnlyList<IModelRecipe> recipes, IReadOnlyList<Folds> draws, FitOptions options, Action<int, int, int, IScoreModel>? models = null, Action<int, int>? progress = null)
    {
        var numbers = new double[draws.Count][][];
        var parts = new List<(int Draw, int Fold)>();
        for (var d = 0; d < draws.Count; d++)
        {
            numbers[d] = new double[recipes.Count][];
            for (var m = 0; m < recipes.Count; m++) numbers[d][m] = new double[rows.Rows];
            for (var k = 0; k < draws[d].Count; k++) parts.Add((d, k));
        }

        var done = 0;

        // A fold is the unit of work: its rows are taken once and every recipe is fitted on them, so that recipes may share what they learn of them.
        Run(parts.Count, options, part =>
        {
            var (d, k) = parts[part];
            var training = rows.Select(draws[d].Training(k));
            var held = draws[d].HeldOut(k);
            var heldOut = rows.Select(held);
            var seed = SeededDraws.Part(SeededDraws.Part(options.Seed, (ulong)d), (ulong)k);
            for (var m = 0; m < recipes.Count; m++)
            {
                options.CancellationToken.ThrowIfCancellationRequested();
                var model = training.Fit(recipes[m], new FitOptions(seed, 1, options.CancellationToken));
                models?.Invoke(d, m, k, model);
                var predicted = heldOut.Predict(model);
                for (var i = 0; i < held.Length; i++) numbers[d][m][held[i]] = predicted[i];
            }

            progress?.Invoke(Interlocked.Increment(ref done), parts.Count);
        });
        return numbers;
    }

    private static void Run(int parts, FitOptions options, Action<int> work)
    {
        if (options.MaxThreads <= 1 || parts == 1)
        {
            for (var i = 0; i < parts; i++) work(i);
            return;
        }

        Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = options.MaxThreads, CancellationToken = options.CancellationToken }, work);
    }
}
