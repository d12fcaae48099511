using System.Text.Json;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.MetaEvaluation.Probing;

/// <summary>What one judge said of one row. A comparison has verdicts, or scores of both answers; a pair has a score.</summary>
/// <param name="Score">A pair's score, or that of answer A, on the judge's scale; NaN where there is none.</param>
/// <param name="ScoreB">Answer B's score; NaN where there is none.</param>
/// <param name="AsShown">The verdict as shown; null where there is none.</param>
/// <param name="Swapped">The verdict with the answers exchanged, as said then; null where there is none.</param>
public readonly record struct Said(double Score, double ScoreB, Preference? AsShown, Preference? Swapped)
{
    /// <summary>Nothing.</summary>
    public static Said Nothing => new(double.NaN, double.NaN, null, null);
}

/// <summary>Rows that a sweep judged, or that were recorded: by id and by the column of the judge.</summary>
public sealed class JudgedRows
{
    private readonly Dictionary<(string Id, string Judge), Said> _said = [];
    private readonly HashSet<string> _withScores = new(StringComparer.Ordinal);

    /// <summary>The columns, in order of first appearance.</summary>
    public IReadOnlyList<string> Judges => _judges.All;

    private readonly Names _judges = new();

    /// <summary>The ids, in order of first appearance.</summary>
    public IReadOnlyList<string> Ids => _ids.All;

    private readonly Names _ids = new();

    /// <summary>What the rows say of themselves, in order of first appearance, with their own ids; results hold no texts.</summary>
    public IReadOnlyList<ProbeItem> Items => _items;

    private readonly List<ProbeItem> _items = [];

    /// <summary>Scales of columns, where stated. Scores are read by them; lower may be better.</summary>
    public IReadOnlyDictionary<string, Scale> Scales { get; init; } = new Dictionary<string, Scale>(StringComparer.Ordinal);

    /// <summary>Reads <c>results.jsonl</c> or <c>verdicts.jsonl</c> as a sweep writes them, and adds it to what was read before.</summary>
    /// <param name="path">The file.</param>
    /// <param name="idPrefix">Put before every id.</param>
    /// <param name="columnSuffix">Put behind every judge's name: another run of the same judges.</param>
    /// <exception cref="OrchestrationException">A line is no such row (<see cref="ErrorCodes.Input"/>).</exception>
    public void Add(string path, string idPrefix = "", string columnSuffix = "")
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (line.Length == 0) continue;
            try
            {
                using var row = JsonDocument.Parse(line);
                Add(row.RootElement, idPrefix, columnSuffix);
            }
            catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException)
            {
                throw new OrchestrationException(ErrorCodes.Input, $"{path}, line {number}: this is no row of results or verdicts. {fault.Message}", fault);
            }
        }
    }

    /// <summary>What a judge said of a row.</summary>
    public Said Of(string id, string judge) => _said.GetValueOrDefault((id, judge), Said.Nothing);

    /// <summary>True where the judge scores each answer, so that the order in which they are shown cannot matter.</summary>
    public bool Scores(string judge) => _withScores.Contains(judge);

    /// <summary>A score on 0–1 by the stated scale, 1 the best; as it is where no scale is stated.</summary>
    public double Map(string judge, double score) => double.IsNaN(score) || !Scales.TryGetValue(judge, out var scale) ? score : scale.Map(score);

    private void Add(JsonElement row, string idPrefix, string columnSuffix)
    {
        var own = row.GetProperty("id").GetString()!;
        var id = idPrefix + own;
        if (_ids.Find(id) < 0) _items.Add(Item(row, own));
        _ids.Of(id);
        if (!row.TryGetProperty("verdicts", out var verdicts))
        {
            foreach (var judge in row.GetProperty("scores").EnumerateObject())
            {
                var name = judge.Name + columnSuffix;
                _judges.Of(name);
                _withScores.Add(name);
                _said[(id, name)] = Said.Nothing with { Score = Number(judge.Value) };
            }

            return;
        }

        foreach (var judge in verdicts.EnumerateObject())
        {
            var name = judge.Name + columnSuffix;
            _judges.Of(name);
            var pair = judge.Value;
            _said[(id, name)] = pair.ValueKind == JsonValueKind.Array ? Said.Nothing with { AsShown = Verdict(pair[0]), Swapped = Verdict(pair[1]) } : Said.Nothing;
        }

        if (!row.TryGetProperty("scores", out var scores)) return;
        foreach (var judge in scores.EnumerateObject())
        {
            var name = judge.Name + columnSuffix;
            _withScores.Add(name);
            if (judge.Value.ValueKind != JsonValueKind.Array) continue;
            _said[(id, name)] = Of(id, name) with { Score = Number(judge.Value[0]), ScoreB = Number(judge.Value[1]) };
        }
    }

    private static ProbeItem Item(JsonElement row, string id) => new()
    {
        Id = id,
        Prompt = "",
        Answer = "",
        AnswerB = row.TryGetProperty("verdicts", out _) ? "" : null,
        Group = RowSource.Text(row, "group") ?? id,
        Label = RowSource.Text(row, "label") is { } label ? PreferenceText.Parse(label) : null,
        Source = RowSource.Text(row, "source"),
        Target = row.TryGetProperty("target", out var target) ? Number(target) : double.NaN,
    };

    private static double Number(JsonElement value) => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;

    private static Preference? Verdict(JsonElement value) => value.ValueKind == JsonValueKind.String ? PreferenceText.Parse(value.GetString()!) : null;
}
