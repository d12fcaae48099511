namespace Orchestration.Core.Routing.Models;

/// <summary>Ways of predicting each expert's quality from a prompt's features.</summary>
public enum RoutingHead
{
    /// <summary><c>mean</c>: each expert's mean over the history, whatever the prompt: always the best single one.</summary>
    Mean,

    /// <summary><c>ridge</c>: ridge regression on words and facts.</summary>
    Ridge,

    /// <summary><c>features</c>: ridge regression on the projected features.</summary>
    Features,

    /// <summary><c>skills</c>: the prompt's task is inferred, and the tasks' means are mixed by how probable each is.</summary>
    Skills,

    /// <summary><c>nearest</c>: the mean over the nearest prompts of the history.</summary>
    Nearest,

    /// <summary><c>clusters</c>: the mean over the prompt's cluster of the history.</summary>
    Clusters,
}

/// <summary>Names of heads, as options and files write them.</summary>
public static class RoutingHeads
{
    /// <summary>The one that chooses among all of them on training rows.</summary>
    public const string Auto = "auto";

    /// <summary>How many heads there are.</summary>
    public const int Count = 6;

    private static readonly string[] Names = ["mean", "ridge", "features", "skills", "nearest", "clusters"];

    /// <summary>Names in the order of <see cref="RoutingHead"/>.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>The head's name.</summary>
    public static string Name(RoutingHead head) => Names[(int)head];

    /// <summary>The head with a name; null where there is none.</summary>
    public static RoutingHead? Find(string name) => Array.IndexOf(Names, name) is >= 0 and var place ? (RoutingHead)place : null;
}
