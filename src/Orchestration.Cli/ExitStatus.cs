namespace Orchestration.Cli;

/// <summary>The exit statuses that scripts can rely on.</summary>
public static class ExitStatus
{
    /// <summary>Done.</summary>
    public const int Completed = 0;

    /// <summary>Done, but more judgments are without a score than allowed; or a check found differences.</summary>
    public const int Unsatisfied = 1;

    /// <summary>Bad usage or input: nothing was done, or not all of it.</summary>
    public const int BadInput = 2;

    /// <summary>Stopped at the cost cap; can be resumed.</summary>
    public const int Capped = 3;

    /// <summary>A gate can neither pass nor fail on these items: more are needed.</summary>
    public const int Undecided = 4;

    /// <summary>Interrupted; can be resumed.</summary>
    public const int Interrupted = 130;
}
