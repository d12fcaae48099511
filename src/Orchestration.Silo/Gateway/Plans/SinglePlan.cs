using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway.Calls;
using Orchestration.Silo.Gateway.Errors;
using Orchestration.Silo.Gateway.Money;

namespace Orchestration.Silo.Gateway.Plans;

/// <summary>
/// One expert answers; the others are asked, in their order, only where it cannot, before the first byte of its answer. Where its answer does not begin in time, a second one is
/// asked as well, and whoever begins first answers.
/// </summary>
internal sealed class SinglePlan(ExpertCaller caller, TimeProvider time)
{
    /// <summary>Asks.</summary>
    /// <param name="run">The request.</param>
    /// <param name="experts">Whom, in this order.</param>
    /// <param name="cancellationToken">The client left, or the time is over.</param>
    /// <param name="role">What the first of them is asked for.</param>
    /// <returns>An answer that has begun, or a refusal that is the client's own fault; null where nobody could answer.</returns>
    public ValueTask<ExpertAnswer?> RunAsync(RouteRun run, IReadOnlyList<ExpertEntry> experts, CancellationToken cancellationToken, string role = "first") =>
        experts[0].Config.HedgeAfter is { } after && experts.Count > 1 ? HedgedAsync(run, experts, after, cancellationToken) : InOrderAsync(run, experts, role, cancellationToken);

    private async ValueTask<ExpertAnswer?> InOrderAsync(RouteRun run, IReadOnlyList<ExpertEntry> experts, string role, CancellationToken cancellationToken)
    {
        for (var i = 0; i < experts.Count; i++)
        {
            if (await AskAsync(run, new CallPlan(experts[i], i == 0 ? role : "fallback", i == experts.Count - 1), cancellationToken) is not { } answer) continue;
            if (IsOver(answer, i == experts.Count - 1)) return answer;
            await run.DropAsync(answer);
            if (answer.Kind == ExpertCallKind.Cancelled) return null;
        }

        return null;
    }

    private async ValueTask<ExpertAnswer?> HedgedAsync(RouteRun run, IReadOnlyList<ExpertEntry> experts, TimeSpan after, CancellationToken cancellationToken)
    {
        var racers = new List<Racer>();
        var next = 0;
        var isHedged = false;
        try
        {
            return await RaceAsync();
        }
        catch
        {
            foreach (var other in racers) run.DropLater(LetGoAsync(other));
            throw;
        }

        async ValueTask<ExpertAnswer?> RaceAsync()
        {
            Start("first");
            while (racers.Count > 0)
            {
                if (!isHedged && next < experts.Count)
                {
                    using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                    var waiting = Task.Delay(after, time, stopping.Token);
                    var first = await Task.WhenAny([.. racers.Select(static r => (Task)r.Answer), waiting]);
                    if (first == waiting && waiting.IsCompletedSuccessfully)
                    {
                        isHedged = true;
                        Start("hedge");
                        continue;
                    }

                    await stopping.CancelAsync();
                    if (first == waiting) isHedged = true;
                }

                var ended = await Task.WhenAny(racers.Select(static r => r.Answer));
                var racer = racers.Find(r => r.Answer == ended)!;
                racers.Remove(racer);
                var answer = await ended;
                racer.Stop.Dispose();
                if (answer is not null)
                {
                    if (IsOver(answer, isLast: racers.Count == 0 && next == experts.Count))
                    {
                        foreach (var other in racers) run.DropLater(LetGoAsync(other));
                        return answer;
                    }

                    await run.DropAsync(answer);
                }

                if (racers.Count == 0 && next < experts.Count && !cancellationToken.IsCancellationRequested) Start("fallback");
            }

            return null;
        }

        void Start(string role)
        {
            var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var plan = new CallPlan(experts[next], role, next == experts.Count - 1 && racers.Count == 0);
            next++;
            racers.Add(new Racer(stop, AskAsync(run, plan, stop.Token).AsTask()));
        }
    }

    private async ValueTask<ExpertAnswer?> AskAsync(RouteRun run, CallPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            return await caller.AskAsync(run.Order, plan, cancellationToken);
        }
        catch (BudgetReachedException e)
        {
            // Another one may be cheaper.
            run.Budget = e;
            return null;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private static async Task LetGoAsync(Racer racer)
    {
        await racer.Stop.CancelAsync();
        try
        {
            if (await racer.Answer is { } answer)
            {
                if (answer.IsAnswer) answer.Break(ExpertCallKind.Cancelled);
                await answer.DisposeAsync();
            }
        }
        catch (GatewayRefusalException)
        {
            // It was not to be asked at all; somebody else has answered.
        }

        racer.Stop.Dispose();
    }

    /// <summary>True where nobody else is to be asked: an answer, or a refusal that everybody would repeat.</summary>
    private static bool IsOver(ExpertAnswer answer, bool isLast) =>
        answer.IsAnswer || (answer.Kind == ExpertCallKind.Refused && (isLast || !IsTooLong(answer.Error)));

    private static bool IsTooLong(GatewayError? error) => error?.Code is "context_length_exceeded" or "string_above_max_length" || error?.Status == 413;

    private sealed record Racer(CancellationTokenSource Stop, Task<ExpertAnswer?> Answer);
}
