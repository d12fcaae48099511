using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orleans;
using Orleans.Concurrency;

namespace Orchestration.Orleans.Grains;

/// <summary>Behind <see cref="IJudgeWorkerGrain"/>: this silo's judge. It waits for endpoints without holding up the next question.</summary>
[StatelessWorker, Reentrant]
internal sealed class JudgeWorkerGrain(SiloJudges judges) : Grain, IJudgeWorkerGrain
{
    public async Task<JudgeAnswer> JudgeAsync(JudgeQuestion question)
    {
        var judge = judges.Leased(this.GetPrimaryKeyString());
        var reply = await Task.Run(async () => question.Comparisons.Length != 0
            ? await judge.CompareAsync(new JudgeRequest<Comparison> { Items = question.Comparisons, Payer = question.Payer, Deadline = question.Deadline }, CancellationToken.None)
            : await judge.JudgeAsync(new JudgeRequest<Pair> { Items = question.Pairs, Payer = question.Payer, Deadline = question.Deadline }, CancellationToken.None));
        return new JudgeAnswer { Judgments = Judgments.Of(reply.Judgments), Totals = reply.Totals, FromStore = reply.FromStore };
    }
}
