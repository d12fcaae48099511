using Orchestration.Learning.Metrics;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Models.Guards;

/// <summary>What guards cost, and how often they act, on numbers that were predicted out of fold.</summary>
/// <param name="Each">Every guard alone.</param>
/// <param name="Acted">Share of rows (by weight) on which at least one acts.</param>
/// <param name="Changed">Share of rows whose number they change together.</param>
/// <param name="Without">Figures of the numbers as they are.</param>
/// <param name="With">Figures with all guards.</param>
/// <param name="Cost">The paired loss that all of them add, per row and by group; below 0 they help.</param>
public sealed record GuardReport(
    IReadOnlyList<GuardEffect> Each, double Acted, double Changed, ScoreFigures Without, ScoreFigures With, PairedGain Cost)
{
    /// <summary>The report.</summary>
    /// <param name="guards">The rules.</param>
    /// <param name="data">The rows.</param>
    /// <param name="outOfFold">For each draw of folds one number a row, predicted without the row's fold.</param>
    /// <exception cref="ArgumentException">A guard is impossible, or lengths differ.</exception>
    public static GuardReport Of(IReadOnlyList<Guard> guards, ScoreData data, IReadOnlyList<double[]> outOfFold)
    {
        var ordered = Guard.InOrder(guards, data.Judges);
        var rows = new ScoreRows(data);
        var shares = rows.ByGroup;
        double[][] losses = [.. outOfFold.Select(rows.Losses)];
        var (acted, changed) = (0.0, 0.0);
        for (var i = 0; i < data.Rows; i++)
        {
            var row = data.Row(i);
            var acts = false;
            foreach (var guard in ordered) acts |= guard.Acts(row);
            if (!acts) continue;
            acted += shares.Share(i);
            foreach (var numbers in outOfFold) changed += Apply(ordered, numbers[i], row) != numbers[i] ? shares.Share(i) / outOfFold.Count : 0;
        }

        var each = new GuardEffect[ordered.Length];
        for (var g = 0; g < each.Length; g++) each[g] = Effect(ordered[g], rows, outOfFold, losses);
        var guarded = All(ordered, data, outOfFold);
        var cost = ActivationTest.Gain(losses, [.. guarded.Select(rows.Losses)], data.GroupOf, data.Weights);
        return new GuardReport(each, acted, changed, ScoreFigures.Of(data, outOfFold), ScoreFigures.Of(data, guarded), cost);
    }

    private static GuardEffect Effect(Guard guard, ScoreRows rows, IReadOnlyList<double[]> outOfFold, double[][] losses)
    {
        var (acted, missing) = (0.0, 0.0);
        for (var i = 0; i < rows.Rows; i++)
        {
            var row = rows.Data.Row(i);
            acted += guard.Acts(row) ? rows.ByGroup.Share(i) : 0;
            missing += double.IsNaN(row[guard.Judge]) ? rows.ByGroup.Share(i) : 0;
        }

        var guarded = All([guard], rows.Data, outOfFold);
        return new GuardEffect(guard, acted, missing, ActivationTest.Gain(losses, [.. guarded.Select(rows.Losses)], rows.GroupOf, rows.Weights));
    }

    private static double[][] All(Guard[] guards, ScoreData data, IReadOnlyList<double[]> outOfFold) =>
        [.. outOfFold.Select(numbers => numbers.Select((number, i) => Apply(guards, number, data.Row(i))).ToArray())];

    private static double Apply(Guard[] guards, double number, ReadOnlySpan<double> scores)
    {
        foreach (var guard in guards)
        {
            if (guard.Acts(scores)) number = guard.Apply(number);
        }

        return number;
    }
}

/// <summary>One guard alone.</summary>
/// <param name="Guard">The rule.</param>
/// <param name="Acted">Share of rows (by weight) that it acts on.</param>
/// <param name="Missing">Share of rows on which its judge is missing and it cannot act.</param>
/// <param name="Cost">The paired loss that it adds, per row and by group; below 0 it helps.</param>
public sealed record GuardEffect(Guard Guard, double Acted, double Missing, PairedGain Cost);
