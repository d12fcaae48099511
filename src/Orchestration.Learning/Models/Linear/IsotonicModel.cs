using Orchestration.Learning.Models.Baselines;

namespace Orchestration.Learning.Models.Linear;

/// <summary>A function of the judges' mean that never falls: linear between knots, constant outside them.</summary>
internal sealed class IsotonicModel : IScoreModel
{
    public const string Kind = "isotonic";

    private readonly double[] _reference;
    private readonly double[] _knots;
    private readonly double[] _values;
    private readonly double _referenceMean;

    public IsotonicModel(double[] reference, double[] knots, double[] values)
    {
        if (knots.Length == 0 || knots.Length != values.Length) throw new ArgumentException($"{values.Length} values for {knots.Length} knots.", nameof(knots));
        RowRules.Finite([.. reference, .. knots, .. values], nameof(values));
        for (var i = 1; i < knots.Length; i++)
        {
            if (!(knots[i] > knots[i - 1] && values[i] >= values[i - 1])) throw new ArgumentException("Knots rise, and values do not fall.", nameof(knots));
        }

        (_reference, _knots, _values, _referenceMean) = (reference, knots, values, RowByRow.Average(reference));
    }

    public int Judges => _reference.Length;

    public ModelState State => new ModelStateWriter(Kind, 1)
        .Tensor("reference", [Judges], _reference).Tensor("knots", [_knots.Length], _knots).Tensor("values", [_values.Length], _values).Done();

    public static IScoreModel Restore(ModelState state)
    {
        var reader = new ModelStateReader(state, 1);
        return new IsotonicModel(reader.Tensor("reference", -1), reader.Tensor("knots", -1), reader.Tensor("values", -1));
    }

    public double Predict(ReadOnlySpan<double> scores)
    {
        var mean = MeanModel.Mean(scores, _reference, _referenceMean);
        var at = Array.BinarySearch(_knots, mean);
        if (at >= 0) return _values[at];
        at = ~at;
        if (at == 0) return _values[0];
        if (at == _knots.Length) return _values[^1];
        var share = (mean - _knots[at - 1]) / (_knots[at] - _knots[at - 1]);
        return _values[at - 1] + share * (_values[at] - _values[at - 1]);
    }

    public void Predict(ReadOnlySpan<double> scores, Span<double> predictions) => RowByRow.Predict(this, scores, predictions);
}
