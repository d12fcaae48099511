using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orchestration.Backends.Exchanges;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway.Bodies;
using Orchestration.Silo.Gateway.Errors;
using Orchestration.Silo.Gateway.Money;
using Orchestration.Silo.Gateway.Streams;

namespace Orchestration.Silo.Gateway.Calls;

/// <summary>
/// The one way by which experts are called: the upper bound is drawn from the budgets, the call is sent, and whatever comes of it, the money is settled and the router told.
/// No plan calls an expert any other way.
/// </summary>
internal sealed class ExpertCaller(IRouter router, Budgets budgets, TimeProvider time)
{
    /// <summary>While somebody else can be asked, a call waits no longer than this for its turn or before another attempt.</summary>
    private static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(0.3);

    /// <summary>Where nobody else can be asked.</summary>
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(20);

    private const int Attempts = 2;
    private const int AttemptsOfLast = 3;

    // What filters say of a prompt is a kilobyte or two.
    private const int LargestLead = 1024 * 1024;

    /// <summary>Asks an expert. A stream is returned when its first event is there.</summary>
    /// <param name="order">What is asked.</param>
    /// <param name="plan">Who, and why.</param>
    /// <param name="cancellationToken">The client left, the time is over, or somebody else was first: the upstream is let go.</param>
    /// <exception cref="BudgetReachedException">A budget does not allow it. Nothing was sent.</exception>
    public async ValueTask<ExpertAnswer> AskAsync(CallOrder order, CallPlan plan, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        var expert = plan.Expert;
        var body = order.Body;
        if (order.HasBudget) Checked(expert, body);
        var attempts = Math.Min(plan.IsLast ? AttemptsOfLast : Attempts, expert.Exchange.MaxAttempts);
        var most = body.MaxOutputTokens is null ? expert.Config.MaxOutputTokens : (int?)null;
        var edits = new BodyEdits(body, most, expert.Deployment.OutputLimit, body.IsStream && expert.Prices is not null, plan.Message);
        var output = (long)Math.Min(int.MaxValue, (body.MaxOutputTokens ?? most!.Value) * body.Choices);
        var bound = Bound(expert, edits, output);
        var draws = bound > 0 ? await budgets.DrawAsync(order.Payers, expert.Purpose, bound * attempts, cancellationToken) : null;
        var request = new ExchangeRequest
        {
            WriteBody = edits.Write,
            MaxOutputTokens = (int)output,
            Images = new RequestImages(body.Images, body.ImageBytes),
            Origin = new CallOrigin(order.Key, ""),
            Attempts = attempts,
            LongestWait = plan.IsLast ? LongWait : ShortWait,
            IsAbortable = true,
        };
        ExchangeOutcome outcome;
        try
        {
            outcome = await expert.Exchange.TrySendAsync(request, body.IsStream, cancellationToken);
        }
        catch
        {
            // Nobody knows what it came to.
            draws?.Settle(0, bound * attempts);
            throw;
        }

        void End(ExpertAnswer answer)
        {
            var known = answer.Usage is { } usage ? expert.Prices?.Cost(usage) ?? 0 : 0;
            var unknown = bound * (answer.UnknownAttempts + (answer.Status == StatusCodes.Status200OK && answer.Usage is null ? 1 : 0));
            draws?.Settle(known, unknown);
            var latency = time.GetElapsedTime(startedAt);
            router.Observe(expert.Name, new ExpertCall(answer.Kind, latency, answer.RetryAfter));
            answer.Step = new RouteStep(expert.Name, plan.Role, answer.Status, known, unknown, latency, answer.Score, answer.Error?.Message ?? (answer.IsAnswer ? null : "the stream broke off"));
        }

        if (outcome.Reply is not { } reply) return order.Note(new ExpertAnswer(plan, KindOf(outcome.Failure), null, ErrorOf(expert, outcome), outcome.UnknownAttempts, End));
        if (reply.Status != StatusCodes.Status200OK)
        {
            var (kind, error) = Refusal.Read($"Expert '{expert.Name}'", expert.Deployment.Name, reply);
            return order.Note(new ExpertAnswer(plan, kind, reply, error, outcome.UnknownAttempts, End));
        }

        if (reply.Stream is { } stream) return order.Note(await BeginAsync(order, plan, reply, stream, outcome.UnknownAttempts, End, cancellationToken));
        if (CompletionBody.TryRead(reply.Body.Span, order.WantsText, out var completion))
            return order.Note(new ExpertAnswer(plan, ExpertCallKind.Answered, reply, null, outcome.UnknownAttempts, End) { WholeText = completion.Text });
        return order.Note(new ExpertAnswer(plan, ExpertCallKind.Failed, reply, Failed(expert, "answered 200 with what is no completion"), outcome.UnknownAttempts, End));
    }

