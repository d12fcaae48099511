using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Orleans.Clients;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Grains;

/// <summary>Evaluations as those outside the cluster ask for them.</summary>
public sealed class GrainEvaluationTests(StillCluster cluster) : IClassFixture<StillCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_are_evaluated_each_by_itself_known_cells_are_kept_and_not_asked_for_and_everything_is_counted()
    {
        var (actors, columns) = await ActorsAsync();
        var table = new JudgmentTable(3, 2);
        table.SetScored(1, 0, 0.125);
        table.SetScored(2, 0, 0.25);
        table.SetScored(2, 1, 0.5);
        var observer = new Observer();
        Pair[] pairs = [Of("one"), Of("three"), Of("seven")];
        var request = new EvaluationRequest { Pairs = pairs, Columns = columns, Table = table, Payer = "somebody", Observer = observer };

        var reply = await actors.PairEvaluation("").EvaluateAsync(request, Stop);

        (table.Value(0, 0), table.Value(0, 1)).ShouldBe((GatedJudge.ScoreOf(pairs[0]), GatedJudge.ScoreOf(pairs[0])));
        (table.Value(1, 0), table.Value(1, 1)).ShouldBe((0.125, GatedJudge.ScoreOf(pairs[1])));
        (table.Value(2, 0), table.Value(2, 1)).ShouldBe((0.25, 0.5));
        reply.Totals.ShouldBe(new CallTotals(3, 0, default, 1.5m));
        observer.Scored.ShouldBe(3);
        cluster.Slow.Payer.ShouldBe("somebody");
    }

    [Fact]
    public async Task A_deadline_is_kept_one_that_has_passed_too_and_who_is_missing_is_told()
    {
        var (actors, columns) = await ActorsAsync();
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Slow.Gate = gate.Task;
        try
        {
            foreach (var left in new[] { TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(-1) })
            {
                var within = left > TimeSpan.Zero ? left : TimeSpan.FromTicks(1);
                var observer = new Observer();
                var request = new EvaluationRequest
                {
                    Pairs = [Of("late " + left)],
                    Columns = columns,
                    Table = new JudgmentTable(1, 2),
                    Deadline = cluster.Time.GetUtcNow() + left,
                    Observer = observer,
                };
                var asking = actors.PairEvaluation("").EvaluateAsync(request, Stop).AsTask();
                await Task.WhenAny(asking, cluster.Time.WaitBegunAsync(wait => wait == within)).WaitAsync(Patience, Stop);
                cluster.Time.Advance(within);
                await asking.WaitAsync(Patience, Stop);
                request.Table.Reason(0, 1).ShouldBe(UnscoredReason.Timeout);
                observer.Unscored.ShouldContain((0, 1, UnscoredReason.Timeout));
            }
        }
        finally
        {
            gate.SetResult();
            cluster.Slow.Gate = Task.CompletedTask;
        }
    }

    private static Pair Of(string answer) => new() { Id = "p", Prompt = "Which?", Answer = answer, Group = "g" };

    private async Task<(OrleansActors Actors, IReadOnlyList<EvaluationColumn> Columns)> ActorsAsync()
    {
        var actors = new OrleansActors(cluster.Client, cluster.Time);
        return (actors, Contracts.JudgeSets.ColumnsOf(await actors.LearnAsync(["quick", "slow"])));
    }

    private sealed class Observer : IEvaluationObserver
    {
        public List<(int Row, int Column, string Reason)> Unscored { get; } = [];

        public long Scored { get; private set; }

        public ValueTask UnscoredAsync(int row, int column, string reason)
        {
            Unscored.Add((row, column, reason));
            return ValueTask.CompletedTask;
        }

        public void Judged(int scored, int unscored, int fromStore, in CallTotals totals) => Scored += scored;
    }
}
