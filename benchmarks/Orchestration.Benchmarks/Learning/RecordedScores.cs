using System.Text.Json;
using Orchestration.Benchmarks.Whole;
using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;

namespace Orchestration.Benchmarks.Learning;

/// <summary>The recorded public data beside the repository, as rows to learn from.</summary>
internal static class RecordedScores
{
    public static string Folder(string name)
    {
        var folder = Path.GetFullPath(Path.Combine(Report.Root(), "..", "shared", "data", name));
        return Directory.Exists(folder) ? folder : throw new DirectoryNotFoundException($"The recorded public data is not on this machine: {folder}.");
    }

    public static ScoreData SummEval(string dimension) => SummEval(dimension, out _);

    /// <summary>Scores 1–5 mapped to 0–1, prompts as groups in order of appearance; sources are where the prompts come from.</summary>
    public static ScoreData SummEval(string dimension, out int[] sources)
    {
        var (scores, targets, groups, from) = (new List<double>(), new List<double>(), new List<int>(), new List<int>());
        var (groupNumbers, sourceNumbers, judges) = (new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal), 0);
        foreach (var line in File.ReadLines(Path.Combine(Folder("summeval"), $"{dimension}.jsonl")))
        {
            using var row = JsonDocument.Parse(line);
            double[] given = [.. row.RootElement.GetProperty("scores").EnumerateObject().Select(s => s.Value.ValueKind == JsonValueKind.Null ? double.NaN : (s.Value.GetDouble() - 1) / 4)];
            judges = given.Length;
            scores.AddRange(given);
            targets.Add(row.RootElement.GetProperty("target").GetDouble());
            var group = row.RootElement.GetProperty("group").GetString()!;
            groups.Add(Number(groupNumbers, group));
            from.Add(Number(sourceNumbers, group.Split('-')[0]));
        }

        sources = [.. from];
        return new ScoreData(judges, [.. scores], [.. targets], [.. groups]);
    }

    /// <summary>Comparisons with the verdicts of both orders as features, each its own group; and the category of each.</summary>
    public static (PreferenceData Data, int[] Categories, string[] Names) LlmBar()
    {
        var (first, second, labels, categories) = (new List<double>(), new List<double>(), new List<double>(), new List<int>());
        var (names, judges) = (new Dictionary<string, int>(StringComparer.Ordinal), 0);
        foreach (var line in File.ReadLines(Path.Combine(Folder("llmbar"), "core.jsonl")))
        {
            using var row = JsonDocument.Parse(line);
            judges = 0;
            foreach (var judge in row.RootElement.GetProperty("verdicts").EnumerateObject())
            {
                var (a, b) = VerdictFeatures.Scores(VerdictFeatures.Mean(Verdict(judge.Value[0]), Verdict(judge.Value[1])));
                first.Add(a);
                second.Add(b);
                judges++;
            }

            labels.Add(row.RootElement.GetProperty("label").GetString() == "A>B" ? 1 : 0);
            categories.Add(Number(names, row.RootElement.GetProperty("category").GetString()!));
        }

        return (new PreferenceData(judges, [.. first], [.. second], [.. labels], [.. Enumerable.Range(0, labels.Count)]), [.. categories], [.. names.Keys]);
    }

    private static double Verdict(JsonElement verdict) => verdict.GetString() switch
    {
        "A>B" => 1,
        "B>A" => -1,
        "A=B" => 0,
        _ => double.NaN,
    };

    private static int Number(Dictionary<string, int> numbers, string name)
    {
        if (!numbers.TryGetValue(name, out var number)) numbers.Add(name, number = numbers.Count);
        return number;
    }
}
