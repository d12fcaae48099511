using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orleans;

namespace Orchestration.Orleans.Contracts;

/// <summary>A batch for one judge: pairs or comparisons, never both.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.judge-question")]
public sealed record JudgeQuestion
{
    /// <summary>The pairs.</summary>
    [Id(0)]
    public Pair[] Pairs { get; init; } = [];

    /// <summary>The comparisons.</summary>
    [Id(1)]
    public Comparison[] Comparisons { get; init; } = [];

    /// <summary>Whose budget pays.</summary>
    [Id(2)]
    public string? Payer { get; init; }

    /// <summary>When the answer is of no more use.</summary>
    [Id(3)]
    public DateTimeOffset? Deadline { get; init; }
}

/// <summary>What a judge said of a batch.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.judge-answer")]
public sealed record JudgeAnswer
{
    /// <summary>Items × dimensions.</summary>
    [Id(0)]
    public required Judgments Judgments { get; init; }

    /// <summary>What making them took.</summary>
    [Id(1)]
    public CallTotals Totals { get; init; }

    /// <summary>How many items were answered from the store.</summary>
    [Id(2)]
    public int FromStore { get; init; }
}

/// <summary>Judgments as they travel: numbers, and reasons only where there are some.</summary>
[GenerateSerializer, Immutable, Alias("orchestration.judgments")]
public sealed record Judgments
{
    /// <summary>Scores; NaN where there is none.</summary>
    [Id(0)]
    public required double[] Values { get; init; }

    /// <summary>Reasons, null where there is a score; null where every judgment has one.</summary>
    [Id(1)]
    public string?[]? Reasons { get; init; }

    /// <summary>How many.</summary>
    public int Count => Values.Length;

    /// <summary>One of them.</summary>
    public Judgment this[int index] => Reasons?[index] is { } reason ? Judgment.Unscored(reason) : Judgment.Scored(Values[index]);

    /// <summary>Packs judgments.</summary>
    public static Judgments Of(IReadOnlyList<Judgment> judgments)
    {
        ArgumentNullException.ThrowIfNull(judgments);
        var values = new double[judgments.Count];
        string?[]? reasons = null;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = judgments[i].Value;
            if (!judgments[i].IsScored) (reasons ??= new string?[values.Length])[i] = judgments[i].Reason;
        }

        return new Judgments { Values = values, Reasons = reasons };
    }

    /// <summary>All of them.</summary>
    public Judgment[] ToArray()
    {
        var judgments = new Judgment[Count];
        for (var i = 0; i < judgments.Length; i++) judgments[i] = this[i];
        return judgments;
    }
}
