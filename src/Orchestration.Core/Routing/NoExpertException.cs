namespace Orchestration.Core.Routing;

/// <summary>No expert can be asked. The message says of each why; <see cref="RetryAfter"/> when it is worth asking again.</summary>
public sealed class NoExpertException : OrchestrationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is asked for, why each expert is not on offer, and when one may be.</param>
    /// <param name="excluded">Who is not on offer, and why.</param>
    /// <param name="retryAfter">How long until the first of them is tried again; null where waiting does not help.</param>
    /// <param name="isHeld">True where an expert in quarantine could have answered.</param>
    public NoExpertException(string message, IReadOnlyList<ExcludedExpert> excluded, TimeSpan? retryAfter, bool isHeld)
        : base(ErrorCodes.Deployment, message)
    {
        Excluded = excluded;
        RetryAfter = retryAfter;
        IsHeld = isHeld;
    }

    /// <summary>Who is not on offer, and why.</summary>
    public IReadOnlyList<ExcludedExpert> Excluded { get; }

    /// <summary>How long until the first of them is tried again; null where waiting does not help: the prompt is too long, or the money too little.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>True where an expert in quarantine could have answered: nothing is wrong with the request, and an operator can change it.</summary>
    public bool IsHeld { get; }
}
