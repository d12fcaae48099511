using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway.Calls;
using Orchestration.Silo.Gateway.Deciding;

namespace Orchestration.Silo.Gateway.Plans;

/// <summary>
/// From cheap to dear, until judges score an answer high enough; the last one's answer counts in any case, and an answer that nobody could beat rather than none. What is not
/// judged (a judge that fails, no text) is no score: without text the answer is taken, without a score the next one is asked.
/// </summary>
internal sealed class CascadePlan(SinglePlan single, DecidingJudges judges)
{
    public async ValueTask<ExpertAnswer?> RunAsync(RouteRun run, CancellationToken cancellationToken)
    {
        ExpertAnswer? held = null;
        for (var i = 0; i < run.Experts.Count; i++)
        {
            if (await single.RunAsync(run, [run.Experts[i]], cancellationToken, i == 0 ? "first" : "escalation") is not { } answer) continue;
            if (answer.Kind == ExpertCallKind.Refused)
            {
                if (held is null) return answer;
                await run.DropAsync(answer);
                return held;
            }

            await answer.RecordAsync(run.Order.Body.IncludesUsage, cancellationToken);
            if (!answer.IsAnswer)
            {
                await run.DropAsync(answer);
                continue;
            }

            if (i == run.Experts.Count - 1 || answer.Text is not { Length: > 0 })
            {
                if (held is not null) await run.DropAsync(held);
                return answer;
            }

            answer.Score = (await judges.ScoreAsync(run, [answer], cancellationToken))[0];
            if (answer.Score >= run.Decision.Choice.Threshold)
            {
                if (held is not null) await run.DropAsync(held);
                return answer;
            }

            // Of two that were not good enough, the better one is kept.
            if (held is not null && held.Score > answer.Score)
            {
                await run.DropAsync(answer);
                continue;
            }

            if (held is not null) await run.DropAsync(held);
            held = answer;
        }

        return held;
    }
}
