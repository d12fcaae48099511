using Microsoft.AspNetCore.Http;
using Orchestration.Core;
using Orchestration.Silo.Access;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Requests;

namespace Orchestration.Silo.Errors;

/// <summary>
/// The outermost part of every request: what was thrown becomes an answer that says what is wrong. What nobody foresaw is told to who runs the silo, and the
/// caller only that it happened. Paths and methods that there are not get a problem, not an empty page.
/// </summary>
/// <param name="state">Who is told.</param>
internal sealed class ErrorBoundary(SiloState state)
{
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var rule = context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>();
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed, ContentLength: null, ContentType: null })
            {
                var isMethod = context.Response.StatusCode == StatusCodes.Status405MethodNotAllowed;
                await ErrorAnswers.WriteAsync(
                    context, context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal) ? OfPath(context) : null, context.Response.StatusCode, isMethod ? "method_not_allowed" : ErrorCodes.NotFound,
                    isMethod
                        ? $"{context.Request.Path} is not asked with {context.Request.Method}, but with {context.Response.Headers.Allow}."
                        : $"There is nothing at {context.Request.Path}. /openapi/v1.json lists what there is.");
            }
        }
        catch (BusyException e)
        {
            Running.SiloMetrics.Busy.Add(1);
            await ErrorAnswers.WriteBusyAsync(context, rule, e.Wait, e.Message);
        }
        catch (OrchestrationException e)
        {
            var status = ErrorAnswers.StatusOf(e.Code);
            if (status == StatusCodes.Status503ServiceUnavailable) context.Response.Headers.RetryAfter = "5";
            await ErrorAnswers.WriteAsync(context, rule, status, e.Code, e.Message);
        }
        catch (BadHttpRequestException e)
        {
            await ErrorAnswers.WriteAsync(
                context, rule, e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? "too_large" : ErrorCodes.Input,
                e.StatusCode == StatusCodes.Status413PayloadTooLarge ? "The request's body is larger than this endpoint takes. Send less at once." : e.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
#pragma warning disable CA1031 // The end of the line: whatever it is, it is one request's, told to who runs the silo, and answered.
        catch (Exception e)
#pragma warning restore CA1031
        {
            state.Options.Note($"a mistake of the program in {context.Request.Method} {context.Request.Path}: {e}");
            if (context.Response.HasStarted) throw;
            await ErrorAnswers.WriteAsync(context, rule, StatusCodes.Status500InternalServerError, "internal", "Something went wrong in this service that should not have; it has been noted.");
        }
    }

    // Clients of OpenAI read errors in OpenAI's shape, also on paths of theirs that we do not have.
    private static AccessRule? OfPath(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/v1/chat", StringComparison.Ordinal) || context.Request.Path.StartsWithSegments("/v1/completions", StringComparison.Ordinal)
        || context.Request.Path.StartsWithSegments("/v1/models", StringComparison.Ordinal) || context.Request.Path.StartsWithSegments("/v1/embeddings", StringComparison.Ordinal)
            ? new AccessRule(Core.Access.AccessRoles.None, IsOpenAi: true)
            : null;
}
