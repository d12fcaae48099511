using Microsoft.AspNetCore.Http;
using Orchestration.Core.Access;

namespace Orchestration.Silo.Access;

/// <summary>Who makes a request; a feature of the request (<c>context.Caller()</c>). One object for each key, for as long as the key stays as it is.</summary>
internal sealed class Caller
{
    /// <summary>Everybody, where the silo was started with <c>--open</c>.</summary>
    public static Caller Open { get; } = new("open", "open", AccessRoles.All, KeyLimits.None, new KeyMeter(TimeProvider.System));

    public Caller(string keyId, string name, AccessRoles roles, KeyLimits limits, KeyMeter meter) =>
        (KeyId, Name, Roles, Limits, Meter, AuditName) = (keyId, name, roles, limits, meter, keyId == "open" ? "open" : $"key {keyId} {name}");

    /// <summary>The key's id: what ledgers, feedback and logs call the caller. <c>open</c> where no key was asked for.</summary>
    public string KeyId { get; }

    /// <summary>What people call it.</summary>
    public string Name { get; }

    /// <summary>What it may do.</summary>
    public AccessRoles Roles { get; }

    /// <summary>How much it may use. The gate keeps requests; money and models are kept by who knows them.</summary>
    public KeyLimits Limits { get; }

    /// <summary>What it uses at this silo.</summary>
    public KeyMeter Meter { get; }

    /// <summary>What the audit log calls it.</summary>
    public string AuditName { get; }
}

/// <summary>Finds the caller of a request.</summary>
internal static class CallerOfRequest
{
    /// <summary>Who asks. The gate has let it in, so there always is one, but for endpoints that need no key.</summary>
    public static Caller Caller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("This endpoint needs no key, and so has no caller.");
}
