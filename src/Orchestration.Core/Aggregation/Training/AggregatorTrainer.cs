using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Guards;
using Orchestration.Learning.Selection;

namespace Orchestration.Core.Aggregation.Training;

/// <summary>How a version is trained.</summary>
public sealed record TrainSettings
{
    /// <summary>The recipe that is a blend of the others, chosen on inner folds.</summary>
    public const string Auto = "auto";

    /// <summary>The reference that every version has to beat.</summary>
    public const string Baseline = "mean-fit";

    /// <summary>The aggregator's name.</summary>
    public required string Name { get; init; }

    /// <summary>Recipes: the first becomes the version, the others are reported beside it. <see cref="Auto"/> reports all.</summary>
    public IReadOnlyList<string> Models { get; init; } = [Auto];

    /// <summary>Folds a draw; default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Draws of folds; default 5, fewer cannot pass the test for activation.</summary>
    public int Repeats { get; init; } = 5;

    /// <summary>Seed of folds and fits.</summary>
    public ulong Seed { get; init; }

    /// <summary>Folds drawn by row instead of by group.</summary>
    public bool RandomFolds { get; init; }

    /// <summary>Monotone terms asked for or forbidden; null for each recipe's own way.</summary>
    public bool? Monotone { get; init; }

    /// <summary>The target's stated range; null for that of the rows.</summary>
    public (double Low, double High)? TargetRange { get; init; }

    /// <summary>The residual that intervals are made from; of human scores only.</summary>
    public ResidualKind Residual { get; init; }

    /// <summary>Stated rules around the version; of human scores only.</summary>
    public IReadOnlyList<AggregatorGuard> Guards { get; init; } = [];

    /// <summary>True leaves out the baselines and everything else that is not needed for the decision.</summary>
    public bool OnlyDecision { get; init; }

    /// <summary>Told how many folds are fitted and how many there are; from any thread. Null for nobody.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Threads at most; no number depends on it.</summary>
    public int MaxThreads { get; init; } = 1;
}

/// <summary>What came of training.</summary>
/// <param name="Version">The version.</param>
/// <param name="Report">Everything on the same folds, and the decision.</param>
/// <param name="Notes">What a reader has to know, in sentences.</param>
/// <param name="Guards">What its guards do and cost out of fold; null where it has none.</param>
public sealed record TrainedAggregator(AggregatorVersion Version, TrainingReport Report, IReadOnlyList<string> Notes, GuardReport? Guards = null);

/// <summary>Trains versions from rows: a thin layer between what was read and <see cref="Trainer"/>.</summary>
public static class AggregatorTrainer
{
    private static readonly string[] Baselines = ["mean", "median", "trimmed-mean", "min", "max", "best-judge", TrainSettings.Baseline];

    /// <summary>Trains.</summary>
    /// <param name="set">The rows.</param>
    /// <param name="settings">How.</param>
    /// <param name="active">The version that is active under this name; null for none.</param>
    /// <param name="inputs">The files, for the manifest.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    /// <exception cref="OrchestrationException">A recipe is unknown, or the rows are too few (<see cref="ErrorCodes.Usage"/>, <see cref="ErrorCodes.Input"/>).</exception>
    public static TrainedAggregator Train(
        TrainingSet set, TrainSettings settings, LoadedVersion? active, IReadOnlyList<InputFile> inputs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(settings);
        AggregatorVersion.CheckName(settings.Name);
        if (set.Facts.Groups < 2)
            throw new OrchestrationException(ErrorCodes.Input, "All rows are of one group: nothing can be held out to see how well a model does. Name the field of the prompts with --group, or add rows of other prompts.");
        var notes = new List<string>();
        var guards = GuardsOf(set, settings.Guards);
        var plan = PlanOf(set, settings, guards, ActiveOf(set, settings, active, notes));
        try
        {
            var report = set.Scores is { } scores ? Trainer.Run(scores, plan, cancellationToken) : Trainer.Run(set.Preferences!, plan, cancellationToken);
            notes.AddRange(report.Notes);
            var cost = guards.Length == 0 ? null : GuardReport.Of(guards, set.Scores!, report.Unguarded!);
            return new TrainedAggregator(VersionOf(set, settings, report, active, inputs), report, notes, cost);
        }
        catch (ArgumentException e)
        {
            throw new OrchestrationException(ErrorCodes.Usage, $"Training cannot be done: {e.Message}", e);
        }
    }

