using System.Text;
using Orchestration.Core.Configuration;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Panels;
using Orchestration.Core.Judging.Revising;
using Orchestration.Core.Judging.Solving;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Blocks;

namespace Orchestration.Core.Sweeps.Estimating;

/// <summary>
/// Says what a sweep would call and what it would cost, from the data itself: every prompt is written and measured, what the store holds already is taken off, and nothing is sent.
/// </summary>
/// <param name="config">The deployments, for their prices.</param>
/// <param name="judgments">What is stored already.</param>
public sealed class SweepEstimator(OrchestrationConfig config, IJudgmentStore judgments)
{
    /// <summary>English text has about so many bytes a token.</summary>
    public const int BytesPerToken = 4;

    /// <summary>A judge's short rationale and its score have about so many tokens.</summary>
    public const int UsualOutputTokens = 150;

    /// <summary>Measures a registered sweep.</summary>
    /// <param name="sweeps">Where it is registered.</param>
    /// <param name="sweep">The sweep.</param>
    /// <param name="judges">Its judges.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>One for each judge that is paid; of a panel one for each member.</returns>
    public async Task<IReadOnlyList<JudgeEstimate>> EstimateAsync(ISweepStore sweeps, SweepRecord sweep, ResolvedJudges judges, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sweeps);
        ArgumentNullException.ThrowIfNull(sweep);
        ArgumentNullException.ThrowIfNull(judges);
        var definition = SweepDefinition.FromJson(sweep.Definition);
        var asked = new List<Asked>();
        foreach (var (judgeId, kind) in definition.Columns.Select(c => (c.JudgeId, c.Kind)).Distinct())
        {
            if (judges.Judges.FirstOrDefault(j => j.Descriptor.Id == judgeId) is not { Descriptor.IsPaid: true } judge) continue;
            var planned = judges.Planned.First(p => p.Descriptor.Id == judgeId).Fixed;
            foreach (var one in judge switch
            {
                PanelJudge panel => OfPanel(panel, planned.Panel!, kind),

                // The first look is the judge's own and may be stored; the second shows it what it said.
                RevisingJudge revising => [new Asked(new JudgeEstimate(judgeId, config.Deployment(planned.Deployment!)), revising.First, kind) { Revising = revising }],
                _ => [new Asked(new JudgeEstimate(judgeId, config.Deployment(planned.Deployment!)), judge, kind)],
            })
            {
                // One line for all the ways in which a judge is asked.
                var same = asked.FirstOrDefault(a => a.Estimate.Judge == one.Estimate.Judge);
                asked.Add(same is null ? one : one with { Estimate = same.Estimate });
            }
        }

        for (var shard = 0; shard < sweep.Shards && asked.Count != 0; shard++)
        {
            var stored = await sweeps.ReadShardAsync(sweep.Id, shard, ShardParts.Head | ShardParts.Text, cancellationToken);
            var data = DataBlock.Decode(stored!);
            var counted = new HashSet<JudgmentAddress>();
            foreach (var one in asked) await AddAsync(one, data, counted, cancellationToken);
        }

