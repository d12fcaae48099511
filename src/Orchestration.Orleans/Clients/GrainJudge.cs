using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Orleans.Contracts;
using Orleans;

namespace Orchestration.Orleans.Clients;

/// <summary>A judge of the cluster: asked through the workers of whichever silo is nearest.</summary>
internal sealed class GrainJudge(IGrainFactory grains, JudgeTerms terms) : IJudge
{
    private readonly IJudgeWorkerGrain _worker = grains.GetGrain<IJudgeWorkerGrain>(terms.Descriptor.Id);

    public JudgeDescriptor Descriptor => terms.Descriptor;

    public int Concurrency => terms.Concurrency;

    public ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken) =>
        AskAsync(new JudgeQuestion { Pairs = [.. request.Items], Payer = request.Payer, Deadline = request.Deadline }, cancellationToken);

    public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) =>
        AskAsync(new JudgeQuestion { Comparisons = [.. request.Items], Payer = request.Payer, Deadline = request.Deadline }, cancellationToken);

    private async ValueTask<JudgeReply> AskAsync(JudgeQuestion question, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var answer = await _worker.JudgeAsync(question);
        return new JudgeReply { Judgments = answer.Judgments.ToArray(), Totals = answer.Totals, FromStore = answer.FromStore };
    }
}
