namespace Orchestration.Learning.Selection;

/// <summary>A mean paired gain: how much less is lost.</summary>
/// <param name="Mean">Mean over rows and fold seeds of what the other loses less what the candidate loses; above 0 the candidate is better.</param>
/// <param name="StandardError">By group.</param>
/// <param name="Lower">Lower one-sided 95% bound: mean − t₀.₉₅(G − 1) · standard error. NaN below two groups.</param>
/// <param name="Upper">Upper one-sided 95% bound.</param>
/// <param name="Groups">Groups that it was counted over.</param>
public readonly record struct PairedGain(double Mean, double StandardError, double Lower, double Upper, int Groups);

/// <summary>Whether a learned version may become active, and why.</summary>
public enum ActivationOutcome
{
    /// <summary>It may.</summary>
    Passed,

    /// <summary>It is not surely better than the mean of the judges with a fitted line.</summary>
    NoSureGainOverMean,

    /// <summary>It is significantly worse than the active version.</summary>
    WorseThanActive,

    /// <summary>Where it inverts judges: it is significantly worse than the same model made monotone. What freedom buys here does not carry over.</summary>
    WorseThanMonotone,

    /// <summary>On a part that was held out whole it is significantly worse than the active version or than the same model made monotone, whatever the mean over all parts.</summary>
    WorseOnPart,

    /// <summary>There is too little to tell: fewer than two groups, or fewer fold seeds than five.</summary>
    TooLittleData,
}

/// <summary>The outcome of the test that every learned version has to pass (promise 8).</summary>
/// <param name="Outcome">Passed, or why not.</param>
/// <param name="OverMean">The gain over mean-then-fit on the same folds, in units of the loss (squared units of the target; log loss).</param>
/// <param name="OverActive">The gain over the active version; null where there is none.</param>
/// <param name="ActiveRefitted">True where too few groups lay outside the active version's training data and its recipe was fitted again on the same folds.</param>
/// <param name="Seeds">Fold seeds averaged over; 0 where parts were held out whole.</param>
/// <param name="Sentence">The outcome in one sentence, with its figures.</param>
public sealed record ActivationVerdict(ActivationOutcome Outcome, PairedGain OverMean, PairedGain? OverActive, bool ActiveRefitted, int Seeds, string Sentence)
{
    /// <summary>The gain over the same model made monotone; null where nothing is inverted or nobody asked.</summary>
    public PairedGain? OverMonotone { get; init; }

    /// <summary>The held-out part that it is significantly worse on; null where there is none.</summary>
    public WorsePart? Worse { get; init; }

    /// <summary>Whether the version may become active.</summary>
    public bool Passed => Outcome == ActivationOutcome.Passed;
}

/// <summary>A held-out part on which a candidate is significantly worse: the upper bound of its gain there, with all parts taken together at 95% (Bonferroni), is below 0.</summary>
/// <param name="Part">The part's name or number.</param>
/// <param name="Than">What it is worse than, in words.</param>
/// <param name="Gain">The gain there.</param>
public sealed record WorsePart(string Part, string Than, PairedGain Gain);
