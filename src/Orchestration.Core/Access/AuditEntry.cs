namespace Orchestration.Core.Access;

/// <summary>One change: who made it, what it was, when. Never holds a secret or a text of traffic. Immutable, and entries are never changed or deleted.</summary>
/// <param name="By">Who: <c>key ID NAME</c>, <c>cli USER@HOST</c>, <c>silo ID</c>, <c>open</c> where no key was asked for.</param>
/// <param name="Action">What, in two words with a point: <c>key.create</c>, <c>key.revoke</c>, <c>aggregator.activate</c>, <c>config.reload</c>.</param>
/// <param name="Subject">Of what: an id or a name.</param>
/// <param name="Before">What was, in a line of words or JSON; null where there was nothing.</param>
/// <param name="After">What is; null where nothing is left.</param>
public sealed record AuditEntry(string By, string Action, string Subject, string? Before = null, string? After = null)
{
    /// <summary>Its number in the store, from 1; 0 before it is stored.</summary>
    public long Number { get; init; }

    /// <summary>When it was stored, UTC, by the store's clock.</summary>
    public DateTimeOffset At { get; init; }
}

/// <summary>Which entries are asked for, newest first.</summary>
/// <param name="Most">How many at most: 1–1000.</param>
/// <param name="Before">Only entries with a lower number; null for the newest.</param>
/// <param name="Subject">Only entries of this subject; null for all.</param>
public sealed record AuditQuery(int Most = 100, long? Before = null, string? Subject = null);