    /// <summary>A recipe by its name, with the settings' options.</summary>
    public static IModelRecipe RecipeOf(string name, bool? monotone, (double Low, double High)? targetRange = null)
    {
        if (!ModelRecipes.Names.Contains(name, StringComparer.Ordinal))
            throw new OrchestrationException(ErrorCodes.Usage, $"--model {name}: there is no such model. There are: {string.Join(", ", ModelRecipes.Names)}.");
        return ModelRecipes.Create(name, new RecipeOptions { Monotone = monotone, TargetRange = targetRange });
    }

    /// <summary>The recipe of a version with its guards, for judges in another order too; null where this build does not know it.</summary>
    /// <param name="basis">What the version was trained from.</param>
    /// <param name="judges">The judges of the rows to fit it on; a guard on one that is not among them is left out.</param>
    /// <param name="targetRange">The target's stated range, where there is one.</param>
    public static IModelRecipe? RecipeOf(AggregatorBasis basis, IReadOnlyList<AggregatorJudge> judges, (double Low, double High)? targetRange = null)
    {
        ArgumentNullException.ThrowIfNull(basis);
        ArgumentNullException.ThrowIfNull(judges);
        if (!ModelRecipes.Names.Contains(basis.Recipe, StringComparer.Ordinal)) return null;
        var places = Enumerable.Range(0, judges.Count).ToDictionary(j => judges[j].Name, StringComparer.Ordinal);
        Guard[] guards = [.. basis.Guards.Where(g => places.ContainsKey(g.Judge)).Select(g => new Guard(g.Kind, places[g.Judge], g.Threshold, g.Value))];
        return Guarded(RecipeOf(basis.Recipe, basis.Monotone, targetRange), guards);
    }

    private static IModelRecipe Guarded(IModelRecipe recipe, Guard[] guards) => guards.Length == 0 ? recipe : new GuardedRecipe(recipe, guards);

    private static TrainingPlan PlanOf(TrainingSet set, TrainSettings settings, Guard[] guards, ActiveVersion? active)
    {
        var names = new List<string>();
        if (settings.OnlyDecision) names.Add(TrainSettings.Baseline);
        else names.AddRange(settings.Models.Contains(TrainSettings.Auto, StringComparer.Ordinal) ? ModelRecipes.Names.Where(static n => n != TrainSettings.Auto) : Baselines);
        foreach (var name in settings.Models)
        {
            if (!names.Contains(name, StringComparer.Ordinal)) names.Add(name);
        }

        return new TrainingPlan
        {
            Recipes = [.. names.Select(n => Guarded(RecipeOf(n, settings.Monotone, settings.TargetRange), n == settings.Models[0] ? guards : []))],
            Baseline = TrainSettings.Baseline,
            Candidate = settings.Models[0],
            Folds = settings.Folds,
            Repeats = settings.Repeats,
            Seed = settings.Seed,
            RandomFolds = settings.RandomFolds,
            Parts = set.Parts,
            Active = active,
            MonotoneOf = recipe => (recipe is GuardedRecipe guarded ? guarded.Inner : recipe).IsMonotone || !ModelRecipes.Names.Contains(recipe.Name, StringComparer.Ordinal)
                ? null
                : Guarded(RecipeOf(recipe.Name, true, settings.TargetRange), guards),
            MaxThreads = settings.MaxThreads,
            Progress = settings.Progress,
        };
    }

    private static ActiveVersion? ActiveOf(TrainingSet set, TrainSettings settings, LoadedVersion? active, List<string> notes)
    {
        if (active is null) return null;
        var basis = active.Version.Manifest.Basis;
        if (basis.LearnedFrom != set.LearnedFrom)
        {
            notes.Add($"{active} is active and was learned from {(basis.LearnedFrom == LearnedFrom.Scores ? "human scores" : "comparisons")}: it was not compared with.");
            return null;
        }

        if (basis.LearnedFrom == LearnedFrom.Scores && basis.Target.Field != set.Target.Field)
        {
            notes.Add($"{active} is active and predicts '{basis.Target.Field}': it was not compared with.");
            return null;
        }

        var columns = new AggregatorColumns([.. set.Judges.Select(static j => new AggregatorColumn(j.Name, j.Rubric, j.Version))]);
        if (active.Bind(columns).Refusal is { } refusal)
        {
            notes.Add($"The active version was not compared with, as it refuses these rows: {refusal}");
            return null;
        }

        var seenRows = new HashSet<ulong>(basis.Training.RowHashes);
        var seenGroups = new HashSet<ulong>(basis.Training.GroupHashes);
        bool[] seen = [.. set.RowHashes.Select((hash, row) => seenRows.Contains(hash) || seenGroups.Contains(set.GroupHashes[row]))];
        var recipe = RecipeOf(basis, set.Judges, settings.TargetRange);
        return new ActiveVersion(new RemappedModel(active, set.Judges), seen, recipe);
    }

