using System.ClientModel;
using System.Globalization;
using Azure;
using Orchestration.Backends.Exchanges;
using Orchestration.Core;
using Orchestration.Core.Judging;

namespace Orchestration.Backends.Clients;

/// <summary>What an exception of somebody else's client says about the call.</summary>
/// <param name="Reason">One of <see cref="UnscoredReason"/>; null where every call would fail the same way.</param>
/// <param name="Detail">What was said, fit to be shown.</param>
/// <param name="MayBeCharged">True where an attempt may have been charged.</param>
internal readonly record struct ChatClientFailure(string? Reason, string Detail, bool MayBeCharged)
{
    public static ChatClientFailure Of(Exception e)
    {
        // Ours behind the client: it has said it all.
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is ChatCallException call) return new(call.Reason, call.Message, call.Reason is not (UnscoredReason.Filtered or UnscoredReason.TooLong or UnscoredReason.Rejected));
            if (inner is OrchestrationException known) return new(null, known.Message, false);
        }

        switch (e)
        {
            case ClientResultException { Status: > 0 } typed:
                return OfStatus(typed.Status, typed.GetRawResponse()?.Content.ToMemory() ?? default, typed.Message);
            case RequestFailedException { Status: > 0 } azure:
                return OfStatus(azure.Status, default, azure.Message);
            case HttpRequestException { StatusCode: { } status } http:
                return OfStatus((int)status, default, http.Message);
            case HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError } unreachable:
                return new(UnscoredReason.Unavailable, Redaction.Clean(unreachable.Message, null), false);
            case ArgumentException or NotSupportedException:
                // Thrown before anything is sent, for what this client cannot be asked.
                return new(null, Redaction.Clean(e.Message, null), false);
            default:
                return new(UnscoredReason.Unavailable, Redaction.Clean($"{e.GetType().Name}: {e.Message}", null), true);
        }
    }

    private static ChatClientFailure OfStatus(int status, ReadOnlyMemory<byte> body, string message)
    {
        var error = body.IsEmpty ? new ErrorBody(null, null, null, message) : ErrorBody.Read(body.Span);
        var said = string.Create(CultureInfo.InvariantCulture, $"{status}: {Redaction.Clean(error.Message, null)}");
        var isFiltered = error.IsFiltered || message.Contains("content_filter", StringComparison.OrdinalIgnoreCase);
        if (isFiltered && status is >= 400 and < 500) return new(UnscoredReason.Filtered, said, false);
        if (status == 413 || error.IsTooLong) return new(UnscoredReason.TooLong, said, false);
        if (AttemptReading.IsWorthAnother(status)) return new(UnscoredReason.Unavailable, said, status is 408 || (status >= 500 && status is not (501 or 503 or 529)));
        return status is 401 or 403 or 404
            ? new(null, status == 401 ? "401 (not authorised)" : said, false)
            : new(UnscoredReason.Rejected, said, false);
    }
}
