using Orchestration.Learning.Models;

namespace Orchestration.Learning.Robustness;

/// <summary>
/// A sum of one curve a judge none of which rises and falls by more than a stated bound in all, so that no judge alone moves the number by more than the bound
/// (to rounding), whatever the row and whatever it says, or whether it speaks at all. To make that so, a missing judge has a constant in its place: a fill from the scores of
/// others would lend them its weight.
/// </summary>
public sealed class BoundedModel : IScoreModel
{
    internal const string Kind = "bounded";

    private readonly double[][] _knots;
    private readonly double[][] _parts;
    private readonly double[] _missing;

    internal BoundedModel(double bound, double constant, double[][] knots, double[][] parts, double[] missing)
    {
        if (!(bound > 0) || !double.IsFinite(bound)) throw new ArgumentException("The bound is more than 0 and finite.", nameof(bound));
        if (knots.Length == 0 || parts.Length != knots.Length || missing.Length != knots.Length) throw new ArgumentException("One curve a judge.", nameof(knots));
        RowRules.Finite([constant, .. missing], nameof(constant));
        for (var j = 0; j < knots.Length; j++)
        {
            if (knots[j].Length < 2 || parts[j].Length != knots[j].Length) throw new ArgumentException("A curve has a value at each of two knots or more.", nameof(parts));
            RowRules.Finite(parts[j], nameof(parts));
            for (var i = 1; i < knots[j].Length; i++)
            {
                if (!(knots[j][i] > knots[j][i - 1])) throw new ArgumentException("Knots rise.", nameof(knots));
            }

            // What makes the bound true is checked wherever a model comes from.
            var (low, high) = (Math.Min(parts[j].Min(), missing[j]), Math.Max(parts[j].Max(), missing[j]));
            if (high - low > bound * (1 + 1e-9)) throw new ArgumentException("A curve goes further than the bound.", nameof(parts));
        }

        (Bound, Constant, _knots, _parts, _missing) = (bound, constant, knots, parts, missing);
    }

    /// <summary>What one judge can move the number by at most, in units of the target.</summary>
    public double Bound { get; }

    /// <summary>What the curves are added to.</summary>
    public double Constant { get; }

    /// <inheritdoc/>
    public int Judges => _knots.Length;

    /// <inheritdoc/>
    public ModelState State
    {
        get
        {
            var writer = new ModelStateWriter(Kind, 1).Setting("bound", Bound).Setting("constant", Constant).Tensor("missing", [Judges], _missing);
            for (var j = 0; j < Judges; j++) writer.Tensor(FormattableString.Invariant($"judge{j}.knots"), [_knots[j].Length], _knots[j]).Tensor(FormattableString.Invariant($"judge{j}.parts"), [_parts[j].Length], _parts[j]);
            return writer.Done();
        }
    }

    /// <inheritdoc/>
    public double Predict(ReadOnlySpan<double> scores)
    {
        if (scores.Length != Judges) throw new ArgumentException($"{scores.Length} scores for {Judges} judges.", nameof(scores));
        var sum = Constant;
        for (var j = 0; j < scores.Length; j++) sum += Part(j, scores[j]);
        return sum;
    }

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<double> scores, Span<double> predictions) => RowByRow.Predict(this, scores, predictions);

    internal static BoundedModel Restore(ModelState state)
    {
        var reader = new ModelStateReader(state, 1);
        var missing = reader.Tensor("missing", -1);
        var (knots, parts) = (new double[missing.Length][], new double[missing.Length][]);
        for (var j = 0; j < missing.Length; j++)
        {
            knots[j] = reader.Tensor(FormattableString.Invariant($"judge{j}.knots"), -1);
            parts[j] = reader.Tensor(FormattableString.Invariant($"judge{j}.parts"), -1);
        }

        return new BoundedModel(reader.Number("bound"), reader.Number("constant"), knots, parts, missing);
    }

    private double Part(int judge, double score) => double.IsNaN(score) ? _missing[judge] : At(_knots[judge], _parts[judge], score);

    /// <summary>Linear between knots, constant outside.</summary>
    internal static double At(double[] knots, double[] values, double at)
    {
        if (at <= knots[0]) return values[0];
        if (at >= knots[^1]) return values[^1];
        var above = Array.BinarySearch(knots, at);
        if (above >= 0) return values[above];
        above = ~above;
        var share = (at - knots[above - 1]) / (knots[above] - knots[above - 1]);

        // Not above the higher nor below the lower of both, rounding or not.
        return Math.Clamp(values[above - 1] + share * (values[above] - values[above - 1]), Math.Min(values[above - 1], values[above]), Math.Max(values[above - 1], values[above]));
    }
}
