using System.Text.Json;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Orchestration.Learning.Ensembles;

namespace Orchestration.Core.MetaEvaluation;

/// <summary>What judges said of comparisons in both orders, as read from <c>verdicts.jsonl</c> or JudgeBench's own output files.</summary>
public sealed class RecordedVerdicts
{
    private readonly List<Row> _rows = [];
    private readonly Names _judges = new();
    private readonly Names _groups = new();

    private RecordedVerdicts()
    {
    }

    /// <summary>The judges, in order of first appearance.</summary>
    public IReadOnlyList<string> Judges => _judges.All;

    /// <summary>Number of comparisons.</summary>
    public int Count => _rows.Count;

    /// <summary>Prompts; as many as comparisons where each has its own.</summary>
    public int Prompts => _groups.All.Count;

    /// <summary>What was read.</summary>
    public RowReport Report { get; private set; } = null!;

    /// <summary>
    /// Reads verdicts. A judge with scores of both answers and no verdicts prefers the higher score, whatever the order. A row of JudgeBench's output is one judge's; rows of one id are put together.
    /// </summary>
    /// <exception cref="OrchestrationException">No good row (<see cref="ErrorCodes.Input"/>).</exception>
    public static RecordedVerdicts Read(RowInput input, CancellationToken cancellationToken)
    {
        var read = new RecordedVerdicts();
        var byId = new Dictionary<string, Row>(StringComparer.Ordinal);
        read.Report = RowSource.Read(input, "{id, category?, label?, verdicts{judge: [as shown, swapped]}, scores{judge: [A, B]}?}", row => read.Take(row, byId), cancellationToken);
        return read;
    }

    /// <summary>Each judge's tally over all comparisons; a judge that says nothing of a comparison counts as unreadable there.</summary>
    public VerdictTally TallyOf(int judge)
    {
        var tally = new VerdictTally();
        foreach (var row in _rows)
        {
            var said = row.Of(judge);
            tally.Add(row.Label, said.AsShown, said.Swapped, row.Category);
        }

        return tally;
    }

    /// <summary>For each labelled comparison with a preference whether the judge was right (1), wrong (0) or tied (½), and its prompt's number: what bounds by prompt are made from.</summary>
    public (double[] Credits, int[] Groups) CreditsOf(int judge, bool halfTie)
    {
        var credits = new List<double>();
        var groups = new Names();
        var groupOf = new List<int>();
        foreach (var row in _rows)
        {
            if (row.Label is not (Preference.A or Preference.B)) continue;
            var said = row.Of(judge);
            var tally = new VerdictTally();
            tally.Add(row.Label, said.AsShown, said.Swapped, null);
            credits.Add(halfTie ? tally.HalfTieAccuracy : tally.Accuracy);
            groupOf.Add(groups.Of(_groups.All[row.Group]));
        }

        return ([.. credits], [.. groupOf]);
    }

    /// <summary>The labelled comparisons with a preference, to combine judges on; the names of their categories (empty where not every row has one), and how many were left out.</summary>
    public (VerdictRows Rows, IReadOnlyList<string> Categories, int LeftOut) ToCombine()
    {
        var rows = _rows.Where(static r => r.Label is Preference.A or Preference.B).ToArray();
        if (rows.Length == 0) throw new OrchestrationException(ErrorCodes.Input, "No comparison has a label A>B or B>A, and without labels nothing says who is right. Add 'label' to the rows.");
        var (categories, groups) = (new Names(), new Names());
        var hasCategories = Array.TrueForAll(rows, static r => r.Category is not null);
        var (verdicts, signals) = (new double[rows.Length * Judges.Count], new double[rows.Length * Judges.Count]);
        var hasScores = Enumerable.Range(0, Judges.Count).Select(j => Array.Exists(rows, r => !double.IsNaN(r.Of(j).Difference))).ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            for (var j = 0; j < Judges.Count; j++)
            {
                var said = rows[i].Of(j);
                verdicts[i * Judges.Count + j] = VerdictValue.Of(said.AsShown, said.Swapped);
                signals[i * Judges.Count + j] = hasScores[j] ? said.Difference : verdicts[i * Judges.Count + j];
            }
        }

