using System.Globalization;

namespace Orchestration.Learning.Models.Stacked;

/// <summary>A weighted mean of models.</summary>
internal class StackedModel : IScoreModel
{
    public const string Kind = "stack";

    private readonly IScoreModel[] _models;
    private readonly double[] _weights;

    protected StackedModel(IScoreModel[] models, BlendChoice choice)
    {
        if (models.Length == 0 || models.Length != choice.Members.Count) throw new ArgumentException("A blend has a weight for each member.", nameof(models));
        if (models.Any(m => m.Judges != models[0].Judges)) throw new ArgumentException("The members of a blend are over the same judges.", nameof(models));
        _models = models;
        Choice = choice;
        _weights = [.. choice.Members.Select(m => m.Value)];
        if (!_weights.All(w => w > 0 && w <= 1 + 1e-9) || Math.Abs(_weights.Sum() - 1) > 1e-9) throw new ArgumentException("The weights of a blend are above 0 and sum to 1.", nameof(choice));
    }

    public BlendChoice Choice { get; }

    public int Judges => _models[0].Judges;

    protected ReadOnlySpan<double> Weights => _weights;

    public ModelState State
    {
        get
        {
            var writer = new ModelStateWriter(Kind, 1).Setting("members", _models.Length).Setting("kept", Choice.Kept).Setting("reason", Choice.Reason)
                .Tensor("weights", [_weights.Length], _weights);
            for (var m = 0; m < _models.Length; m++)
            {
                writer.Setting($"name{m.ToString(CultureInfo.InvariantCulture)}", Choice.Members[m].Key);
                writer.Inside($"m{m.ToString(CultureInfo.InvariantCulture)}", _models[m].State);
            }

            return writer.Done();
        }
    }

    /// <summary>The blend; additive where all members are.</summary>
    public static StackedModel Of(IScoreModel[] models, BlendChoice choice) =>
        Array.TrueForAll(models, m => m is IAdditiveModel) ? new AdditiveStack(models, choice) : new StackedModel(models, choice);

    public static IScoreModel Restore(ModelState state)
    {
        var reader = new ModelStateReader(state, 1);
        var weights = reader.Tensor("weights", -1);
        if (weights.Length != reader.Whole("members")) throw reader.Bad("there is not a weight for each member");
        var models = new IScoreModel[weights.Length];
        var members = new KeyValuePair<string, double>[weights.Length];
        for (var m = 0; m < weights.Length; m++)
        {
            models[m] = ScoreModels.Restore(reader.Inside($"m{m.ToString(CultureInfo.InvariantCulture)}"));
            members[m] = new(reader.Text($"name{m.ToString(CultureInfo.InvariantCulture)}"), weights[m]);
        }

        return Of(models, new BlendChoice(members, reader.Flag("kept"), reader.Text("reason")));
    }

    public double Predict(ReadOnlySpan<double> scores)
    {
        var sum = 0.0;
        for (var m = 0; m < _models.Length; m++) sum += _weights[m] * _models[m].Predict(scores);
        return sum;
    }

    public void Predict(ReadOnlySpan<double> scores, Span<double> predictions)
    {
        // Some rows at a time: every member in its own fastest way, and no memory that grows with the rows.
        Span<double> part = stackalloc double[256];
        for (var start = 0; start < predictions.Length; start += part.Length)
        {
            var count = Math.Min(part.Length, predictions.Length - start);
            var rows = scores.Slice(start * Judges, count * Judges);
            var sums = predictions.Slice(start, count);
            sums.Clear();
            for (var m = 0; m < _models.Length; m++)
            {
                _models[m].Predict(rows, part[..count]);
                for (var i = 0; i < count; i++) sums[i] += _weights[m] * part[i];
            }
        }
    }

    /// <summary>A weighted mean of additive models, which is additive.</summary>
    private sealed class AdditiveStack : StackedModel, IAdditiveModel
    {
        private readonly IAdditiveModel[] _parts;

        public AdditiveStack(IScoreModel[] models, BlendChoice choice)
            : base(models, choice)
        {
            _parts = [.. models.Cast<IAdditiveModel>()];
            for (var m = 0; m < _parts.Length; m++) Constant += Weights[m] * _parts[m].Constant;
        }

        public double Constant { get; }

        public void Contributions(ReadOnlySpan<double> scores, Span<double> contributions)
        {
            Span<double> part = Judges <= RowByRow.OnStack ? stackalloc double[Judges] : new double[Judges];
            contributions[..Judges].Clear();
            for (var m = 0; m < _parts.Length; m++)
            {
                _parts[m].Contributions(scores, part);
                for (var j = 0; j < Judges; j++) contributions[j] += Weights[m] * part[j];
            }
        }
    }
}
