using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Aggregation.Training;

/// <summary>Where rows to learn from are read, and by which fields.</summary>
public sealed record TrainingInput
{
    /// <summary>Files of results, of verdicts, or of <c>{id, group, scores, target}</c>: JSON lines or CSV, plain or gzip; <c>-</c> for standard input.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The field of the human score or, for comparisons, of the label.</summary>
    public required string Target { get; init; }

    /// <summary>The field that says which rows belong to one prompt. Null: <c>group</c>, else the prompt's hash, else the id.</summary>
    public string? Group { get; init; }

    /// <summary>A field with each row's weight, more than 0; null where all weigh the same.</summary>
    public string? Weight { get; init; }

    /// <summary>A further field to keep of each row (to hold out each of its values whole); null for none.</summary>
    public string? Part { get; init; }

    /// <summary>True: a row without a value in <see cref="Part"/> is as good as any, and has an empty one.</summary>
    public bool PartMayBeMissing { get; init; }

    /// <summary>The judges to learn from; empty for all. In CSV the columns of these names, otherwise those called <c>scores.NAME</c>.</summary>
    public IReadOnlyList<string> Judges { get; init; } = [];

    /// <summary>
    /// Fields of several annotators' ratings, by name or path; one that holds a list or an object stands for all in it. Where there are some, <see cref="Target"/> is only the name
    /// of their mean, which becomes the human score. Empty otherwise.
    /// </summary>
    public IReadOnlyList<string> Raters { get; init; } = [];

    /// <summary>True: rows without a human score are kept too, with NaN for it. For those who choose what to label, not for those who learn.</summary>
    public bool KeepUnlabelled { get; init; }

    /// <summary>Where bad rows go; null where they are only counted.</summary>
    public string? RejectsPath { get; init; }

    /// <summary>What <c>-</c> among the files is; null for the process's own standard input.</summary>
    public Stream? StandardInput { get; init; }
}

/// <summary>Rows to learn from as read: judges' own scales, nothing mapped or left out yet.</summary>
public sealed class TrainingRows
{
    private readonly Dictionary<string, int> _judges = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly List<List<double>> _columns = [];
    private readonly Dictionary<string, List<double>> _ratings = new(StringComparer.Ordinal);
    private readonly List<string> _raters = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>Human scores or comparisons; null before the first row.</summary>
    public Versions.LearnedFrom? LearnedFrom { get; internal set; }

    /// <summary>How many.</summary>
    public int Count => Ids.Count;

    /// <summary>The judges, in the order in which they were met.</summary>
    public IReadOnlyList<string> Judges => _names;

    /// <summary>Each row's id.</summary>
    public List<string> Ids { get; } = [];

    /// <summary>Each row's group.</summary>
    public List<string> Groups { get; } = [];

    /// <summary>The human score; for comparisons 1 (A preferred), 0 or ½.</summary>
    public List<double> Targets { get; } = [];

    /// <summary>Each row's weight; 1 where none is named.</summary>
    public List<double> Weights { get; } = [];

    /// <summary>The further field's value; empty where none is named.</summary>
    public List<string> Parts { get; } = [];

    /// <summary>Rows without a human score: not bad, and not learned from.</summary>
    public int Unlabelled { get; internal set; }

    /// <summary>Rows whose human score is simulated: they say <c>simulated: true</c>, as 'label simulate' marks what personas said.</summary>
    public int Simulated { get; internal set; }

    /// <summary>Bad rows.</summary>
    public int Rejected { get; internal set; }