        return [.. asked.Select(a => a.Estimate).Distinct()];
    }

    /// <summary>A judge asked in one way, and how often again with what others said in its prompt.</summary>
    private sealed record Asked(JudgeEstimate Estimate, IJudge Judge, ColumnKind Kind, bool IsAskedFirst = true, int LaterRounds = 0, int Others = 0)
    {
        /// <summary>The judge that looks at its judgment again; null for any other.</summary>
        public RevisingJudge? Revising { get; init; }
    }

    private IEnumerable<Asked> OfPanel(PanelJudge panel, PanelConfig described, ColumnKind kind)
    {
        for (var m = 0; m < panel.Members.Count; m++)
        {
            var estimate = new JudgeEstimate($"{described.Name} {m + 1}", config.Deployment(described.Members[m].Deployment));
            yield return new Asked(estimate, panel.Members[m], kind, true, panel.Rounds - 1, panel.Members.Count);
        }

        if (panel.Closing is { } closing)
            yield return new Asked(new JudgeEstimate($"{described.Name} closing", config.Deployment(described.Closing!.Deployment)), closing, kind, false, 1, panel.Members.Count);
    }

    // What several judges ask for, and rows that are the same, are bought once.
    private async Task AddAsync(Asked asked, DataBlock data, HashSet<JudgmentAddress> counted, CancellationToken cancellationToken)
    {
        var (estimate, judge) = (asked.Estimate, asked.Judge);
        var addresses = new List<JudgmentAddress>();
        var requests = new List<PromptMeasure>();
        var rows = new List<int>();
        var repeats = (judge as LlmJudge)?.CallsPerItem ?? 1;
        for (var row = 0; row < data.Rows; row++)
        {
            var plan = PlanOf(judge, asked.Kind, data, row);
            if (plan.Reason is not null)
            {
                estimate.WithoutCall++;
                continue;
            }

            for (var repeat = 0; repeat < repeats; repeat++)
            {
                // What is said in later rounds is not known yet, and so neither is what of it is stored.
                for (var round = 0; round < asked.LaterRounds; round++)
                    Add(estimate, plan.Measure, (long)asked.Others * UsualOutputTokens * BytesPerToken, (long)asked.Others * PanelJudge.MaxBytesPerJudgeSeen);
                if (!asked.IsAskedFirst) continue;
                var address = plan.Address with { Repeat = ((judge as LlmJudge)?.FirstRepeat ?? 0) + repeat };
                if (asked.Revising is null && !counted.Add(address)) continue;
                addresses.Add(address);
                requests.Add(plan.Measure);
                rows.Add(row);
            }
        }

        var stored = await judgments.GetAsync(addresses, cancellationToken);
        for (var i = 0; i < requests.Count; i++)
        {
            if (asked.Revising is { } revising)
            {
                // The first look is counted with the judge by itself where that is asked too, and else here.
                if (counted.Add(addresses[i]) && stored[i] is null) Add(estimate, requests[i], 0, 0);
                var isSecondStored = stored[i] is not null && await IsSecondStoredAsync(revising, asked.Kind, data, rows[i], addresses[i], cancellationToken);
                if (isSecondStored) estimate.Stored++;
                else Add(estimate, requests[i], (long)UsualOutputTokens * BytesPerToken, revising.MaxBytesMore);
            }
            else if (stored[i] is not null) estimate.Stored++;
            else Add(estimate, requests[i], 0, 0);
        }
    }

    private async Task<bool> IsSecondStoredAsync(RevisingJudge judge, ColumnKind kind, DataBlock data, int row, JudgmentAddress first, CancellationToken cancellationToken)
    {
        if (await judgments.FindAsync(first, cancellationToken) is not { } said) return false;
        var second = kind switch
        {
            ColumnKind.VerdictAsShown => judge.SecondOf(data.GetComparison(row), said),
            ColumnKind.VerdictSwapped => judge.SecondOf(data.GetComparison(row).Swapped(), said),
            ColumnKind.Score => judge.SecondOf(data.GetPair(row), said),
            _ => judge.SecondOf(PairEvaluation.PairOf(data.GetComparison(row), kind), said),
        };
        return second is { } address && (await judgments.GetAsync([address], cancellationToken))[0] is not null;
    }

    private static void Add(JudgeEstimate estimate, in PromptMeasure prompt, long usualBytes, long mostBytes)
    {
        estimate.Calls++;
        estimate.InputTokens += ((prompt.TextBytes + usualBytes) / BytesPerToken) + prompt.ImageTokens;
        estimate.OutputTokens += Math.Min(prompt.MaxOutputTokens, UsualOutputTokens);
        estimate.AtMostUsd += estimate.Deployment.Prices?.UpperBound(prompt.TextBytes + mostBytes + prompt.ImageTokens, prompt.MaxOutputTokens) ?? estimate.Deployment.PricePerCall ?? 0;
    }

    private static LlmPlan PlanOf(IJudge judge, ColumnKind kind, DataBlock data, int row)
    {
        if (kind is ColumnKind.VerdictAsShown or ColumnKind.VerdictSwapped)
        {
            var comparison = data.GetComparison(row);
            return ((LlmJudge)judge).PlanOf(kind == ColumnKind.VerdictSwapped ? comparison.Swapped() : comparison);
        }

        var pair = kind == ColumnKind.Score ? data.GetPair(row) : PairEvaluation.PairOf(data.GetComparison(row), kind);
        if (judge is LlmJudge llm) return llm.PlanOf(pair);
        var address = JudgmentAddress.Of(judge.Descriptor, PairHash.Of(pair), pair.Reference);
        if (judge is SolverJudge solver && solver.MeasureOf(pair) is var question) return new LlmPlan(null, address, new PromptMeasure(question.TextBytes, 0, question.MaxOutputTokens));
        return new LlmPlan(null, address, new PromptMeasure(Encoding.UTF8.GetByteCount(pair.Prompt) + Encoding.UTF8.GetByteCount(pair.Answer), 0, 0));
    }
}
