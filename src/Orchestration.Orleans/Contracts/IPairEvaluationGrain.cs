using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orleans;

namespace Orchestration.Orleans.Contracts;

/// <summary>
/// The evaluation of one pair or comparison for those who ask over the network. Key: <see cref="EvaluationQuestion.KeyOf"/>. Asked again it gives the scores that it gave before. It is
/// forgotten after a minute without questions; what was paid for is in the store. Sweeps do not use it: a shard evaluates its pairs in its own silo.
/// </summary>
[Alias("orchestration.pair-evaluation")]
public interface IPairEvaluationGrain : IGrainWithStringKey
{
    /// <summary>Evaluates, at the latest until the question's deadline; judgments that miss it are unscored with <see cref="UnscoredReason.Timeout"/>.</summary>
    /// <param name="question">The pair, and how it is asked.</param>
    /// <param name="judges">The judge set that the key names; null where a silo of the cluster was told of it before, as it is longer than most answers.</param>
    /// <returns>Null where this silo was not told: to be asked again with the judge set.</returns>
    [Alias("evaluate")]
    ValueTask<Envelope<EvaluationAnswer>?> EvaluateAsync(Envelope<EvaluationQuestion> question, JudgeSet? judges);
}

/// <summary>One pair or comparison to evaluate.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.evaluation-question")]
public sealed record EvaluationQuestion
{
    /// <summary>The longest that an answer takes; also the deadline of a question without one. Shorter than the time after which a grain call is given up.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(25);

    /// <summary>The pair; null where a comparison is given.</summary>
    [Id(0)]
    public Pair? Pair { get; init; }

    /// <summary>The comparison; null where a pair is given.</summary>
    [Id(1)]
    public Comparison? Comparison { get; init; }

    /// <summary>Whose budget pays.</summary>
    [Id(2)]
    public string? Payer { get; init; }

    /// <summary>How long the answer may take, from its arrival; zero for <see cref="Longest"/>.</summary>
    [Id(3)]
    public TimeSpan Within { get; init; }

    /// <summary>The question as Core's actor is asked it.</summary>
    /// <param name="judges">The judge set.</param>
    /// <param name="now">When it arrived.</param>
    public EvaluationRequest ToRequest(JudgeSet judges, DateTimeOffset now) => new()
    {
        Pairs = Pair is { } pair ? [pair] : [],
        Comparisons = Comparison is { } comparison ? [comparison] : [],
        Columns = judges.Columns,
        Table = new JudgmentTable(1, judges.Columns.Length),
        Payer = Payer,
        Deadline = now + (Within > TimeSpan.Zero && Within < Longest ? Within : Longest),
    };

    /// <summary>The version of the judge set that a grain's key names.</summary>
    public static string VersionOf(string key) => key[(key.LastIndexOf('/') + 1)..];

    /// <summary>The grain's key: hash of everything of the pair that judges read, and version of the judge set.</summary>
    public string KeyOf(JudgeSet judges)
    {
        var (hash, reference, context) = Pair is { } pair ? (PairHash.Of(pair), pair.Reference, pair.Context) : (PairHash.Of(Comparison!), Comparison!.Reference, Comparison!.Context);
        if (reference is not null) hash = PairHash.Of("reference", hash.ToString(), reference);
        if (context is not null) hash = PairHash.Of("context", hash.ToString(), context);
        return $"{hash}/{judges.Version}";
    }
}

/// <summary>Columns with the version of the judges behind them: another judge, rubric or model is another version. Immutable.</summary>
public sealed class JudgeSet
{
    private JudgeSet(EvaluationColumn[] columns, string version) => (Columns, Version) = (columns, version);

    /// <summary>The columns.</summary>
    public EvaluationColumn[] Columns { get; }

    /// <summary>Hash of the judges' versions and the columns' names.</summary>
    public string Version { get; }

    /// <summary>What another process has sent.</summary>
    internal static JudgeSet Received(EvaluationColumn[] columns, string version) => new(columns, version);

    /// <summary>The judge set of these columns.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="descriptorOf">The descriptor of a judge by id.</param>
    public static JudgeSet Of(IReadOnlyList<EvaluationColumn> columns, Func<string, JudgeDescriptor> descriptorOf)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(descriptorOf);
        return new JudgeSet(
            [.. columns],
            PairHash.Of(["judge-set", .. columns.SelectMany(column => new[] { column.Name, column.Kind.ToString(), descriptorOf(column.JudgeId).Version.ToString() })]).ToString());
    }

    /// <summary>The judge set of whole judges: every dimension of each a score.</summary>
    public static JudgeSet Of(IReadOnlyList<JudgeDescriptor> judges)
    {
        ArgumentNullException.ThrowIfNull(judges);
        var byId = judges.ToDictionary(static judge => judge.Id, StringComparer.Ordinal);
        return Of(
            [.. judges.SelectMany(static judge => judge.Dimensions.Select((dimension, index) => new EvaluationColumn(dimension.Name, judge.Id, index, ColumnKind.Score, dimension.Scale)))],
            id => byId[id]);
    }
}

/// <summary>What an evaluation came to.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.evaluation-answer")]
public sealed record EvaluationAnswer
{
    /// <summary>One a column.</summary>
    [Id(0)]
    public required Judgments Judgments { get; init; }

    /// <summary>Columns whose judgment missed the deadline of an earlier question and has come since; null where there is none.</summary>
    [Id(1)]
    public int[]? Late { get; init; }

    /// <summary>What this question took.</summary>
    [Id(2)]
    public CallTotals Totals { get; init; }

    /// <summary>Judgments found in the store.</summary>
    [Id(3)]
    public long FromStore { get; init; }

    /// <summary>What a served evaluation came to, as it travels.</summary>
    public static EvaluationAnswer Of(ServedReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        return new EvaluationAnswer
        {
            Judgments = Judgments.Of(reply.Judgments),
            Late = reply.IsLate.Count == 0 ? null : [.. Enumerable.Range(0, reply.IsLate.Count).Where(column => reply.IsLate[column])],
            Totals = reply.Totals,
            FromStore = reply.FromStore,
        };
    }
}
