using Orchestration.Learning.Selection;
using Orchestration.Learning.Statistics;

namespace Orchestration.Learning.Calibrating;

/// <summary>
/// Values of policies from many judge scores and few labels, after "Causal judge evaluation": an isotonic calibrator is fitted on all labels that are no probe, and once for each fold of whole
/// prompts without that fold. A policy's value is the mean calibrated score plus the mean out-of-fold residual of the labels; its variance is that of the sum of both parts' influence by prompt, so a prompt
/// that has both a score and a label counts once. The residual part is what carries the calibrator's uncertainty.
/// </summary>
/// <param name="Calibrator">The calibrator fitted on all labels that are no probe.</param>
/// <param name="Calibrating">The rows that it was fitted on.</param>
/// <param name="Folds">The folds of those rows, in their order.</param>
/// <param name="OutOfFold">For every row the calibrated score by a calibrator that has not seen its prompt.</param>
/// <param name="Policies">One value a policy, in their order.</param>
public sealed record PolicyStudy(IsotonicCalibrator Calibrator, IReadOnlyList<int> Calibrating, Folds Folds, double[] OutOfFold, IReadOnlyList<PolicyValue> Policies)
{
    /// <summary>Fits, cross-fits, probes and values.</summary>
    /// <param name="rows">The answers.</param>
    /// <param name="options">Folds, level and limits.</param>
    /// <exception cref="ArgumentException">Fewer labelled prompts to calibrate on than folds, or an option out of its range.</exception>
    public static PolicyStudy Run(PolicyRows rows, PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Folds, 2, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.OwnLabels, 2, nameof(options));
        if (!(options.Level > 0 && options.Level < 1)) throw new ArgumentOutOfRangeException(nameof(options), options.Level, "The level lies between 0 and 1.");
        var calibrating = rows.Calibrating();
        var prompts = calibrating.Select(i => rows.GroupOf[i]).Distinct().Count();
        if (prompts < options.Folds) throw new ArgumentException($"{prompts} prompts have labels to calibrate on; {options.Folds} folds need as many at least.", nameof(rows));
        var calibrator = Fit(rows, calibrating);
        var folds = Draw(rows, calibrating, options);
        var outOfFold = CrossFit(rows, calibrating, calibrator, folds);
        var parts = Enumerable.Range(0, rows.Policies).Select(p => new PolicyParts(rows, calibrator, outOfFold, calibrating, p)).ToArray();
        var probes = Probes(parts, options);
        PolicyValue[] values = [.. parts.Select((p, at) => p.Value(options, probes[at]))];
        return new PolicyStudy(calibrator, calibrating, folds, outOfFold, options.Interval == IntervalSource.Bootstrap ? PolicyBootstrap.Of(rows, values, options) : values);
    }

    /// <summary>Calibrator and folds anew on these rows, and what each policy's value is made of; null with fewer labelled prompts than folds.</summary>
    internal static PolicyParts[]? Parts(PolicyRows rows, PolicyOptions options)
    {
        var calibrating = rows.Calibrating();
        if (calibrating.Select(i => rows.GroupOf[i]).Distinct().Take(options.Folds).Count() < options.Folds) return null;
        var calibrator = Fit(rows, calibrating);
        var outOfFold = CrossFit(rows, calibrating, calibrator, Draw(rows, calibrating, options));
        return [.. Enumerable.Range(0, rows.Policies).Select(p => new PolicyParts(rows, calibrator, outOfFold, calibrating, p))];
    }

    private static IsotonicCalibrator Fit(PolicyRows rows, IReadOnlyList<int> chosen) => IsotonicCalibrator.Fit([.. chosen.Select(i => rows.Scores[i])], [.. chosen.Select(i => rows.Labels[i])]);

    private static Folds Draw(PolicyRows rows, int[] calibrating, PolicyOptions options)
    {
        var number = new Dictionary<int, int>();
        int[] groups = [.. calibrating.Select(i => number.TryGetValue(rows.GroupOf[i], out var g) ? g : number[rows.GroupOf[i]] = number.Count)];
        return Selection.Folds.ByGroup(groups, options.Folds, options.Seed);
    }

    /// <summary>A prompt without labels to calibrate on was seen by no calibrator: it takes the one of all labels.</summary>
    private static double[] CrossFit(PolicyRows rows, int[] calibrating, IsotonicCalibrator whole, Folds folds)
    {
        var foldOf = new int[rows.Groups];
        Array.Fill(foldOf, -1);
        for (var k = 0; k < calibrating.Length; k++) foldOf[rows.GroupOf[calibrating[k]]] = folds.FoldOf[k];
        var without = Enumerable.Range(0, folds.Count).Select(fold => Fit(rows, [.. folds.Training(fold).Select(k => calibrating[k])])).ToArray();
        var numbers = new double[rows.Rows];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = (foldOf[rows.GroupOf[i]] is var fold and >= 0 ? without[fold] : whole).Of(rows.Scores[i]);
        return numbers;
    }

    /// <summary>The probes with Holm's correction: the smallest p times the number of probes, the next times one fewer, never below the one before.</summary>
    private static TransferProbe?[] Probes(PolicyParts[] parts, PolicyOptions options)
    {
        var probes = parts.Select(p => p.Probe(options)).ToArray();
        var adjusted = HolmCorrection.Of([.. probes.Where(static p => p is not null).Select(static p => p!.Value.PValue)]);
        for (int at = 0, k = 0; at < probes.Length; at++)
        {
            if (probes[at] is not { } probe) continue;
            probes[at] = probe with { PValue = adjusted[k], Transfers = !(adjusted[k] < 1 - options.Level) };
            k++;
        }

        return probes;
    }
}
