using Orchestration.Learning.Algebra;
using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Linear;

/// <summary>Constant + Σ weight × (score − reference mean); a missing judge is first filled with the score expected from the others.</summary>
internal sealed class LinearModel : IAdditiveModel
{
    public const string Kind = "linear";

    private readonly JudgeNormal _judges;
    private readonly double[] _weights;
    private readonly double _intercept;

    public LinearModel(JudgeNormal judges, double[] weights, double constant)
    {
        if (weights.Length != judges.Judges) throw new ArgumentException($"{weights.Length} weights for {judges.Judges} judges.", nameof(weights));
        RowRules.Finite([constant, .. weights], nameof(weights));
        (_judges, _weights, Constant) = (judges, weights, constant);
        _intercept = constant - Blocks.Dot(weights, judges.Means);
    }

    public int Judges => _weights.Length;

    public double Constant { get; }

    /// <summary>What a whole step from 0 to 1 of each judge adds.</summary>
    public ReadOnlySpan<double> Weights => _weights;

    public ModelState State
    {
        get
        {
            var writer = new ModelStateWriter(Kind, 1).Setting("constant", Constant).Tensor("weights", [Judges], _weights);
            _judges.Write(writer);
            return writer.Done();
        }
    }

    public static IScoreModel Restore(ModelState state)
    {
        var reader = new ModelStateReader(state, 1);
        return new LinearModel(JudgeNormal.Read(reader), reader.Tensor("weights", -1), reader.Number("constant"));
    }

    public double Predict(ReadOnlySpan<double> scores)
    {
        Span<double> buffer = Judges <= RowByRow.OnStack ? stackalloc double[Judges] : new double[Judges];
        return _intercept + Blocks.Dot(_weights, _judges.Fill(scores, buffer));
    }

    public void Predict(ReadOnlySpan<double> scores, Span<double> predictions) => RowByRow.Predict(this, scores, predictions);

    public void Contributions(ReadOnlySpan<double> scores, Span<double> contributions)
    {
        Span<double> buffer = Judges <= RowByRow.OnStack ? stackalloc double[Judges] : new double[Judges];
        var filled = _judges.Fill(scores, buffer);
        for (var j = 0; j < filled.Length; j++) contributions[j] = _weights[j] * (filled[j] - _judges.Means[j]);
    }
}
