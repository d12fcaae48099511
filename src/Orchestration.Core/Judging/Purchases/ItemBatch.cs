using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging.Purchases;

/// <summary>What a paid judge is asked about: a pair, or a comparison as shown.</summary>
internal readonly record struct Material(Hash128 Hash, string Prompt, string AnswerA, string? AnswerB, string? Reference)
{
    /// <summary>What the answer was to work from; null where the data has none.</summary>
    public string? Context { get; init; }

    /// <summary>The prompt's category; null where the data has none.</summary>
    public string? Category { get; init; }

    /// <summary>The prompt that it belongs to.</summary>
    public string Group { get; init; } = "";

    public static Material Of(Pair pair) =>
        new(PairHash.Of(pair), pair.Prompt, pair.Answer, null, pair.Reference) { Context = pair.Context, Category = pair.Category, Group = pair.Group };

    public static Material Of(Comparison comparison) =>
        new(PairHash.Of(comparison), comparison.Prompt, comparison.AnswerA, comparison.AnswerB, comparison.Reference)
        {
            Context = comparison.Context,
            Category = comparison.Category,
            Group = comparison.Group,
        };
}

/// <summary>What became of one item: one judgment per dimension.</summary>
internal readonly record struct ItemOutcome(Judgment[] Judgments, CallTotals Totals, bool IsFromStore)
{
    public static ItemOutcome Unscored(string reason, int dimensions, in CallTotals totals)
    {
        var judgments = new Judgment[dimensions];
        Array.Fill(judgments, Judgment.Unscored(reason));
        return new ItemOutcome(judgments, totals, false);
    }

    public static ItemOutcome Scored(IReadOnlyList<double> values, in CallTotals totals, bool isFromStore)
    {
        var judgments = new Judgment[values.Count];
        for (var i = 0; i < judgments.Length; i++) judgments[i] = Judgment.Scored(values[i]);
        return new ItemOutcome(judgments, totals, isFromStore);
    }
}

/// <summary>Works the items of a request, several at a time.</summary>
internal static class ItemBatch
{
    /// <summary>
    /// Works all items, at most <paramref name="concurrency"/> at a time. A failure or a cancellation stops the others before their next call; what is
    /// under way is awaited, and then the first failure is thrown.
    /// </summary>
    public static async ValueTask<JudgeReply> RunAsync(
        int count, int dimensions, int concurrency, Func<int, CancellationToken, ValueTask<ItemOutcome>> work, CancellationToken cancellationToken)
    {
        // By far the most requests hold one item.
        if (count == 1)
        {
            var only = await work(0, cancellationToken);
            return new JudgeReply { Judgments = only.Judgments, Totals = only.Totals, FromStore = only.IsFromStore ? 1 : 0 };
        }

        var outcomes = new ItemOutcome[count];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var next = -1;
        var workers = new Task[Math.Min(count, concurrency)];
        for (var w = 0; w < workers.Length; w++) workers[w] = WorkAsync();
        await Task.WhenAll(workers);
        return Reply(outcomes, dimensions);

        async Task WorkAsync()
        {
            try
            {
                for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
                    outcomes[i] = await work(i, stop.Token);
            }
            catch
            {
                await ActorTasks.CancelAsync(stop);
                throw;
            }
        }
    }

    private static JudgeReply Reply(ItemOutcome[] outcomes, int dimensions)
    {
        var judgments = new Judgment[outcomes.Length * dimensions];
        var totals = CallTotals.None;
        var fromStore = 0;
        for (var i = 0; i < outcomes.Length; i++)
        {
            outcomes[i].Judgments.CopyTo(judgments, i * dimensions);
            totals += outcomes[i].Totals;
            if (outcomes[i].IsFromStore) fromStore++;
        }

        return new JudgeReply { Judgments = judgments, Totals = totals, FromStore = fromStore };
    }
}
