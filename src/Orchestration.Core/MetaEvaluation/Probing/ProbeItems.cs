using System.Text.Json;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.MetaEvaluation.Probing;

/// <summary>One pair or comparison that judges are probed with.</summary>
public sealed record ProbeItem
{
    /// <summary>Identity within the data.</summary>
    public required string Id { get; init; }

    /// <summary>What was asked.</summary>
    public required string Prompt { get; init; }

    /// <summary>The answer, or answer A of a comparison.</summary>
    public required string Answer { get; init; }

    /// <summary>Answer B; null for a pair.</summary>
    public string? AnswerB { get; init; }

    /// <summary>A reference answer.</summary>
    public string? Reference { get; init; }

    /// <summary>The prompt that it belongs to.</summary>
    public required string Group { get; init; }

    /// <summary>Category, where known.</summary>
    public string? Category { get; init; }

    /// <summary>Which answer people prefer, where known.</summary>
    public Preference? Label { get; init; }

    /// <summary>A pair's human score, where known; NaN otherwise.</summary>
    public double Target { get; init; } = double.NaN;

    /// <summary>The model that wrote the answer, or answer A.</summary>
    public string? Source { get; init; }

    /// <summary>The model that wrote answer B.</summary>
    public string? SourceB { get; init; }

    /// <summary>The same question in other words, as the data states it.</summary>
    public IReadOnlyList<string> Paraphrases { get; init; } = [];

    /// <summary>True for a comparison.</summary>
    public bool IsComparison => AnswerB is not null;
}

/// <summary>Pairs or comparisons as the data has them, whole and in memory: probes are a few hundred rows, not millions.</summary>
public sealed class ProbeItems
{
    private readonly List<ProbeItem> _items = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    private ProbeItems()
    {
    }

    /// <summary>In the order of the data.</summary>
    public IReadOnlyList<ProbeItem> All => _items;

    /// <summary>Pairs or comparisons: one input holds one of them.</summary>
    public DataKind Kind => _items[0].IsComparison ? DataKind.Comparisons : DataKind.Pairs;

    /// <summary>What was read.</summary>
    public RowReport Report { get; private set; } = null!;

    /// <summary>
    /// Reads pairs <c>{id, prompt, answer, …}</c> or comparisons <c>{id, prompt, answer_a, answer_b, label?, model_a?, model_b?, …}</c>, JudgeBench's own names too; <c>paraphrases</c> may list the
    /// question in other words.
    /// </summary>
    /// <param name="input">The files.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OrchestrationException">No good row (<see cref="ErrorCodes.Input"/>).</exception>
    public static ProbeItems Read(RowInput input, CancellationToken cancellationToken)
    {
        var read = new ProbeItems();
        read.Report = RowSource.Read(input, "{id, prompt, answer} or {id, prompt, answer_a, answer_b, label?}", read.Take, cancellationToken);
        return read;
    }

    /// <summary>So many of the items, drawn by whole prompts in an order that the seed decides; in the order of the data. All of them where there are no more.</summary>
    /// <param name="count">Items, at least 1. The last prompt taken may bring a few more.</param>
    /// <param name="seed">Decides which.</param>
    public IReadOnlyList<ProbeItem> Sample(int? count, ulong seed)
    {
        if (count is not { } wanted || wanted >= _items.Count) return _items;
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var rows = 0;
        foreach (var group in _items.GroupBy(static i => i.Group, StringComparer.Ordinal).OrderBy(g => ProbeSeed.Of(seed, "sample", g.Key)))
        {
            if (rows >= wanted) break;
            taken.Add(group.Key);
            rows += group.Count();
        }

        return [.. _items.Where(i => taken.Contains(i.Group))];
    }

    private RowFault? Take(JsonElement row)
    {
        if ((RowSource.Text(row, "id") ?? RowSource.Text(row, "pair_id")) is not { } id) return RowSource.Missing(row, "id");
        if ((RowSource.Text(row, "prompt") ?? RowSource.Text(row, "question")) is not { } prompt) return RowSource.Missing(row, "prompt");
        var (a, b) = (Answer(row, "answer_a") ?? Answer(row, "response_A"), Answer(row, "answer_b") ?? Answer(row, "response_B"));
        var isComparison = a is not null || b is not null;
        if (isComparison && a is null) return RowSource.Missing(row, "answer_a");
        if (isComparison && b is null) return RowSource.Missing(row, "answer_b");
        var answer = isComparison ? a : Answer(row, "answer");
        if (answer is null) return RowSource.Missing(row, "answer");
        if (_items.Count != 0 && isComparison != _items[0].IsComparison)
            return new RowFault(RejectReason.RecordedForm, $"The row is a {(isComparison ? "comparison" : "pair")}, and the rows before it are {(isComparison ? "pairs" : "comparisons")}. Give each in a run of its own.");
        Preference? label = null;
        if (isComparison && RowSource.Text(row, "label") is { } stated)
        {
            if (PreferenceText.Parse(stated) is not { } preference) return RowRules.UnknownLabel("label");
            label = preference;
        }

        var target = double.NaN;
        if (!isComparison && row.TryGetProperty("target", out var number) && number.ValueKind != JsonValueKind.Null
            && !(number.ValueKind == JsonValueKind.Number && number.TryGetDouble(out target) && double.IsFinite(target)))
            return new RowFault(RejectReason.WrongType, "The field 'target' should be a number, or null.");
        if (!_ids.Add(id)) return new RowFault(RejectReason.DuplicateId, $"The id '{id}' is that of an earlier row. Leave one of the two out.");
        var source = RowSource.Text(row, "source");
        _items.Add(new ProbeItem
        {
            Id = id,
            Prompt = prompt,
            Answer = answer,
            AnswerB = b,
            Reference = RowSource.Text(row, "reference"),
            Group = RowSource.Text(row, "group") ?? PairHash.Group(prompt),
            Category = RowSource.Text(row, "category") ?? (isComparison && source is not null ? RowRules.NativeCategory(source) : null),
            Label = label,
            Target = target,
            Source = isComparison ? RowSource.Text(row, "model_a") : source,
            SourceB = RowSource.Text(row, "model_b"),
            Paraphrases = row.TryGetProperty("paraphrases", out var list) && list.ValueKind == JsonValueKind.Array
                ? [.. list.EnumerateArray().Where(static p => p.ValueKind == JsonValueKind.String && p.GetString()!.Length != 0).Select(static p => p.GetString()!)]
                : [],
        });
        return null;
    }

    // An empty answer is an answer.
    private static string? Answer(JsonElement row, string field) => row.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>Choices that follow from a seed and names alone, whatever the order in which they are made.</summary>
internal static class ProbeSeed
{
    public static ulong Of(ulong seed, params ReadOnlySpan<string> names) => PairHash.Of([seed.ToString(System.Globalization.CultureInfo.InvariantCulture), .. names]).High;

    public static int Below(int bound, ulong seed, params ReadOnlySpan<string> names) => (int)(Of(seed, names) % (ulong)bound);
}
