using Orchestration.Learning.Metrics;

namespace Orchestration.Learning.Calibrating;

/// <summary>How policies are valued.</summary>
public sealed record PolicyOptions
{
    /// <summary>Folds of whole prompts that the calibrator is cross-fitted over, at least 2; default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Seed of the folds; default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Chance of the intervals, between 0 and 1; what is left is the chance of a false alarm of all probes together. Default 0.95.</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>Where the intervals come from; default <see cref="IntervalSource.Influence"/>.</summary>
    public IntervalSource Interval { get; init; }

    /// <summary>Resamples of <see cref="IntervalSource.Bootstrap"/>, at least 20; default 500. Ignored otherwise.</summary>
    public int Resamples { get; init; } = 500;

    /// <summary>Threads of the bootstrap at most; no number depends on it.</summary>
    public int MaxThreads { get; init; } = 1;

    /// <summary>Stops the bootstrap between two resamples.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Prompts with labels of its own that a policy needs to be corrected by them and probed, at least 2; default 20.</summary>
    public int OwnLabels { get; init; } = 20;

    /// <summary>Share of a policy's scores outside the labelled range from which on its level is refused; default 0.05.</summary>
    public double OutsideLimit { get; init; } = 0.05;
}

/// <summary>Where the intervals of policies' values come from.</summary>
public enum IntervalSource
{
    /// <summary>What each prompt moves in the value: its influence on the calibrated mean and on the residual, the calibrator held fixed. Student's t.</summary>
    Influence,

    /// <summary>Percentiles of a bootstrap over prompts that draws folds anew and refits the calibrator in every resample.</summary>
    Bootstrap,
}

/// <summary>What the correction of a policy's calibrated mean rests on.</summary>
public enum CorrectionBasis
{
    /// <summary>Labels of the policy's own answers.</summary>
    OwnLabels,

    /// <summary>Labels of other policies: right only if the calibration carries over.</summary>
    Borrowed,
}

/// <summary>Why the calibrator's word on a policy does not count.</summary>
public enum LevelRefusal
{
    /// <summary>It counts.</summary>
    None,

    /// <summary>Too many of the policy's scores lie where there are no labels. There is no value.</summary>
    OutsideRange,

    /// <summary>The policy's own labels contradict the calibrator. The value rests on those labels; the calibrated mean is not to be used.</summary>
    DoesNotTransfer,
}

/// <summary>A test of whether the calibration carries over to a policy: its own residuals against those of the other policies that the calibrator was fitted on.</summary>
/// <param name="Difference">The mean residual (label − calibrated) of the policy less that of the others.</param>
/// <param name="StandardError">By prompt, with that of the others in it.</param>
/// <param name="T">Their ratio.</param>
/// <param name="PValue">Two-sided, by Student's t, corrected for the number of policies probed (Holm 1979).</param>
/// <param name="Transfers">False where the corrected p is below 1 − level.</param>
public readonly record struct TransferProbe(double Difference, double StandardError, double T, double PValue, bool Transfers);

/// <summary>What a policy is worth on the labels' scale.</summary>
/// <param name="Policy">Its number.</param>
/// <param name="Rows">Scored answers, those of the probe not counted.</param>
/// <param name="Prompts">Prompts that they answer.</param>
/// <param name="Labels">Labels of its own, those of the probe counted.</param>
/// <param name="Calibrated">The mean calibrated score, uncorrected: what the labels' mean is if the calibration carries over.</param>
/// <param name="Residual">The mean of label − calibrated over its own labels, out of fold, with its standard error by prompt; NaN without labels.</param>
/// <param name="Basis">What the correction rests on.</param>
/// <param name="Value">Calibrated mean plus correction; NaN where refused for want of range.</param>
/// <param name="StandardError">Of the value, by prompt: that of the scores' sample and that of the labels, the calibrator's uncertainty among it.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Outside">Share of its scores outside the labelled range.</param>
/// <param name="Probe">The test of whether the calibration carries over; null where there are too few labels, or no other policy to hold it against.</param>
/// <param name="Refusal">Why the calibrator's word does not count, if so.</param>
public sealed record PolicyValue(
    int Policy, int Rows, int Prompts, int Labels, double Calibrated, Figure Residual, CorrectionBasis Basis, double Value, double StandardError, double Low, double High, double Outside, TransferProbe? Probe,
    LevelRefusal Refusal);
