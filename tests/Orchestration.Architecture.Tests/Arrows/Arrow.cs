namespace Orchestration.Architecture.Tests.Arrows;

/// <summary>The map: which project of the product refers to which, and nothing points the other way.</summary>
internal static class Arrow
{
    private static readonly string[] EverythingBelowTheCommandLine =
    [
        "Orchestration.Learning", "Orchestration.Core", "Orchestration.Backends", "Orchestration.Storage", "Orchestration.Simulation",
        "Orchestration.Silo",
    ];

    /// <summary>From each project to those it may refer to. Projects that are not built yet have their arrows already.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Allowed { get; } = new Dictionary<string, IReadOnlyList<string>>
    {
        ["Orchestration.Learning"] = [],
        ["Orchestration.Core"] = ["Orchestration.Learning"],
        ["Orchestration.Backends"] = ["Orchestration.Core"],
        ["Orchestration.Storage"] = ["Orchestration.Core"],
        ["Orchestration.Simulation"] = ["Orchestration.Core"],
        ["Orchestration.Silo"] = ["Orchestration.Core", "Orchestration.Storage", "Orchestration.Backends"],
        ["Orchestration.Cli"] = EverythingBelowTheCommandLine,
        ["Orchestration.Orleans"] = ["Orchestration.Core", "Orchestration.Storage", "Orchestration.Silo", "Orchestration.Cli"],
        ["Orchestration.Orleans.Azure"] = ["Orchestration.Orleans"],
    };

    /// <summary>
    /// Everything that can be reached along the arrows: a compiled assembly names what it uses, and it may use what the public members of
    /// those it refers to speak of.
    /// </summary>
    public static IReadOnlySet<string> Reachable(string project)
    {
        var reached = new HashSet<string>();
        var open = new Stack<string>(Allowed[project]);
        while (open.TryPop(out var next))
        {
            if (!reached.Add(next)) continue;
            foreach (var further in Allowed[next]) open.Push(further);
        }

        return reached;
    }
}