    private static async ValueTask<ExpertAnswer> BeginAsync(
        CallOrder order, CallPlan plan, ExchangeReply reply, Stream stream, int unknown, Action<ExpertAnswer> end, CancellationToken cancellationToken)
    {
        var events = new EventReader(stream, order.WantsText);
        var problem = "ended its stream before it began";
        var kind = ExpertCallKind.Failed;
        ArrayBufferWriter<byte>? lead = null;
        try
        {
            while (await events.ReadAsync(cancellationToken))
            {
                if (events.Kind == EventKind.Empty) continue;
                if (events.Kind == EventKind.Part)
                    return new ExpertAnswer(plan, ExpertCallKind.Answered, reply, null, unknown, end) { Events = events, Lead = lead?.WrittenMemory ?? default };
                if (events.Kind is EventKind.Preamble or EventKind.Usage && (lead?.WrittenCount ?? 0) + events.Event.Length <= LargestLead)
                {
                    // Held back: until the answer begins, another expert can still give it.
                    (lead ??= new ArrayBufferWriter<byte>()).Write(events.Event.Span);
                    continue;
                }

                problem = events.Kind switch { EventKind.Error => "began its stream with an error", EventKind.Done => "ended its stream without an answer", _ => "began its stream with what is no completion" };
                break;
            }
        }
        catch (IOException)
        {
            problem = "broke its stream off before it began";
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            kind = ExpertCallKind.Cancelled;
        }

        return new ExpertAnswer(plan, kind, reply, Failed(plan.Expert, problem), unknown, end) { Events = events };
    }

    /// <summary>US dollars that one attempt can cost at most; 0 where the deployment has no prices.</summary>
    private static decimal Bound(ExpertEntry expert, BodyEdits edits, long output)
    {
        if (expert.Prices is not { } prices) return 0;
        var body = edits.Body;
        var prompt = body.Bytes.Length - body.ImageBytes + edits.AddedBytes + ((long)body.Images * expert.Deployment.ImageTokens);
        return prices.UpperBound(prompt, output);
    }

    private static void Checked(ExpertEntry expert, ChatBody body)
    {
        if (expert.Prices is null)
        {
            throw new GatewayRefusalException(new GatewayError(
                StatusCodes.Status503ServiceUnavailable, GatewayError.Upstream, "unpriced_deployment",
                $"A budget is set, and deployment '{expert.Deployment.Name}' of expert '{expert.Name}' states no prices, so that the budget could not be kept. Write its 'prices:' into the configuration."));
        }

        if (body.Unpriceable is { } field)
            throw new GatewayRefusalException(GatewayError.Invalid("unpriceable_field", $"A budget is set, and what '{field}' costs is not known beforehand. Leave it out.", field));
    }

    private static ExpertCallKind KindOf(ExchangeFailure failure) => failure switch
    {
        ExchangeFailure.Busy => ExpertCallKind.Busy,
        ExchangeFailure.Cancelled => ExpertCallKind.Cancelled,
        _ => ExpertCallKind.Failed,
    };

    private static GatewayError ErrorOf(ExpertEntry expert, in ExchangeOutcome outcome) => outcome.Failure switch
    {
        ExchangeFailure.Busy => new GatewayError(StatusCodes.Status429TooManyRequests, GatewayError.RateLimit, "expert_busy", $"Expert '{expert.Name}' is busy: {outcome.Detail}") { RetryAfter = outcome.RetryAfter ?? TimeSpan.FromSeconds(1) },
        ExchangeFailure.TimedOut => new GatewayError(StatusCodes.Status504GatewayTimeout, GatewayError.Upstream, "expert_timed_out", $"Expert '{expert.Name}' did not answer in time: {outcome.Detail}"),
        ExchangeFailure.Cancelled => new GatewayError(StatusCodes.Status504GatewayTimeout, GatewayError.Upstream, "cancelled", string.Create(CultureInfo.InvariantCulture, $"Expert '{expert.Name}' was not waited for any longer.")),
        ExchangeFailure.Misconfigured => new GatewayError(StatusCodes.Status502BadGateway, GatewayError.Upstream, "expert_misconfigured", $"Expert '{expert.Name}' cannot be asked: {outcome.Detail}"),
        _ => new GatewayError(StatusCodes.Status502BadGateway, GatewayError.Upstream, "expert_unavailable", $"Expert '{expert.Name}' cannot be reached: {outcome.Detail}"),
    };

    private static GatewayError Failed(ExpertEntry expert, string problem) =>
        new(StatusCodes.Status502BadGateway, GatewayError.Upstream, "expert_failed", $"Expert '{expert.Name}' {problem}.");
}
