using System.Globalization;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging.Code;

/// <summary>A code judge as an actor: takes whole batches, computes them on the caller's thread, and stores nothing.</summary>
public sealed class CodeJudgeActor : IJudge
{
    // Between two looks at the cancellation token; a thousandth of a second or so of work.
    private const int ItemsBetweenLooks = 16;

    private readonly ICodeJudge _judge;

    /// <summary>Hosts the judge.</summary>
    public CodeJudgeActor(ICodeJudge judge)
    {
        ArgumentNullException.ThrowIfNull(judge);
        _judge = judge;
        Descriptor = new JudgeDescriptor
        {
            Id = judge.Id,
            Kind = JudgeKind.Code,
            Version = PairHash.Of("code", judge.Id, judge.Revision.ToString(CultureInfo.InvariantCulture)),
            Dimensions = [new JudgeDimension(judge.Id, judge.Scale)],
            NeedsReference = judge.NeedsReference,
        };
    }

    /// <inheritdoc/>
    public JudgeDescriptor Descriptor { get; }

    /// <summary>0: it computes.</summary>
    public int Concurrency => 0;

    /// <inheritdoc/>
    public ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var judgments = new Judgment[request.Items.Count];
        for (var i = 0; i < judgments.Length; i++)
        {
            if (i % ItemsBetweenLooks == 0) cancellationToken.ThrowIfCancellationRequested();
            judgments[i] = _judge.Score(request.Items[i]);
        }

        return ValueTask.FromResult(new JudgeReply { Judgments = judgments });
    }

    /// <inheritdoc/>
    public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"Judge '{Descriptor.Id}' scores one answer; compare its scores.");
}
