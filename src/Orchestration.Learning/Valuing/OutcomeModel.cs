using Orchestration.Learning.Algebra;
using Orchestration.Learning.Bandits;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Valuing;

/// <summary>A ridge regression of rewards on features for each arm, about the mean of all rewards: fitted to all rows, and to all but each fold.</summary>
internal sealed class OutcomeModel
{
    private readonly LoggedDecisions _log;
    private readonly LinearStatistics[] _all;
    private readonly double _mean;
    private readonly double _ridge;

    private OutcomeModel(LoggedDecisions log, LinearStatistics[] all, double mean, double ridge, double[] outOfFold) =>
        (_log, _all, _mean, _ridge, OutOfFold) = (log, all, mean, ridge, outOfFold);

    /// <summary>Rows × arms: predictions of models that never saw the row's group, no lower or higher than rewards of the log go.</summary>
    public double[] OutOfFold { get; }

    public static OutcomeModel Fit(LoggedDecisions log, int[] groupOf, ValueOptions options)
    {
        var folds = Selection.Folds.ByGroup(groupOf, options.Folds, options.Seed);
        var (arms, sums) = (log.Arms, new LinearStatistics[options.Folds * log.Arms]);
        for (var k = 0; k < sums.Length; k++) sums[k] = new LinearStatistics(log.Dimension);
        var (least, most) = (double.MaxValue, double.MinValue);
        for (var i = 0; i < log.Rows; i++)
        {
            sums[folds.FoldOf[i] * arms + log.ArmOf[i]].Add(log.FeaturesOf(i), log.Rewards[i], 1);
            (least, most) = (Math.Min(least, log.Rewards[i]), Math.Max(most, log.Rewards[i]));
        }

        var models = new LinearPosterior[sums.Length];
        for (var fold = 0; fold < options.Folds; fold++)
        {
            var others = Sum(sums, arms, log.Dimension, fold);
            var mean = MeanOf(others);
            for (var k = 0; k < arms; k++) models[fold * arms + k] = new LinearPosterior(others[k], options.Ridge, mean);
        }

        var predicted = new double[log.Rows * arms];
        var z = new double[log.Dimension + 1];
        for (var i = 0; i < log.Rows; i++)
        {
            LinearPosterior.Extend(log.FeaturesOf(i), z);
            for (var k = 0; k < arms; k++)
            {
                var model = models[folds.FoldOf[i] * arms + k];
                predicted[i * arms + k] = Math.Clamp(model.PriorMean + Blocks.Dot(z, model.Coefficients), least, most);
            }
        }

        var all = Sum(sums, arms, log.Dimension, -1);
        return new OutcomeModel(log, all, MeanOf(all), options.Ridge, predicted);
    }

    /// <summary>
    /// The direct method's terms: prediction of each row, and what the row itself moves in the mean prediction through the arms' regressions: π̄ₐᵀ(Aₐ + ρI)⁻¹z(r − zᵀθₐ), π̄ₐ = mean of
    /// the target's chance times z. Their mean is the value and their spread its error (the regression's sandwich).
    /// </summary>
    /// <param name="target">Rows × arms.</param>
    /// <param name="value">The mean prediction.</param>
    /// <returns>One term a row, of mean about <paramref name="value"/>.</returns>
    public double[] Direct(ReadOnlySpan<double> target, out double value)
    {
        var (arms, size) = (_log.Arms, _log.Dimension + 1);
        var terms = new double[_log.Rows];
        var z = new double[size];
        var reach = new double[arms][];
        var models = new LinearPosterior[arms];
        for (var k = 0; k < arms; k++) (reach[k], models[k]) = (new double[size], new LinearPosterior(_all[k], _ridge, _mean));
        value = 0;
        for (var i = 0; i < _log.Rows; i++)
        {
            LinearPosterior.Extend(_log.FeaturesOf(i), z);
            for (var k = 0; k < arms; k++)
            {
                var chance = target[i * arms + k];
                if (chance == 0) continue;
                terms[i] += chance * (_mean + Blocks.Dot(z, models[k].Coefficients));
                Blocks.Add(chance, z, reach[k]);
            }

            value += terms[i] / _log.Rows;
        }

        for (var k = 0; k < arms; k++) models[k].SolveNormal(reach[k]);
        for (var i = 0; i < _log.Rows; i++)
        {
            LinearPosterior.Extend(_log.FeaturesOf(i), z);
            var arm = _log.ArmOf[i];
            terms[i] += Blocks.Dot(z, reach[arm]) * (_log.Rewards[i] - _mean - Blocks.Dot(z, models[arm].Coefficients));
        }

        return terms;
    }

    private static LinearStatistics[] Sum(LinearStatistics[] sums, int arms, int dimension, int without)
    {
        var result = new LinearStatistics[arms];
        for (var k = 0; k < arms; k++)
        {
            result[k] = new LinearStatistics(dimension);
            for (var fold = 0; fold < sums.Length / arms; fold++)
            {
                if (fold != without) result[k].Merge(sums[fold * arms + k]);
            }
        }

        return result;
    }

    private static double MeanOf(LinearStatistics[] arms)
    {
        var (sum, weight) = (0.0, 0.0);
        foreach (var arm in arms)
        {
            sum += arm.Vector[0];
            weight += arm.Weight;
        }

        return weight > 0 ? sum / weight : 0;
    }
}
