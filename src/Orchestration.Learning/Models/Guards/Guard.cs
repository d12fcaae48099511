namespace Orchestration.Learning.Models.Guards;

/// <summary>What a guard does where its judge's score is on the wrong side.</summary>
public enum GuardKind
{
    /// <summary>The number rises to the limit at least, where the judge scores at or above the threshold.</summary>
    Floor,

    /// <summary>The number falls to the limit at most, where the judge scores below the threshold.</summary>
    Cap,

    /// <summary>The number is the limit, whatever the others say, where the judge scores below the threshold.</summary>
    Veto,
}

/// <summary>
/// A stated rule on one judge, not learned. A missing judge never acts: no score is no reason. Of several rules that act on a row all floors come first, then all caps, then
/// vetoes, so that the more cautious one has the last word; of several vetoes the lowest limit holds.
/// </summary>
/// <param name="Kind">What it does.</param>
/// <param name="Judge">The judge's number.</param>
/// <param name="Threshold">The mapped score that it turns on, 0–1.</param>
/// <param name="Limit">The number it leads to, finite, on the version's scale.</param>
public sealed record Guard(GuardKind Kind, int Judge, double Threshold, double Limit)
{
    /// <summary>Whether it acts on a row of mapped scores.</summary>
    public bool Acts(ReadOnlySpan<double> scores) => Kind == GuardKind.Floor ? scores[Judge] >= Threshold : scores[Judge] < Threshold;

    internal double Apply(double number) => Kind switch
    {
        GuardKind.Floor => Math.Max(number, Limit),
        GuardKind.Cap => Math.Min(number, Limit),
        _ => Limit,
    };

    /// <summary>Puts guards into the order they act in, after checking them.</summary>
    /// <exception cref="ArgumentException">A judge that is not there, a threshold outside 0–1 or a limit that is not finite.</exception>
    internal static Guard[] InOrder(IReadOnlyList<Guard> guards, int judges)
    {
        foreach (var guard in guards)
        {
            if (guard.Judge < 0 || guard.Judge >= judges) throw new ArgumentException($"A guard is on judge {guard.Judge}; there are judges 0 to {judges - 1}.", nameof(guards));
            if (!(guard.Threshold >= 0 && guard.Threshold <= 1)) throw new ArgumentException("A guard's threshold is a mapped score, 0 to 1.", nameof(guards));
            if (!double.IsFinite(guard.Limit) || !Enum.IsDefined(guard.Kind)) throw new ArgumentException("A guard's limit is finite and its kind a veto, a cap or a floor.", nameof(guards));
        }

        // A higher veto first: the lowest has the last word. For floors and caps the order among them changes nothing.
        return [.. guards.OrderBy(g => g.Kind).ThenByDescending(g => g.Limit).ThenBy(g => g.Judge).ThenBy(g => g.Threshold)];
    }
}
