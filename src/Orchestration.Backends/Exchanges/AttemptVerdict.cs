namespace Orchestration.Backends.Exchanges;

/// <summary>What one attempt says about its endpoint.</summary>
internal enum Health
{
    /// <summary>It answered, whatever it said of this call.</summary>
    Well,

    /// <summary>It did not answer, or said that it cannot work.</summary>
    Down,

    /// <summary>It refused the call for its rate.</summary>
    Busy,

    /// <summary>The account is used up, or a limit of a day is reached.</summary>
    UsedUp,

    /// <summary>It was not waited for: nothing was learnt.</summary>
    Unknown,
}

/// <summary>What one attempt came to: the end of the call, or neither reply nor failure, which is worth another attempt.</summary>
internal readonly struct AttemptVerdict
{
    /// <summary>True where the call is over, with a reply or with <see cref="Failure"/>.</summary>
    public bool IsOver { get; init; }

    /// <summary>Why the call failed; null where it did not, or is not over.</summary>
    public string? Failure { get; init; }

    /// <summary>What the endpoint said, fit to be shown.</summary>
    public string? Detail { get; init; }

    public Health Health { get; init; }

    /// <summary>The wait that the endpoint asked for.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>True where nobody should come before that wait is over.</summary>
    public bool HoldsBack { get; init; }

    /// <summary>True where the attempt may have been charged although its usage is not known.</summary>
    public bool MayBeCharged { get; init; }
}
