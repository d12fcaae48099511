using System.Text.Json;
using Orchestration.Learning.Models;
using Orchestration.Testing;

namespace Orchestration.Learning.Tests.Models;

/// <summary>Rows to learn from: made up with a known truth, or recorded.</summary>
internal static class Rows
{
    /// <summary>Judges that share a common part, of the stated correlation, each score 0–1.</summary>
    public static ScoreData Correlated(int rows, int judges, double correlation, ulong seed, Func<double[], double> truth, double noise = 0.1)
    {
        var random = new Random((int)seed);
        var (scores, targets) = (new double[rows * judges], new double[rows]);
        for (var row = 0; row < rows; row++)
        {
            var common = Normal(random);
            var values = new double[judges];
            for (var j = 0; j < judges; j++)
                values[j] = Math.Clamp(0.5 + 0.2 * (Math.Sqrt(correlation) * common + Math.Sqrt(1 - correlation) * Normal(random)), 0, 1);
            values.CopyTo(scores, row * judges);
            targets[row] = truth(values) + noise * Normal(random);
        }

        return new ScoreData(judges, scores, targets, [.. Enumerable.Range(0, rows)]);
    }

    /// <summary>The same rows with each score missing by chance.</summary>
    public static double[] WithGaps(double[] scores, double share, ulong seed)
    {
        var random = new Random((int)seed);
        return [.. scores.Select(s => random.NextDouble() < share ? double.NaN : s)];
    }

    /// <summary>A recorded SummEval dimension: scores 1–5 mapped to 0–1, prompts as groups.</summary>
    public static ScoreData SummEval(string dimension)
    {
        var (scores, targets, groups) = (new List<double>(), new List<double>(), new List<int>());
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var judges = 0;
        foreach (var line in File.ReadLines(PublicData.Require($"summeval/{dimension}.jsonl")))
        {
            using var row = JsonDocument.Parse(line);
            var given = row.RootElement.GetProperty("scores").EnumerateObject().Select(s => s.Value.ValueKind == JsonValueKind.Null ? double.NaN : (s.Value.GetDouble() - 1) / 4).ToArray();
            judges = given.Length;
            scores.AddRange(given);
            targets.Add(row.RootElement.GetProperty("target").GetDouble());
            groups.Add(numbers.GetOrAdd(row.RootElement.GetProperty("group").GetString()!));
        }

        return new ScoreData(judges, [.. scores], [.. targets], [.. groups]);
    }

    /// <summary>Pooled R² of predictions from folds of whole groups; seed −1 deals the groups out in turn.</summary>
    public static double GroupedR2(ScoreData data, IModelRecipe recipe, int seed = -1, int folds = 5)
    {
        var foldOf = Enumerable.Range(0, data.Groups).Select(g => g % folds).ToArray();
        if (seed >= 0) new Random(seed).Shuffle(foldOf);
        var predicted = new double[data.Rows];
        for (var fold = 0; fold < folds; fold++)
        {
            int[] train = [.. Enumerable.Range(0, data.Rows).Where(r => foldOf[data.GroupOf[r]] != fold)];
            var model = recipe.Fit(data.Select(train), new FitOptions(1));
            foreach (var row in Enumerable.Range(0, data.Rows).Where(r => foldOf[data.GroupOf[r]] == fold)) predicted[row] = model.Predict(data.Row(row));
        }

        return R2(predicted, data.Targets);
    }

    public static double R2(IReadOnlyList<double> predicted, IReadOnlyList<double> targets)
    {
        var mean = targets.Average();
        return 1 - predicted.Zip(targets, (p, t) => (p - t) * (p - t)).Sum() / targets.Sum(t => (t - mean) * (t - mean));
    }

    public static double[] PredictAll(IScoreModel model, double[] scores)
    {
        var predictions = new double[scores.Length / model.Judges];
        model.Predict(scores, predictions);
        return predictions;
    }

    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static int GetOrAdd(this Dictionary<string, int> numbers, string key)
    {
        if (!numbers.TryGetValue(key, out var number)) numbers.Add(key, number = numbers.Count);
        return number;
    }
}

internal static class AdditiveReading
{
    /// <summary>How much a judge's part grows from its lowest to its highest score.</summary>
    public static double Rise(this IAdditiveModel model, int judge)
    {
        var (parts, row) = (new double[model.Judges], new double[model.Judges]);
        model.Contributions(row, parts);
        var low = parts[judge];
        row[judge] = 1;
        model.Contributions(row, parts);
        return parts[judge] - low;
    }
}
