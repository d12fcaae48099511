using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Judging;
using Orchestration.Learning.Models;

namespace Orchestration.Core.Aggregation.Training;

/// <summary>
/// A version's model over rows that were mapped for another one: other judges, another order, other fitted scales. Scales are lines, so a mapped score is taken back
/// to the judge's own scale and mapped as the version does.
/// </summary>
internal sealed class RemappedModel : IScoreModel
{
    private readonly LoadedVersion _version;
    private readonly int[] _places;
    private readonly AggregatorJudge[] _from;

    public RemappedModel(LoadedVersion version, IReadOnlyList<AggregatorJudge> judges)
    {
        _version = version;
        _from = [.. judges];
        _places = [.. version.Judges.Select(own => Array.FindIndex(_from, j => j.Name == own.Name))];
    }

    public int Judges => _from.Length;

    public ModelState State => throw new NotSupportedException("A version seen through other scales is not stored.");

    public double Predict(ReadOnlySpan<double> scores)
    {
        Span<double> own = stackalloc double[_places.Length <= 256 ? _places.Length : 0];
        if (own.IsEmpty) own = new double[_places.Length];
        for (var j = 0; j < own.Length; j++)
        {
            var place = _places[j];
            if (place < 0)
            {
                own[j] = double.NaN;
                continue;
            }

            var judge = _version.Judges[j];
            own[j] = judge.Scale == _from[place].Scale ? scores[place] : judge.Map(Raw(_from[place].Scale, scores[place]));
        }

        return _version.Model.Predict(own);
    }

    public void Predict(ReadOnlySpan<double> scores, Span<double> predictions)
    {
        for (var row = 0; row < predictions.Length; row++) predictions[row] = Predict(scores.Slice(row * Judges, Judges));
    }

    private static double Raw(Scale scale, double mapped) =>
        scale.Min + (scale.Direction == Direction.HigherIsBetter ? mapped : 1 - mapped) * (scale.Max - scale.Min);
}
