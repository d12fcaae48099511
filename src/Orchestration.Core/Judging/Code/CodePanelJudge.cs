using System.Globalization;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging.Code;

/// <summary>
/// Several code judges as one actor: one dimension per member, under the member's own id. A pair's text is read once for all of them.
/// </summary>
public sealed class CodePanelJudge : IJudge
{
    /// <summary>The actor's id.</summary>
    public const string Id = "code";

    private readonly ICodeJudge[] _members;

    /// <summary>A panel of these judges, in this order.</summary>
    public CodePanelJudge(IReadOnlyList<ICodeJudge> members)
    {
        _members = [.. members];
        Descriptor = new JudgeDescriptor
        {
            Id = Id,
            Kind = JudgeKind.Code,
            Version = PairHash.Of([Id, .. members.Select(Member)]),
            Dimensions = [.. members.Select(m => new JudgeDimension(m.Id, m.Scale))],
        };
    }

    /// <inheritdoc/>
    public JudgeDescriptor Descriptor { get; }

    /// <summary>0: it computes.</summary>
    public int Concurrency => 0;

    /// <summary>How a sweep's definition writes a member: its id and revision.</summary>
    public static string Member(ICodeJudge judge) => string.Create(CultureInfo.InvariantCulture, $"{judge.Id}/{judge.Revision}");

    /// <inheritdoc/>
    public ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken)
    {
        var judgments = new Judgment[request.Items.Count * _members.Length];
        for (var i = 0; i < request.Items.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            CodeJudges.ScoreAll(request.Items[i], _members, judgments.AsSpan(i * _members.Length, _members.Length));
        }

        return ValueTask.FromResult(new JudgeReply { Judgments = judgments });
    }

    /// <summary>Refused: code judges score one answer.</summary>
    public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Code judges score one answer; compare their scores.");
}
