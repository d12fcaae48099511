using System.Runtime.CompilerServices;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Batches;

/// <summary>One call that a sweep still needs.</summary>
/// <param name="Mark">Its address and judge.</param>
/// <param name="Request">The call.</param>
/// <param name="BoundUsd">The most it can cost as a single call's first attempt; null where no price is known.</param>
internal sealed record BatchCall(BatchMark Mark, ChatRequest Request, decimal? BoundUsd);

/// <summary>
/// Finds the calls that a sweep still needs, in the order of its rows: those whose judgment is not stored and that have no outcome without a score. Of each,
/// the first ask; what comes of it decides whether there are others, and those are single calls.
/// </summary>
internal sealed class BatchCalls(ISweepStore sweeps, IJudgmentStore judgments, SweepRecord sweep, IReadOnlyList<LlmJudge> judges)
{
    private readonly SweepDefinition _definition = SweepDefinition.FromJson(sweep.Definition);

    public async IAsyncEnumerable<BatchCall> FindAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var shard = 0; shard < sweep.Shards; shard++)
        {
            if (await sweeps.ReadShardAsync(sweep.Id, shard, ShardParts.None, cancellationToken) is not { IsDone: false }) continue;
            if (await sweeps.ReadShardAsync(sweep.Id, shard, ShardParts.Head | ShardParts.Text, cancellationToken) is not { } stored) continue;
            var data = DataBlock.Decode(stored);
            var settled = new HashSet<(int Row, int Column)>();
            foreach (var outcome in await sweeps.UnscoredAsync(sweep.Id, shard, cancellationToken)) settled.Add((outcome.Row, outcome.Column));
            var wanted = Wanted(data, settled);
            var known = await judgments.GetAsync([.. wanted.Select(want => want.Mark.Address)], cancellationToken);
            for (var i = 0; i < wanted.Count; i++)
            {
                if (known[i] is not null) continue;
                var (mark, inquiry) = wanted[i];
                var question = judges[mark.Judge].Question;
                var request = question.Request(inquiry, question.UserMessage(inquiry), [], mark.Address.Repeat, 0);
                yield return new BatchCall(mark, request, question.BoundUsd(request));
            }
        }
    }

    /// <summary>Row by row, so that the addresses of one pair follow one another.</summary>
    private List<(BatchMark Mark, Inquiry Inquiry)> Wanted(DataBlock data, HashSet<(int Row, int Column)> settled)
    {
        var questions = new List<(int Judge, ColumnKind Kind, int[] Columns)>();
        foreach (var group in _definition.Columns.Select((column, index) => (column, index)).GroupBy(entry => (entry.column.JudgeId, entry.column.Kind)))
        {
            for (var judge = 0; judge < judges.Count; judge++)
            {
                // A batch's answer comes back without what it is about: judges whose replies are read beside it are left to single calls.
                if (judges[judge].Descriptor.Id == group.Key.JudgeId && !judges[judge].Question.ReadsAnswer) questions.Add((judge, group.Key.Kind, [.. group.Select(entry => entry.index)]));
            }
        }

        var wanted = new List<(BatchMark, Inquiry)>();
        for (var row = 0; row < data.Rows; row++)
        {
            foreach (var (index, kind, columns) in questions)
            {
                if (columns.All(column => settled.Contains((row, column)))) continue;
                var judge = judges[index];
                var inquiry = judge.Question.Inquire(MaterialOf(data, row, kind));
                if (inquiry.Reason is not null) continue;
                for (var repeat = 0; repeat < judge.CallsPerItem; repeat++)
                    wanted.Add((new BatchMark(judge.Address(inquiry, judge.FirstRepeat + repeat, null), index), inquiry));
            }
        }

        return wanted;
    }

    private static Material MaterialOf(DataBlock data, int row, ColumnKind kind) => (data.Kind, kind) switch
    {
        (DataKind.Pairs, _) => Material.Of(data.GetPair(row)),
        (_, ColumnKind.VerdictAsShown) => Material.Of(data.GetComparison(row)),
        (_, ColumnKind.VerdictSwapped) => Material.Of(data.GetComparison(row).Swapped()),
        _ => Material.Of(PairEvaluation.PairOf(data.GetComparison(row), kind)),
    };
}
