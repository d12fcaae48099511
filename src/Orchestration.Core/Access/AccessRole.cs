namespace Orchestration.Core.Access;

/// <summary>What a key lets its holder do. A key has one or several; none includes another.</summary>
[Flags]
public enum AccessRoles
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>call</c>: have prompts answered by experts, rate the answers, and look up routes of the key's own.</summary>
    Call = 1,

    /// <summary><c>judge</c>: have pairs and comparisons judged, and start, pause and read sweeps.</summary>
    Judge = 2,

    /// <summary><c>operate</c>: change what counts: aggregator versions, quarantine, configuration, what is kept of traffic.</summary>
    Operate = 4,

    /// <summary><c>read</c>: see reports, versions, health and the audit log.</summary>
    Read = 8,

    /// <summary>All of them.</summary>
    All = Call | Judge | Operate | Read,
}

/// <summary>Roles as they are written.</summary>
public static class AccessRoleNames
{
    private static readonly (string Name, AccessRoles Role)[] Names =
        [("call", AccessRoles.Call), ("judge", AccessRoles.Judge), ("operate", AccessRoles.Operate), ("read", AccessRoles.Read)];

    /// <summary>Roles with a comma between them, in a fixed order: <c>call,read</c>.</summary>
    public static string Write(AccessRoles roles) => string.Join(',', List(roles));

    /// <summary>The names of roles, in a fixed order.</summary>
    public static IReadOnlyList<string> List(AccessRoles roles) => [.. Names.Where(n => roles.HasFlag(n.Role)).Select(static n => n.Name)];

    /// <summary>Reads names.</summary>
    /// <exception cref="OrchestrationException">A name is none of the roles, or there is no name (<see cref="ErrorCodes.Usage"/>).</exception>
    public static AccessRoles Read(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var roles = AccessRoles.None;
        foreach (var name in names)
        {
            var known = Array.Find(Names, n => n.Name == name.Trim());
            if (known.Name is null) throw new OrchestrationException(ErrorCodes.Usage, $"'{name}' is no role. The roles are call, judge, operate and read.");
            roles |= known.Role;
        }

        return roles == AccessRoles.None ? throw new OrchestrationException(ErrorCodes.Usage, "A key needs at least one role: call, judge, operate or read.") : roles;
    }
}