    /// <summary>Bad rows by reason.</summary>
    public IReadOnlyDictionary<string, long> RejectedByReason { get; internal set; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>The first bad row's message, with file and line; null for none.</summary>
    public string? FirstReject { get; internal set; }

    /// <summary>True where a row had neither group nor prompt and stands as a group of its own.</summary>
    public bool HasLoneRows { get; internal set; }

    /// <summary>The files with their sizes and hashes.</summary>
    public IReadOnlyList<InputFile> Inputs { get; internal set; } = [];

    /// <summary>What the summaries beside the files state of their judges, by name.</summary>
    public IReadOnlyDictionary<string, KnownColumn> Known { get; internal set; } = new Dictionary<string, KnownColumn>(StringComparer.Ordinal);

    /// <summary>A judge's scores, one a row; NaN where it has none. For comparisons its mean verdict for answer A, −1 to 1.</summary>
    public IReadOnlyList<double> Column(int judge)
    {
        var column = _columns[judge];
        while (column.Count < Count) column.Add(double.NaN);
        return column;
    }

    /// <summary>The annotators, in the order in which they were met; empty where none were asked for.</summary>
    public IReadOnlyList<string> Raters => _raters;

    /// <summary>An annotator's ratings, one a row; NaN where there is none.</summary>
    public IReadOnlyList<double> Ratings(int rater)
    {
        var column = _ratings[_raters[rater]];
        while (column.Count < Count) column.Add(double.NaN);
        return column;
    }

    /// <summary>The rows with a human score, with the scores of these judges alone.</summary>
    /// <param name="judges">Some of <see cref="Judges"/>.</param>
    public TrainingRows Only(IReadOnlyList<string> judges)
    {
        ArgumentNullException.ThrowIfNull(judges);
        var rows = new TrainingRows
        {
            LearnedFrom = LearnedFrom,
            Unlabelled = Unlabelled,
            Simulated = Simulated,
            Rejected = Rejected,
            RejectedByReason = RejectedByReason,
            FirstReject = FirstReject,
            HasLoneRows = HasLoneRows,
            Inputs = Inputs,
            Known = Known,
        };
        int[] places = [.. Enumerable.Range(0, Judges.Count).Where(j => judges.Contains(Judges[j], StringComparer.Ordinal))];
        IReadOnlyList<double>[] columns = [.. places.Select(Column)];
        for (var i = 0; i < Count; i++)
        {
            if (double.IsNaN(Targets[i])) continue;
            rows.Add(new TrainingRow
            {
                Id = Ids[i],
                Group = Groups[i],
                Part = Parts[i],
                Target = Targets[i],
                Weight = Weights[i],
                HasTarget = true,
                Scores = [.. places.Select((j, k) => (Judges[j], columns[k][i]))],
            });
        }

        return rows;
    }

    internal bool HasId(string id) => _ids.Contains(id);

    internal void Add(in TrainingRow row)
    {
        _ids.Add(row.Id!);
        foreach (var (name, value) in row.Scores)
        {
            if (!_judges.TryGetValue(name, out var judge))
            {
                _judges.Add(name, judge = _names.Count);
                _names.Add(name);
                _columns.Add([]);
            }

            var column = _columns[judge];
            while (column.Count < Count) column.Add(double.NaN);
            column.Add(value);
        }

        foreach (var (name, value) in row.Ratings ?? [])
        {
            if (!_ratings.TryGetValue(name, out var column))
            {
                _ratings.Add(name, column = []);
                _raters.Add(name);
            }

            while (column.Count < Count) column.Add(double.NaN);
            column.Add(value);
        }

        Ids.Add(row.Id!);
        Groups.Add(row.Group!);
        Targets.Add(row.Target);
        Weights.Add(row.Weight);
        Parts.Add(row.Part ?? "");
    }
}

/// <summary>What a summary states of a column.</summary>
/// <param name="Scale">Its scale; null where it states none.</param>
/// <param name="Rubric">Hash of its rubric's text.</param>
/// <param name="Version">The judge's version.</param>
public sealed record KnownColumn(Judging.Scale? Scale, string? Rubric, string? Version);

/// <summary>One row while it is read.</summary>
internal struct TrainingRow
{
    public string? Id;
    public string? Group;
    public string? Prompt;
    public string? Part;
    public double Target;
    public double Weight;
    public bool HasTarget;
    public bool IsSimulated;
    public Versions.LearnedFrom? Kind;
    public List<(string Judge, double Score)> Scores;
    public List<(string Rater, double Rating)>? Ratings;

    /// <summary>Where several annotators were asked for, the mean of those who rated the row is its human score.</summary>
    public void TakeMeanOfRatings()
    {
        if (Ratings is not { Count: > 0 } ratings) return;
        var sum = 0.0;
        foreach (var (_, rating) in ratings) sum += rating;
        (HasTarget, Target) = (true, sum / ratings.Count);
    }
}
