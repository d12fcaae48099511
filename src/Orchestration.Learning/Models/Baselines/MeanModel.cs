using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Baselines;

/// <summary>
/// Offset + slope × the mean of the judges, which with judges missing is the mean of the reference means plus the mean of the present judges'
/// deviations from theirs. With none present it is the constant.
/// </summary>
internal sealed class MeanModel : IAdditiveModel
{
    public const string Kind = "mean";

    private readonly double[] _reference;
    private readonly double _offset;
    private readonly double _slope;
    private readonly double _referenceMean;

    public MeanModel(double[] reference, double offset, double slope)
    {
        RowRules.Finite([offset, slope, .. reference], nameof(reference));
        (_reference, _offset, _slope, _referenceMean) = (reference, offset, slope, reference.Average());
    }

    public int Judges => _reference.Length;

    public double Constant => _offset + _slope * _referenceMean;

    public ModelState State => new ModelStateWriter(Kind, 1)
        .Setting("offset", _offset).Setting("slope", _slope).Tensor("reference", [Judges], _reference).Done();

    public static IScoreModel Restore(ModelState state)
    {
        var reader = new ModelStateReader(state, 1);
        return new MeanModel(reader.Tensor("reference", -1), reader.Number("offset"), reader.Number("slope"));
    }

    public double Predict(ReadOnlySpan<double> scores) => _offset + _slope * Mean(scores, _reference, _referenceMean);

    public void Predict(ReadOnlySpan<double> scores, Span<double> predictions) => RowByRow.Predict(this, scores, predictions);

    public void Contributions(ReadOnlySpan<double> scores, Span<double> contributions)
    {
        var present = 0;
        foreach (var score in scores) present += double.IsNaN(score) ? 0 : 1;
        for (var j = 0; j < scores.Length; j++) contributions[j] = double.IsNaN(scores[j]) ? 0 : _slope * (scores[j] - _reference[j]) / present;
    }

    /// <summary>The mean as it is defined with judges missing.</summary>
    public static double Mean(ReadOnlySpan<double> scores, ReadOnlySpan<double> reference, double referenceMean)
    {
        if (scores.Length != reference.Length) throw new ArgumentException($"{scores.Length} scores for {reference.Length} judges.", nameof(scores));
        var (sum, known, present) = (0.0, 0.0, 0);
        for (var j = 0; j < scores.Length; j++)
        {
            if (double.IsNaN(scores[j])) continue;
            sum += scores[j];
            known += reference[j];
            present++;
        }

        // A complete row is its plain mean to the last digit.
        if (present == scores.Length) return sum / present;
        return present == 0 ? referenceMean : referenceMean + (sum - known) / present;
    }

    /// <summary>The means of all rows.</summary>
    public static double[] Means(double[] scores, JudgeNormal judges)
    {
        var reference = judges.Means;
        var referenceMean = RowByRow.Average(reference);
        var means = new double[scores.Length / judges.Judges];
        for (var row = 0; row < means.Length; row++) means[row] = Mean(scores.AsSpan(row * judges.Judges, judges.Judges), reference, referenceMean);
        return means;
    }
}
