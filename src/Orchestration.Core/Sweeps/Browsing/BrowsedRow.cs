using System.Text;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Sweeps.Browsing;

/// <summary>A finished row as it stands in lists: its texts cut short.</summary>
public sealed record BrowsedRow
{
    private const int MostCharacters = 240;

    /// <summary>Where it lies.</summary>
    public required RowPlace Place { get; init; }

    /// <summary>Row within its shard.</summary>
    public int Row => Place.Row;

    /// <summary>Number of accepted rows before it.</summary>
    public required long Number { get; init; }

    /// <summary>The id.</summary>
    public required string Id { get; init; }

    /// <summary>The category; null where there is none.</summary>
    public string? Category { get; init; }

    /// <summary>The source; null where there is none.</summary>
    public string? Source { get; init; }

    /// <summary>Where the prompt says what was looked for, otherwise its beginning.</summary>
    public required string Prompt { get; init; }

    /// <summary>The answer, or answer A, likewise.</summary>
    public required string Answer { get; init; }

    /// <summary>Answer B of a comparison; null for pairs.</summary>
    public string? AnswerB { get; init; }

    /// <summary>The aggregated score; NaN for none.</summary>
    public required double Score { get; init; }

    /// <summary>Its interval; NaN for none.</summary>
    public required double Lower { get; init; }

    /// <summary>Its interval; NaN for none.</summary>
    public required double Upper { get; init; }

    /// <summary>One for each column: a score, or a verdict on a comparison as 1 for A, −1 for B and 0 for neither; NaN where there is none.</summary>
    public required IReadOnlyList<double> Values { get; init; }

    /// <summary>One for each column: why there is no score; null where there is one.</summary>
    public required IReadOnlyList<string?> Reasons { get; init; }

    internal static BrowsedRow Of(SweepDefinition definition, DataBlock data, ResultBlock result, RowPlace place, long number, string? text)
    {
        var row = place.Row;
        var scores = result.Aggregates;
        return new BrowsedRow
        {
            Place = place,
            Number = number,
            Id = Encoding.UTF8.GetString(data.Id(row)),
            Category = data.TryGetCategory(row, out var category) ? Encoding.UTF8.GetString(category) : null,
            Source = data.TryGetSource(row, out var source) ? Encoding.UTF8.GetString(source) : null,
            Prompt = Cut(data.Prompt(row), text),
            Answer = Cut(data.Answer(row), text),
            AnswerB = data.Kind == DataKind.Comparisons ? Cut(data.AnswerB(row), text) : null,
            Score = scores.Scores.Length == 0 ? double.NaN : scores.Scores[row],
            Lower = scores.Lower.Length == 0 ? double.NaN : scores.Lower[row],
            Upper = scores.Upper.Length == 0 ? double.NaN : scores.Upper[row],
            Values = [.. definition.Columns.Select((_, c) => result.Table.IsScored(row, c) ? result.Table.Value(row, c) : double.NaN)],
            Reasons = [.. definition.Columns.Select((_, c) => result.Table.Reason(row, c))],
        };
    }

    private static string Cut(ReadOnlySpan<byte> utf8, string? text)
    {
        // The beginning is decoded alone where the text is not looked for: prompts may be long.
        var whole = Encoding.UTF8.GetString(text is null && utf8.Length > 4 * MostCharacters ? utf8[..(4 * MostCharacters)] : utf8);
        if (whole.Length <= MostCharacters) return whole;
        var at = text is null ? -1 : whole.IndexOf(text, StringComparison.OrdinalIgnoreCase);
        var start = at > MostCharacters - text?.Length - 20 ? Math.Max(0, at - 60) : 0;
        var end = Math.Min(whole.Length, start + MostCharacters);

        // Never between the halves of one character.
        if (start > 0 && char.IsLowSurrogate(whole[start])) start--;
        if (end < whole.Length && char.IsLowSurrogate(whole[end])) end--;
        return $"{(start > 0 ? "…" : "")}{whole[start..end]}{(end < whole.Length ? "…" : "")}";
    }
}

/// <summary>A finished row with its shard around it.</summary>
/// <param name="Definition">The sweep.</param>
/// <param name="Data">The shard's data, with texts.</param>
/// <param name="Result">The shard's evaluations.</param>
/// <param name="Place">Where it lies.</param>
/// <param name="Number">Number of accepted rows before it.</param>
public sealed record StoredRow(SweepDefinition Definition, DataBlock Data, ResultBlock Result, RowPlace Place, long Number)
{
    /// <summary>True for a comparison.</summary>
    public bool IsComparison => Data.Kind == DataKind.Comparisons;

    /// <summary>The pair.</summary>
    public Pair Pair => Data.GetPair(Place.Row);

    /// <summary>The comparison.</summary>
    public Comparison Comparison => Data.GetComparison(Place.Row);

    /// <summary>The row as it stands in lists.</summary>
    public BrowsedRow InShort => BrowsedRow.Of(Definition, Data, Result, Place, Number, null);

    /// <summary>The version that made the aggregated score; <c>mean</c> for the mean.</summary>
    public string Aggregator => Result.Aggregates.Versions is { Count: > 0 } versions
        ? versions[Result.Aggregates.VersionOf.Length == 0 ? 0 : Result.Aggregates.VersionOf[Place.Row]]
        : Definition.Aggregator;
}
