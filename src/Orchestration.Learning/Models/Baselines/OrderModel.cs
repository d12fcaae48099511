using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Baselines;

/// <summary>Statistics of one row's scores in their order.</summary>
internal enum OrderStatistic
{
    /// <summary>The middle score, or the mean of the middle two.</summary>
    Median,

    /// <summary>The mean without a share of the scores at each end.</summary>
    TrimmedMean,

    /// <summary>The lowest score.</summary>
    Minimum,

    /// <summary>The highest score.</summary>
    Maximum,
}

/// <summary>Offset + slope × an order statistic of the judges; a missing judge is first filled with the score expected from the others.</summary>
internal sealed class OrderModel(JudgeNormal judges, OrderStatistic statistic, double trim, double offset, double slope) : IScoreModel
{
    public const string Kind = "order";

    public int Judges => judges.Judges;

    public ModelState State
    {
        get
        {
            var writer = new ModelStateWriter(Kind, 1).Setting("statistic", Name(statistic)).Setting("trim", trim).Setting("offset", offset).Setting("slope", slope);
            judges.Write(writer);
            return writer.Done();
        }
    }

    public static IScoreModel Restore(ModelState state)
    {
        var reader = new ModelStateReader(state, 1);
        var name = reader.Text("statistic");
        var found = Enum.GetValues<OrderStatistic>().Where(s => Name(s) == name).ToArray();
        if (found.Length == 0) throw reader.Bad($"the statistic {name} is unknown");
        return new OrderModel(JudgeNormal.Read(reader), found[0], reader.Number("trim"), reader.Number("offset"), reader.Number("slope"));
    }

    public double Predict(ReadOnlySpan<double> scores)
    {
        Span<double> sorted = Judges <= RowByRow.OnStack ? stackalloc double[Judges] : new double[Judges];
        var filled = judges.Fill(scores, sorted);
        if (filled == scores) scores.CopyTo(sorted);
        sorted.Sort();
        return offset + slope * Of(sorted);
    }

    public void Predict(ReadOnlySpan<double> scores, Span<double> predictions) => RowByRow.Predict(this, scores, predictions);

    private double Of(ReadOnlySpan<double> sorted)
    {
        var last = sorted.Length - 1;
        switch (statistic)
        {
            case OrderStatistic.Minimum: return sorted[0];
            case OrderStatistic.Maximum: return sorted[last];
            case OrderStatistic.Median: return (sorted[last / 2] + sorted[(last + 1) / 2]) / 2;
            default:
                var left = Math.Min(trim > 0 ? Math.Max(1, (int)(trim * sorted.Length)) : 0, last / 2);
                return RowByRow.Average(sorted[left..^left]);
        }
    }

    private static string Name(OrderStatistic statistic) => statistic switch
    {
        OrderStatistic.Median => "median",
        OrderStatistic.TrimmedMean => "trimmed-mean",
        OrderStatistic.Minimum => "min",
        _ => "max",
    };
}

/// <summary>An order statistic, stretched from 0–1 onto the target's range and otherwise not fitted; for comparisons onto −1 to 1.</summary>
internal sealed class OrderRecipe(string name, OrderStatistic statistic, RecipeOptions settings) : IModelRecipe
{
    public string Name => name;

    public bool IsMonotone => true;

    public IScoreModel Fit(ScoreData data, FitOptions options)
    {
        var (low, high) = settings.TargetRange ?? (data.Targets.Min(), data.Targets.Max());
        return new OrderModel(JudgeNormal.Fit(data, isRising: true), statistic, settings.Trim, low, high - low);
    }

    public IScoreModel Fit(PreferenceData data, FitOptions options) => new OrderModel(JudgeNormal.Fit(data, isRising: true), statistic, settings.Trim, -1, 2);
}
