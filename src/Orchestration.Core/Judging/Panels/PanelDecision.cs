namespace Orchestration.Core.Judging.Panels;

/// <summary>From the members' judgments to the panel's own. No result depends on who is named first.</summary>
internal static class PanelDecision
{
    /// <summary>True where enough members have a judgment: more than half, or the stated share.</summary>
    public static bool IsEnough(int scored, int members, double? minShare) => minShare is { } share
        // A share written as a decimal may lie a little above what it means: 2 of 3 are enough for 0.6666666667.
        ? scored > 0 && scored >= (share * members) - 1e-6
        : scored * 2 > members;

    /// <summary>The mean, never outside of what was said.</summary>
    public static double Mean(ReadOnlySpan<double> scores)
    {
        // In order of size, so that the last digit does not depend on the members' order.
        Span<double> sorted = stackalloc double[scores.Length];
        scores.CopyTo(sorted);
        sorted.Sort();
        double sum = 0;
        foreach (var score in sorted) sum += score;
        return Math.Clamp(sum / sorted.Length, sorted[0], sorted[^1]);
    }

    /// <summary>What most say: 1, −1 or 0; 0 where several verdicts are the most frequent, so that exchanging the answers exchanges the verdict.</summary>
    public static double Verdict(ReadOnlySpan<double> verdicts)
    {
        Span<int> counts = stackalloc int[3];
        foreach (var verdict in verdicts) counts[Math.Sign(verdict) + 1]++;
        var most = Math.Max(counts[0], Math.Max(counts[1], counts[2]));
        var winner = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] != most) continue;
            if (winner != 0) return 0;
            winner = i + 1;
        }

        return winner - 2;
    }

    /// <summary>The step that most scores are nearest to; of equally frequent steps, their mean.</summary>
    /// <param name="scores">On the scale.</param>
    /// <param name="scale">With a step.</param>
    public static double Vote(ReadOnlySpan<double> scores, Scale scale)
    {
        var counts = new SortedDictionary<long, int>();
        foreach (var score in scores)
        {
            var step = (long)Math.Round((score - scale.Min) / scale.Step, MidpointRounding.AwayFromZero);
            counts[step] = counts.GetValueOrDefault(step) + 1;
        }

        var most = counts.Values.Max();
        var winners = counts.Where(c => c.Value == most).Select(c => c.Key).ToArray();

        // In decimals, so that the third step of a tenth is 0.3.
        var value = (decimal)scale.Min + ((decimal)winners.Sum() / winners.Length * (decimal)scale.Step);
        return Math.Clamp((double)value, scale.Min, scale.Max);
    }
}
