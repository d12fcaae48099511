using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Explaining;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Learning.Explaining;

namespace Orchestration.Silo.Aggregators;

/// <summary>
/// Versions explained as <c>orchestrate aggregator explain</c> explains them, as JSON: on the rows that the first one was trained on, or on those of a data set of the configuration. It takes processors for seconds, so
/// one is made at a time, and the last ones are kept while their files stay as they are. Safe for concurrent use.
/// </summary>
/// <param name="operations">Finds versions.</param>
internal sealed class AggregatorExplanations(AggregatorOperations operations)
{
    private const int MostVersions = 4;
    private const int MostRows = 200_000;
    private const int MostKept = 16;

    // A minute's worth at most on the rows allowed; the command line makes 40 refits and tries intervals as well.
    private const int Refits = 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ExplanationView> _kept = new(StringComparer.Ordinal);

    /// <summary>Explains.</summary>
    /// <param name="name">The aggregator.</param>
    /// <param name="versions">Versions by the first digits of their ids, commas between them.</param>
    /// <param name="dataSet">Rows; null for those that the first version was trained on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ExplanationView> GetAsync(string name, string versions, string? dataSet, CancellationToken cancellationToken)
    {
        var named = versions.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (named.Length is 0 or > MostVersions) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"versions names {named.Length}: 1 to {MostVersions}, with commas between them."));
        var loaded = new List<LoadedVersion>();
        foreach (var text in named)
        {
            var version = await operations.VersionAsync(name, await operations.ResolveAsync(name, text, cancellationToken), cancellationToken);
            if (loaded.All(v => v.Id != version.Id)) loaded.Add(LoadedVersion.Load(version));
        }

        var basis = loaded[0].Version.Manifest.Basis;
        if (loaded.FirstOrDefault(v => v.Version.Manifest.Basis.Target.Field != basis.Target.Field) is { } other)
            throw new OrchestrationException(ErrorCodes.Usage, $"{loaded[0]} predicts '{basis.Target.Field}' and {other} '{other.Version.Manifest.Basis.Target.Field}': they cannot stand side by side.");
        var files = dataSet is null ? [.. loaded[0].Version.Manifest.Inputs.Select(static i => i.Path)] : operations.FilesOf(dataSet);
        if (files.Count == 0 || files.FirstOrDefault(static f => !File.Exists(f)) is not null)
        {
            throw new OrchestrationException(
                ErrorCodes.NotFound,
                dataSet is null
                    ? $"The rows that {loaded[0]} was trained on are not at this silo any more. Name a data set of the configuration that holds rows with human scores (data_set)."
                    : $"A file of the data set '{dataSet}' is not there.");
        }

        if (dataSet is null && basis.Training.Rows > MostRows) throw TooMany(basis.Training.Rows);
        var key = string.Join('\n', [.. loaded.Select(static v => v.Id), .. files.Select(static f => string.Create(CultureInfo.InvariantCulture, $"{f} {new FileInfo(f).Length} {File.GetLastWriteTimeUtc(f).Ticks}"))]);
        lock (_lock)
        {
            if (_kept.TryGetValue(key, out var known)) return known;
        }

        var view = await operations.AloneAsync(
            "Another version is being tested or explained at this silo. Try again when it is done.", () => Task.FromResult(Explain(loaded, files, cancellationToken)), cancellationToken);
        lock (_lock)
        {
            if (_kept.Count >= MostKept) _kept.Clear();
            _kept[key] = view;
        }

        return view;
    }

    private static OrchestrationException TooMany(int rows) => new(
        ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"There are {rows:N0} rows; a silo explains versions on at most {MostRows:N0}. Use 'orchestrate aggregator explain', or name a smaller data set."));

    private static ExplanationView Explain(List<LoadedVersion> versions, IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        var basis = versions[0].Version.Manifest.Basis;
        var input = new TrainingInput
        {
            Files = files,
            Target = basis.Target.Field,
            Group = basis.Training.GroupField,
            Weight = basis.Training.WeightField,
            Part = "category",
            PartMayBeMissing = true,
            Judges = [.. versions.SelectMany(static v => v.Judges).Select(static j => j.Name).Distinct(StringComparer.Ordinal)],
        };
        var rows = TrainingReader.Read(input, cancellationToken);
        if (rows.Count > MostRows) throw TooMany(rows.Count);
        var settings = new ExplainSettings { Refits = Refits, Intervals = false, MaxThreads = Math.Max(1, Environment.ProcessorCount / 2) };
        var explanation = AggregatorExplainer.Explain(versions, rows, input, settings, cancellationToken);
        List<string> notes = [.. explanation.Notes];
        if (rows.Rejected != 0) notes.Add(string.Create(CultureInfo.InvariantCulture, $"{rows.Rejected:N0} rows cannot be read and are left out."));
        if (rows.Unlabelled != 0) notes.Add(string.Create(CultureInfo.InvariantCulture, $"{rows.Unlabelled:N0} rows have no value in '{input.Target}' and are left out."));
        return new ExplanationView(
            [.. explanation.Versions.Select(View)],
            [.. Enumerable.Range(1, explanation.Versions.Count - 1).Select(v => new VersionDifference(explanation.Versions[v].Version.Id, explanation.GainOver(v) is { } gain ? View(gain) : null))],
            rows.Count, input.Target, explanation.Versions[0].Rows.AreComparisons, notes);
    }

    private static ExplainedVersion View(VersionExplanation version) => new()
    {
        Version = version.Version.Id,
        Measured = version.Basis switch { FigureBasis.Unseen => "unseen", FigureBasis.OutOfFold => "out_of_fold", _ => "in_sample" },
        MeasuredHow = version.BasisSentence,
        MeasuredRows = version.MeasuredRows.Length,
        Figures = version.Figures.Where(static f => double.IsFinite(f.Value)).ToDictionary(static f => f.Key, static f => f.Value, StringComparer.Ordinal),
        EffectiveChannels = Number(version.Correlation.EffectiveChannels),
        Judges = [.. version.Curves.Select((_, j) => Judge(version, j))],
        Calibration = [.. version.Calibration.Select(static b => new CalibrationView(b.Expected, View(b.Observed), b.Observed.Rows))],
        Residuals = [.. version.Residuals.Where(static r => r.Residual.Rows > 0).Select(static r => new ResidualView(r.Category, View(r.Residual), r.Residual.Rows))],
    };

    private static ExplainedJudge Judge(VersionExplanation version, int judge)
    {
        var (curve, importance) = (version.Curves[judge], version.Importance[judge]);
        var scale = version.Version.Judges[judge].Scale;
        var (low, high) = (version.Raw(judge, curve.Data.Low), version.Raw(judge, curve.Data.High));
        return new ExplainedJudge
        {
            Judge = version.Version.Judges[judge].Name,
            Importance = new IntervalView(importance.Loss, Number(importance.Low), Number(importance.High)),
            Concurvity = Number(version.Concurvity[judge]),
            InModel = curve.InModel,
            Band = curve.Source switch { BandSource.Covariance => "covariance", BandSource.Refits => "refits", _ => "none" },
            Sentence = version.CurveSentence(judge),
            Min = scale.Min,
            Max = scale.Max,
            LowerIsBetter = scale.Direction == Core.Judging.Direction.LowerIsBetter,
            Usual = double.IsFinite(low) && double.IsFinite(high) ? [Math.Min(low, high), Math.Max(low, high)] : null,
            Curve = Curve(version, judge, curve.At, curve.Value, curve.Source == BandSource.None ? null : (curve.Lower, curve.Upper)),
            Accumulated = version.Accumulated[judge] is { At.Length: > 1 } effect ? Curve(version, judge, effect.At, effect.Value, null) : null,
        };
    }

    private static CurveView Curve(VersionExplanation version, int judge, double[] at, double[] value, (double[] Lower, double[] Upper)? band)
    {
        double[] raw = [.. at.Select(x => version.Raw(judge, x))];
        int[] order = [.. Enumerable.Range(0, raw.Length).OrderBy(i => raw[i])];
        return new CurveView(
            [.. order.Select(i => raw[i])], [.. order.Select(i => value[i])],
            band is { } b ? [.. order.Select(i => Number(b.Lower[i]))] : null, band is { } c ? [.. order.Select(i => Number(c.Upper[i]))] : null);
    }

    private static IntervalView View(GroupedMean mean) => new(mean.Value, Number(mean.Low), Number(mean.High));

    private static double? Number(double value) => double.IsFinite(value) ? value : null;
}
