using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orchestration.Core;
using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway.Bodies;
using Orchestration.Silo.Gateway.Calls;
using Orchestration.Silo.Gateway.Errors;
using Orchestration.Silo.Gateway.Money;
using Orchestration.Silo.Gateway.Plans;
using Orchestration.Silo.Gateway.Streams;

namespace Orchestration.Silo.Gateway;

/// <summary><c>POST /v1/chat/completions</c>: reads, decides, has the plan carried out, passes the answer on, and tells the router what came of it.</summary>
internal sealed class ChatFront(Gateway gateway, TimeProvider time)
{
    /// <summary>How long a request waits while all experts are cooling down. Most that ask to be left alone ask for a second or two; a client that is told so asks again at once, and is refused at once.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task ServeAsync(HttpContext http, GatewayCaller caller)
    {
        var startedAt = time.GetTimestamp();
        var setup = gateway.Setup;
        using var deadline = new CancellationTokenSource(setup?.Config.Deadline ?? Timeout.InfiniteTimeSpan, time);
        using var leaving = http.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), deadline);
        RequestBody bytes = default;
        RouteRun? run = null;
        ExpertAnswer? answer = null;
        try
        {
            if (setup is null) throw NoExperts();
            bytes = await RequestBody.ReadAsync(http.Request, gateway.Limits.BodyBytes, deadline.Token);
            var body = ChatBody.Read(bytes.Bytes);
            if (!caller.May(body.Model)) throw new GatewayRefusalException(new GatewayError(StatusCodes.Status403Forbidden, "permission_error", "model_not_allowed", $"This key may not ask for '{body.Model}'. It may ask for: {string.Join(", ", caller.Models)}.") { Parameter = "model" });
            var request = RequestOf(http, body, caller);
            var payers = gateway.PayersOf(setup, caller);
            var embedder = setup.Embedders.Of(body.Model, payers, caller.Key);
            if (embedder is not null) request = request with { Prompt = await setup.Embedders.AddAsync(body.Model, embedder, request.Prompt, deadline.Token) };
            var decision = await DecideAsync(setup, request, deadline.Token);
            var wantsText = decision.IsSampled || setup.Config.Keep != KeptTraffic.Nothing || GatewaySetup.NeedsJudges(decision.Choice);
            run = new RouteRun(decision, new CallOrder(body, payers, caller.Key, wantsText), setup.Of(decision.Choice.Experts)) { Deadline = decision.At + setup.Config.Deadline, Embedding = embedder?.Step };
            answer = await setup.RunAsync(run, deadline.Token);
            if (answer is { IsAnswer: true }) await AnswerAsync(http, run, answer, deadline.Token);
            else await RefuseAsync(http, run, answer?.Error ?? NoAnswer(http, run, deadline.Token));
        }
        catch (GatewayRefusalException e)
        {
            await RefuseAsync(http, run, e.Error);
        }
        catch (OrchestrationException e) when (run is null)
        {
            await RefuseAsync(http, run, ErrorOf(e));
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            // Nobody is there to be told, unless the time was over before anything began.
            if (!http.RequestAborted.IsCancellationRequested) await RefuseAsync(http, run, Late());
            else if (!http.Response.HasStarted) http.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        finally
        {
            if (run is not null) await EndAsync(http, setup!, run, answer, startedAt);
            bytes.Dispose();
        }
    }

    /// <summary>Decides; where everybody is cooling down, once the first of them no longer is.</summary>
    /// <exception cref="NoExpertException">That is too far away, or nobody can answer however long one waits.</exception>
    private async ValueTask<RouteDecision> DecideAsync(GatewaySetup setup, RouteRequest request, CancellationToken cancellationToken)
    {
        var begunAt = time.GetTimestamp();
        var most = setup.Config.Deadline < Patience ? setup.Config.Deadline : Patience;
        while (true)
        {
            TimeSpan wait;
            try
            {
                return await setup.Router.DecideAsync(request, cancellationToken);
            }
            catch (NoExpertException nobody) when (nobody.RetryAfter is { } soonest && time.GetElapsedTime(begunAt) + soonest <= most)
            {
                wait = soonest;
            }

            await Task.Delay(wait, time, cancellationToken);
        }
    }

    private static RouteRequest RequestOf(HttpContext http, ChatBody body, GatewayCaller caller)
    {
        decimal? most = null;
        if (http.Request.Headers.TryGetValue("x-orchestration-max-usd", out var stated))
        {
            if (!decimal.TryParse(stated.ToString(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var usd)) throw new GatewayRefusalException(GatewayError.Invalid("invalid_header", "The header x-orchestration-max-usd is no amount of US dollars, such as 0.01."));
            most = usd;
        }

        return new RouteRequest { Model = body.Model, Prompt = body.ToRoutingPrompt(), Key = caller.Key, HasImages = body.Images > 0, MaxUsd = most };
    }

    private static async Task AnswerAsync(HttpContext http, RouteRun run, ExpertAnswer answer, CancellationToken cancellationToken)
    {
        var response = http.Response;
        RouteHeaders.Set(response.Headers, run.Decision, answer.Expert.Name, run.AggregatorVersion);
        if (answer.Events is null)
        {
            response.Headers[RouteHeaders.Cost] = RouteHeaders.Usd(run.KnownUsd + answer.KnownUsd);
            response.ContentType = "application/json";
            response.ContentLength = answer.Body.Length;
            await response.Body.WriteAsync(answer.Body, cancellationToken);
            return;
        }

        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
        await StreamRelay.RunAsync(
            response, answer, run.Order.Body.IncludesUsage,
            () => $"orchestration route={run.Decision.Id} expert={answer.Expert.Name} cost-usd={RouteHeaders.Usd(run.KnownUsd + answer.KnownUsd)}",
            () => !http.RequestAborted.IsCancellationRequested, cancellationToken);
    }

    private static async Task RefuseAsync(HttpContext http, RouteRun? run, GatewayError error)
    {
        if (http.Response.HasStarted || http.RequestAborted.IsCancellationRequested) return;
        if (run is not null)
        {
            RouteHeaders.Set(http.Response.Headers, run.Decision, null, run.AggregatorVersion);
            http.Response.Headers[RouteHeaders.Cost] = RouteHeaders.Usd(run.KnownUsd);
        }

        await error.SendAsync(http.Response, CancellationToken.None);
    }

    private static GatewayError NoAnswer(HttpContext http, RouteRun run, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested) return Late();
        if (run.LastError is { } last) return last;
        if (run.Budget is { } budget) return new GatewayError(StatusCodes.Status429TooManyRequests, GatewayError.Quota, "budget_reached", $"{budget.Message} It begins anew at midnight, UTC.") { RetryAfter = budget.RetryAfter };
        return new GatewayError(StatusCodes.Status502BadGateway, GatewayError.Upstream, "no_answer", "No expert answered.");
    }

    private async ValueTask EndAsync(HttpContext http, GatewaySetup setup, RouteRun run, ExpertAnswer? answer, long startedAt)
    {
        var answered = answer is { IsAnswer: true };
        var usage = answer?.Usage ?? default;
        var text = answered && run.Order.WantsText ? answer!.Text : null;
        var steps = await run.EndAsync();
        var cost = 0m;
        foreach (var step in steps) cost += step.CostUsd;
        await setup.Router.CompleteAsync(
            new RouteOutcome
            {
                Decision = run.Decision,
                Steps = steps,
                AnsweredBy = answered && answer!.IsAnswer ? answer.Expert.Name : null,
                Status = http.RequestAborted.IsCancellationRequested ? StatusCodes.Status499ClientClosedRequest : http.Response.StatusCode,
                Prompt = run.Order.WantsText ? run.Order.Body.Prompt : null,
                Answer = text,
                InputTokens = usage.Input,
                OutputTokens = usage.Output,
                CostUsd = cost,
                ChosenBy = run.ChosenBy,
                AggregatorVersion = run.AggregatorVersion,
                Latency = time.GetElapsedTime(startedAt),
            },
            CancellationToken.None);
    }

    private static GatewayError Late() =>
        new(StatusCodes.Status504GatewayTimeout, GatewayError.Upstream, "deadline_exceeded", "No answer began within the router's deadline (router.deadline-seconds).");

    private static GatewayRefusalException NoExperts() =>
        new(new GatewayError(StatusCodes.Status503ServiceUnavailable, GatewayError.Upstream, "no_experts", "This gateway's configuration names no experts. Whoever runs it names them under 'experts:'."));

    private static GatewayError ErrorOf(OrchestrationException e) => e switch
    {
        NoExpertException { RetryAfter: { } wait } => new GatewayError(StatusCodes.Status503ServiceUnavailable, GatewayError.Upstream, "no_expert_available", e.Message) { RetryAfter = wait },
        NoExpertException { IsHeld: true } => new GatewayError(StatusCodes.Status503ServiceUnavailable, GatewayError.Upstream, "no_expert_available", e.Message),
        NoExpertException => GatewayError.Invalid("no_expert_fits", e.Message),
        { Code: ErrorCodes.NotFound } => new GatewayError(StatusCodes.Status404NotFound, GatewayError.InvalidRequest, "model_not_found", e.Message) { Parameter = "model" },
        { Code: ErrorCodes.SpendCap } => new GatewayError(StatusCodes.Status429TooManyRequests, GatewayError.Quota, "budget_reached", e.Message),
        _ => new GatewayError(StatusCodes.Status503ServiceUnavailable, GatewayError.Upstream, e.Code, e.Message),
    };
}
