using Orchestration.Learning.Intervals;

namespace Orchestration.Learning.Valuing;

/// <summary>How policies are valued from logged decisions.</summary>
public sealed record ValueOptions
{
    /// <summary>Folds of whole groups that the outcome model is cross-fitted over, at least 2; default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Seed of the folds; default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>How many rows the outcome model's prior, the mean of all rewards, is worth along each coordinate of length one; above 0, default 1.</summary>
    public double Ridge { get; init; } = 1;

    /// <summary>Chance of the intervals, between 0 and 1; default 0.95.</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>Effective rows below which no value is given; default 50.</summary>
    public double LeastEffective { get; init; } = 50;

    /// <summary>Share of what the policy would do that the log could never have shown, 0–1, above which no value is given; default 0.02.</summary>
    public double MostUnsupported { get; init; } = 0.02;
}

/// <summary>How much of what a policy would do was done in the log.</summary>
/// <param name="EffectiveRows">(Σw)² / Σw², w the weights of the rows (target chance over logged chance): as many rows with weights alike tell as much (Kish 1965).</param>
/// <param name="MeanWeight">Mean of the weights: about 1 where the logged chances are right and hold what the policy would do.</param>
/// <param name="MeanWeightError">Its standard error by group.</param>
/// <param name="LargestShare">The largest weight over the sum of all.</param>
/// <param name="Unsupported">Share of the policy's chances that lies on arms whose logged chance was 0; NaN where only chosen arms' chances are known.</param>
/// <param name="LeastChance">The least chance of a row that the policy could have chosen as well.</param>
public readonly record struct Overlap(double EffectiveRows, double MeanWeight, double MeanWeightError, double LargestShare, double Unsupported, double LeastChance);

/// <summary>Why a value is not given.</summary>
public enum ValueRefusal
{
    /// <summary>It is given.</summary>
    None,

    /// <summary>Fewer groups of rows than twice the folds.</summary>
    TooFewRows,

    /// <summary>The policy would do what the log never did.</summary>
    Unsupported,

    /// <summary>A few rows would carry all of it: fewer effective rows than <see cref="ValueOptions.LeastEffective"/>.</summary>
    TooFewEffective,

    /// <summary>The weights' mean is not 1 by far (below ½ or above 2, and more than four standard errors off): the logged chances are not those that were chosen with.</summary>
    WrongChances,
}

/// <summary>What a policy is worth by logged decisions. Immutable.</summary>
public sealed record Valuation
{
    /// <summary>Rows that it rests on.</summary>
    public required int Rows { get; init; }

    /// <summary>How much of what it would do was done.</summary>
    public required Overlap Overlap { get; init; }

    /// <summary>Why the values are not given; they are NaN then.</summary>
    public ValueRefusal Refusal { get; init; }

    /// <summary>
    /// The direct method: mean of a ridge regression's predictions. Its interval is the sandwich of the regression and of the prompts drawn; it is as wrong as the
    /// regression is, which the interval does not show.
    /// </summary>
    public Estimate Direct { get; init; } = Estimate.Of(double.NaN);

    /// <summary>Inverse propensity: mean of w r (Horvitz and Thompson 1952). Right where the chances are; wide. Student's t by group.</summary>
    public Estimate Ips { get; init; } = Estimate.Of(double.NaN);

    /// <summary>Self-normalised: Σ w r / Σ w (Hájek 1971; Swaminathan and Joachims 2015). Student's t of the linearised terms by group.</summary>
    public Estimate Snips { get; init; } = Estimate.Of(double.NaN);

    /// <summary>
    /// Doubly robust: mean of prediction plus w times what the prediction missed (Dudík, Langford and Li 2011), predictions cross-fitted. Right where the chances are, whatever the
    /// predictions; narrow where these are good. Student's t by group.
    /// </summary>
    public Estimate DoublyRobust { get; init; } = Estimate.Of(double.NaN);
}

/// <summary>What an arm is worth, were it always chosen. Immutable.</summary>
public sealed record ArmValue
{
    /// <summary>Mean reward of the rows that it was chosen in: of what it was sent, no more. NaN where it was never chosen.</summary>
    public required Estimate OfWhatItWasSent { get; init; }

    /// <summary>Rows that it was chosen in.</summary>
    public required int Chosen { get; init; }

    /// <summary>Share of the rows, 0–1, in which it could be chosen: <see cref="Corrected"/> speaks of these.</summary>
    public required double OnOffer { get; init; }

    /// <summary>Its value had it been chosen every time that it could be: <see cref="Valuation.DoublyRobust"/> is the figure to show.</summary>
    public required Valuation Corrected { get; init; }
}
