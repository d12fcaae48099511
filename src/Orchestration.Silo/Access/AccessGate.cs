using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Silo.Errors;
using Orchestration.Silo.Running;

namespace Orchestration.Silo.Access;

/// <summary>
/// Lets requests in: finds the key, looks at its roles and at what it has used, and says no in the shape of the endpoint. Costs one HMAC and two look-ups in
/// memory; the store is not asked.
/// </summary>
/// <param name="keys">The keys of the store.</param>
/// <param name="isOpen">True where calls without a key are let in; the silo listens on loopback alone then.</param>
/// <param name="scaler">Opens what says how much work waits.</param>
/// <param name="time">Counts requests by minute.</param>
internal sealed class AccessGate(KeyRing keys, bool isOpen, ScalerToken scaler, TimeProvider time)
{
    private const string Scheme = "Bearer ";

    private readonly ConcurrentDictionary<AccessKey, Caller> _callers = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentDictionary<string, KeyMeter> _meters = new(StringComparer.Ordinal);

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var endpoint = context.GetEndpoint();
        var rule = endpoint?.Metadata.GetMetadata<AccessRule>();
        if (isOpen && LocalRequests.IsFromElsewhere(context.Request))
        {
            SiloMetrics.Refused.Add(1, new KeyValuePair<string, object?>("orchestration.refusal", "origin"));
            await ErrorAnswers.WriteAsync(
                context, rule, StatusCodes.Status403Forbidden, "forbidden", "This silo serves without keys, so it answers only requests that name it as localhost or by its loopback address, and none that a page of another site makes.");
            return;
        }

        // Routing's own endpoints (a path that is asked with another method) are no route and state no rule; they tell nothing.
        if (rule is { Roles: AccessRoles.None } || endpoint is not RouteEndpoint)
        {
            await next(context);
            return;
        }

        if (rule is null) throw new InvalidOperationException($"The endpoint {endpoint.DisplayName} states no rule of access.");
        if (rule.TakesScaler && scaler.Is(Sent(context.Request.Headers)))
        {
            await next(context);
            return;
        }

        var (caller, problem) = Find(context.Request);
        if (caller is null)
        {
            SiloMetrics.Refused.Add(1, new KeyValuePair<string, object?>("orchestration.refusal", "key"));
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await ErrorAnswers.WriteAsync(context, rule, StatusCodes.Status401Unauthorized, "invalid_api_key", problem!);
            return;
        }

        if ((caller.Roles & rule.Roles) == AccessRoles.None)
        {
            SiloMetrics.Refused.Add(1, new KeyValuePair<string, object?>("orchestration.refusal", "role"));
            await ErrorAnswers.WriteAsync(
                context, rule, StatusCodes.Status403Forbidden, "forbidden",
                $"The key {caller.KeyId} has the role{(AccessRoleNames.List(caller.Roles).Count == 1 ? "" : "s")} {AccessRoleNames.Write(caller.Roles)}; this needs {string.Join(" or ", AccessRoleNames.List(rule.Roles))}. Use another key, or make one with 'orchestrate key create --role {AccessRoleNames.List(rule.Roles)[0]}'.");
            return;
        }

        if (!caller.Meter.TryBegin(caller.Limits, out var wait))
        {
            SiloMetrics.Refused.Add(1, new KeyValuePair<string, object?>("orchestration.refusal", "limit"));
            await ErrorAnswers.WriteBusyAsync(
                context, rule, wait, string.Create(CultureInfo.InvariantCulture, $"The key {caller.KeyId} may make {Limits(caller.Limits)} at this silo. Try again later."));
            return;
        }

        try
        {
            context.Features.Set(caller);
            await next(context);
        }
        finally
        {
            caller.Meter.End();
        }
    }

    private static string Limits(KeyLimits limits) => (limits.RequestsPerMinute, limits.Concurrent) switch
    {
        ({ } minute, { } at) => string.Create(CultureInfo.InvariantCulture, $"{minute} requests a minute and {at} at once"),
        ({ } minute, null) => string.Create(CultureInfo.InvariantCulture, $"{minute} requests a minute"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{limits.Concurrent} requests at once"),
    };

    private (Caller? Caller, string? Problem) Find(HttpRequest request)
    {
        var text = Sent(request.Headers);
        if (text.IsEmpty && !isOpen) return (null, "No API key was sent. Send it as 'Authorization: Bearer ok_…' or 'api-key: ok_…'; 'orchestrate key create' makes one.");

        // Clients of OpenAI always send some key, also to a silo that asks for none; one of ours counts there too.
        if (isOpen && !ApiKey.TryId(text, out _)) return (Caller.Open, null);
        return keys.Check(text, out var key) switch
        {
            KeyRefusal.None => (Of(key!), null),
            KeyRefusal.Revoked => (null, "This API key was revoked."),
            KeyRefusal.Expired => (null, "This API key's time is over."),
            _ => (null, "This is no API key of this service. Keys begin with 'ok_'; check that it was copied whole."),
        };
    }

    private static ReadOnlySpan<char> Sent(IHeaderDictionary headers)
    {
        if (headers.Authorization is { Count: 1 } authorization && authorization[0] is { } value && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return value.AsSpan(Scheme.Length).Trim();
        return headers.TryGetValue("api-key", out StringValues sent) && sent.Count == 1 ? sent[0].AsSpan().Trim() : default;
    }

    private Caller Of(AccessKey key)
    {
        if (_callers.TryGetValue(key, out var caller)) return caller;

        // What a key has used stays known when the list of keys is read again.
        caller = new Caller(key.Id, key.Name, key.Roles, key.Limits, _meters.GetOrAdd(key.Id, static (_, time) => new KeyMeter(time), time));
        foreach (var old in _callers.Where(c => c.Key.Id == key.Id)) _callers.TryRemove(old.Key, out _);
        return _callers.GetOrAdd(key, caller);
    }
}
