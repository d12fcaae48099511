using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Learning.Models;

namespace Orchestration.Core.Aggregation.Training;

/// <summary>Rows as models learn from them: mapped scores, numbered groups, and what is kept of them in a version.</summary>
public sealed class TrainingSet
{
    private TrainingSet()
    {
    }

    /// <summary>Scores or comparisons.</summary>
    public required LearnedFrom LearnedFrom { get; init; }

    /// <summary>The judges that take part, in the order of the model's inputs.</summary>
    public required IReadOnlyList<AggregatorJudge> Judges { get; init; }

    /// <summary>Judges without part, with the reason.</summary>
    public required IReadOnlyList<(string Judge, string Reason)> LeftOut { get; init; }

    /// <summary>The rows where learned from human scores.</summary>
    public ScoreData? Scores { get; init; }

    /// <summary>The rows where learned from comparisons.</summary>
    public PreferenceData? Preferences { get; init; }

    /// <summary>What is kept of the rows.</summary>
    public required AggregatorTraining Facts { get; init; }

    /// <summary>What is learned.</summary>
    public required AggregatorTarget Target { get; init; }

    /// <summary>The first 64 bits of each row's hash, in row order.</summary>
    public required IReadOnlyList<ulong> RowHashes { get; init; }

    /// <summary>The same of each row's group.</summary>
    public required IReadOnlyList<ulong> GroupHashes { get; init; }

    /// <summary>The further field as numbers 0 … P − 1; null where none was read.</summary>
    public int[]? Parts { get; init; }

    /// <summary>Maps rows, fitting a scale for judges that state none.</summary>
    /// <param name="rows">As read.</param>
    /// <param name="input">By which fields.</param>
    /// <param name="scaleOf">A judge's stated scale beside those of summaries; null where none is known.</param>
    /// <param name="identityOf">Rubric and version of a judge beside those of summaries; null where neither is known.</param>
    public static TrainingSet Of(TrainingRows rows, TrainingInput input, Func<string, Scale?> scaleOf, Func<string, KnownColumn?>? identityOf = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var judges = new List<AggregatorJudge>();
        var columns = new List<double[]>();
        var leftOut = new List<(string, string)>();
        for (var j = 0; j < rows.Judges.Count; j++)
        {
            var raw = rows.Column(j);
            if (JudgeOf(rows, j, raw, scaleOf, identityOf, out var reason) is not { } judge)
            {
                leftOut.Add((rows.Judges[j], reason));
                continue;
            }

            double[] mapped = [.. raw.Select(judge.Map)];
            var (sum, known) = (0.0, 0);
            foreach (var value in mapped)
            {
                if (double.IsNaN(value)) continue;
                sum += value;
                known++;
            }

            if (known == 0)
            {
                leftOut.Add((judge.Name, "no score on its scale"));
                continue;
            }

            judges.Add(judge with { Reference = sum / known });
            columns.Add(mapped);
        }

        if (judges.Count == 0)
            throw new OrchestrationException(ErrorCodes.Input, $"No judge can be learned from: {string.Join("; ", leftOut.Select(static l => $"{l.Item1} has {l.Item2}"))}. State scales with --scale NAME=MIN..MAX.");
        return Build(rows, input, judges, columns, leftOut);
    }

    /// <summary>Maps rows as a version does, with its judges in its order; one that the rows do not have is missing.</summary>
    public static TrainingSet Under(TrainingRows rows, TrainingInput input, IReadOnlyList<AggregatorJudge> judges)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var columns = new List<double[]>();
        foreach (var judge in judges)
        {
            var place = Enumerable.Range(0, rows.Judges.Count).FirstOrDefault(j => rows.Judges[j] == judge.Name, -1);
            columns.Add(place < 0 ? Enumerable.Repeat(double.NaN, rows.Count).ToArray() : [.. rows.Column(place).Select(judge.Map)]);
        }

