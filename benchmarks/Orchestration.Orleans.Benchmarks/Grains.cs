using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Orleans.Contracts;
using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Orchestration.Orleans.Benchmarks;

/// <summary>What a call of Orleans costs by itself.</summary>
[Alias("orchestration.benchmarks.empty")]
public interface IEmptyGrain : IGrainWithStringKey
{
    [Alias("nothing")]
    Task NothingAsync();
}

// Where a pair's evaluation would be, so that both calls go the same way.
[Reentrant, PreferLocalPlacement]
internal sealed class EmptyGrain : Grain, IEmptyGrain
{
    public Task NothingAsync() => Task.CompletedTask;
}

/// <summary>A judge as it would be without leases: one grain that all silos ask.</summary>
[Alias("orchestration.benchmarks.one-judge")]
public interface IOneJudgeGrain : IGrainWithStringKey
{
    [Alias("judge")]
    Task<JudgeAnswer> JudgeAsync(JudgeQuestion question);
}

[Reentrant]
internal sealed class OneJudgeGrain : Grain, IOneJudgeGrain
{
    private readonly RecordedJudge _judge = RecordedJudge.Hot;

    public async Task<JudgeAnswer> JudgeAsync(JudgeQuestion question)
    {
        var reply = await _judge.JudgeAsync(new JudgeRequest<Pair> { Items = question.Pairs }, CancellationToken.None);
        return new JudgeAnswer { Judgments = Judgments.Of(reply.Judgments), Totals = reply.Totals, FromStore = reply.FromStore };
    }
}
