using System.Globalization;
using System.Text;
using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway.Calls;
using Orchestration.Silo.Gateway.Deciding;
using Orchestration.Silo.Gateway.Money;

namespace Orchestration.Silo.Gateway.Plans;

/// <summary>
/// Several answers at once, of which judges choose the best; or of which the synthesizer makes one, which is returned where judges score it no lower than the best of them.
/// </summary>
internal sealed class BestOfPlan(ExpertCaller caller, SinglePlan single, DecidingJudges judges)
{
    /// <summary>Characters of one answer that the synthesizer is shown.</summary>
    private const int MostShown = 32_000;

    public async ValueTask<ExpertAnswer?> RunAsync(RouteRun run, ExpertEntry? synthesizer, CancellationToken cancellationToken)
    {
        var count = Math.Max(1, run.Decision.Choice.Count);
        var asking = new Task<ExpertAnswer?>[count];
        for (var i = 0; i < count; i++) asking[i] = AskAsync(run, new CallPlan(run.Experts[i % run.Experts.Count], "candidate", IsLast: false), cancellationToken);
        var candidates = new List<ExpertAnswer>(count);
        foreach (var answer in await Task.WhenAll(asking))
        {
            if (answer is { IsAnswer: true }) candidates.Add(answer);
            else if (answer is { Kind: ExpertCallKind.Refused } && run.Refused is null) run.Refused = answer;
            else if (answer is not null) await run.DropAsync(answer);
        }

        if (candidates.Count == 0)
        {
            if (run.Refused is { } refused) return refused;
            return run.Experts.Count > count ? await single.RunAsync(run, [.. run.Experts.Skip(count)], cancellationToken) : null;
        }

        if (run.Refused is { } unheard) await run.DropAsync(unheard);
        if (synthesizer is not null && candidates.Count > 1 && await FuseAsync(run, synthesizer, candidates, cancellationToken) is { } fused) candidates.Insert(0, fused);
        return await ChooseAsync(run, candidates, cancellationToken);
    }

    private async Task<ExpertAnswer?> AskAsync(RouteRun run, CallPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await caller.AskAsync(run.Order, plan, cancellationToken);
            await answer.RecordAsync(run.Order.Body.IncludesUsage, cancellationToken);
            return answer;
        }
        catch (BudgetReachedException e)
        {
            run.Budget = e;
            return null;
        }
    }

    private async ValueTask<ExpertAnswer?> FuseAsync(RouteRun run, ExpertEntry synthesizer, List<ExpertAnswer> candidates, CancellationToken cancellationToken)
    {
        // Calls of tools are no text that could be put together.
        if (candidates.Any(static c => c.Text is not { Length: > 0 })) return null;
        var answer = await AskAsync(run, new CallPlan(synthesizer, "synthesizer", IsLast: false, Instruction(candidates)), cancellationToken);
        if (answer is null || (answer.IsAnswer && answer.Text is { Length: > 0 })) return answer;
        await run.DropAsync(answer);
        return null;
    }

    private async ValueTask<ExpertAnswer> ChooseAsync(RouteRun run, List<ExpertAnswer> candidates, CancellationToken cancellationToken)
    {
        // The first wins where judges say nothing: the fused one, or the policy's first.
        var best = candidates[0];
        var judged = candidates.Where(static c => c.Text is { Length: > 0 }).ToList();
        if (judged.Count > 1)
        {
            var scores = await judges.ScoreAsync(run, judged, cancellationToken);
            for (var i = 0; i < judged.Count; i++) judged[i].Score = scores[i];
            foreach (var candidate in judged)
            {
                if (candidate.Score > best.Score || (double.IsNaN(best.Score) && !double.IsNaN(candidate.Score))) best = candidate;
            }
        }

        foreach (var other in candidates)
        {
            if (other != best) await run.DropAsync(other);
        }

        return best;
    }

    private static string Instruction(List<ExpertAnswer> candidates)
    {
        var text = new StringBuilder("Several assistants have answered the conversation above, each without knowing of the others. Their answers follow. Write the one answer that you would give: keep what is right in any of them, "
            + "correct what is wrong, add what all of them miss, and follow the form that the conversation asks for. Do not mention these answers or that there were several.");
        for (var i = 0; i < candidates.Count; i++)
        {
            var answer = candidates[i].Text!;
            text.Append(CultureInfo.InvariantCulture, $"\n\n### Answer {i + 1}\n\n").Append(answer.Length <= MostShown ? answer : answer[..MostShown]);
        }

        return text.ToString();
    }
}
