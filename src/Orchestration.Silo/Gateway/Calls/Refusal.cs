using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orchestration.Backends.Exchanges;
using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway.Errors;

namespace Orchestration.Silo.Gateway.Calls;

/// <summary>
/// What a refusal means to the one who asked: his own fault (passed on as the endpoint states it), or the expert's, of whom he knows nothing. Keys and addresses are taken out of either.
/// </summary>
internal static class Refusal
{
    /// <summary>Reads it.</summary>
    /// <param name="who">Who refuses, as a sentence begins.</param>
    /// <param name="deployment">The deployment's name.</param>
    /// <param name="reply">The refusal.</param>
    public static (ExpertCallKind Kind, GatewayError Error) Read(string who, string deployment, ExchangeReply reply)
    {
        var problem = reply.ReadProblem();
        var status = reply.Status;
        var said = problem.Message.Length == 0 ? "" : $": {problem.Message}";
        if (problem.IsUsedUp)
            return (ExpertCallKind.Busy, new GatewayError(StatusCodes.Status503ServiceUnavailable, GatewayError.Upstream, "expert_account_used_up", $"{who} cannot answer: the account of its deployment '{deployment}' is used up.") { RetryAfter = reply.RetryAfter });
        if (status == StatusCodes.Status429TooManyRequests)
            return (ExpertCallKind.Busy, new GatewayError(status, GatewayError.RateLimit, problem.Code ?? "rate_limit_exceeded", $"{who} is busy{said}") { RetryAfter = reply.RetryAfter ?? TimeSpan.FromSeconds(1) });
        if (status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status404NotFound && problem.Code != "content_filter")
            return (ExpertCallKind.Failed, new GatewayError(StatusCodes.Status502BadGateway, GatewayError.Upstream, "expert_misconfigured", string.Create(CultureInfo.InvariantCulture, $"{who} refuses this gateway ({status}). Whoever runs it has to check the key, the model and the address of deployment '{deployment}'.")));
        if (status is >= 400 and < 500 and not (StatusCodes.Status408RequestTimeout or StatusCodes.Status409Conflict or 425))
        {
            return (ExpertCallKind.Refused, new GatewayError(status, problem.Type ?? GatewayError.InvalidRequest, problem.Code ?? (problem.IsTooLong ? "context_length_exceeded" : null), problem.Message.Length == 0 ? $"{who} refuses the request." : problem.Message)
            {
                Parameter = problem.Parameter,
            });
        }

        var failed = status is >= 500 ? status : StatusCodes.Status502BadGateway;
        return (ExpertCallKind.Failed, new GatewayError(failed, GatewayError.Upstream, "expert_failed", string.Create(CultureInfo.InvariantCulture, $"{who} failed ({status}){said}")) { RetryAfter = reply.RetryAfter });
    }
}
