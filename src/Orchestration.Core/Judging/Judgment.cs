namespace Orchestration.Core.Judging;

/// <summary>
/// What one judge said of one pair on one dimension: a score on the judge's own scale, or the reason why there is none.
/// There is no third state and no default number.
/// </summary>
public readonly record struct Judgment
{
    // A flag rather than "no reason", so that a default-initialised value is never a score of 0.
    private readonly bool _isScored;
    private readonly double _value;

    private Judgment(double value, string? reason)
    {
        _isScored = reason is null;
        _value = value;
        Reason = reason;
    }

    /// <summary>A score on the judge's own scale (a comparison: 1 prefers A, −1 prefers B, 0 a tie).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a finite number.</exception>
    public static Judgment Scored(double value) => double.IsFinite(value)
        ? new Judgment(value, null)
        : throw new ArgumentOutOfRangeException(nameof(value), value, "A score is a finite number; anything else is Unscored with its reason.");

    /// <summary>No score, and why.</summary>
    /// <param name="reason">One of <see cref="UnscoredReason"/>, or the recorded reason of a replayed judgment.</param>
    public static Judgment Unscored(string reason)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        return new Judgment(double.NaN, reason);
    }

    /// <summary>Why there is no score; null where there is one.</summary>
    public string? Reason { get; }

    /// <summary>True where there is a score.</summary>
    public bool IsScored => _isScored;

    /// <summary>The score, or NaN where there is none.</summary>
    public double Value => _isScored ? _value : double.NaN;
}

/// <summary>The reasons for which a judgment has no score. Stable: they stand in results and are counted in every table.</summary>
public static class UnscoredReason
{
    /// <summary>The reply holds no well-formed answer in the place where it belongs.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>The reply holds a number outside the rubric's scale.</summary>
    public const string OffScale = "off_scale";

    /// <summary>The reply was cut at the maximum output before its answer was complete.</summary>
    public const string Truncated = "truncated";

    /// <summary>The model declined to judge.</summary>
    public const string Refused = "refused";

    /// <summary>A content filter stopped the call or the reply.</summary>
    public const string Filtered = "filtered";

    /// <summary>The prompt is longer than the model's context.</summary>
    public const string TooLong = "too_long";

    /// <summary>Every attempt ran out of its time.</summary>
    public const string Timeout = "timeout";

    /// <summary>Every attempt failed in transport or with a server error.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>The endpoint rejected this call as invalid.</summary>
    public const string Rejected = "rejected";

    /// <summary>Less than 0.9 of the probability mass lies on digits of the scale.</summary>
    public const string LowMass = "low_mass";

    /// <summary>The judge needs a reference and the pair has none.</summary>
    public const string NoReference = "no_reference";

    /// <summary>The judge needs the context that the answer was to work from, and the pair has none.</summary>
    public const string NoContext = "no_context";

    /// <summary>The judge is not defined for this pair (for example readability of an empty answer).</summary>
    public const string NotApplicable = "not_applicable";

    /// <summary>The recorded file has nothing for this pair.</summary>
    public const string NotRecorded = "not_recorded";
}
