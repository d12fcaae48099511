using System.Globalization;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Learning.Explaining;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Metrics;
using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;

namespace Orchestration.Core.Aggregation.Explaining;

/// <summary>Explains versions on rows with human scores or labels: a layer between what was read and <c>Orchestration.Learning.Explaining</c>.</summary>
public static class AggregatorExplainer
{
    private const int LeastUnseenGroups = 30;

    /// <summary>Explains.</summary>
    /// <param name="versions">One or more, learned from the same kind of rows.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="input">By which fields they were read; <see cref="TrainingInput.Part"/> is the category.</param>
    /// <param name="settings">How.</param>
    /// <param name="cancellationToken">Gives up between fits.</param>
    /// <exception cref="OrchestrationException">The rows are of another kind than a version was learned from, or too few; a named pair is not among them.</exception>
    public static AggregatorExplanation Explain(
        IReadOnlyList<LoadedVersion> versions, TrainingRows rows, TrainingInput input, ExplainSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(versions);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(settings);
        List<string> notes = [.. versions.Select(static v => v.Version.Manifest.Basis.Training.SimulatedSentence).OfType<string>().Distinct(StringComparer.Ordinal)];
        var sets = versions.Select(v => SetOf(v, rows, input)).ToArray();
        var measured = versions.Select((v, i) => MeasuredRows.Of(v, sets[i])).ToArray();
        if (measured.Skip(1).Any(m => m.Basis != measured[0].Basis || !m.Rows.SequenceEqual(measured[0].Rows)))
        {
            // Side by side only on one footing: the same rows, and nobody on rows that it has learned from.
            var refitted = measured.Select((m, i) => m.Basis == FigureBasis.OutOfFold ? m : MeasuredRows.Refitted(versions[i], sets[i], "so that all versions stand on the same rows")).ToArray();
            if (refitted.All(static m => m is not null)) measured = refitted!;
            else notes.Add("The versions' figures come from different rows or in different ways, and cannot be compared: see how each was measured.");
        }

        var hasCategory = input.Part is not null && rows.Parts.Any(static p => p.Length != 0);
        var labels = LabelsOf(versions);
        var explained = new List<VersionExplanation>();
        ChosenPair[]? pairs = null;
        for (var i = 0; i < versions.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            explained.Add(Explain(versions[i], labels[i], sets[i], measured[i]!, hasCategory ? rows.Parts : null, settings, all => pairs ??= Choose(rows, all, settings), cancellationToken));
        }

        if (explained.Any(static e => e.Curves.Any(static c => c.Source == BandSource.None && c.InModel && c.At.Length > 1)))
        {
            notes.Add(settings.Refits == 0
                ? "Some curves have no band, because no refits were asked for: nothing is said of how sure they are."
                : "Some curves have no band: bands of this kind of model come from refits to the rows that the version was trained on, and these are other rows. Give the training rows for bands.");
        }

        return new AggregatorExplanation(explained, pairs!, rows, hasCategory ? input.Part : null, settings, notes);
    }

    private static TrainingSet SetOf(LoadedVersion version, TrainingRows rows, TrainingInput input)
    {
        var basis = version.Version.Manifest.Basis;
        if (basis.LearnedFrom != rows.LearnedFrom)
        {
            throw new OrchestrationException(
                ErrorCodes.Input,
                $"{version} was learned from {(basis.LearnedFrom == LearnedFrom.Scores ? "human scores of answers" : "comparisons")}, and {string.Join(", ", input.Files)} {(input.Files.Count == 1 ? "holds" : "hold")} {(rows.LearnedFrom == LearnedFrom.Scores ? "scores of answers" : "verdicts on comparisons")}. Give rows of the same kind with --scores.");
        }

        var set = TrainingSet.Under(rows, input with { Part = null }, basis.Judges);
        var answers = rows.Count;
        if (Enumerable.Range(0, set.Judges.Count).All(j => Enumerable.Range(0, answers).All(i => double.IsNaN((set.Scores?.Scores ?? set.Preferences!.First)[i * set.Judges.Count + j]))))
        {
            throw new OrchestrationException(
                ErrorCodes.Input, $"None of the judges of {version} has a score in these rows. It knows {string.Join(", ", set.Judges.Take(5).Select(static j => j.Name))}{(set.Judges.Count > 5 ? ", …" : "")}.");
        }

        return set;
    }

