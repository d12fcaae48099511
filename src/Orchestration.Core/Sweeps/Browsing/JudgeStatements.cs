using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Panels;
using Orchestration.Core.Judging.Revising;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.Sweeps.Browsing;

/// <summary>What a judge that is paid said of a row, as it is stored.</summary>
/// <param name="Judge">The judge's id; of a panel the member's.</param>
/// <param name="Column">The judge of the sweep whose judgment this is, or is a part of.</param>
/// <param name="Kind">How it was asked.</param>
/// <param name="Repeat">Which of its calls, from 0.</param>
/// <param name="Judgment">What is stored.</param>
public sealed record JudgeStatement(string Judge, string Column, ColumnKind Kind, int Repeat, StoredJudgment Judgment);

/// <summary>Finds what judges said of a row beside their scores. What a panel's members said in later rounds depends on what they were shown, and is not found again; their first round is.</summary>
public static class JudgeStatements
{
    /// <summary>Finds the stored judgments behind a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="judges">The sweep's judges, as it fixed them.</param>
    /// <param name="judgments">Where judgments are stored.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyList<JudgeStatement>> FindAsync(StoredRow row, IActors judges, IJudgmentStore judgments, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(judges);
        ArgumentNullException.ThrowIfNull(judgments);
        List<JudgeStatement> statements = [];
        foreach (var (id, kind) in row.Definition.Columns.Where(static c => c.JudgeId != SweepDefinition.RecordedJudge).Select(static c => (c.JudgeId, c.Kind)).Distinct())
        {
            var judge = judges.Judge(id);
            if (!judge.Descriptor.IsPaid) continue;
            foreach (var (by, first, calls) in AddressesOf(judge, row, kind))
            {
                for (var call = 0; call < calls; call++)
                {
                    if (await judgments.FindAsync(first with { Repeat = first.Repeat + call }, cancellationToken).ConfigureAwait(false) is not { } said) continue;
                    statements.Add(new JudgeStatement(by, id, kind, call, said));
                    if (judge is RevisingJudge revising && SecondOf(revising, row, kind, said) is { } second
                        && await judgments.FindAsync(second, cancellationToken).ConfigureAwait(false) is { } again) statements.Add(new JudgeStatement(by, id, kind, call + 1, again));
                }
            }
        }

        return statements;
    }

    private static IEnumerable<(string By, JudgmentAddress First, int Calls)> AddressesOf(IJudge judge, StoredRow row, ColumnKind kind)
    {
        switch (judge)
        {
            case LlmJudge llm:
                if (PlanOf(llm, row, kind) is { Reason: null } plan) yield return (llm.Descriptor.Id, plan.Address with { Repeat = llm.FirstRepeat }, llm.CallsPerItem);
                break;
            case RevisingJudge revising:
                if (PlanOf(revising.First, row, kind) is { Reason: null } looked) yield return (revising.Descriptor.Id, looked.Address with { Repeat = revising.First.FirstRepeat }, 1);
                break;
            case PanelJudge panel:
                for (var m = 0; m < panel.Members.Count; m++)
                {
                    var member = panel.Members[m];
                    if (PlanOf(member, row, kind) is { Reason: null } asked) yield return ($"{panel.Descriptor.Id} {m + 1}", asked.Address with { Repeat = member.FirstRepeat }, member.CallsPerItem);
                }

                break;
            default:
                if (kind is not (ColumnKind.VerdictAsShown or ColumnKind.VerdictSwapped) && PairOf(row, kind) is var pair)
                    yield return (judge.Descriptor.Id, JudgmentAddress.Of(judge.Descriptor, PairHash.Of(pair), pair.Reference), 1);
                break;
        }
    }

    private static LlmPlan PlanOf(LlmJudge judge, StoredRow row, ColumnKind kind) => kind switch
    {
        ColumnKind.VerdictAsShown => judge.PlanOf(row.Comparison),
        ColumnKind.VerdictSwapped => judge.PlanOf(row.Comparison.Swapped()),
        _ => judge.PlanOf(PairOf(row, kind)),
    };

    private static JudgmentAddress? SecondOf(RevisingJudge judge, StoredRow row, ColumnKind kind, StoredJudgment first) => kind switch
    {
        ColumnKind.VerdictAsShown => judge.SecondOf(row.Comparison, first),
        ColumnKind.VerdictSwapped => judge.SecondOf(row.Comparison.Swapped(), first),
        _ => judge.SecondOf(PairOf(row, kind), first),
    };

    private static Pair PairOf(StoredRow row, ColumnKind kind) => row.IsComparison ? PairEvaluation.PairOf(row.Comparison, kind) : row.Pair;
}
