namespace Orchestration.Core;

/// <summary>
/// The one exception family of Core: something the caller gave, or asked for, cannot be done as asked.
/// The message names the place and the cure; <see cref="Code"/> is stable and a program can act on it.
/// Ordinary outcomes (an unscored judgment, a refused lease) are values and never throw this.
/// </summary>
public class OrchestrationException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">Stable code in snake_case, one of <see cref="ErrorCodes"/>.</param>
    /// <param name="message">What is wrong, where, and what to do about it.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public OrchestrationException(string code, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
    }

    /// <summary>Stable code in snake_case, one of <see cref="ErrorCodes"/>.</summary>
    public string Code { get; }
}

/// <summary>The stable codes of <see cref="OrchestrationException"/>.</summary>
public static class ErrorCodes
{
    /// <summary>A command, option or specification that cannot be understood.</summary>
    public const string Usage = "usage";

    /// <summary>An input file that is missing, unreadable or not in the stated format.</summary>
    public const string Input = "input";

    /// <summary>A configuration value out of its range, unknown, or missing.</summary>
    public const string Configuration = "configuration";

    /// <summary>A rubric that does not follow its format, or differs from the lock file.</summary>
    public const string Rubric = "rubric";

    /// <summary>A deployment that refuses every call (wrong key, unknown model, wrong address).</summary>
    public const string Deployment = "deployment";

    /// <summary>A store that is damaged, of a newer version, or cannot be opened.</summary>
    public const string Store = "store";

    /// <summary>Something asked for by name that does not exist.</summary>
    public const string NotFound = "not_found";

    /// <summary>The next call no longer fits under its payer's cost cap.</summary>
    public const string SpendCap = "spend_cap";
}