        var data = new VerdictRows(
            Judges.Count, verdicts, signals, [.. rows.Select(static r => (int)r.Label!.Value)], [.. rows.Select(r => groups.Of(_groups.All[r.Group]))],
            hasCategories ? [.. rows.Select(r => categories.Of(r.Category!))] : null);
        return (data, categories.All, _rows.Count - rows.Length);
    }

    private RowFault? Take(JsonElement row, Dictionary<string, Row> byId)
    {
        var native = row.TryGetProperty("judgments", out var games) && games.ValueKind == JsonValueKind.Array;
        if ((RowSource.Text(row, "id") ?? RowSource.Text(row, "pair_id")) is not { } id) return RowSource.Missing(row, "id");
        Preference? label = null;
        if (row.TryGetProperty("label", out var text) && text.ValueKind != JsonValueKind.Null)
        {
            if (text.ValueKind != JsonValueKind.String || PreferenceText.Parse(text.GetString()!) is not { } preference) return RowRules.UnknownLabel("label");
            label = preference;
        }

        var said = new List<(string Judge, Said Said)>();
        if ((native ? ReadNative(row, games, said) : ReadVerdicts(row, said)) is { } fault) return fault;
        var isNew = !byId.TryGetValue(id, out var known);
        if (!isNew && (!native || said.Exists(s => known!.Has(_judges.Find(s.Judge))))) return new RowFault(RejectReason.DuplicateId, $"The id '{id}' is that of an earlier row. Leave one of the two out.");
        if (isNew)
        {
            var category = RowSource.Text(row, "category") ?? (RowSource.Text(row, "source") is { } source ? RowRules.NativeCategory(source) : null);
            var group = RowSource.Text(row, "group") ?? ((RowSource.Text(row, "prompt") ?? RowSource.Text(row, "question")) is { } prompt ? PairHash.Group(prompt) : $"id {id}");
            byId.Add(id, known = new Row(_groups.Of(group), category, label));
            _rows.Add(known);
        }

        foreach (var (judge, what) in said) known!.Set(_judges.Of(judge), what);
        return null;
    }

    private static RowFault? ReadVerdicts(JsonElement row, List<(string, Said)> into)
    {
        var hasVerdicts = row.TryGetProperty("verdicts", out var verdicts) && verdicts.ValueKind == JsonValueKind.Object;
        var hasScores = row.TryGetProperty("scores", out var scores) && scores.ValueKind == JsonValueKind.Object;
        if (!hasVerdicts && !hasScores) return RowSource.Missing(row, "verdicts");
        var judges = new Dictionary<string, Said>(StringComparer.Ordinal);
        foreach (var judge in hasVerdicts ? verdicts.EnumerateObject() : default)
        {
            if (judge.Value.ValueKind == JsonValueKind.Null) continue;
            if (judge.Value.ValueKind != JsonValueKind.Array || judge.Value.GetArrayLength() != 2)
                return new RowFault(RejectReason.WrongType, $"The verdicts of '{judge.Name}' should be two: as shown, and with A and B swapped.");
            judges[judge.Name] = new Said(Verdict(judge.Value[0]), Verdict(judge.Value[1]), double.NaN);
        }

        foreach (var judge in hasScores ? scores.EnumerateObject() : default)
        {
            if (judge.Value.ValueKind == JsonValueKind.Null) continue;
            if (judge.Value.ValueKind != JsonValueKind.Array || judge.Value.GetArrayLength() != 2)
                return new RowFault(RejectReason.WrongType, $"The scores of '{judge.Name}' should be two numbers [A, B]; null where there is none.");
            var (a, b) = (judge.Value[0], judge.Value[1]);
            var difference = double.NaN;
            if (a.ValueKind == JsonValueKind.Number && b.ValueKind == JsonValueKind.Number)
            {
                if (!a.TryGetDouble(out var first) || !b.TryGetDouble(out var second) || !double.IsFinite(first - second)) return JsonFaults.NotFinite(judge.Name);
                difference = first - second;
            }

            var preferred = double.IsNaN(difference) ? (Preference?)null : (Preference)Math.Sign(difference);
            judges[judge.Name] = judges.TryGetValue(judge.Name, out var known) ? known with { Difference = difference } : new Said(preferred, preferred?.Flip(), difference);
        }

        into.AddRange(judges.Select(static j => (j.Key, j.Value)));
        return null;
    }

    private static RowFault? ReadNative(JsonElement row, JsonElement games, List<(string, Said)> into)
    {
        if (RowSource.Text(row, "judge_name") is not { } judge) return RowSource.Missing(row, "judge_name");
        if (games.GetArrayLength() != 2) return new RowFault(RejectReason.WrongType, "The field 'judgments' should hold two games: as shown, and with A and B swapped.");
        if (games[0].ValueKind == JsonValueKind.Object && games[0].TryGetProperty("judgment", out var judgment) && judgment.ValueKind == JsonValueKind.Object && RowSource.Text(judgment, "judge_model") is { } model)
            judge = $"{judge}/{model.Replace('/', '_')}";
        into.Add((judge, new Said(Decision(games[0]), Decision(games[1]), double.NaN)));
        return null;
    }

    private static Preference? Decision(JsonElement game) => game.ValueKind == JsonValueKind.Object && game.TryGetProperty("decision", out var decision) ? Verdict(decision) : null;

    private static Preference? Verdict(JsonElement element) => element.ValueKind == JsonValueKind.String ? PreferenceText.Parse(element.GetString()!) : null;

    /// <summary>What one judge said: both verdicts as said, and its score of A less that of B.</summary>
    private readonly record struct Said(Preference? AsShown, Preference? Swapped, double Difference);

    private sealed class Row(int group, string? category, Preference? label)
    {
        private readonly List<(int Judge, Said Said)> _said = [];

        public int Group => group;

        public string? Category => category;

        public Preference? Label => label;

        public bool Has(int judge) => _said.Exists(s => s.Judge == judge);

        public void Set(int judge, Said said) => _said.Add((judge, said));

        public Said Of(int judge)
        {
            foreach (var (number, said) in _said)
            {
                if (number == judge) return said;
            }

            return new Said(null, null, double.NaN);
        }
    }
}
