using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orchestration.Backends.Exchanges;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Routing;
using Orchestration.Core.Spending;
using Orchestration.Silo.Gateway.Bodies;
using Orchestration.Silo.Gateway.Calls;
using Orchestration.Silo.Gateway.Errors;
using Orchestration.Silo.Gateway.Money;

namespace Orchestration.Silo.Gateway;

/// <summary><c>POST /v1/embeddings</c>: passed on to the deployment that <c>model</c> names, on the same budgets as everything else.</summary>
internal sealed class EmbeddingsFront(Gateway gateway, TimeProvider time)
{
    private const int Attempts = 3;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    public async Task ServeAsync(HttpContext http, GatewayCaller caller)
    {
        RequestBody body = default;
        using var deadline = new CancellationTokenSource(gateway.Config.Router?.Deadline ?? new RouterConfig().Deadline, time);
        using var leaving = http.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), deadline);
        try
        {
            body = await RequestBody.ReadAsync(http.Request, gateway.Limits.BodyBytes, deadline.Token);
            await PassOnAsync(http, caller, body.Bytes, deadline.Token);
        }
        catch (GatewayRefusalException e)
        {
            await e.Error.SendAsync(http.Response, http.RequestAborted);
        }
        catch (BudgetReachedException e)
        {
            await new GatewayError(StatusCodes.Status429TooManyRequests, GatewayError.Quota, "budget_reached", $"{e.Message} It begins anew at midnight, UTC.") { RetryAfter = e.RetryAfter }.SendAsync(http.Response, http.RequestAborted);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            if (http.Response.HasStarted) return;
            if (http.RequestAborted.IsCancellationRequested) http.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            else await new GatewayError(StatusCodes.Status504GatewayTimeout, GatewayError.Upstream, "deadline_exceeded", "No answer came within the router's deadline (router.deadline-seconds).").SendAsync(http.Response, CancellationToken.None);
        }
        finally
        {
            body.Dispose();
        }
    }

    private async Task PassOnAsync(HttpContext http, GatewayCaller caller, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var (model, at) = ModelOf(body.Span);
        if (!caller.May(model)) throw new GatewayRefusalException(new GatewayError(StatusCodes.Status403Forbidden, "permission_error", "model_not_allowed", $"This key may not ask for '{model}'.") { Parameter = "model" });
        if (!gateway.Config.Deployments.TryGetValue(model, out var deployment) || !deployment.IsChat)
            throw new GatewayRefusalException(new GatewayError(StatusCodes.Status404NotFound, GatewayError.InvalidRequest, "model_not_found", $"No deployment is called '{model}'. For embeddings, 'model' is the name of a deployment of the gateway's configuration.") { Parameter = "model" });
        var payers = gateway.PayersOf(gateway.Setup, caller);
        if (deployment.Prices is null && payers.Any(static p => p.UsdPerDay is not null))
            throw new GatewayRefusalException(new GatewayError(StatusCodes.Status503ServiceUnavailable, GatewayError.Upstream, "unpriced_deployment", $"A budget is set, and deployment '{model}' states no prices, so that the budget could not be kept. Write its 'prices:' into the configuration."));
        var exchange = gateway.Deployment(model).Exchange;
        var attempts = Math.Min(Attempts, exchange.MaxAttempts);
        var bound = deployment.Prices?.UpperBound(body.Length, 0) ?? 0;
        var draws = bound > 0 ? await gateway.Budgets.DrawAsync(payers, new SpendPurpose("", model), bound * attempts, cancellationToken) : null;
        var (settled, unknown) = (0m, bound * attempts);
        try
        {
            var outcome = await exchange.TrySendAsync(
                new ExchangeRequest
                {
                    Path = "/embeddings",
                    WriteBody = (buffer, name) => Write(buffer, body.Span, at, name),
                    Origin = new CallOrigin(caller.Key, ""),
                    Attempts = attempts,
                    LongestWait = LongestWait,
                    IsAbortable = true,
                },
                isStream: false, cancellationToken);
            using var reply = outcome.Reply;
            unknown = bound * outcome.UnknownAttempts;
            if (reply is { Status: StatusCodes.Status200OK })
            {
                if (reply.Usage is { } usage) settled = deployment.Prices?.Cost(usage) ?? 0;
                else unknown += bound;
            }

            if (outcome.Failure == ExchangeFailure.Cancelled) cancellationToken.ThrowIfCancellationRequested();
            await AnswerAsync(http, deployment, outcome, settled, cancellationToken);
        }
        finally
        {
            draws?.Settle(settled, unknown);
        }
    }

    private static async Task AnswerAsync(HttpContext http, DeploymentConfig deployment, ExchangeOutcome outcome, decimal costUsd, CancellationToken cancellationToken)
    {
        if (outcome.Reply is not { } reply)
        {
            var status = outcome.Failure == ExchangeFailure.Busy ? StatusCodes.Status429TooManyRequests : outcome.Failure == ExchangeFailure.TimedOut ? StatusCodes.Status504GatewayTimeout : StatusCodes.Status502BadGateway;
            throw new GatewayRefusalException(new GatewayError(status, status == StatusCodes.Status429TooManyRequests ? GatewayError.RateLimit : GatewayError.Upstream, "deployment_unavailable", outcome.Detail) { RetryAfter = outcome.RetryAfter });
        }

        if (reply.Status != StatusCodes.Status200OK) throw new GatewayRefusalException(Refusal.Read($"Deployment '{deployment.Name}'", deployment.Name, reply).Error);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = reply.Body.Length;
        http.Response.Headers[RouteHeaders.Cost] = RouteHeaders.Usd(costUsd);
        await http.Response.Body.WriteAsync(reply.Body, cancellationToken);
    }

    private static (string Model, Place At) ModelOf(ReadOnlySpan<byte> body)
    {
        try
        {
            var json = new Utf8JsonReader(body);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw new GatewayRefusalException(GatewayError.Invalid("invalid_request", "The request's body is no JSON object."));
            (string Model, Place At)? found = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isModel = json.ValueTextEquals("model"u8);
                json.Read();
                if (!isModel) json.Skip();
                else if (json.TokenType != JsonTokenType.String || found is not null) throw new GatewayRefusalException(GatewayError.Invalid("invalid_request", "'model' is one text.", "model"));
                else found = (json.GetString()!, new Place((int)json.TokenStartIndex, (int)json.BytesConsumed));
            }

            return found ?? throw new GatewayRefusalException(GatewayError.Invalid("invalid_request", "The request has no 'model'. Name a deployment.", "model"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new GatewayRefusalException(GatewayError.Invalid("invalid_request", "The request's body is no valid JSON: " + e.Message));
        }
    }

    private static void Write(IBufferWriter<byte> buffer, ReadOnlySpan<byte> body, Place at, string model)
    {
        buffer.Write(body[..at.Start]);
        using (var json = new Utf8JsonWriter(buffer)) json.WriteStringValue(model);
        buffer.Write(body[at.End..]);
    }
}