    private static Guard[] GuardsOf(TrainingSet set, IReadOnlyList<AggregatorGuard> guards)
    {
        if (guards.Count != 0 && set.Scores is null) throw new OrchestrationException(ErrorCodes.Usage, "--guard: guards limit human scores, and these are comparisons. Leave it out.");
        return [.. guards.Select(g => new Guard(
            g.Kind,
            Enumerable.Range(0, set.Judges.Count).FirstOrDefault(j => set.Judges[j].Name == g.Judge, -1) is var judge and >= 0
                ? judge
                : throw new OrchestrationException(ErrorCodes.Usage, $"--guard: there is no judge '{g.Judge}' in these rows. There are: {string.Join(", ", set.Judges.Take(10).Select(static j => j.Name))}."),
            g.Threshold,
            g.Value))];
    }

    private static AggregatorVersion VersionOf(
        TrainingSet set, TrainSettings settings, TrainingReport report, LoadedVersion? active, IReadOnlyList<InputFile> inputs)
    {
        var parts = new Dictionary<string, ModelState>(StringComparer.Ordinal) { [AggregatorVersion.ModelPart] = report.Candidate.Model.State };

        // From folds of rows an interval would be too narrow: rows of one prompt tell of one another.
        if (set.Scores is { } scores && report.GroupedFolds)
            parts.Add(AggregatorVersion.IntervalPart, CrossConformal.Of(scores, report.Draws[0], report.FoldModels, settings.Residual, settings.Seed).State);
        return AggregatorVersion.Create(
            new AggregatorManifest
            {
                Name = settings.Name,
                Basis = new AggregatorBasis
                {
                    LearnedFrom = set.LearnedFrom,
                    Judges = set.Judges,
                    Target = set.Target,
                    Training = set.Facts,
                    Recipe = report.Candidate.Name,
                    Model = (report.Candidate.Model is GuardedModel guarded ? guarded.Inner : report.Candidate.Model).State.Kind,
                    Guards = settings.Guards,
                    Monotone = settings.Monotone,
                    Seed = settings.Seed,
                    Folds = settings.Folds,
                    Repeats = settings.Repeats,
                    RandomFolds = settings.RandomFolds,
                },
                Figures = new AggregatorFigures
                {
                    Models = report.Models.ToDictionary(static m => m.Name, static m => FiguresOf(m.Scores, m.Preferences), StringComparer.Ordinal),
                    Gain = report.Activation.OverMean.Mean,
                    GainLower = double.IsFinite(report.Activation.OverMean.Lower) ? report.Activation.OverMean.Lower : null,
                },
                Parent = active?.Id,
                Inputs = [.. inputs.Select(static i => i with { Path = i.Path == "-" ? i.Path : Path.GetFullPath(i.Path) })],
                Build = SweepDefinition.ProductVersion,
            },
            parts);
    }

    /// <summary>Figures by the names that reports use; those that are not defined are left out.</summary>
    public static IReadOnlyDictionary<string, double> FiguresOf(ScoreFigures? scores, PreferenceFigures? preferences)
    {
        var figures = new Dictionary<string, double>(StringComparer.Ordinal);
        if (scores is not null)
        {
            Add("r2", scores.R2);
            Add("mse", scores.Mse);
            Add("mae", scores.Mae);
            Add("spearman", scores.Spearman);
            Add("pairwise_accuracy", scores.PairwiseAccuracy);
        }

        if (preferences is not null)
        {
            Add("accuracy", preferences.StrictAccuracy);
            Add("half_tie_accuracy", preferences.HalfTieAccuracy);
            Add("log_loss", preferences.LogLoss);
        }

        return figures;

        void Add(string name, Figure figure)
        {
            if (double.IsFinite(figure.Value)) figures.Add(name, figure.Value);
            if (double.IsFinite(figure.StandardError)) figures.Add(name + "_se", figure.StandardError);
        }
    }
}
