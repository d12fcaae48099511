using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Trees;

/// <summary>
/// Fits small boosted trees. How many there are is decided on folds of the training groups: one set of trees grows for each fold without seeing it, and
/// the number with the least loss over all held-out folds is grown anew on every row.
/// </summary>
internal sealed class TreeRecipe(TreeOptions options) : IModelRecipe
{
    private const int Folds = 5;
    private const int TreesWithoutHeldOut = 100;
    private const ulong FoldStream = 1000;
    private const ulong LastStream = 1001;
    private readonly TreeOptions _options = options.Checked();

    /// <inheritdoc/>
    public string Name => "trees";

    /// <inheritdoc/>
    public bool IsMonotone => _options is { Monotone: true, MonotoneJudges: null };

    /// <inheritdoc/>
    public IScoreModel Fit(ScoreData data, FitOptions options)
    {
        var normal = JudgeNormal.Fit(data, _options.Monotone ?? false);
        var rows = new TreeRows(normal.FillAll(data.Scores), data.Judges, data.Targets, data.Weights, _options.Bins);
        return Grow(normal, rows, data.GroupOf, data.Groups, _options.Monotone ?? false, options);
    }

    /// <inheritdoc/>
    public IScoreModel Fit(PreferenceData data, FitOptions options)
    {
        var normal = JudgeNormal.Fit(data, _options.Monotone ?? true);
        var scores = AnswerRows.Of(normal.FillAll(data.First), normal.FillAll(data.Second), data.Judges);
        var rows = new TreeRows(scores, data.Judges, data.Labels, data.Weights, _options.Bins);
        var model = Grow(normal, rows, data.GroupOf, data.Groups, _options.Monotone ?? true, options);
        return model.Shifted(-AnswerRows.Mean(model, scores, AnswerRows.Weights(data.Weights)));
    }

    private TreeModel Grow(JudgeNormal normal, TreeRows rows, int[] groupOf, int groups, bool monotone, FitOptions options)
    {
        var count = Count(rows, groupOf, groups, monotone, options);
        var last = new BoostedTrees(_options, rows, [.. Enumerable.Range(0, rows.Examples)], [], monotone, new SeedStream(options.Seed, LastStream));
        for (var tree = 0; tree < count; tree++)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            last.Step();
        }

        return TreeModel.Of(normal, rows.Edges, last.Trees, last.Base);
    }

    /// <summary>The number of trees with the least loss on the groups that they did not see.</summary>
    private int Count(TreeRows rows, int[] groupOf, int groups, bool monotone, FitOptions options)
    {
        if (_options.Patience == 0) return _options.Trees;

        // With fewer than three groups nothing can be held out that would say anything: a fixed, small number of trees instead.
        if (groups < 3) return Math.Min(_options.Trees, TreesWithoutHeldOut);
        var folds = Math.Min(Folds, groups);
        var foldOf = InnerFolds.Draw(groupOf, groups, folds, new SeedStream(options.Seed, FoldStream));
        var grown = new BoostedTrees[folds];
        var losses = new double[folds];
        for (var fold = 0; fold < folds; fold++)
        {
            int[] training = [.. Enumerable.Range(0, rows.Examples).Where(i => foldOf[i] != fold)];
            int[] heldOut = [.. Enumerable.Range(0, rows.Examples).Where(i => foldOf[i] == fold)];
            grown[fold] = new BoostedTrees(_options, rows, training, heldOut, monotone, new SeedStream(options.Seed, (ulong)fold));
        }

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.MaxThreads), CancellationToken = options.CancellationToken };
        var (best, least) = (0, grown.Sum(g => g.HeldOutLoss()));
        for (var count = 1; count <= _options.Trees && count - best <= _options.Patience; count++)
        {
            Parallel.For(0, folds, parallel, fold =>
            {
                grown[fold].Step();
                losses[fold] = grown[fold].HeldOutLoss();
            });
            var loss = losses.Sum();
            if (loss < least) (best, least) = (count, loss);
        }

        return best;
    }
}