        return Build(rows, input, [.. judges], columns, []);
    }

    private static TrainingSet Build(TrainingRows rows, TrainingInput input, List<AggregatorJudge> judges, List<double[]> columns, List<(string, string)> leftOut)
    {
        var scores = new double[rows.Count * judges.Count];
        for (var j = 0; j < judges.Count; j++)
        {
            for (var row = 0; row < rows.Count; row++) scores[row * judges.Count + j] = columns[j][row];
        }

        var groups = Numbered(rows.Groups);
        var weights = input.Weight is null ? null : rows.Weights.ToArray();
        var isScores = rows.LearnedFrom == LearnedFrom.Scores;
        ulong[] rowHashes = [.. rows.Ids.Select((id, i) => PairHash.Of("row", id, rows.Groups[i]).High)];
        ulong[] groupHashes = [.. rows.Groups.Select(static g => PairHash.Of("group", g).High)];
        return new TrainingSet
        {
            LearnedFrom = rows.LearnedFrom!.Value,
            Judges = judges,
            LeftOut = leftOut,
            Scores = isScores ? new ScoreData(judges.Count, scores, [.. rows.Targets], groups, weights) : null,
            Preferences = isScores ? null : new PreferenceData(judges.Count, scores, [.. scores.Select(static s => 1 - s)], [.. rows.Targets], groups, weights),
            Target = isScores ? new AggregatorTarget(input.Target, rows.Targets.Min(), rows.Targets.Max()) : new AggregatorTarget(input.Target, 0, 0),
            Facts = new AggregatorTraining(
                HashOf(rows, judges), rows.Count, groups.Max() + 1,
                [.. rowHashes.Order()], [.. groupHashes.Distinct().Order()], input.Group, input.Weight, input.Part, rows.Simulated == 0 ? null : rows.Simulated),
            RowHashes = rowHashes,
            GroupHashes = groupHashes,
            Parts = input.Part is null ? null : Numbered(rows.Parts),
        };
    }

    private static AggregatorJudge? JudgeOf(
        TrainingRows rows, int index, IReadOnlyList<double> raw, Func<string, Scale?> scaleOf, Func<string, KnownColumn?>? identityOf, out string reason)
    {
        reason = "";
        var name = rows.Judges[index];
        var known = rows.Known.GetValueOrDefault(name) ?? identityOf?.Invoke(name);

        // A verdict lies between −1 and 1 whatever the judge: no scale is needed.
        if (rows.LearnedFrom == LearnedFrom.Comparisons) return new AggregatorJudge(name, new Scale(-1, 1), false, 0.5, known?.Rubric, known?.Version);
        if ((scaleOf(name) ?? known?.Scale) is { } scale) return new AggregatorJudge(name, scale, false, 0, known?.Rubric, known?.Version);
        if (FittedScale.Of(raw) is { } fitted) return new AggregatorJudge(name, fitted, true, 0, known?.Rubric, known?.Version);
        reason = "one score only, from which no scale can be fitted";
        return null;
    }

    private static int[] Numbered(IReadOnlyList<string> values)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. values.Select(value => numbers.TryGetValue(value, out var number) ? number : numbers[value] = numbers.Count)];
    }

    private static string HashOf(TrainingRows rows, List<AggregatorJudge> judges)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[8];
        Text(rows.LearnedFrom!.Value.ToString());
        foreach (var judge in judges) Text(judge.Name);
        var columns = judges.Select(judge => Enumerable.Range(0, rows.Judges.Count).FirstOrDefault(j => rows.Judges[j] == judge.Name, -1))
            .Select(j => j < 0 ? Enumerable.Repeat(double.NaN, rows.Count).ToArray() : rows.Column(j)).ToArray();
        for (var row = 0; row < rows.Count; row++)
        {
            Text(rows.Ids[row]);
            Text(rows.Groups[row]);
            Number(rows.Targets[row]);
            Number(rows.Weights[row]);
            foreach (var column in columns) Number(column[row]);
        }

        return Convert.ToHexStringLower(sha.GetCurrentHash());

        void Text(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt64LittleEndian(buffer, bytes.Length);
            sha.AppendData(buffer);
            sha.AppendData(bytes);
        }

        void Number(double number)
        {
            // One missing score is like another, whatever the bits of its NaN.
            BinaryPrimitives.WriteDoubleLittleEndian(buffer, double.IsNaN(number) ? double.NaN : number);
            sha.AppendData(buffer);
        }
    }
}

/// <summary>A scale for a judge that states none, from its scores on the training rows; scores beyond it are clipped later.</summary>
internal static class FittedScale
{
    /// <summary>Up to this many distinct scores are a rating scale, whose ends count; more are measurements, whose tails do not.</summary>
    private const int Ratings = 32;

    private const double Tail = 0.005;

    /// <summary>From the lowest to the highest rating, or between the 0.5% and 99.5% quantiles of measurements; null where they do not differ.</summary>
    public static Scale? Of(IReadOnlyList<double> scores)
    {
        double[] sorted = [.. scores.Where(static s => !double.IsNaN(s)).Order()];
        if (sorted.Length == 0) return null;
        var (low, high) = (sorted[0], sorted[^1]);
        if (sorted.Distinct().Take(Ratings + 1).Count() > Ratings)
        {
            var cut = (int)(Tail * (sorted.Length - 1));
            if (sorted[cut] < sorted[^(cut + 1)]) (low, high) = (sorted[cut], sorted[^(cut + 1)]);
        }

        return low < high ? new Scale(low, high) : null;
    }
}
