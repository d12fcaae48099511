using System.Globalization;
using System.Text.Json;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Learning.Ranking;

namespace Orchestration.Core.MetaEvaluation;

/// <summary>
/// Models to rank, as read from comparisons <c>{model_a, model_b, label}</c>, from orders <c>{ranking: [best, …]}</c>, or from one metric's numbers a row <c>{scores{model: number}}</c>. One
/// input holds comparisons, or orders and metrics.
/// </summary>
public sealed class RankingSet
{
    private readonly Names _models = new();
    private readonly Names _groups = new();
    private readonly List<int> _first = [];
    private readonly List<int> _second = [];
    private readonly List<byte> _halves = [];
    private readonly List<int> _groupOf = [];
    private readonly List<AnswerLook?> _lookA = [];
    private readonly List<AnswerLook?> _lookB = [];
    private readonly List<int[][]> _orders = [];
    private readonly bool _looks;

    private RankingSet(bool looks) => _looks = looks;

    /// <summary>The models, in order of first appearance.</summary>
    public IReadOnlyList<string> Models => _models.All;

    /// <summary>True for comparisons, false for orders.</summary>
    public bool IsComparisons => _first.Count != 0;

    /// <summary>Rows read.</summary>
    public int Rows => Math.Max(_first.Count, _orders.Count);

    /// <summary>Prompts; as many as rows where each is its own.</summary>
    public int Prompts => _groups.All.Count;

    /// <summary>Share of the comparisons that are ties.</summary>
    public double TieShare => _halves.Count == 0 ? 0 : (double)_halves.Count(static h => h == 1) / _halves.Count;

    /// <summary>True where every comparison has both answers, or their lengths.</summary>
    public bool HasLengths => _lookA.Count != 0 && _lookA.TrueForAll(static l => l is not null) && _lookB.TrueForAll(static l => l is not null);

    /// <summary>What was read.</summary>
    public RowReport Report { get; private set; } = null!;

    /// <summary>Reads rows to rank models by.</summary>
    /// <param name="input">The files.</param>
    /// <param name="looks">True to measure the answers too, for style and length.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OrchestrationException">No good row, or fewer than two models (<see cref="ErrorCodes.Input"/>).</exception>
    public static RankingSet Read(RowInput input, bool looks, CancellationToken cancellationToken)
    {
        var read = new RankingSet(looks);
        read.Report = RowSource.Read(input, "{model_a, model_b, label}, {ranking: [best, ...]} or {scores{model: number}}", read.Take, cancellationToken);
        return read;
    }

    /// <summary>The comparisons, with style where it is asked for: length, headers, lists and bold, each as (a − b)/(a + b).</summary>
    public ModelComparisons Comparisons(bool withStyle)
    {
        var style = withStyle ? new double[_first.Count * AnswerLook.Covariates.Count] : null;
        for (var i = 0; withStyle && i < _first.Count; i++) AnswerLook.Difference(_lookA[i]!.Value, _lookB[i]!.Value, style.AsSpan(i * AnswerLook.Covariates.Count, AnswerLook.Covariates.Count));
        return new ModelComparisons(Models.Count, [.. _first], [.. _second], [.. _halves], [.. _groupOf], style, withStyle ? AnswerLook.Covariates.Count : 0);
    }

    /// <summary>The orders.</summary>
    public ModelOrders Orders() => new(Models.Count, [.. _orders], [.. _groupOf]);

    /// <summary>A model's comparisons with an anchor: its half wins, by how much its answer was longer (0 without lengths), and the prompts.</summary>
    public (byte[] Halves, double[] Longer, int[] Groups) Against(int model, int anchor)
    {
        var (halves, longer, groups, names) = (new List<byte>(), new List<double>(), new List<int>(), new Dictionary<int, int>());
        for (var i = 0; i < _first.Count; i++)
        {
            var isFirst = _first[i] == model && _second[i] == anchor;
            if (!isFirst && !(_second[i] == model && _first[i] == anchor)) continue;
            halves.Add(isFirst ? _halves[i] : (byte)(2 - _halves[i]));
            var more = HasLengths ? _lookA[i]!.Value.Length - _lookB[i]!.Value.Length : 0;
            longer.Add(isFirst ? more : -more);
            if (!names.TryGetValue(_groupOf[i], out var group)) names.Add(_groupOf[i], group = names.Count);
            groups.Add(group);
        }

        return ([.. halves], [.. longer], [.. groups]);
    }

    /// <summary>The prompts (groups, or hashes of prompts) on which two models were compared.</summary>
    public IReadOnlySet<string> PromptsOf(int model, int other)
    {
        var prompts = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < _first.Count; i++)
        {
            if ((_first[i] == model && _second[i] == other) || (_first[i] == other && _second[i] == model)) prompts.Add(_groups.All[_groupOf[i]]);
        }

