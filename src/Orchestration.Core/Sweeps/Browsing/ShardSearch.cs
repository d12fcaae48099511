using System.Buffers;
using System.Text;
using Orchestration.Core.Pairs.Blocks;

namespace Orchestration.Core.Sweeps.Browsing;

/// <summary>Looks through one shard.</summary>
/// <param name="sweeps">The store.</param>
/// <param name="sweepId">The sweep.</param>
/// <param name="memory">What is remembered of its shards.</param>
/// <param name="filter">Which rows.</param>
/// <param name="columns">The columns that the filter is about.</param>
/// <param name="limit">Rows at most.</param>
internal sealed class ShardSearch(ISweepStore sweeps, string sweepId, SweepMemory memory, PairFilter filter, int[] columns, int limit)
{
    // Looked for many characters at a time, in any casing; without cultures, comparing by a culture's tables goes character by character.
    private readonly SearchValues<string>? _text = filter.Text is { } text ? SearchValues.Create([text], StringComparison.OrdinalIgnoreCase) : null;

    /// <summary>Finds the wanted rows of a shard, as many as a page may have.</summary>
    public async Task<ShardFindings> RunAsync(int shard, int from, CancellationToken cancellationToken)
    {
        // What decides is read first; texts and judgments of a shard without a wanted row are not read at all.
        var first = ShardParts.Head | (filter.NeedsJudgments || !filter.NeedsTexts ? ShardParts.Block : ShardParts.None) | (filter == PairFilter.None || (filter.NeedsTexts && !filter.NeedsJudgments) ? ShardParts.Text : ShardParts.None);
        if (await sweeps.ReadShardAsync(sweepId, shard, first, cancellationToken).ConfigureAwait(false) is not { } stored) return new ShardFindings([], 0, 0, false);
        if (!stored.IsDone) return new ShardFindings([], stored.FirstRow, stored.Rows, false);
        var data = DataBlock.Decode(stored);
        var result = stored.Block is null ? null : ResultBlock.Decode(stored.Block);
        if (result is not null && memory.Of(shard) is null) memory.Remember(shard, stored.FirstRow, SweepStatistics.Of(memory.Definition, data, result));
        var wanted = new List<int>();
        for (var row = from; row < data.Rows && (filter.NeedsTexts && stored.Text is null || wanted.Count < limit); row++)
        {
            if (PassesHead(data, row) && (result is null || PassesJudgments(result, row)) && (stored.Text is null || PassesText(data, row))) wanted.Add(row);
        }

        if (wanted.Count == 0) return new ShardFindings([], stored.FirstRow, stored.Rows, true);
        var missing = (ShardParts.Text | ShardParts.Block) & ~first;
        if (missing != ShardParts.None)
        {
            var rest = (await sweeps.ReadShardAsync(sweepId, shard, ShardParts.Head | missing, cancellationToken).ConfigureAwait(false))!;

            // It was opened again just now.
            if (!rest.IsDone) return new ShardFindings([], stored.FirstRow, stored.Rows, false);
            if (rest.Text is not null)
            {
                data = DataBlock.Decode(rest);
                if (stored.Text is null) wanted = [.. wanted.Where(row => PassesText(data, row)).Take(limit)];
            }

            result ??= ResultBlock.Decode(rest.Block!);
        }

        return new ShardFindings([.. wanted.Select(row => BrowsedRow.Of(memory.Definition, data, result!, new RowPlace(shard, row), stored.FirstRow + row, filter.Text))], stored.FirstRow, stored.Rows, true);
    }

    /// <summary>Remembers a shard, where it is finished.</summary>
    public async ValueTask RememberAsync(int shard, CancellationToken cancellationToken)
    {
        if (await sweeps.ReadShardAsync(sweepId, shard, ShardParts.Head | ShardParts.Block, cancellationToken).ConfigureAwait(false) is { IsDone: true, Block: { } block } stored)
            memory.Remember(shard, stored.FirstRow, SweepStatistics.Of(memory.Definition, DataBlock.Decode(stored), ResultBlock.Decode(block)));
    }

    private bool PassesHead(DataBlock data, int row)
    {
        if (filter.Category is { } category && !(data.TryGetCategory(row, out var one) && Is(one, category))) return false;
        if (filter.Source is { } source && !(data.TryGetSource(row, out var other) && Is(other, source))) return false;
        return filter.Text is null || filter.In != SearchedTexts.Id || Contains(data.Id(row));
    }

    private bool PassesJudgments(ResultBlock result, int row)
    {
        var table = result.Table;
        var score = result.Scores.Count == 0 ? double.NaN : result.Scores[row];
        if (filter.WithoutScore && !double.IsNaN(score)) return false;
        if (filter.Unscored is { } reason && !Array.Exists(columns, c => table.Reason(row, c) is { } why && (reason == PairFilter.AnyReason || why == reason))) return false;
        if (!filter.HasScoreRange) return true;
        return filter.Judge is null ? IsWithin(score) : Array.Exists(columns, c => table.IsScored(row, c) && IsWithin(table.Value(row, c)));
    }

    // NaN lies within nothing.
    private bool IsWithin(double score) => score >= (filter.ScoreMin ?? double.NegativeInfinity) && score <= (filter.ScoreMax ?? double.PositiveInfinity);

    private bool PassesText(DataBlock data, int row)
    {
        if (filter.Text is null || filter.In == SearchedTexts.Id) return true;
        return (filter.In.HasFlag(SearchedTexts.Id) && Contains(data.Id(row)))
            || (filter.In.HasFlag(SearchedTexts.Prompt) && Contains(data.Prompt(row)))
            || (filter.In.HasFlag(SearchedTexts.Answer) && (Contains(data.Answer(row)) || (data.Kind == Pairs.Reading.DataKind.Comparisons && Contains(data.AnswerB(row)))));
    }

    private static bool Is(ReadOnlySpan<byte> utf8, string text) => utf8.Length == Encoding.UTF8.GetByteCount(text) && Encoding.UTF8.GetString(utf8) == text;

    private bool Contains(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length < filter.Text!.Length) return false;
        var buffer = ArrayPool<char>.Shared.Rent(utf8.Length);
        try
        {
            return buffer.AsSpan(0, Encoding.UTF8.GetChars(utf8, buffer)).ContainsAny(_text!);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }
}

/// <summary>What a shard holds of what is wanted.</summary>
/// <param name="Found">The rows.</param>
/// <param name="FirstRow">Rows of the sweep before it.</param>
/// <param name="Rows">Rows of the shard.</param>
/// <param name="IsDone">False where it is not finished.</param>
internal sealed record ShardFindings(IReadOnlyList<BrowsedRow> Found, long FirstRow, int Rows, bool IsDone);
