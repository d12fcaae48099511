using Orchestration.Core;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Code;
using Orchestration.Core.Pairs;
using Orchestration.Orleans.Contracts;

namespace Orchestration.Orleans.Tests.Contracts;

/// <summary>Judges and their columns, here and in a cluster.</summary>
internal static class JudgeSets
{
    public static IReadOnlyList<EvaluationColumn> ColumnsOf(IReadOnlyList<JudgeDescriptor> judges) => JudgeSet.Of(judges).Columns;

    /// <summary>A code judge in this process, under its own id.</summary>
    public static IActors Embedded(string id) => new EmbeddedActors([new Renamed(new CodePanelJudge([CodeJudges.Find(id)!]), id)], null, TimeProvider.System);

    private sealed class Renamed(IJudge judge, string id) : IJudge
    {
        public JudgeDescriptor Descriptor => judge.Descriptor with { Id = id };

        public int Concurrency => judge.Concurrency;

        public ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken) => judge.JudgeAsync(request, cancellationToken);

        public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) => judge.CompareAsync(request, cancellationToken);
    }
}
