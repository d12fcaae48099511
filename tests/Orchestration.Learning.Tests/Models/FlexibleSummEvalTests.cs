using Orchestration.Learning.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Models;

/// <summary>Networks and trees on recorded judges and experts: folds of whole prompts, R² pooled, mean over three fold draws.</summary>
public sealed class FlexibleSummEvalTests
{
    /// <summary>
    /// Networks answer to scikit-learn's linear regression on the same rows (.293/.382/.347/.300/.547), trees to its boosted trees
    /// (.368/.328/.215/.250/.515); draws of folds move a figure by up to 0.012 and, for trees, 0.03.
    /// </summary>
    [Theory]
    [InlineData("mlp", "coherence", 0.31)]
    [InlineData("mlp", "consistency", 0.38)]
    [InlineData("mlp", "fluency", 0.335)]
    [InlineData("mlp", "relevance", 0.29)]
    [InlineData("mlp", "overall", 0.55)]
    [InlineData("trees", "coherence", 0.355)]
    [InlineData("trees", "consistency", 0.37)]
    [InlineData("trees", "fluency", 0.32)]
    [InlineData("trees", "relevance", 0.275)]
    [InlineData("trees", "overall", 0.56)]
    public void Unseen_prompts_are_scored_as_well_as_the_references_score_them(string name, string dimension, double least) =>
        Out(name, dimension, 0, 3).ShouldBeGreaterThan(least);

    [Theory]
    [InlineData("mlp")]
    [InlineData("trees")]
    public void Judges_that_go_missing_cost_a_little_each(string name)
    {
        var complete = Out(name, "consistency", 0, 1);
        var one = Out(name, "consistency", 1, 1);
        var third = Out(name, "consistency", 3, 1);
        var half = Out(name, "consistency", 4, 1);

        one.ShouldBeGreaterThan(complete - 0.05);
        third.ShouldBeGreaterThan(complete - 0.08);
        half.ShouldBeGreaterThan(complete - 0.13);
        half.ShouldBeLessThan(complete);
    }

    private static double Out(string name, string dimension, int removed, int draws)
    {
        var data = Rows.SummEval(dimension);
        var recipe = ModelRecipes.Create(name);
        var total = 0.0;
        for (var draw = 0; draw < draws; draw++)
        {
            var folds = InnerFolds.Draw(data.GroupOf, data.Groups, 5, new SeedStream((ulong)draw, 50));
            var predicted = new double[data.Rows];
            for (var fold = 0; fold < 5; fold++)
            {
                int[] train = [.. Enumerable.Range(0, data.Rows).Where(r => folds[r] != fold)];
                var model = recipe.Fit(data.Select(train), new FitOptions((ulong)draw));
                foreach (var row in Enumerable.Range(0, data.Rows).Where(r => folds[r] == fold)) predicted[row] = model.Predict(Without(data, row, removed));
            }

            total += Rows.R2(predicted, data.Targets);
        }

        return total / draws;
    }

    private static double[] Without(ScoreData data, int row, int removed)
    {
        int[] judges = [.. Enumerable.Range(0, data.Judges)];
        new SeedStream((ulong)row, 60).Shuffle(judges);
        var scores = data.Row(row).ToArray();
        foreach (var judge in judges[..removed]) scores[judge] = double.NaN;
        return scores;
    }
}