    private static VersionExplanation Explain(
        LoadedVersion version, string label, TrainingSet set, MeasuredRows measured, IReadOnlyList<string>? parts, ExplainSettings settings, Func<VersionNumbers, ChosenPair[]> choose, CancellationToken cancellationToken)
    {
        var rows = RowsOf(set);
        var model = version.Model;
        var basis = version.Version.Manifest.Basis;
        var areTraining = set.Facts.Sha256 == basis.Training.Sha256;
        var recipe = areTraining ? MeasuredRows.RecipeOf(version) : null;
        var curves = JudgeCurves.Of(model, recipe, rows, new CurveOptions
        {
            Simultaneous = settings.Simultaneous,
            Refits = settings.Refits,
            Seed = settings.Seed,
            MaxThreads = settings.MaxThreads,
            CancellationToken = cancellationToken,
        });
        var numbers = measured.Number(set, settings, cancellationToken);
        var values = numbers.Numbers();
        var some = numbers.Rows;
        var concurvity = Concurvity.Of(rows, curves);
        var pairs = choose(new VersionNumbers(measured.Rows, values, some));
        string[] categories = parts is null ? [] : [.. parts.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return new VersionExplanation
        {
            Version = version,
            Label = label,
            Set = set,
            Rows = rows,
            AreTrainingRows = areTraining,
            Basis = measured.Basis,
            BasisSentence = measured.Sentence,
            MeasuredRows = measured.Rows,
            Measured = numbers,
            Numbers = values,
            Figures = set.Scores is { } scores
                ? AggregatorTrainer.FiguresOf(ScoreFigures.Of(scores.Select(measured.Rows), values), null)
                : AggregatorTrainer.FiguresOf(null, PreferenceFigures.Of(set.Preferences!.Select(measured.Rows), values)),
            Curves = curves,
            Concurvity = concurvity,
            Accumulated = [.. concurvity.Select((share, j) => share >= Concurvity.High && curves[j].InModel ? AccumulatedEffects.Of(model, rows, j) : null)],
            Importance = PermutationImportance.Of(numbers, settings.Resamples, settings.Seed, settings.MaxThreads, cancellationToken),
            Inversions = set.Scores is { } s ? Inversions.Find(model, s) : Inversions.Find(model, set.Preferences!),
            Calibration = Calibration.Of(some, values),
            Residuals = parts is null ? [] : ResidualsOf(some, values, [.. measured.Rows.Select(i => parts[i])]),
            Correlation = JudgeCorrelation.Of(rows),
            Intervals = IntervalsOf(version, set, categories, parts, settings, cancellationToken),
            IntervalCategories = [.. categories.Select(static c => c.Length == 0 ? "(none)" : c)],
            Contributions = [.. pairs.Select(p => PairContributions.Of(model, rows, p.Row, settings.Seed))],
        };
    }

    private static IntervalReport? IntervalsOf(
        LoadedVersion version, TrainingSet set, string[] categories, IReadOnlyList<string>? parts, ExplainSettings settings, CancellationToken cancellationToken)
    {
        var basis = version.Version.Manifest.Basis;
        if (!settings.Intervals || set.Scores is not { } scores || MeasuredRows.RecipeOf(version) is not { } recipe || set.Facts.Groups < 2 * basis.Folds) return null;
        return IntervalStudy.Run(
            scores,
            recipe,
            new IntervalPlan
            {
                Level = LoadedVersion.IntervalLevel,
                Folds = basis.Folds,
                Seed = basis.Seed,
                CategoryOf = parts is null ? null : [.. parts.Select(p => Array.BinarySearch(categories, p, StringComparer.Ordinal))],
                MaxThreads = settings.MaxThreads,
            },
            cancellationToken);
    }

    private static ExplainedRows RowsOf(TrainingSet set) => set.Scores is { } scores ? ExplainedRows.Of(scores) : ExplainedRows.Of(set.Preferences!);

    private static (string Category, GroupedMean Residual)[] ResidualsOf(ExplainedRows rows, double[] numbers, string[] parts)
    {
        var expected = rows.Expected(numbers);
        double[] residuals = [.. rows.Observed.Select((observed, i) => observed - expected[i])];
        return
        [
            .. Enumerable.Range(0, parts.Length).GroupBy(i => parts[i], StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal)
                .Select(g => (g.Key.Length == 0 ? "(none)" : g.Key, GroupedMean.Of(rows, residuals, [.. g]))),
        ];
    }

    /// <summary>The named rows; where none is named, those that the version is most wrong about in either direction and the one in the middle of its numbers.</summary>
    private static ChosenPair[] Choose(TrainingRows rows, VersionNumbers numbers, ExplainSettings settings)
    {
        if (settings.Pairs.Count != 0)
        {
            var places = new Dictionary<string, int>(StringComparer.Ordinal);
            for (var i = 0; i < rows.Count; i++) places.TryAdd(rows.Ids[i], i);
            return
            [
                .. settings.Pairs.Distinct(StringComparer.Ordinal).Select(id => places.TryGetValue(id, out var row)
                    ? new ChosenPair(row, id, "asked for")
                    : throw new OrchestrationException(ErrorCodes.NotFound, $"--pairs {id}: there is no row with this id that has a human score among the {rows.Count.ToString("N0", CultureInfo.InvariantCulture)} rows read. Ids are written like '{rows.Ids[0]}'.")),
            ];
        }

        var expected = numbers.Rows.Expected(numbers.Numbers);
        var order = Enumerable.Range(0, expected.Length).OrderBy(i => numbers.Rows.Observed[i] - expected[i]).ToArray();
        var middle = Enumerable.Range(0, expected.Length).OrderBy(i => expected[i]).ElementAt(expected.Length / 2);
        ChosenPair[] chosen = [Pair(order[0], "the most overrated row"), Pair(order[^1], "the most underrated row"), Pair(middle, "a row in the middle")];
        return [.. chosen.DistinctBy(static p => p.Row)];

        ChosenPair Pair(int place, string why) => new(numbers.Places[place], rows.Ids[numbers.Places[place]], why);
    }

    /// <summary>The shortest name that tells the versions apart.</summary>
    private static string[] LabelsOf(IReadOnlyList<LoadedVersion> versions)
    {
        var names = versions.Select(static v => v.Version.Manifest.Name).ToArray();
        return [.. versions.Select(v => names.Count(n => n == v.Version.Manifest.Name) == 1 ? $"{v.Version.Manifest.Name} {v.Version.ShortId[..7]}" : v.ToString())];
    }

    private readonly record struct VersionNumbers(int[] Places, double[] Numbers, ExplainedRows Rows);

    /// <summary>Which rows a version is measured on, and how.</summary>
    private sealed record MeasuredRows(LoadedVersion Version, FigureBasis Basis, string Sentence, int[] Rows)
    {
        public static MeasuredRows Of(LoadedVersion version, TrainingSet set)
        {
            var training = version.Version.Manifest.Basis.Training;
            var (seenRows, seenGroups) = (new HashSet<ulong>(training.RowHashes), new HashSet<ulong>(training.GroupHashes));
            var groupOf = RowsOf(set).GroupOf;
            var seen = new bool[set.Facts.Groups];
            for (var i = 0; i < groupOf.Length; i++) seen[groupOf[i]] |= seenRows.Contains(set.RowHashes[i]) || seenGroups.Contains(set.GroupHashes[i]);
            var unseen = seen.Count(static s => !s);
            if (unseen == seen.Length || unseen >= LeastUnseenGroups)
            {
                int[] rows = [.. Enumerable.Range(0, groupOf.Length).Where(i => !seen[groupOf[i]])];
                return new MeasuredRows(version, FigureBasis.Unseen, Text($"on the {rows.Length:N0} rows of {unseen:N0} prompts that the version was not trained on"), rows);
            }

            return Refitted(version, set, null)
                ?? new MeasuredRows(version, FigureBasis.InSample, "IN SAMPLE: on rows that the version was trained on, which flatters it; its recipe is not known to this build, or there is one prompt only, so it could not be fitted again", All(set));
        }

        public static MeasuredRows? Refitted(LoadedVersion version, TrainingSet set, string? why)
        {
            if (RecipeOf(version) is null || set.Facts.Groups < 2) return null;
            var basis = version.Version.Manifest.Basis;
            var folds = Math.Min(basis.Folds, set.Facts.Groups);
            var same = set.Facts.Sha256 == basis.Training.Sha256 ? "its training rows" : "these rows, which are not the ones it was trained on but share prompts with them";
            return new MeasuredRows(
                version, FigureBasis.OutOfFold,
                Text($"out of fold on {same}: the recipe {basis.Recipe}, fitted {folds} times, each time without a fold of whole prompts, answers for {set.Facts.Rows:N0} rows of {set.Facts.Groups:N0} prompts{(why is null ? "" : $", {why}")}"),
                All(set));
        }

        public static IModelRecipe? RecipeOf(LoadedVersion version)
        {
            var basis = version.Version.Manifest.Basis;
            return AggregatorTrainer.RecipeOf(basis, basis.Judges);
        }

        public RowNumbers Number(TrainingSet set, ExplainSettings settings, CancellationToken cancellationToken)
        {
            var basis = Version.Version.Manifest.Basis;
            return Basis == FigureBasis.OutOfFold
                ? RowNumbers.Refitted(RecipeOf(Version)!, RowsOf(set), basis.Folds, new FitOptions(basis.Seed, settings.MaxThreads, cancellationToken))
                : RowNumbers.Of(Version.Model, RowsOf(set).Select(Rows), heldOut: Basis == FigureBasis.Unseen);
        }

        private static int[] All(TrainingSet set) => [.. Enumerable.Range(0, set.Facts.Rows)];

        private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
