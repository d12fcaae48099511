using System.Globalization;

namespace Orchestration.Core.Routing.Drift;

/// <summary>What can drift.</summary>
public enum DriftKind
{
    /// <summary>An expert's judged quality, less what was predicted of it where something was.</summary>
    Quality,

    /// <summary>The share of an expert's calls that fail.</summary>
    Failures,

    /// <summary>The share of a judge's replies that cannot be read.</summary>
    Unreadable,

    /// <summary>The share of a judge's comparisons whose verdict turns with the order of the answers.</summary>
    Flips,

    /// <summary>A judge's scores: higher or lower.</summary>
    ScoreLevel,

    /// <summary>A judge's scores: more or less spread out.</summary>
    ScoreSpread,
}

/// <summary>Something that drifted. Immutable.</summary>
/// <param name="Subject">The expert's or judge's name.</param>
/// <param name="IsJudge">True where it is a judge.</param>
/// <param name="Kind">What of it.</param>
/// <param name="Since">When it seems to have begun.</param>
/// <param name="NoticedAt">When it was noticed: the time of the observation that gave it away.</param>
/// <param name="Before">The mean of the reference, 0–1: a rate, or for <see cref="DriftKind.Quality"/> quality (less prediction: −1 to 1), or ranks for scores.</param>
/// <param name="After">The mean since it began, likewise.</param>
/// <param name="Observations">Observations since it began.</param>
/// <param name="Evidence">The e-value: a fair bet on no drift would have multiplied its stake by this.</param>
/// <param name="Stability">Population stability index of a judge's recent scores as they are when it is asked for, for scores; NaN otherwise. Above 0.25 is called shifted.</param>
public sealed record DriftFinding(
    string Subject, bool IsJudge, DriftKind Kind, DateTimeOffset Since, DateTimeOffset NoticedAt, double Before, double After, long Observations, double Evidence, double Stability)
{
    /// <summary>True where it is for the worse: lower quality, more failures; any shift of a judge's scores.</summary>
    public bool IsWorse => Kind switch
    {
        DriftKind.Quality => After < Before,
        DriftKind.Failures or DriftKind.Unreadable or DriftKind.Flips => After > Before,
        _ => true,
    };

    /// <summary>What it is, in a sentence for people.</summary>
    public override string ToString()
    {
        var (before, after) = (Number(Before), Number(After));
        var what = Kind switch
        {
            DriftKind.Quality => $"judged quality against what was expected went from {before} to {after}",
            DriftKind.Failures => $"failed calls went from {Share(Before)} to {Share(After)}",
            DriftKind.Unreadable => $"unreadable replies went from {Share(Before)} to {Share(After)}",
            DriftKind.Flips => $"verdicts that turn with the order went from {Share(Before)} to {Share(After)}",
            DriftKind.ScoreLevel => $"scores are {(After > Before ? "higher" : "lower")} (mean rank {before} to {after})",
            _ => $"scores are {(After > Before ? "more" : "less")} spread out (distance from the middle rank {before} to {after})",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{(IsJudge ? "judge" : "expert")} {Subject}: {what}, since about {Since:yyyy-MM-dd HH:mm} UTC ({Observations:N0} observations, odds of chance 1 : {Evidence:N0})");
    }

    private static string Number(double value) => value.ToString("0.00#", CultureInfo.InvariantCulture);

    private static string Share(double value) => (100 * value).ToString("0.0", CultureInfo.InvariantCulture) + "%";
}
