using System.Runtime.Intrinsics;
using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Additive;

/// <summary>A fitted generalised additive model: a constant, one cubic spline a judge, and products of two judges' curves where they pay.</summary>
internal sealed class GamModel : ICurveModel
{
    public const string Kind = "gam";

    private readonly JudgeNormal _judges;
    private readonly JudgePart?[] _parts;
    private readonly CurveSet _curves;
    private readonly Interaction[] _interactions;
    private readonly bool _logOdds;

    public GamModel(JudgeNormal judges, double constant, JudgePart?[] parts, Interaction[] interactions, double promptEffect, bool logOdds)
    {
        if (parts.Length != judges.Judges) throw new ArgumentException($"{parts.Length} parts for {judges.Judges} judges.", nameof(parts));
        RowRules.Finite([constant, promptEffect], nameof(constant));
        (_judges, Constant, _parts, _interactions, PromptEffect, _logOdds) = (judges, constant, parts, interactions, promptEffect, logOdds);
        var pieces = parts.Select(p => p is null ? (Breaks: [], Cubics: []) : p.Basis.Pieces(p.Coefficients)).ToArray();
        _curves = new CurveSet([.. pieces.Select(p => p.Breaks)], [.. parts.Select(p => p?.Basis.High ?? 1)], [.. pieces.Select(p => p.Cubics)]);
    }

    public int Judges => _parts.Length;

    public double Constant { get; }

    public double PromptEffect { get; }

    public IReadOnlyList<double> Freedom => [.. _parts.Select(p => p?.Freedom ?? 0)];

    public double TotalFreedom => 1 + Freedom.Sum() + _interactions.Sum(i => i.Freedom);

    public IReadOnlyList<(int First, int Second)> Interactions => [.. _interactions.Select(i => (i.First, i.Second))];

    public ModelState State
    {
        get
        {
            var writer = new ModelStateWriter(Kind, 1).Setting("constant", Constant).Setting("prompt-effect", PromptEffect)
                .Setting("log-odds", _logOdds).Setting("interactions", _interactions.Length);
            _judges.Write(writer);
            for (var j = 0; j < _parts.Length; j++)
            {
                if (_parts[j] is not { } part) continue;
                var count = part.Basis.Count;
                writer.Setting($"judge{j}.degree", part.Basis.Degree).Setting($"judge{j}.freedom", part.Freedom)
                    .Tensor($"judge{j}.knots", [part.Basis.Knots.Length], part.Basis.Knots)
                    .Tensor($"judge{j}.coefficients", [count], part.Coefficients)
                    .Tensor($"judge{j}.covariance", [count, count], part.Covariance);
            }

            for (var i = 0; i < _interactions.Length; i++) _interactions[i].Write(writer, $"interaction{i}");
            return writer.Done();
        }
    }

    public static IScoreModel Restore(ModelState state)
    {
        var reader = new ModelStateReader(state, 1);
        var judges = JudgeNormal.Read(reader);
        var parts = new JudgePart?[judges.Judges];
        for (var j = 0; j < parts.Length; j++)
        {
            if (!reader.Has($"judge{j}.knots")) continue;
            var basis = SplineBasis.Of(reader.Tensor($"judge{j}.knots", -1), reader.Whole($"judge{j}.degree"));
            parts[j] = new JudgePart(
                basis,
                reader.Tensor($"judge{j}.coefficients", basis.Count),
                reader.Tensor($"judge{j}.covariance", basis.Count, basis.Count),
                reader.Number($"judge{j}.freedom"));
        }

        var interactions = new Interaction[reader.Whole("interactions")];
        for (var i = 0; i < interactions.Length; i++) interactions[i] = Interaction.Read(reader, $"interaction{i}", judges.Judges);
        return new GamModel(judges, reader.Number("constant"), parts, interactions, reader.Number("prompt-effect"), reader.Flag("log-odds"));
    }

    public double Predict(ReadOnlySpan<double> scores)
    {
        Span<double> buffer = Judges <= RowByRow.OnStack ? stackalloc double[Judges] : new double[Judges];
        var filled = _judges.Fill(scores, buffer);
        return Together(_curves.Sum(Constant, filled), filled);
    }

    public void Predict(ReadOnlySpan<double> scores, Span<double> predictions)
    {
        if (scores.Length != (long)predictions.Length * Judges)
            throw new ArgumentException($"{scores.Length} scores for {predictions.Length} rows of {Judges} judges.", nameof(scores));
        var row = 0;
        for (; row + 3 < predictions.Length; row += 4)
        {
            var four = scores.Slice(row * Judges, 4 * Judges);
            if (JudgeNormal.IsComplete(four))
            {
                _curves.SumFour(Constant, four).CopyTo(predictions[row..]);
                for (var r = 0; _interactions.Length > 0 && r < 4; r++) predictions[row + r] = Together(predictions[row + r], four.Slice(r * Judges, Judges));
            }
            else
            {
                for (var r = 0; r < 4; r++) predictions[row + r] = Predict(four.Slice(r * Judges, Judges));
            }
        }

        for (; row < predictions.Length; row++) predictions[row] = Predict(scores.Slice(row * Judges, Judges));
    }

    public void Contributions(ReadOnlySpan<double> scores, Span<double> contributions)
    {
        Span<double> buffer = Judges <= RowByRow.OnStack ? stackalloc double[Judges] : new double[Judges];
        var filled = _judges.Fill(scores, buffer);
        for (var j = 0; j < filled.Length; j++) contributions[j] = _curves.Part(j, filled[j]);
        foreach (var interaction in _interactions)
        {
            var half = interaction.At(filled) / 2;
            contributions[interaction.First] += half;
            contributions[interaction.Second] += half;
        }
    }

    public PartialDependence Curve(int judge, ReadOnlySpan<double> at, double level = 0.95, ulong? simultaneous = null)
    {
        if (!(level > 0 && level < 1)) throw new ArgumentException("A level lies between 0 and 1.", nameof(level));
        ArgumentOutOfRangeException.ThrowIfNegative(judge);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(judge, Judges);
        var (value, lower, upper) = (new double[at.Length], new double[at.Length], new double[at.Length]);
        var part = _parts[judge];
        var width = part is null ? 0 : Algebra.NormalQuantile.Of((1 + level) / 2);

        // Of a straight line both are the same, and the draws alone would tell them apart.
        if (part is not null && simultaneous is { } seed) width = Math.Max(width, part.SimultaneousWidth(level, seed));
        for (var i = 0; part is not null && i < at.Length; i++)
        {
            var (mean, error) = part.At(at[i]);
            (value[i], lower[i], upper[i]) = (mean, mean - width * error, mean + width * error);
        }

        return new PartialDependence(judge, part?.Basis.Low ?? double.NaN, part?.Basis.High ?? double.NaN, at.ToArray(), value, lower, upper);
    }

    private double Together(double sum, ReadOnlySpan<double> filled)
    {
        foreach (var interaction in _interactions) sum += interaction.At(filled);
        return sum;
    }
}
