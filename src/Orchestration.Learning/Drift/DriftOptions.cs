namespace Orchestration.Learning.Drift;

/// <summary>How soon, and how seldom by mistake, a shift is noticed.</summary>
public sealed record DriftOptions
{
    /// <summary>Observations that say what is usual, at least 20; default 500. Until then nothing is noticed.</summary>
    public int Reference { get; init; } = 500;

    /// <summary>Shift of the mean, on the scale of 0–1, that nobody minds, at least 0; default 0.02.</summary>
    public double Tolerance { get; init; } = 0.02;

    /// <summary>Observations between two false alarms, on average and at least, while nothing shifts; at least 100, default 100,000.</summary>
    public double FalseAlarmEvery { get; init; } = 100_000;

    /// <summary>Standard errors of the reference's mean that it may be off by chance, at least 0; default 2.5.</summary>
    public double ReferenceErrors { get; init; } = 2.5;

    /// <summary>Throws where an option is out of its range.</summary>
    internal static void Check(DriftOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Reference, 20, nameof(options));
        if (!(options.Tolerance is >= 0 and < 0.5)) throw new ArgumentOutOfRangeException(nameof(options), options.Tolerance, "A tolerance lies between 0 and 0.5.");
        if (!(options.FalseAlarmEvery >= 100 && double.IsFinite(options.FalseAlarmEvery)))
            throw new ArgumentOutOfRangeException(nameof(options), options.FalseAlarmEvery, "At least 100 observations lie between two false alarms.");
        if (!(options.ReferenceErrors >= 0 && double.IsFinite(options.ReferenceErrors)))
            throw new ArgumentOutOfRangeException(nameof(options), options.ReferenceErrors, "Standard errors are at least 0.");
    }
}

/// <summary>A shift that was noticed.</summary>
/// <param name="Since">Number of the observation that the shift seems to begin with, from 0.</param>
/// <param name="NoticedAt">Number of the observation that it was noticed with.</param>
/// <param name="Before">Mean of the reference.</param>
/// <param name="After">Mean since it seems to begin.</param>
/// <param name="Evidence">The e-value: as surprising as a fair bet that multiplied its stake by this.</param>
public readonly record struct Shift(long Since, long NoticedAt, double Before, double After, double Evidence);
