using Orchestration.Learning.Models.Additive;
using Orchestration.Learning.Models.Baselines;
using Orchestration.Learning.Models.Linear;
using Orchestration.Learning.Models.Neural;
using Orchestration.Learning.Models.Stacked;
using Orchestration.Learning.Models.Trees;

namespace Orchestration.Learning.Models;

/// <summary>The recipes by name.</summary>
public static class ModelRecipes
{
    /// <summary>The blend of other models, its weights chosen out of fold.</summary>
    public const string Stacked = "stacked";

    /// <summary>The same blend where it surely beats mean-then-fit inside the training rows, else that one. The default.</summary>
    public const string Auto = "auto";

    /// <summary>Mean-then-fit: what the others have to beat.</summary>
    public const string MeanFit = "mean-fit";

    /// <summary>What is blended: mean-then-fit first, and one of each family. Networks are left out: they cost more than all the others together.</summary>
    private static readonly string[] BlendedNames = [MeanFit, "best-judge", "non-negative", "ridge", "gam", "trees"];

    private static readonly Dictionary<string, Func<RecipeOptions, IModelRecipe>> Recipes = new(StringComparer.Ordinal)
    {
        ["mean"] = options => new MeanRecipe("mean", options.TargetRange),
        ["median"] = options => new OrderRecipe("median", OrderStatistic.Median, options),
        ["trimmed-mean"] = options => new OrderRecipe("trimmed-mean", OrderStatistic.TrimmedMean, options),
        ["min"] = options => new OrderRecipe("min", OrderStatistic.Minimum, options),
        ["max"] = options => new OrderRecipe("max", OrderStatistic.Maximum, options),
        ["best-judge"] = options => new BestJudgeRecipe(options.Monotone),
        [MeanFit] = _ => new MeanFitRecipe(),
        ["ridge"] = options => new LinearRecipe("ridge", options.Monotone),
        ["non-negative"] = _ => new LinearRecipe("non-negative", true),
        ["isotonic"] = _ => new IsotonicRecipe(),
        ["gam"] = options => new GamRecipe("gam", options, 0),
        ["gam-interactions"] = options => new GamRecipe("gam-interactions", options, options.Interactions),
        ["mlp"] = options => new MlpRecipe(new MlpOptions { Monotone = options.Monotone }),
        ["trees"] = options => new TreeRecipe(new TreeOptions { Monotone = options.Monotone }),
        [Stacked] = options => new StackedRecipe(Stacked, tested: false, Blended(options), options),
        [Auto] = options => new StackedRecipe(Auto, tested: true, Blended(options), options),
    };

    /// <summary>The names that <see cref="Create"/> takes, in the order reports list them: baselines first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Recipes.Keys];

    /// <summary>A recipe with its settings.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="options">Settings; those that are not about this recipe are ignored.</param>
    /// <exception cref="ArgumentException">No recipe has the name, or a setting is out of its range.</exception>
    public static IModelRecipe Create(string name, RecipeOptions? options = null)
    {
        if (!Recipes.TryGetValue(name, out var recipe))
            throw new ArgumentException($"There is no model named {name}. There are: {string.Join(", ", Names)}.", nameof(name));
        options ??= new RecipeOptions();
        if (!(options.Trim >= 0 && options.Trim < 0.5)) throw new ArgumentException("Trim is at least 0 and below 0.5.", nameof(options));
        if (options.Splines is < 4 or > 40) throw new ArgumentException("Splines are 4 to 40.", nameof(options));
        if (options.Interactions < 0) throw new ArgumentException("Interactions are 0 or more.", nameof(options));
        if (options.TargetRange is { } range && !(range.Low < range.High && double.IsFinite(range.High - range.Low)))
            throw new ArgumentException("The target's range runs from a lower to a higher number.", nameof(options));
        return recipe(options);
    }

    private static IModelRecipe[] Blended(RecipeOptions options) => [.. BlendedNames.Select(n => Create(n, options))];
}