        return prompts;
    }

    private RowFault? Take(JsonElement row)
    {
        var isOrder = row.TryGetProperty("ranking", out var ranking) || row.TryGetProperty("scores", out ranking);
        if (Rows != 0 && isOrder == IsComparisons)
            return new RowFault(RejectReason.RecordedForm, isOrder ? "The row is an order of models, and the rows before it are comparisons. Rank by each apart." : "The row is a comparison, and the rows before it are orders of models. Rank by each apart.");
        return isOrder ? TakeOrder(row, ranking) : TakeComparison(row);
    }

    private RowFault? TakeComparison(JsonElement row)
    {
        if (RowSource.Text(row, "model_a") is not { } a) return RowSource.Missing(row, "model_a");
        if (RowSource.Text(row, "model_b") is not { } b) return RowSource.Missing(row, "model_b");
        if (a == b) return new RowFault(RejectReason.RecordedForm, $"The row compares '{a}' with itself. Leave it out.");
        var (label, field) = RowSource.Text(row, "label") is { } own ? (own, "label") : (RowSource.Text(row, "winner"), "winner");
        if (label is null) return RowSource.Missing(row, "label");
        Preference? preference = label switch { "model_a" => Preference.A, "model_b" => Preference.B, "tie (bothbad)" => Preference.Tie, _ => PreferenceText.Parse(label) };
        if (preference is not { } known) return new RowFault(RejectReason.UnknownLabel, $"The field '{field}' is no preference. Write A>B, B>A or A=B; model_a, model_b and tie are read too.");
        var (lookA, lookB) = _looks ? (AnswerLook.Of(row, "answer_a", "length_a"), AnswerLook.Of(row, "answer_b", "length_b")) : (null, null);
        _first.Add(_models.Of(a));
        _second.Add(_models.Of(b));
        _halves.Add((byte)((int)known + 1));
        _groupOf.Add(GroupOf(row));
        if (!_looks) return null;
        _lookA.Add(lookA);
        _lookB.Add(lookB);
        return null;
    }

    private RowFault? TakeOrder(JsonElement row, JsonElement ranking)
    {
        List<string[]> steps = [];
        if (ranking.ValueKind == JsonValueKind.Array)
        {
            foreach (var step in ranking.EnumerateArray())
            {
                var tied = step.ValueKind == JsonValueKind.Array ? step.EnumerateArray().ToArray() : [step];
                if (tied.Length == 0 || !Array.TrueForAll(tied, static m => m.ValueKind == JsonValueKind.String)) return new RowFault(RejectReason.WrongType, "The field 'ranking' should list models, the best first, and tied ones as a list of their own.");
                steps.Add([.. tied.Select(static m => m.GetString()!)]);
            }
        }
        else if (ranking.ValueKind == JsonValueKind.Object)
        {
            var lower = row.TryGetProperty("lower_is_better", out var flag) && flag.ValueKind == JsonValueKind.True;
            var numbers = new List<(string Model, double Score)>();
            foreach (var score in ranking.EnumerateObject())
            {
                if (score.Value.ValueKind == JsonValueKind.Null) continue;
                if (score.Value.ValueKind != JsonValueKind.Number) return new RowFault(RejectReason.WrongType, $"The score of '{score.Name}' should be a number or null.");
                if (!score.Value.TryGetDouble(out var value) || !double.IsFinite(value)) return JsonFaults.NotFinite(score.Name);
                numbers.Add((score.Name, lower ? -value : value));
            }

            steps.AddRange(numbers.GroupBy(static n => n.Score).OrderByDescending(static g => g.Key).Select(static g => g.Select(static n => n.Model).ToArray()));
        }
        else
        {
            return new RowFault(RejectReason.WrongType, "The field 'ranking' should be a list of models, or 'scores' an object: model to number.");
        }

        var all = steps.SelectMany(static s => s).ToArray();
        if (all.Length < 2) return new RowFault(RejectReason.RecordedForm, "The row orders fewer than two models, which says nothing of them. Leave it out.");
        if (all.Distinct(StringComparer.Ordinal).Count() != all.Length) return new RowFault(RejectReason.RecordedForm, "The row names a model twice. Keep one of its places.");
        _orders.Add([.. steps.Select(s => s.Select(_models.Of).ToArray())]);
        _groupOf.Add(GroupOf(row));
        return null;
    }

    private int GroupOf(JsonElement row) => _groups.Of(
        RowSource.Text(row, "group") is { } group ? group
        : RowSource.Text(row, "prompt") is { } prompt ? PairHash.Group(prompt)
        : string.Create(CultureInfo.InvariantCulture, $"row {Rows}"));
}
