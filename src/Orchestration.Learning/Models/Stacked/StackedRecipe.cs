using System.Runtime.CompilerServices;
using Orchestration.Learning.Models.Guards;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Models.Stacked;

/// <summary>
/// <c>stacked</c>: a convex blend of other models, its weights chosen on inner out-of-fold numbers of whole groups and shrunk towards mean-then-fit. <c>auto</c>: the same blend, kept only
/// where the test for activation passes inside the same training rows, else mean-then-fit.
/// </summary>
internal sealed class StackedRecipe : IModelRecipe
{
    private readonly IReadOnlyList<IModelRecipe> _members;
    private readonly RecipeOptions _options;
    private readonly bool _tested;
    private readonly ConditionalWeakTable<object, Dictionary<ulong, BlendStudy>> _studies;

    /// <summary>A recipe over members of which the first is mean-then-fit.</summary>
    /// <param name="name">The recipe's name.</param>
    /// <param name="tested">Whether the blend has to pass the test for activation to be kept.</param>
    /// <param name="members">What is blended.</param>
    /// <param name="options">What the members were made with: blends of members made differently share nothing.</param>
    public StackedRecipe(string name, bool tested, IReadOnlyList<IModelRecipe> members, RecipeOptions options)
        : this(name, tested, members, options, [])
    {
    }

    private StackedRecipe(string name, bool tested, IReadOnlyList<IModelRecipe> members, RecipeOptions options, ConditionalWeakTable<object, Dictionary<ulong, BlendStudy>> studies)
    {
        if (members.Count == 0) throw new ArgumentException("A blend has a member at least.", nameof(members));
        (Name, _tested, _members, _options, _studies) = (name, tested, members, options, studies);
    }

    public string Name { get; }

    public bool IsMonotone => _members.All(m => m.IsMonotone);

    /// <summary>Blends of the same members share what they learn of the same training rows, which is most of their work.</summary>
    public static IReadOnlyList<IModelRecipe> Sharing(IReadOnlyList<IModelRecipe> recipes)
    {
        var shared = new List<IModelRecipe>(recipes.Count);
        foreach (var recipe in recipes)
        {
            var like = Inside(recipe) is { } one ? shared.Select(Inside).FirstOrDefault(s => s?.SameMembers(one) == true) : null;
            if (like is null)
            {
                shared.Add(recipe);
                continue;
            }

            var same = new StackedRecipe(recipe.Name, Inside(recipe)!._tested, like._members, like._options, like._studies);
            shared.Add(recipe is GuardedRecipe guarded ? guarded.Around(same) : same);
        }

        return shared;

        static StackedRecipe? Inside(IModelRecipe recipe) => (recipe is GuardedRecipe guarded ? guarded.Inner : recipe) as StackedRecipe;
    }

    public IScoreModel Fit(ScoreData data, FitOptions options) => Fit(new ScoreRows(data), data, options);

    public IScoreModel Fit(PreferenceData data, FitOptions options) => Fit(new PreferenceRows(data), data, options);

    private StackedModel Fit(LearningRows rows, object data, FitOptions options)
    {
        var study = Study(rows, data, options);
        var kept = !_tested || study.Verdict.Passed;
        var weights = kept ? study.Weights : [1, .. new double[_members.Count - 1]];
        var used = Enumerable.Range(0, weights.Length).Where(m => weights[m] > 1e-9).ToArray();
        var sum = used.Sum(m => weights[m]);
        var members = used.Select(m => KeyValuePair.Create(_members[m].Name, weights[m] / sum));
        var gain = ActivationTest.Describe(study.Verdict.OverMean, study.Verdict.Seeds);
        var reason = !_tested ? $"The blend was asked for; inside its training rows: {gain}." : kept ? $"The blend is used; inside its training rows: {gain}." : $"Mean-then-fit is kept; inside its training rows: {gain}.";
        return StackedModel.Of([.. used.Select(m => rows.Fit(_members[m], options))], new BlendChoice([.. members], kept, reason));
    }

    private BlendStudy Study(LearningRows rows, object data, FitOptions options)
    {
        var bySeed = _studies.GetValue(data, _ => []);
        lock (bySeed)
        {
            if (!bySeed.TryGetValue(options.Seed, out var study)) bySeed.Add(options.Seed, study = BlendStudy.Of(rows, _members, options));
            return study;
        }
    }

    private bool SameMembers(StackedRecipe other) => _options == other._options && _members.Select(m => m.Name).SequenceEqual(other._members.Select(m => m.Name), StringComparer.Ordinal);
}
